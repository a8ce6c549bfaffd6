/* Rows of ingest's tables as a disk may give them back. An input is a list of rows: table, length of the key, length of
 * the value (u16 le), key, value. They are put where ingest's rows lie, read as ingest reads them, and taken back. */
#include "fuzz/target.h"

#include <stdlib.h>

#include "base/error.h"
#include "store/history.h"
#include "store/journal_tables.h"
#include "support/temporary.h"

enum { TABLES = QF_TABLE_META + 1, KEY_MAX = 120, WALK_MAX = 64, PARTNER = 1 };

static struct temporary place;
static struct qf_environment *environment;
static struct qf_sha256 *sha;

static void end(void)
{
        (void)qf_environment_close(environment);
        qf_sha256_free(sha);
        temporary_remove(place.path, 3);
}

static void begin(void)
{
        const struct qf_environment_options options = {QF_JOURNAL_OPTIONS, .map_bytes = 16 << 20,
                                                       .map_bytes_max = 16 << 20};
        char path[128];

        temporary_make(&place);
        QF_ASSERT(qf_environment_open(temporary_in(&place, "journal", path, sizeof path), &options,
                                      &environment) == 0);
        QF_ASSERT(qf_sha256_new(&sha) == 0);
        (void)atexit(end);
}

/* Puts one row; gives what is left. */
static struct qf_view put_row(struct qf_txn *txn, struct qf_view rest)
{
        const uint8_t *at = (const uint8_t *)rest.at;
        if (rest.len < 4)
                return (struct qf_view){0};
        uint32_t key_len = at[1] % KEY_MAX, value_len = qf_get_le16(at + 2), left = rest.len - 4;
        if (key_len > left)
                key_len = left;
        left -= key_len;
        if (value_len > left)
                value_len = left;
        struct qf_view key = {rest.at + 4, key_len}, value = {rest.at + 4 + key_len, value_len};
        if (key_len > 0)
                (void)!qf_txn_put(txn, at[0] % TABLES, key, value);
        return (struct qf_view){value.at + value_len, left - value_len};
}

static void read_outboxes(struct qf_txn *txn)
{
        struct qf_journal_outbox row, previous;
        struct qf_journal_run run;
        int result = qf_journal_outbox_next(txn, NULL, &row);

        for (uint32_t i = 0; result == 0 && i < WALK_MAX; i++) {
                QF_ASSERT(row.cursor_len <= QF_OUTBOX_CURSOR_MAX);
                if (qf_journal_run_find(txn, row.ref, row.last, &run) == 0)
                        QF_ASSERT(run.first <= row.last && row.last - run.first < run.count);
                QF_ASSERT(qf_journal_outbox_put(txn, &row) == 0); /* as it was read, under the same key */
                previous = row;
                result = qf_journal_outbox_next(txn, &previous, &row);
        }
}

static void read_heads(struct qf_txn *txn, struct qf_view name)
{
        static const uint8_t content[QF_CONTENT_BYTES];
        struct qf_head_key key;
        struct qf_head head = {0}, again;
        bool has = false;

        qf_head_key_pack(PARTNER, name, 0, &key);
        if (qf_head_get(txn, &key, &head) == 0) {
                QF_ASSERT(qf_head_put(txn, &key, &head) == 0 && qf_head_get(txn, &key, &again) == 0);
                QF_ASSERT(head.revision == again.revision && head.position == again.position &&
                          head.state == again.state && head.index == again.index);
                QF_ASSERT(qf_head_insert(txn, &key, &head, &again) == QF_STORE_EXISTS);
        }
        (void)!qf_history_past(txn, &key, &head, 1, &again);
        (void)!qf_history_had(txn, &key, &head, content, &has);
        if (qf_waiting_add(txn, &key, 9, 100) == 0)
                (void)!qf_waiting_remove(txn, &key);
}

static void read_rows(struct qf_txn *txn)
{
        struct qf_journal_state state;
        struct qf_view key, value;
        uint64_t position;

        if (qf_journal_state_get(txn, sha, &state) == 0)
                QF_ASSERT(qf_journal_state_same(&state, &state));
        read_outboxes(txn);
        for (uint32_t index = 0; index < 4; index++)
                (void)!qf_register_row_get(txn, index, &position, &value);
        if (qf_txn_seek(txn, QF_TABLE_HEAD, QF_VIEW("\0\0\0\1"), true, &key, &value) == 0 && key.len > 4 &&
            key.len <= 4 + QF_KEY_BYTES_MAX) {
                char name[QF_KEY_BYTES_MAX];
                memcpy(name, key.at + 4, key.len - 4);
                read_heads(txn, (struct qf_view){name, key.len - 4});
        }
        read_heads(txn, QF_VIEW("A1"));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
        struct qf_view rest = {(const char *)bytes, (uint32_t)len};
        struct qf_txn *txn = NULL;

        if (!environment)
                begin();
        QF_ASSERT(qf_txn_begin(environment, true, &txn) == 0);
        for (uint32_t i = 0; i < WALK_MAX && rest.len > 0; i++)
                rest = put_row(txn, rest);
        read_rows(txn);
        qf_txn_abort(&txn);
        return 0;
}
