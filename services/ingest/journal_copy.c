/* Why row by row and not page by page: a page may hold bytes of rows that are gone. */
#include "ingest/journal_copy.h"

#include "store/journal_tables.h"

enum { COPY_BYTES = 4 * 1024 * 1024 /* of a transaction */ };

static const uint64_t map_first = UINT64_C(4) << 30, map_most = UINT64_C(1) << 40;

struct copying {
        struct qf_txn *from;
        struct qf_environment *made;
        const struct qf_journal_change *change;
};

struct qf_environment_options qf_journal_copy_options(bool read_only)
{
        return (struct qf_environment_options){QF_JOURNAL_OPTIONS, .map_bytes = map_first,
                                               .map_bytes_max = map_most, .read_only = read_only,
                                               .beside = read_only};
}

static int put_row(const struct copying *copying, struct qf_txn *to, unsigned table, struct qf_view key,
                   struct qf_view value)
{
        const struct qf_journal_change *change = copying->change;
        if (table != QF_TABLE_JOURNAL)
                return qf_txn_put(to, table, key, value);
        uint64_t position = qf_get_be64((const uint8_t *)key.at);
        int result = change ? change->record(change->ctx, position, value, &value) : 0;
        return result == 0 ? qf_journal_append(to, position, value) : result;
}

static int copy_table(const struct copying *copying, unsigned table, struct qf_view first)
{
        struct qf_view key = first, value;
        struct qf_txn *to = NULL;
        size_t bytes = 0;
        int result = qf_txn_begin(copying->made, true, &to);
        int found = qf_txn_seek(copying->from, table, key, false, &key, &value);
        while (result == 0 && found == 0) {
                result = put_row(copying, to, table, key, value);
                bytes += key.len + value.len;
                if (result == 0 && bytes >= COPY_BYTES) {
                        bytes = 0;
                        result = qf_txn_commit(&to);
                        if (result == 0)
                                result = qf_txn_begin(copying->made, true, &to);
                }
                if (result == 0)
                        found = qf_txn_seek(copying->from, table, key, true, &key, &value);
        }
        if (result == 0 && found < 0)
                result = found;
        if (result == 0)
                result = qf_txn_commit(&to);
        qf_txn_abort(&to);
        return result;
}

int qf_journal_copy(struct qf_group *group, uint64_t first, const char *made,
                    const struct qf_journal_change *change)
{
        const struct qf_environment_options options = qf_journal_copy_options(false);
        struct copying copying = {.change = change};
        uint8_t key[8];
        int result = qf_environment_open(made, &options, &copying.made);
        if (result == 0)
                result = qf_group_read(group, &copying.from);
        qf_put_be64(key, first);
        for (unsigned table = 0; result == 0 && table <= QF_TABLE_META; table++)
                result =
                        copy_table(&copying, table,
                                   table == QF_TABLE_JOURNAL ? (struct qf_view){(const char *)key, sizeof key}
                                                             : QF_VIEW(""));
        qf_txn_abort(&copying.from);
        (void)qf_environment_close(copying.made);
        return result;
}
