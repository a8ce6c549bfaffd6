/* JSON is written by hand: a dozen fields, and keys and codes escaped. */
#include "aggregate/answers.h"

#include <errno.h>
#include <inttypes.h>

#include "base/cleanup.h"
#include "base/text.h"

enum { LIMIT_DEFAULT = 200, LIMIT_MOST = 500 };

static int print_text(struct qf_buffer *json, struct qf_view text)
{
        int r = qf_buffer_append(json, "\"", 1);

        for (uint32_t i = 0; i < text.len && r == 0; i++) {
                unsigned char byte = (unsigned char)text.at[i];
                if (byte == '"' || byte == '\\')
                        r = qf_buffer_print(json, "\\%c", byte);
                else if (byte < 0x20)
                        r = qf_buffer_print(json, "\\u%04x", byte);
                else
                        r = qf_buffer_append(json, &text.at[i], 1);
        }
        return r == 0 ? qf_buffer_append(json, "\"", 1) : r;
}

static const char *text_of(bool yes)
{
        return yes ? "true" : "false";
}

static void abort_txn(struct qf_txn **txn)
{
        qf_txn_abort(txn);
}

static int count_waiting(const struct qf_counting *counting, uint64_t *ret_count)
{
        QF_CLEANUP(abort_txn) struct qf_txn *txn = NULL;

        qf_records_rest(counting->records);
        int r = qf_txn_begin(counting->environment, false, &txn);
        if (r != 0)
                return r < 0 ? r : -EIO;
        *ret_count = qf_txn_rows(txn, QF_COUNTS_WAIT);
        return 0;
}

int qf_answer_status(const struct qf_counting *counting, const struct qf_publish_facts *facts,
                     uint32_t subscribers, struct qf_buffer *json)
{
        char epoch[2 * QF_EPOCH_BYTES + 1], journal[33];
        uint64_t waiting = 0;
        int r = count_waiting(counting, &waiting);

        if (r < 0)
                return r;
        qf_text_hex(counting->epoch, sizeof(counting->epoch), epoch);
        qf_text_hex(counting->meta.journal, sizeof(counting->meta.journal), journal);
        r = qf_buffer_print(json,
                            "{\"version\":%" PRIu64 ",\"journal_last\":%" PRIu64
                            ",\"complete_at_ms\":%" PRId64 ",\"catching_up\":%s,\"stopped\":%s,\"say\":",
                            counting->committed, facts->journal_last, facts->complete_at_ms,
                            text_of(facts->catching_up), text_of(facts->stopped));
        if (r == 0)
                r = print_text(json, qf_view_of(facts->say));
        if (r == 0)
                r = qf_buffer_print(
                        json,
                        ",\"epoch\":\"%s\",\"journal\":\"%s\",\"life\":%u,\"cells\":%zu,\"rows\":%u"
                        ",\"registers\":%u,\"waiting\":%" PRIu64 ",\"gaps\":%u,\"subscribers\":%u"
                        ",\"bytes_used\":%" PRIu64 ",\"map_bytes\":%" PRIu64 "}",
                        epoch, journal, counting->meta.life_number, qf_picture_cells(counting->picture),
                        counting->apply.tally.rows, qf_registers_count(counting->registers), waiting,
                        facts->gaps, subscribers, qf_environment_used(counting->environment),
                        qf_environment_map(counting->environment));
        return r;
}

static const char *why_of(uint8_t waiting)
{
        if (waiting == QF_WAITING_WITHDRAWN)
                return "withdrawn";
        return waiting == QF_WAITING_MERGED ? "merged" : "no_activity";
}

static int print_waiting(const struct qf_counting *counting, struct qf_txn *txn, struct qf_view key,
                         struct qf_view flag, struct qf_buffer *json)
{
        struct qf_standing standing;
        struct qf_view value;
        int r = qf_txn_get(txn, QF_COUNTS_REC, key, &value);

        if (r == 0)
                r = key.len > 4 && flag.len == 1 ? qf_standing_unpack(value, &standing) : QF_STORE_DAMAGED;
        if (r != 0)
                return r < 0 ? r : QF_STORE_DAMAGED;
        uint32_t partner = qf_get_be32((const uint8_t *)key.at);
        r = qf_buffer_print(json, "{\"partner\":");
        if (r == 0)
                r = print_text(json,
                               qf_view_of(qf_programme_partner_code(counting->apply.programme, partner)));
        if (r == 0)
                r = qf_buffer_print(json, ",\"key\":");
        if (r == 0)
                r = print_text(json, (struct qf_view){key.at + 4, key.len - 4});
        if (r == 0)
                r = qf_buffer_print(json, ",\"why\":\"%s\",\"ticks\":%" PRId64 ",\"events\":%" PRIu64 "}",
                                    why_of((uint8_t)flag.at[0]), standing.ticks, standing.tick_events);
        return r;
}

int qf_answer_waiting(const struct qf_counting *counting, uint32_t limit, struct qf_buffer *json)
{
        QF_CLEANUP(abort_txn) struct qf_txn *txn = NULL;
        struct qf_view key = {"", 0}, flag;

        limit = limit == 0 ? LIMIT_DEFAULT : limit > LIMIT_MOST ? LIMIT_MOST : limit;
        qf_records_rest(counting->records);
        int r = qf_txn_begin(counting->environment, false, &txn);
        if (r != 0)
                return r < 0 ? r : -EIO;
        r = qf_buffer_print(json, "{\"waiting\":%" PRIu64 ",\"rows\":[", qf_txn_rows(txn, QF_COUNTS_WAIT));
        for (uint32_t i = 0; i < limit && r == 0; i++) {
                r = qf_txn_seek(txn, QF_COUNTS_WAIT, key, i > 0, &key, &flag);
                if (r == 0 && i > 0)
                        r = qf_buffer_append(json, ",", 1);
                if (r == 0)
                        r = print_waiting(counting, txn, key, flag, json);
        }
        return r == 0 || r == QF_STORE_NONE ? qf_buffer_append(json, "]}", 2) : r;
}
