/* The programme as the board and other programs need it: names behind all codes,
 * where members stand, and what each declared kind counts. */
#include "report/http_api.h"

#include <jansson.h>

#include "base/clock.h"
#include "model/kinds.h"
#include "model/period.h"
#include "report/board.h"
#include "report/report.h"
#include "views/json.h"
#include "views/kind_json.h"

static void set_text(json_t *object, const char *name, struct qf_view text)
{
        (void)json_object_set_new(object, name, qf_json_text(text));
}

static void set_date(json_t *object, const char *name, uint32_t date)
{
        if (date)
                (void)json_object_set_new(object, name, json_integer(date));
}

static json_t *named(struct qf_view code, struct qf_view zh, struct qf_view en)
{
        return json_pack("{s:o, s:o, s:o}", "code", qf_json_text(code), "zh", qf_json_text(zh), "en",
                         qf_json_text(en));
}

/* Where it stands today. */
static void set_place(json_t *object, const struct qf_programme *programme, uint16_t dimension,
                      const struct qf_member_place *place)
{
        json_t *groups = json_object();

        if (place->parent)
                set_text(object, "parent", qf_programme_member(programme, dimension, place->parent)->code);
        for (uint32_t i = 0; i < place->groups_count; i++) {
                const struct qf_member_of *of = &place->groups[i];
                const struct qf_view grouping = qf_programme_dimension(programme, of->dimension)->code;
                (void)json_object_setn_new(
                        groups, grouping.at, grouping.len,
                        qf_json_text(qf_programme_member(programme, of->dimension, of->member)->code));
        }
        if (json_object_size(groups))
                (void)json_object_set(object, "groups", groups);
        json_decref(groups);
}

static json_t *json_member(const struct qf_programme *programme, uint16_t dimension, uint32_t id,
                           uint32_t today)
{
        const struct qf_member *member = qf_programme_member(programme, dimension, id);
        const struct qf_member_place *place = qf_member_place(member, today);
        json_t *object = named(member->code, member->zh, member->en);

        if (place)
                set_place(object, programme, dimension, place);
        set_date(object, "valid_from", member->valid_from);
        set_date(object, "valid_to", member->valid_to);
        return object;
}

static json_t *json_dimension(const struct qf_programme *programme, uint16_t id, uint32_t today)
{
        const struct qf_dimension *dimension = qf_programme_dimension(programme, id);
        bool shares = dimension->members_of && dimension->members_of != id;
        uint16_t of = shares ? dimension->members_of : id;
        json_t *object = named(dimension->code, dimension->zh, dimension->en), *members = json_array();

        for (uint32_t member = 1; member <= qf_programme_dimension(programme, of)->members; member++)
                (void)json_array_append_new(members, json_member(programme, of, member, today));
        (void)json_object_set_new(object, "multi", json_boolean(dimension->multi));
        (void)json_object_set_new(object, "apart", json_boolean(dimension->apart));
        (void)json_object_set_new(object, "grouping", json_boolean(dimension->groups != 0));
        if (dimension->groups)
                set_text(object, "groups", qf_programme_dimension(programme, dimension->groups)->code);
        if (shares)
                set_text(object, "members_of", qf_programme_dimension(programme, of)->code);
        (void)json_object_set_new(object, "members", members);
        return object;
}

/* --- kinds ------------------------------------------------------------------------- */

static json_t *json_kinds(const struct qf_programme *programme)
{
        size_t count;
        const struct qf_kind_spec *specs = qf_kinds(&count);
        json_t *kinds = json_array();

        for (size_t i = 0; i < count; i++) {
                json_t *kind = qf_kind_json(&specs[i]);
                (void)json_object_set_new(kind, "usable",
                                          json_boolean(qf_programme_uses(programme, &specs[i])));
                (void)json_array_append_new(kinds, kind);
        }
        return kinds;
}

int qf_api_programme(void *ctx, const struct qf_http_reader *reader, const struct qf_http_request *request,
                     struct qf_http_answer *answer)
{
        const struct qf_report *report = ctx;
        int r = qf_api_held(report, answer);

        if (r != 0)
                return r < 0 ? r : 0;
        if (qf_api_is_kept(report, reader, request, answer))
                return 0;
        const struct qf_published now = qf_upstream_published(report->upstream);
        const struct qf_settings *settings = qf_programme_settings(now.programme);
        const uint32_t today = qf_date_at(qf_clock_wall_ms(), settings->zone_minutes);
        json_t *dimensions = json_array(),
               *object = named(settings->code, settings->title_zh, settings->title_en);

        for (uint32_t id = 1; id <= qf_programme_dimensions(now.programme); id++)
                (void)json_array_append_new(dimensions, json_dimension(now.programme, (uint16_t)id, today));
        (void)json_object_set_new(object, "version", json_integer((json_int_t)now.version));
        set_text(object, "scope_zh", settings->scope_zh);
        set_text(object, "scope_en", settings->scope_en);
        (void)json_object_set_new(object, "zone_minutes", json_integer(settings->zone_minutes));
        set_text(object, "goal_zh", settings->goal_zh);
        set_text(object, "goal_en", settings->goal_en);
        (void)json_object_set_new(object, "sample", json_boolean(settings->sample));
        (void)json_object_set_new(object, "training", json_boolean(settings->training));
        (void)json_object_set_new(object, "dimensions", dimensions);
        (void)json_object_set_new(object, "kinds", json_kinds(now.programme));
        return qf_json_append(object, &answer->body);
}
