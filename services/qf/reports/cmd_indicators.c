/* `qf indicators`: the dictionary of what reports show. With --markdown it is the
 * table of docs/indicators.md that a test keeps true. */
#include <stdio.h>

#include <jansson.h>

#include "qf/reports/indicators.h"
#include "qf/cli/json_out.h"

struct options {
        bool markdown;
};

static json_t *as_json(const struct qf_indicator *indicator)
{
        return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s*, s:s*, s:s, s:s, s:s}", "code", indicator->code,
                         "zh", indicator->zh, "en", indicator->en, "of_zh", indicator->of_zh, "of_en",
                         indicator->of_en, "among_zh", indicator->among_zh, "among_en", indicator->among_en,
                         "source", indicator->source, "over_time", qf_adds_en(indicator->over_time),
                         "over_members", qf_adds_en(indicator->over_members));
}

static void mark(const struct qf_indicator *indicator)
{
        printf("| `%s` | %s · %s | %s · %s | %s · %s | %s | %s | %s |\n", indicator->code, indicator->zh,
               indicator->en, indicator->of_zh, indicator->of_en,
               indicator->among_zh ? indicator->among_zh : "", indicator->among_en ? indicator->among_en : "",
               indicator->source, qf_adds_en(indicator->over_time), qf_adds_en(indicator->over_members));
}

static const struct qf_option indicators_options[] = {
        {"markdown", QF_OPTION_FLAG, offsetof(struct options, markdown), NULL, "写成文档里的样子",
         "as the manual has it", 0},
        {0},
};

static int run_indicators(struct qf_cli *cli, int argc, char **argv)
{
        struct options options = {0};
        size_t indicators_count;
        const struct qf_indicator *indicators = qf_indicators(&indicators_count);
        int count, r = 0;

        if (qf_cli_parse(cli, &options, argc, argv, &count))
                return cli->exit_code;
        if (options.markdown)
                puts("| code | 指标 · indicator | 分子 · what is counted | 分母 · of what | source | over time | over members |\n"
                     "| --- | --- | --- | --- | --- | --- | --- |");
        for (size_t i = 0; i < indicators_count && !r; i++) {
                const char *const code[] = {indicators[i].code, NULL};
                if (options.markdown)
                        mark(&indicators[i]);
                else if (cli->json)
                        r = qf_json_print(as_json(&indicators[i]));
                else
                        qf_indicators_list(cli, code, stdout);
        }
        return r ? qf_cli_broke(cli, r, "JSON") : QF_EXIT_DONE;
}

const struct qf_command qf_cmd_indicators = {
        .name = "indicators",
        .zh = "指标口径：分子、分母、来源、能否相加",
        .en = "what each figure of a report means: its k and n, its source, whether it adds up",
        .run = run_indicators,
        .options = indicators_options,
        .local = true,
        .more_zh = "一个单位在同一维度里可以有几个成员时（如内容、五共），任何指标都不能跨这些成员相加。",
        .more_en =
                "Over the members of a dimension of which a record may have several (content, five co-) nothing adds up.",
};
