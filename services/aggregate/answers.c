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
                            counting->shown, facts->journal_last, facts->complete_at_ms,
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

/* --- editions ---------------------------------------------------------------- */

enum { CODE_UNKNOWN = 1, CODE_NOT_HERE = 6, PARTS_AT_ONCE = 8 };

static int answer_not(struct qf_to_reader *answer, uint32_t code, const char *say)
{
        answer->code = code;
        answer->say = qf_view_of(say);
        return 0;
}

static int read_parts(struct qf_txn *txn, uint32_t id, const struct qf_from_reader *ask,
                      struct qf_to_reader *answer, struct qf_buffer *data)
{
        uint32_t part = (uint32_t)(ask->offset / QF_EDITION_PART_BYTES);
        uint32_t from = (uint32_t)(ask->offset % QF_EDITION_PART_BYTES);

        for (uint32_t i = 0; i < PARTS_AT_ONCE && ask->offset + data->len < answer->size; i++, part++) {
                const uint64_t left = answer->size - (uint64_t)part * QF_EDITION_PART_BYTES;
                const uint32_t until = left < QF_EDITION_PART_BYTES ? (uint32_t)left : QF_EDITION_PART_BYTES;
                struct qf_view bytes;
                int r = qf_editions_read(txn, id, ask->file, part, &bytes);
                if (r == QF_STORE_NONE)
                        return answer_not(answer, CODE_NOT_HERE, "it is not on disk yet: ask again");
                if (r == 0 && bytes.len < until)
                        return answer_not(answer, CODE_NOT_HERE,
                                          "a part of this file is shorter than its size says: run qf verify");
                if (r == 0)
                        r = qf_buffer_append(data, bytes.at + from, until - from);
                if (r != 0)
                        return r < 0 ? r : -EIO;
                from = 0;
        }
        return 0;
}

/* Readers see some lines and others not, so the data goes out by lines: they begin where the one before ended. */
static int at_line(struct qf_txn *txn, uint32_t id, const struct qf_from_reader *ask, bool *ret_at)
{
        struct qf_view bytes = {"", 0};
        const uint64_t before = ask->offset - 1;
        int r = ask->offset ? qf_editions_read(txn, id, ask->file, (uint32_t)(before / QF_EDITION_PART_BYTES),
                                               &bytes)
                            : 0;

        *ret_at = !ask->offset || (r == 0 && bytes.len > before % QF_EDITION_PART_BYTES &&
                                   bytes.at[before % QF_EDITION_PART_BYTES] == '\n');
        return r == QF_STORE_NONE ? 0 : r;
}

static int read_edition(const struct qf_counting *counting, uint32_t id, const struct qf_from_reader *ask,
                        struct qf_to_reader *answer, struct qf_buffer *data)
{
        QF_CLEANUP(abort_txn) struct qf_txn *txn = NULL;
        const bool lines = !ask->file.len || qf_view_same(ask->file, QF_EDITION_DATA);
        bool at = true;

        qf_records_rest(counting->records);
        int r = qf_txn_begin(counting->environment, false, &txn);
        if (r == 0 && lines)
                r = at_line(txn, id, ask, &at);
        if (r == 0 && !at)
                return answer_not(answer, CODE_UNKNOWN, "no line begins at this offset");
        if (r == 0)
                r = read_parts(txn, id, ask, answer, data);
        if (r != 0)
                return r < 0 ? r : -EIO;
        while (lines && data->len && ask->offset + data->len < answer->size &&
               data->at[data->len - 1] != '\n')
                data->len--;
        answer->offset = ask->offset + data->len;
        return 0;
}

int qf_answer_edition(const struct qf_counting *counting, const struct qf_from_reader *ask,
                      struct qf_to_reader *answer, struct qf_buffer *data)
{
        const struct qf_programme *programme = counting->apply.programme;
        const uint32_t id = qf_programme_find_edition(programme, ask->scope, ask->first_day / 100,
                                                      ask->last_day / 100, ask->edition);
        const struct qf_edition *edition = qf_programme_edition(programme, id);
        const struct qf_edition_frozen *frozen = qf_editions_frozen(counting->editions, id);

        if (!edition || !frozen)
                return answer_not(answer, CODE_UNKNOWN, "there is no such edition");
        const struct qf_edition_file *file = ask->file.len ? qf_edition_file(edition, ask->file) : NULL;
        if (ask->file.len && !file)
                return answer_not(answer, CODE_UNKNOWN, "this edition has no such file");
        memcpy(answer->digest, file ? file->digest : frozen->digest, sizeof(answer->digest));
        answer->size = file ? file->size : frozen->size;
        answer->offset = answer->size;
        return ask->offset < answer->size ? read_edition(counting, id, ask, answer, data) : 0;
}
