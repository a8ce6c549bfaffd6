/* Rows wait in memory, as bytes, for the commit of their group: an edition is at
 * most what one message after another brought, or one printing of the cells. */
#include "aggregate/editions.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "store/counts_tables.h"

enum { FACTS_BYTES = QF_SHA256_BYTES + 8 };

struct row { /* in bytes: key, then value */
        size_t at;
        uint32_t key_len, value_len;
};

struct qf_editions {
        struct qf_sha256 *sha;
        struct qf_edition_frozen *frozen; /* by id - 1; size 0: not */
        uint32_t count, room;
        struct qf_buffer bytes;
        struct row *waiting;
        uint32_t waiting_count, waiting_room;
        uint64_t rows, digest; /* with those that wait */
};

int qf_editions_new(struct qf_editions **ret_editions)
{
        struct qf_editions *editions = calloc(1, sizeof(*editions));
        int r = editions ? qf_sha256_new(&editions->sha) : -ENOMEM;

        if (r < 0) {
                free(editions);
                return r;
        }
        *ret_editions = editions;
        return 0;
}

struct qf_editions *qf_editions_free(struct qf_editions *editions)
{
        if (!editions)
                return NULL;
        qf_sha256_free(editions->sha);
        qf_buffer_deinit(&editions->bytes);
        free(editions->waiting);
        free(editions->frozen);
        free(editions);
        return NULL;
}

static int note_frozen(struct qf_editions *editions, uint32_t id, const struct qf_edition_frozen *frozen)
{
        if (id > editions->room) {
                const uint32_t room = id + 15;
                struct qf_edition_frozen *grown = realloc(editions->frozen, room * sizeof(*grown));
                if (!grown)
                        return -ENOMEM;
                memset(grown + editions->room, 0, (room - editions->room) * sizeof(*grown));
                editions->frozen = grown;
                editions->room = room;
        }
        editions->frozen[id - 1] = *frozen;
        if (id > editions->count)
                editions->count = id;
        return 0;
}

const struct qf_edition_frozen *qf_editions_frozen(const struct qf_editions *editions, uint32_t id)
{
        return id && id <= editions->count && editions->frozen[id - 1].size ? &editions->frozen[id - 1]
                                                                            : NULL;
}

uint64_t qf_editions_rows(const struct qf_editions *editions)
{
        return editions->rows;
}

uint64_t qf_editions_digest(const struct qf_editions *editions)
{
        return editions->digest;
}

/* --- reading ------------------------------------------------------------------ */

static int load_row(struct qf_editions *editions, struct qf_view key, struct qf_view value)
{
        struct qf_edition_frozen frozen;

        editions->rows++;
        editions->digest += qf_record_row_digest(qf_row_sum(key, value));
        if (key.len != QF_EDITION_FACTS_KEY_BYTES)
                return 0;
        const uint32_t id = qf_get_be32((const uint8_t *)key.at);
        if (value.len != FACTS_BYTES || !id || id > QF_EDITIONS_MAX)
                return -EBADMSG;
        memcpy(frozen.digest, value.at, sizeof(frozen.digest));
        frozen.size = qf_get_le64((const uint8_t *)value.at + QF_SHA256_BYTES);
        return note_frozen(editions, id, &frozen);
}

int qf_editions_load(struct qf_editions *editions, struct qf_txn *txn, uint64_t rows, uint64_t digest)
{
        struct qf_view key = {"", 0}, value;
        int r = qf_txn_seek(txn, QF_COUNTS_EDITION, key, false, &key, &value);

        while (r == 0) {
                r = load_row(editions, key, value);
                if (r == 0)
                        r = qf_txn_seek(txn, QF_COUNTS_EDITION, key, true, &key, &value);
        }
        if (r != QF_STORE_NONE)
                return r < 0 ? r : -EBADMSG;
        return editions->rows == rows && editions->digest == digest ? 0 : -EBADMSG;
}

int qf_editions_read(struct qf_txn *txn, uint32_t id, struct qf_view file, uint32_t part,
                     struct qf_view *ret_data)
{
        uint8_t key[QF_EDITION_KEY_BYTES];
        const uint32_t len = (uint32_t)qf_edition_row_key(id, file, part, key);

        return qf_txn_get(txn, QF_COUNTS_EDITION, (struct qf_view){(const char *)key, len}, ret_data);
}

/* --- writing -------------------------------------------------------------------- */

static int add_row(struct qf_editions *editions, struct qf_view key, struct qf_view value)
{
        const size_t at = editions->bytes.len;

        if (editions->waiting_count == editions->waiting_room) {
                const uint32_t room = editions->waiting_room ? editions->waiting_room * 2 : 16;
                struct row *grown = realloc(editions->waiting, room * sizeof(*grown));
                if (!grown)
                        return -ENOMEM;
                editions->waiting = grown;
                editions->waiting_room = room;
        }
        int r = qf_buffer_append(&editions->bytes, key.at, key.len);
        if (r == 0)
                r = qf_buffer_append(&editions->bytes, value.at, value.len);
        if (r < 0)
                return r;
        editions->waiting[editions->waiting_count++] = (struct row){at, key.len, value.len};
        editions->rows++;
        editions->digest += qf_record_row_digest(qf_row_sum(key, value));
        return 0;
}

static int add_part(struct qf_editions *editions, uint32_t id, struct qf_view file, uint32_t part,
                    struct qf_view data)
{
        uint8_t key[QF_EDITION_KEY_BYTES];
        const uint32_t len = (uint32_t)qf_edition_row_key(id, file, part, key);

        return add_row(editions, (struct qf_view){(const char *)key, len}, data);
}

int qf_editions_freeze(struct qf_editions *editions, uint32_t id, struct qf_view data)
{
        struct qf_edition_frozen frozen = {.size = data.len};
        uint8_t key[QF_EDITION_FACTS_KEY_BYTES], facts[FACTS_BYTES];
        int r = 0;

        qf_sha256_begin(editions->sha);
        qf_sha256_add(editions->sha, data.at, data.len);
        qf_sha256_end(editions->sha, frozen.digest);
        for (uint32_t at = 0, part = 0; at < data.len && r == 0; part++) {
                const uint32_t len =
                        data.len - at < QF_EDITION_PART_BYTES ? data.len - at : QF_EDITION_PART_BYTES;
                r = add_part(editions, id, QF_VIEW(""), part, (struct qf_view){data.at + at, len});
                at += len;
        }
        if (r < 0)
                return r;
        qf_put_be32(key, id);
        memcpy(facts, frozen.digest, sizeof(frozen.digest));
        qf_put_le64(facts + sizeof(frozen.digest), frozen.size);
        r = add_row(editions, (struct qf_view){(const char *)key, sizeof(key)},
                    (struct qf_view){(const char *)facts, sizeof(facts)});
        return r == 0 ? note_frozen(editions, id, &frozen) : r;
}

int qf_editions_part(struct qf_editions *editions, uint32_t id, const struct qf_edition_said *part)
{
        return add_part(editions, id, part->file, part->part, part->data);
}

int qf_editions_write(const struct qf_editions *editions, struct qf_txn *txn)
{
        int r = 0;

        for (uint32_t i = 0; i < editions->waiting_count && r == 0; i++) {
                const struct row *row = &editions->waiting[i];
                const char *at = (const char *)editions->bytes.at + row->at;
                r = qf_txn_put(txn, QF_COUNTS_EDITION, (struct qf_view){at, row->key_len},
                               (struct qf_view){at + row->key_len, row->value_len});
        }
        return r;
}

void qf_editions_written(struct qf_editions *editions)
{
        editions->waiting_count = 0;
        qf_buffer_deinit(&editions->bytes);
}
