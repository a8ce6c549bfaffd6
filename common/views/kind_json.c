/* Why: `qf kinds --json` and the HTTP interface tell the same of a kind. */
#include "views/kind_json.h"

static json_t *json_figures(const struct qf_kind_spec *spec)
{
        static const char *const types[] = {[QF_FIGURE_COUNT] = "count",
                                            [QF_FIGURE_DATE] = "date",
                                            [QF_FIGURE_CLOCK] = "clock",
                                            [QF_FIGURE_MILLI] = "thousandths",
                                            [QF_FIGURE_FLAG] = "flag"};
        json_t *figures = json_array();

        for (uint32_t i = 0; i < spec->figures_count; i++) {
                const struct qf_figure *figure = &spec->figures[i];
                (void)json_array_append_new(figures, json_pack("{s:s, s:s, s:s, s:s}", "code", figure->code,
                                                               "zh", figure->zh, "en", figure->en, "type",
                                                               types[figure->type]));
        }
        return figures;
}

static json_t *json_measures(const struct qf_kind_spec *spec)
{
        json_t *measures = json_array();

        for (uint32_t i = 0; i < spec->measures_count; i++) {
                const struct qf_kind_measure *measure = &spec->measures[i];
                (void)json_array_append_new(
                        measures, json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "code", measure->code, "zh",
                                            measure->zh, "en", measure->en, "rule_zh",
                                            qf_rule_zh(measure->rule), "rule_en", qf_rule_en(measure->rule),
                                            "within", measure->within ? measure->within : ""));
        }
        return measures;
}

json_t *qf_kind_json(const struct qf_kind_spec *spec)
{
        return json_pack("{s:s, s:s, s:s, s:s, s:s, s:o, s:o}", "code", spec->code, "zh", spec->zh, "en",
                         spec->en, "date_zh", spec->date_zh, "date_en", spec->date_en, "figures",
                         json_figures(spec), "measures", json_measures(spec));
}
