/* Why: who corrects must begin with what stands, and only the journal has all of
 * it, words too. Verdicts are obeyed as aggregation obeys them: what was accepted,
 * and is no history, is what stands. */
#include "qf/reading/ledger.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "qf/cli/asking.h"
#include "qf/cli/figures.h"
#include "views/csv.h"

enum { PLACE_BYTES = QF_CODE_BYTES_MAX + 1 + QF_KEY_BYTES_MAX, STANDING_ROWS = 5000 };

static struct qf_view place_in(char room[PLACE_BYTES], struct qf_view partner, struct qf_view key)
{
        uint32_t used = 0;
        if (partner.len + 1 + key.len > PLACE_BYTES)
                return QF_VIEW("");
        memcpy(room, partner.at, partner.len);
        used = partner.len;
        room[used++] = '/'; /* a code has none */
        memcpy(room + used, key.at, key.len);
        return (struct qf_view){room, used + key.len};
}

const json_t *qf_ledger_find(const struct qf_ledger *ledger, struct qf_view partner, struct qf_view key)
{
        char room[PLACE_BYTES];
        struct qf_view place = place_in(room, partner, key);
        return json_object_getn(ledger->records, place.at, place.len);
}

/* --- reading ------------------------------------------------------------------ */

/* The record of a key, made when it is new; borrowed. NULL: no memory. */
static json_t *record_of(struct qf_ledger *ledger, struct qf_view partner, struct qf_view key)
{
        char room[PLACE_BYTES];
        struct qf_view place = place_in(room, partner, key);
        json_t *record = json_object_getn(ledger->records, place.at, place.len);
        if (record)
                return record;
        record = json_pack("{s:s%, s:s%, s:i, s:b, s:n, s:{}}", "partner", partner.at, (size_t)partner.len,
                           "key", key.at, (size_t)key.len, "revision", 0, "withdrawn", 1, "event", "claims");
        return record && json_object_setn_new(ledger->records, place.at, place.len, record) == 0 ? record
                                                                                                 : NULL;
}

static int take_statement(json_t *record, json_t *event)
{
        const char *action = json_string_value(json_object_get(event, "action"));
        json_int_t stood = json_integer_value(json_object_get(record, "revision"));
        json_int_t named = json_integer_value(json_object_get(event, "revision"));
        json_int_t revision = named ? named : strcmp(action, "create") == 0 ? 1 : stood + 1;
        bool withdrawn = strcmp(action, "withdraw") == 0;
        int failed = json_object_set_new(record, "revision", json_integer(revision)) |
                     json_object_set_new(record, "withdrawn", json_boolean(withdrawn));
        if (!withdrawn) /* a return says all of it again */
                failed |= json_object_set(record, "event", event);
        return failed ? -ENOMEM : 0;
}

static int take_claim(json_t *record, const json_t *event)
{
        json_t *claims = json_object_get(record, "claims");
        const char *method = json_string_value(json_object_get(event, "method"));
        if (!method)
                return 0;
        if (strcmp(json_string_value(json_object_get(event, "action")), "withdraw") != 0)
                return json_object_set(claims, method, json_object_get(event, "attendances")) ? -ENOMEM : 0;
        (void)json_object_del(claims, method);
        return 0;
}

static bool counts(const json_t *line)
{
        const char *class = json_string_value(json_object_get(line, "verdict"));
        const char *code = json_string_value(json_object_get(line, "code"));
        return (strcmp(class, "accepted") == 0 || strcmp(class, "late") == 0) &&
               (!code || (strcmp(code, "N103") != 0 && strcmp(code, "N105") != 0));
}

static int take_line(void *ctx, const json_t *line)
{
        struct qf_ledger *ledger = ctx;
        const char *kind = json_string_value(json_object_get(line, "kind"));
        json_t *event = json_object_get(line, "event");
        bool is_claim = strcmp(kind, "attendance") == 0;
        if ((!is_claim && strcmp(kind, "activity") != 0) || !counts(line))
                return 0;
        json_t *record = record_of(ledger, qf_view_of(json_string_value(json_object_get(line, "partner"))),
                                   qf_view_of(json_string_value(json_object_get(event, "key"))));
        if (!record)
                return -ENOMEM;
        return is_claim ? take_claim(record, event) : take_statement(record, event);
}

/* --- from elsewhere --------------------------------------------------------------- */

/* A partner may be told what was stated of it by another and not that it was withdrawn, which names no organisation:
 * so what does not stand is taken from the list of what does. */
static int take_standing(const struct qf_to_reader *list, json_t *standing)
{
        char room[PLACE_BYTES];
        int failed = 0;
        for (uint32_t i = 0; i < list->answer_rows_count && list->by_count >= 3 && !failed; i++) {
                const struct qf_view *members = list->answer_rows[i].members;
                struct qf_view place = place_in(room, members[1], members[2]);
                failed = json_object_setn_new(standing, place.at, place.len, json_true());
        }
        return failed ? -ENOMEM : 0;
}

static int ask_standing(struct qf_cli *cli, json_t *standing)
{
        struct qf_from_reader query = {
                .query = QF_QUERY_LIST, .kind = QF_VIEW("activity"), .limit = STANDING_ROWS};
        struct qf_asking *asking = NULL;
        struct qf_to_reader list;
        char page[QF_PAGE_BYTES_MAX];
        int said = qf_asking_open(cli, &asking), r = 0;
        while (said == 0) {
                said = qf_asking_query(asking, query, &list);
                r = said == 0 ? take_standing(&list, standing) : 0;
                if (said || r < 0 || list.next.len == 0)
                        break;
                memcpy(page, list.next.at, list.next.len);
                query.page = (struct qf_view){page, list.next.len};
        }
        if (r < 0)
                (void)qf_cli_broke(cli, r, "ledger");
        (void)qf_asking_close(asking);
        return said || r < 0;
}

/* 0 or 1. */
static int compare_standing(struct qf_cli *cli, struct qf_ledger *ledger)
{
        json_t *standing = json_object(), *record;
        const char *place;
        int said = ask_standing(cli, standing);
        json_object_foreach (ledger->records, place, record) {
                if (said == 0 && !json_object_get(standing, place))
                        (void)json_object_set_new(record, "withdrawn", json_true());
        }
        json_decref(standing);
        return said;
}

int qf_ledger_read(struct qf_cli *cli, bool remote, struct qf_ledger *ret_ledger)
{
        static const struct qf_said_filter all = {0};
        *ret_ledger = (struct qf_ledger){.records = json_object(), .saying = {.remote = remote}};
        if (!ret_ledger->records) {
                (void)qf_cli_broke(cli, -ENOMEM, "ledger");
                return 1;
        }
        if (qf_said_read(cli, &all, take_line, ret_ledger, &ret_ledger->saying))
                return 1;
        ret_ledger->programme = ret_ledger->saying.programme;
        return ret_ledger->saying.remote ? compare_standing(cli, ret_ledger) : 0;
}

void qf_ledger_deinit(struct qf_ledger *ledger)
{
        qf_said_close(&ledger->saying);
        json_decref(ledger->records);
}

/* --- choosing ------------------------------------------------------------------- */

static struct qf_view text_of(const json_t *text)
{
        return (struct qf_view){json_string_value(text), (uint32_t)json_string_length(text)};
}

static const json_t *members_of(const json_t *record, struct qf_view dimension)
{
        const json_t *values = json_object_get(json_object_get(record, "event"), "values");
        return json_object_getn(values, dimension.at, dimension.len);
}

static uint32_t date_of(const json_t *record)
{
        return (uint32_t)json_integer_value(json_object_get(json_object_get(record, "event"), "date"));
}

static bool is_of(const struct qf_ledger *ledger, const json_t *record, uint32_t org)
{
        const struct qf_programme *programme = ledger->programme;
        uint16_t dimension = qf_programme_find_dimension(programme, QF_VIEW("org"));
        struct qf_view code = text_of(json_array_get(members_of(record, QF_VIEW("org")), 0));
        uint32_t member =
                code.len > 0 ? qf_programme_find_member(programme, dimension, code) : QF_MEMBER_UNKNOWN;
        return !json_is_true(json_object_get(record, "withdrawn")) && member != QF_MEMBER_UNKNOWN &&
               qf_programme_within(programme, dimension, member, org, date_of(record));
}

static int by_date(const void *a, const void *b)
{
        const json_t *one = *(json_t *const *)a, *other = *(json_t *const *)b;
        if (date_of(one) != date_of(other))
                return date_of(one) < date_of(other) ? -1 : 1;
        return qf_view_order(text_of(json_object_get(one, "key")), text_of(json_object_get(other, "key")));
}

int qf_ledger_of(const struct qf_ledger *ledger, uint32_t org, json_t **ret_array)
{
        size_t count = 0;
        const char *place;
        json_t *record;
        QF_CLEANUP(qf_cleanup_free)
        json_t **found = calloc(json_object_size(ledger->records) + 1, sizeof(*found));
        json_t *array = json_array();
        json_object_foreach (ledger->records, place, record) {
                if (found && is_of(ledger, record, org))
                        found[count++] = record;
        }
        if (found)
                qsort(found, count, sizeof(*found), by_date);
        bool failed = !found || !array;
        for (size_t i = 0; i < count && !failed; i++)
                failed = json_array_append(array, found[i]) != 0;
        if (failed) {
                json_decref(array);
                return -ENOMEM;
        }
        *ret_array = array;
        return 0;
}

bool qf_ledger_attendances(const json_t *record, uint32_t *ret_attendances)
{
        static const char *const methods[] = {"signed_in", "headcount", "registered", "estimated",
                                              "unspecified"};
        const json_t *event = json_object_get(record, "event"), *own = json_object_get(event, "attendances");
        const char *said = json_string_value(json_object_get(event, "method"));
        for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
                const json_t *claim = json_object_get(json_object_get(record, "claims"), methods[i]);
                if (!claim && own && strcmp(said ? said : "unspecified", methods[i]) == 0)
                        claim = own;
                if (!claim)
                        continue;
                *ret_attendances = (uint32_t)json_integer_value(claim);
                return true;
        }
        return false;
}

/* --- cells ------------------------------------------------------------------------ */

static int print_date(uint32_t date, struct qf_buffer *text)
{
        char day[QF_FIGURE_BYTES];

        return qf_buffer_print(text, "%s", qf_figures_date(date, day));
}

/* What a clerk knows a member by, where that means it and nothing else. */
static struct qf_view label_of(const struct qf_programme *programme, uint16_t dimension, struct qf_view code,
                               bool chinese)
{
        uint32_t id = qf_programme_find_member(programme, dimension, code);
        if (id == QF_MEMBER_UNKNOWN || id == QF_MEMBER_NONE)
                return code;
        const struct qf_member *member = qf_programme_member(programme, dimension, id);
        struct qf_view label = chinese ? member->zh : member->en;
        bool is_one = label.len > 0 && qf_programme_guess_member(programme, dimension, label) == id &&
                      !memchr(label.at, ',', label.len) && !memchr(label.at, ';', label.len) &&
                      !memmem(label.at, label.len, "、", 3) && !memmem(label.at, label.len, "，", 3) &&
                      !memmem(label.at, label.len, "；", 3);
        return is_one ? label : code;
}

static int print_members(const struct qf_ledger *ledger, const json_t *record, bool chinese,
                         struct qf_view dimension, struct qf_buffer *text)
{
        const struct qf_programme *programme = ledger->programme;
        uint16_t id = qf_programme_find_dimension(programme, dimension);
        const json_t *members = members_of(record, dimension);
        int result = 0;
        for (size_t i = 0; i < json_array_size(members) && result == 0; i++) {
                struct qf_view label = label_of(programme, id, text_of(json_array_get(members, i)), chinese);
                result = qf_buffer_print(text, "%s%.*s", i > 0 ? "、" : "", (int)label.len, label.at);
        }
        return result;
}

static int print_method(const json_t *event, bool chinese, struct qf_buffer *text)
{
        static const struct {
                const char *code, *zh;
        } words[] = {{"signed_in", "签到"},
                     {"headcount", "点人头"},
                     {"registered", "登记"},
                     {"estimated", "估计"}};
        const char *method = json_string_value(json_object_get(event, "method"));
        if (!json_object_get(event, "attendances"))
                return 0;
        for (size_t i = 0; method && i < sizeof(words) / sizeof(words[0]); i++)
                if (strcmp(words[i].code, method) == 0)
                        return qf_buffer_print(text, "%s", chinese ? words[i].zh : words[i].code);
        return qf_buffer_print(text, "%s", chinese ? "未说明" : "not_said");
}

static int print_number(const json_t *number, struct qf_buffer *text)
{
        return number ? qf_buffer_print(text, "%lld", (long long)json_integer_value(number)) : 0;
}

static int print_start(const json_t *minutes, struct qf_buffer *text)
{
        json_int_t at = json_integer_value(minutes);
        return minutes ? qf_buffer_print(text, "%02d:%02d", (int)(at / 60), (int)(at % 60)) : 0;
}

/* A text that a spreadsheet would take for a formula gets a quote before it, which a ledger's reader takes off. */
static int print_text(struct qf_view words, struct qf_buffer *text)
{
        int result = qf_csv_is_formula(words) ? qf_buffer_append(text, "'", 1) : 0;
        return result == 0 && words.len > 0 ? qf_buffer_append(text, words.at, words.len) : result;
}

int qf_ledger_cell(const struct qf_ledger *ledger, const json_t *record, bool chinese, enum qf_field field,
                   struct qf_view dimension, struct qf_buffer *ret_text)
{
        const json_t *event = json_object_get(record, "event");
        switch (field) {
        case QF_FIELD_ACTION: return qf_buffer_print(ret_text, "%s", chinese ? "更正" : "correct");
        case QF_FIELD_KEY: return print_text(text_of(json_object_get(record, "key")), ret_text);
        case QF_FIELD_REVISION: return print_number(json_object_get(record, "revision"), ret_text);
        case QF_FIELD_DATE: return print_date(date_of(record), ret_text);
        case QF_FIELD_SESSIONS: return print_number(json_object_get(event, "sessions"), ret_text);
        case QF_FIELD_ATTENDANCES: return print_number(json_object_get(event, "attendances"), ret_text);
        case QF_FIELD_PARTICIPANTS: return print_number(json_object_get(event, "participants"), ret_text);
        case QF_FIELD_MINUTES: return print_number(json_object_get(event, "minutes"), ret_text);
        case QF_FIELD_EVIDENCE: return print_number(json_object_get(event, "evidence"), ret_text);
        case QF_FIELD_START: return print_start(json_object_get(event, "start"), ret_text);
        case QF_FIELD_METHOD: return print_method(event, chinese, ret_text);
        case QF_FIELD_TITLE: return print_text(text_of(json_object_get(event, "title")), ret_text);
        case QF_FIELD_NOTE: return print_text(text_of(json_object_get(event, "note")), ret_text);
        case QF_FIELD_VALUE: return print_members(ledger, record, chinese, dimension, ret_text);
        default: return 0;
        }
}
