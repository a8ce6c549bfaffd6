/* Why: who corrects must begin with what stands, and only the journal has all of
 * it, words too. Verdicts are obeyed as aggregation obeys them: what was accepted,
 * and is no history, is what stands. */
#include "qf/ledger.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "qf/dump_event.h"
#include "qf/journal_reader.h"
#include "views/csv.h"

enum { PLACE_BYTES = QF_CODE_BYTES_MAX + 1 + QF_KEY_BYTES_MAX };

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

static int take_statement(json_t *record, const struct qf_batch *batch, const struct qf_event *event)
{
        json_int_t stood = json_integer_value(json_object_get(record, "revision"));
        json_int_t revision = event->revision ? event->revision : event->action == QF_CREATE ? 1 : stood + 1;
        bool withdrawn = event->action == QF_WITHDRAW;
        int failed = json_object_set_new(record, "revision", json_integer(revision)) |
                     json_object_set_new(record, "withdrawn", json_boolean(withdrawn));
        if (!withdrawn) /* a return says all of it again */
                failed |= json_object_set_new(record, "event", qf_dump_event(batch, event));
        return failed ? -ENOMEM : 0;
}

static int take_claim(json_t *record, const struct qf_batch *batch, const struct qf_event *event)
{
        json_t *said = qf_dump_event(batch, event);
        json_t *claims = json_object_get(record, "claims");
        const char *method = json_string_value(json_object_get(said, "method"));
        int failed = said ? 0 : -1;
        if (method && event->action == QF_WITHDRAW)
                (void)json_object_del(claims, method);
        else if (method)
                failed = json_object_set(claims, method, json_object_get(said, "attendances"));
        json_decref(said);
        return failed ? -ENOMEM : 0;
}

static int take_batch(struct qf_ledger *ledger, const struct qf_record_head *head,
                      const struct qf_entry *entry)
{
        struct qf_batch batch;
        int r = qf_dump_take_batch(&ledger->names, head, entry, &batch);
        for (uint32_t at = entry->skip; r == 0 && at < entry->count; at++) {
                const struct qf_event *event = &batch.events[at];
                bool is_claim = event->kind == QF_KIND_ATTENDANCE;
                if ((event->kind != QF_KIND_ACTIVITY && !is_claim) ||
                    !qf_verdict_counts(qf_entry_verdict(entry, at)))
                        continue;
                struct qf_view partner =
                        qf_view_of(qf_programme_partner_code(ledger->names.programme, entry->partner));
                json_t *record = record_of(ledger, partner, event->key);
                if (!record)
                        return -ENOMEM;
                r = is_claim ? take_claim(record, &batch, event) : take_statement(record, &batch, event);
        }
        return r;
}

static int take_record(void *ctx, const struct qf_record_head *head, struct qf_view record)
{
        struct qf_ledger *ledger = ctx;
        struct qf_control control;
        struct qf_entry entry;
        size_t offset = 0;
        int r = 0;
        while (r == 0 && qf_record_next(record, &offset, &entry))
                r = entry.kind == QF_ENTRY_BATCH
                            ? take_batch(ledger, head, &entry)
                            : qf_dump_take_control(&ledger->names, head, &entry, &control);
        return r;
}

int qf_ledger_read(struct qf_cli *cli, struct qf_ledger *ret_ledger)
{
        *ret_ledger = (struct qf_ledger){.records = json_object()};
        int r = ret_ledger->records ? qf_dump_init(&ret_ledger->names) : -ENOMEM;
        if (r == 0)
                return qf_journal_read(cli, NULL, 0, take_record, ret_ledger);
        (void)qf_cli_broke(cli, r, "ledger");
        return 1;
}

void qf_ledger_deinit(struct qf_ledger *ledger)
{
        qf_dump_deinit(&ledger->names);
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
        const struct qf_programme *programme = ledger->names.programme;
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
        if (date % 10000 == 0)
                return qf_buffer_print(text, "%04u", date / 10000);
        if (date % 100 == 0)
                return qf_buffer_print(text, "%04u-%02u", date / 10000, date / 100 % 100);
        return qf_buffer_print(text, "%04u-%02u-%02u", date / 10000, date / 100 % 100, date % 100);
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
        const struct qf_programme *programme = ledger->names.programme;
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
