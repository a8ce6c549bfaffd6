/* Why: a program that does not know a format must say so, and in which direction:
 * data of a newer version wants that version back, nothing is wrong with it. */
#include "store/format.h"

#include "base/text.h"
#include "store/environment_parts.h"

static const char table_name[] = "qf-format", key_name[] = "format";

/* What is read as well, and how it differs is told by its rows. */
static const struct {
        const char *wanted, *older;
} readable[] = {{"qf-journal-5", "qf-journal-3"}};

int qf_format_write(MDB_txn *txn, const char *format)
{
        MDB_val key = qf_val_of(qf_view_of(key_name)), value = qf_val_of(qf_view_of(format));
        MDB_dbi table;
        int result = mdb_dbi_open(txn, table_name, MDB_CREATE, &table);
        return result == 0 ? mdb_put(txn, table, &key, &value, 0) : result;
}

int qf_format_read(MDB_txn *txn, struct qf_view *ret_found)
{
        MDB_val key = qf_val_of(qf_view_of(key_name)), value;
        MDB_dbi table;
        int result = mdb_dbi_open(txn, table_name, 0, &table);
        if (result == 0)
                result = mdb_get(txn, table, &key, &value);
        if (result == 0)
                *ret_found = qf_view_of_val(value);
        return result;
}

/* "qf-journal-" and 1. */
static bool split(struct qf_view format, struct qf_view *ret_name, uint64_t *ret_version)
{
        uint32_t name = format.len;
        while (name > 0 && format.at[name - 1] != '-')
                name--;
        *ret_name = (struct qf_view){format.at, name};
        return qf_text_number((struct qf_view){format.at + name, format.len - name}, UINT32_MAX, ret_version);
}

int qf_format_compare(struct qf_view found, struct qf_view wanted)
{
        struct qf_view found_name, wanted_name;
        uint64_t found_version, wanted_version;
        if (qf_view_same(found, wanted))
                return 0;
        for (size_t i = 0; i < sizeof readable / sizeof *readable; i++)
                if (qf_view_same(wanted, qf_view_of(readable[i].wanted)) &&
                    qf_view_same(found, qf_view_of(readable[i].older)))
                        return 0;
        if (!split(found, &found_name, &found_version) || !split(wanted, &wanted_name, &wanted_version) ||
            !qf_view_same(found_name, wanted_name))
                return QF_STORE_FORMAT;
        return found_version > wanted_version ? QF_STORE_NEWER : QF_STORE_OLDER;
}
