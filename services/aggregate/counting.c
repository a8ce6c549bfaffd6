/* Why here and not in the daemon: the same code runs in tests and in the
 * simulator, which pass records and look at what is on disk.
 *
 * Guarantees: meta, registers, standings and cells of a group are one
 * transaction, so what is on disk is the counts at exactly meta.position; the
 * tables are a function of the journal, not of how it was cut into groups. What
 * is shown before its group is on disk has its place (position and hash) on disk:
 * whoever goes on from the disk counts up to it again before showing anything,
 * and notices a journal that has something else there. */
#include "aggregate/counting.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "aggregate/freezing.h"
#include "aggregate/past.h"
#include "base/cleanup.h"
#include "store/directory.h"

/* What ingest could decode and judge must be applied: more room than ingest has. */
enum {
        ARENA_BYTES = 2 * QF_DECODE_ARENA_BYTES,
        CACHE_BYTES = 16 * 1024 * 1024, /* some 150,000 standings */
        GROUP_BYTES = 16 * 1024 * 1024,
};

static const uint64_t map_first = UINT64_C(256) << 20, map_most = UINT64_C(1) << 40;
static const struct qf_view meta_key = {"m", 1};

static int open_environment(struct qf_counting *counting, const struct qf_counting_options *options)
{
        struct qf_environment_options how = {
                .format = qf_counts_format,
                .tables = qf_counts_table_names,
                .map_bytes = options->map_bytes ? options->map_bytes : map_first,
                .map_bytes_max = options->map_bytes_max ? options->map_bytes_max : map_most,
                .disk_floor_bytes = options->disk_floor_bytes,
                .inside = options->inside,
                .read_only = options->beside,
                .beside = options->beside,
        };
        return qf_environment_open(options->directory, &how, &counting->environment);
}

static void set_epoch(struct qf_counting *counting)
{
        uint8_t hash[QF_SHA256_BYTES], rules[4];

        qf_put_le32(rules, QF_COUNTING_RULES);
        qf_sha256_begin(counting->sha);
        qf_sha256_add(counting->sha, "qf-epoch-1", sizeof("qf-epoch-1") - 1);
        qf_sha256_add(counting->sha, counting->meta.life, sizeof(counting->meta.life));
        qf_sha256_add(counting->sha, rules, sizeof(rules));
        qf_sha256_end(counting->sha, hash);
        memcpy(counting->epoch, hash, sizeof(counting->epoch));
}

static int note_register(void *ctx, const struct qf_event *event, uint64_t position)
{
        struct qf_counting *counting = ctx;

        if (event->kind == QF_KIND_EDITION_PART)
                return qf_counting_part(counting, event);
        int r = qf_registers_add(counting->registers, event, position);
        return r == 0 && event->kind == QF_KIND_PERIOD_CLOSE ? qf_counting_freeze(counting, event) : r;
}

static int note_life(void *ctx, const struct qf_control *life)
{
        struct qf_counting *counting = ctx;

        counting->meta.life_number = life->number;
        memcpy(counting->meta.life, life->nonce, sizeof(counting->meta.life));
        set_epoch(counting);
        return 0;
}

static int make_parts(struct qf_counting *counting, const struct qf_counting_options *options)
{
        size_t cache = options->cache_bytes ? options->cache_bytes : CACHE_BYTES;
        int r = qf_picture_new(&counting->picture);

        if (r == 0)
                r = qf_programme_new(&counting->apply.programme);
        if (r == 0)
                r = qf_cell_months_new(counting->picture, &counting->months);
        if (r == 0)
                r = qf_records_new(counting->environment, cache, &counting->records);
        if (r == 0)
                r = qf_registers_new(&counting->registers);
        if (r == 0)
                r = qf_editions_new(&counting->editions);
        if (r == 0)
                r = qf_arena_new(ARENA_BYTES, &counting->apply.arena);
        if (r == 0)
                r = qf_sha256_new(&counting->sha);
        if (r < 0)
                return r;
        counting->meta.rules = QF_COUNTING_RULES;
        counting->apply.tally.picture = counting->picture;
        counting->apply.tally.store = qf_records_store(counting->records);
        counting->apply.calls = (struct qf_apply_calls){
                .ctx = counting, .ahead = qf_records_ahead, .registered = note_register, .life = note_life};
        return 0;
}

static void abort_txn(struct qf_txn **txn)
{
        qf_txn_abort(txn);
}

/* Reads them only to see that they are what was written. */
static int load_standings(struct qf_counting *counting, uint64_t check_rows)
{
        qf_records_expect(counting->records, counting->meta.record_rows, counting->meta.record_digest);
        int r = qf_records_check(counting->records, check_rows ? check_rows : UINT64_MAX);
        counting->checked = r == 0;
        counting->check_rows = check_rows;
        return r == QF_RECORDS_GOES_ON ? 0 : r > 0 ? -EIO : r;
}

/* Reads all tables. -EBADMSG: they can't be used. */
static int load(struct qf_counting *counting, const struct qf_counting_options *options)
{
        QF_CLEANUP(abort_txn) struct qf_txn *txn = NULL;
        struct qf_view value;
        int r = qf_txn_begin(counting->environment, false, &txn);

        if (r == 0)
                r = qf_txn_get(txn, QF_COUNTS_META, meta_key, &value);
        if (r == QF_STORE_NONE) {
                counting->blank = counting->checked = qf_environment_fresh(counting->environment);
                return counting->blank ? 0 : -EBADMSG;
        }
        if (r == 0)
                r = qf_counts_meta_unpack(value, &counting->meta);
        if (r == 0)
                r = qf_past_read(txn, &counting->meta, &counting->past);
        if (r == 0 && counting->meta.rules != QF_COUNTING_RULES)
                r = -EBADMSG;
        if (r == 0)
                r = qf_registers_load(counting->registers, txn, counting->meta.registers,
                                      counting->apply.arena, counting->apply.programme);
        if (r == 0)
                r = qf_editions_load(counting->editions, txn, counting->meta.edition_rows,
                                     counting->meta.edition_digest);
        if (r == 0)
                r = qf_cell_months_load(counting->months, txn, counting->meta.cell_digest);
        if (r == 0 && qf_cell_months_count(counting->months) != counting->meta.cell_rows)
                r = -EBADMSG;
        if (r != 0)
                return r < 0 ? r : -EIO;
        qf_txn_abort(&txn);
        r = load_standings(counting, options->check_rows);
        if (r < 0)
                return r;
        counting->committed = counting->shown = counting->meta.position;
        counting->apply.tally.rows = counting->meta.rows;
        counting->apply.tally.declared_rows = counting->meta.declared_rows;
        counting->apply.tally.counted_dimensions = counting->meta.counted_dimensions;
        return 0;
}

/* 0, QF_STORE_IN_USE, -EBADMSG: to be set aside, other negative. */
static int try_open(const struct qf_counting_options *options, struct qf_counting **ret_counting)
{
        struct qf_counting *counting = calloc(1, sizeof(*counting));

        if (!counting)
                return -ENOMEM;
        counting->apply.why = "";
        counting->goes_on = options->goes_on;
        counting->inside = options->inside;
        int r = open_environment(counting, options);
        if (r == 0)
                r = make_parts(counting, options);
        if (options->inside)
                ++*options->inside; /* also what is done with the rows in between */
        if (r == 0)
                r = load(counting, options);
        if (options->inside)
                --*options->inside;
        if (r != 0) {
                qf_counting_close(counting);
                bool other = r == QF_STORE_FORMAT || r == QF_STORE_NEWER || r == QF_STORE_OLDER;
                return other || r == QF_STORE_DAMAGED ? -EBADMSG : r;
        }
        set_epoch(counting);
        *ret_counting = counting;
        return 0;
}

static int write_meta(struct qf_counting *counting, struct qf_txn *txn)
{
        uint8_t bytes[QF_COUNTS_META_BYTES];

        counting->meta.rows = counting->apply.tally.rows;
        counting->meta.declared_rows = counting->apply.tally.declared_rows;
        counting->meta.counted_dimensions = counting->apply.tally.counted_dimensions;
        counting->meta.registers = qf_registers_count(counting->registers);
        counting->meta.cell_rows = qf_cell_months_count(counting->months);
        counting->meta.cell_digest = qf_cell_months_digest(counting->months);
        counting->meta.record_rows = qf_records_rows(counting->records);
        counting->meta.record_digest = qf_records_digest(counting->records);
        counting->meta.edition_rows = qf_editions_rows(counting->editions);
        counting->meta.edition_digest = qf_editions_digest(counting->editions);
        qf_counts_meta_pack(&counting->meta, bytes);
        int r = qf_txn_put(txn, QF_COUNTS_META, meta_key,
                           (struct qf_view){(const char *)bytes, sizeof(bytes)});
        return r == 0 ? qf_past_write(txn, &counting->past) : r;
}

/* The past alone, beside counts that stand as they do. */
static int write_past(struct qf_counting *counting)
{
        QF_CLEANUP(abort_txn) struct qf_txn *txn = NULL;

        QF_ASSERT(qf_counting_settled(counting));
        int r = qf_txn_begin(counting->environment, true, &txn);
        if (r == 0)
                r = write_meta(counting, txn);
        if (r == 0)
                r = qf_txn_commit(&txn);
        return r;
}

/* A checkpoint may be further than what was ever shown of its life. */
static int take_past(struct qf_counting *counting, const struct qf_counts_past *past)
{
        counting->past = *past;
        if (counting->committed != 0 && qf_past_knows(past, counting->meta.life))
                qf_past_note(&counting->past, &counting->meta);
        return write_past(counting);
}

/* Counts that begin, or a checkpoint put in the place of what was set aside, also if whoever put it there came no further. */
static int recall(const struct qf_counting_options *options, struct qf_counting *counting)
{
        struct qf_counts_past past = {0};

        if (counting->past.lives_count != 0)
                return 0;
        if (options->inside)
                ++*options->inside;
        int r = qf_past_recall(options->directory, &past);
        if (options->inside)
                --*options->inside;
        if (r < 0)
                return r;
        if (past.lives_count == 0 && counting->committed != 0)
                qf_past_note(&past, &counting->meta);
        if (past.lives_count == 0)
                return 0;
        r = take_past(counting, &past);
        return r == QF_STORE_FULL ? -ENOSPC : r;
}

int qf_counting_open(const struct qf_counting_options *options, struct qf_counting **ret_counting)
{
        struct qf_counting *counting = NULL;
        bool anew = false;
        int r = options->distrusted ? -EBADMSG : try_open(options, &counting);

        if (r == -EBADMSG) {
                r = qf_directory_set_aside(options->directory);
                if (r == 0)
                        r = try_open(options, &counting);
                anew = true;
        }
        if (r == 0)
                r = recall(options, counting);
        if (r != 0)
                counting = qf_counting_close(counting);
        if (r == QF_STORE_IN_USE)
                return QF_COUNTING_IN_USE;
        if (r == QF_STORE_FULL)
                return -ENOSPC;
        if (r != 0)
                return r < 0 ? r : -EIO;
        counting->made_anew = anew;
        *ret_counting = counting;
        return 0;
}

int qf_counting_check(const char *directory)
{
        const struct qf_counting_options options = {.directory = directory, .beside = true};
        struct qf_counting *counting = NULL;
        int r = try_open(&options, &counting);

        qf_counting_close(counting);
        return r > 0 ? -EIO : r;
}

struct qf_counting *qf_counting_close(struct qf_counting *counting)
{
        if (!counting)
                return NULL;
        qf_sha256_free(counting->sha);
        qf_arena_free(counting->apply.arena);
        qf_editions_free(counting->editions);
        qf_registers_free(counting->registers);
        qf_records_free(counting->records);
        qf_cell_months_free(counting->months);
        qf_programme_free(counting->apply.programme);
        qf_picture_free(counting->picture);
        qf_environment_close(counting->environment);
        free(counting);
        return NULL;
}

int qf_counting_check_on(struct qf_counting *counting)
{
        if (counting->checked)
                return 0;
        if (counting->inside)
                ++*counting->inside;
        int r = qf_records_check(counting->records, counting->check_rows);
        if (counting->inside)
                --*counting->inside;
        counting->checked = r == 0;
        return r == QF_RECORDS_GOES_ON ? 0 : r == -EBADMSG ? QF_STORE_DAMAGED : r > 0 ? -EIO : r;
}

bool qf_counting_checked(const struct qf_counting *counting)
{
        return counting->checked;
}

/* --- applying ---------------------------------------------------------------- */

int qf_counting_apply(struct qf_counting *counting, const struct qf_record_head *head, struct qf_view record)
{
        QF_ASSERT(counting->checked && head->position == counting->meta.position + 1);
        int r = qf_apply_record(&counting->apply, head, record);
        if (r < 0)
                return r;
        if (head->position == 1)
                memcpy(counting->meta.journal, head->writer, sizeof(counting->meta.journal));
        memcpy(counting->meta.hash, head->hash, sizeof(counting->meta.hash));
        counting->meta.position = head->position;
        counting->meta.received_at_ms = head->received_at_ms;
        qf_past_note(&counting->past, &counting->meta);
        counting->group_bytes += record.len;
        return 0;
}

/* --- committing -------------------------------------------------------------- */

bool qf_counting_crowded(const struct qf_counting *counting)
{
        return counting->froze || counting->group_bytes >= GROUP_BYTES ||
               qf_records_crowded(counting->records);
}

static int write_group(struct qf_counting *counting)
{
        QF_CLEANUP(abort_txn) struct qf_txn *txn = NULL;

        qf_records_rest(counting->records);
        int r = qf_txn_begin(counting->environment, true, &txn);
        if (r == 0)
                r = qf_records_write(counting->records, txn);
        if (r == 0)
                r = qf_cell_months_write(counting->months, txn, counting->committed);
        if (r == 0)
                r = qf_registers_write(counting->registers, txn);
        if (r == 0)
                r = qf_editions_write(counting->editions, txn);
        if (r == 0)
                r = write_meta(counting, txn);
        if (r == 0)
                r = qf_txn_commit(&txn);
        if (r == QF_STORE_FULL)
                return QF_COUNTING_FULL;
        return r > 0 ? -EIO : r;
}

struct qf_place qf_counting_place(const struct qf_counting *counting)
{
        struct qf_place place = {.position = counting->meta.position};

        memcpy(place.journal, counting->meta.journal, sizeof(place.journal));
        memcpy(place.hash, counting->meta.hash, sizeof(place.hash));
        return place;
}

struct qf_place qf_counting_furthest(const struct qf_counting *counting)
{
        struct qf_place place = {.position = counting->past.position};

        if (counting->past.position == QF_COUNTS_LIVES_OVER)
                return (struct qf_place){0};
        memcpy(place.journal, counting->past.journal, sizeof(place.journal));
        memcpy(place.hash, counting->past.hash, sizeof(place.hash));
        return place;
}

bool qf_counting_is_behind(const struct qf_counting *counting)
{
        return counting->meta.position < counting->past.position;
}

static struct qf_place furthest(void *ctx)
{
        struct qf_counting *const *counting = ctx;

        return qf_counting_furthest(*counting);
}

static bool knows(void *ctx, const uint8_t life[16])
{
        struct qf_counting *const *counting = ctx;

        return qf_past_knows(&(*counting)->past, life);
}

struct qf_follow_past qf_counting_past(struct qf_counting *const *counting)
{
        return (struct qf_follow_past){(void *)(uintptr_t)counting, furthest, knows};
}

int qf_counting_remember(struct qf_counting *counting, const struct qf_counts_past *past)
{
        if (counting->past.lives_count != 0 || past->lives_count == 0)
                return 0;
        int r = take_past(counting, past);
        return r == QF_STORE_FULL ? -ENOSPC : r;
}

int qf_counting_forget(struct qf_counting *counting)
{
        counting->past = (struct qf_counts_past){0};
        int r = write_past(counting);
        return r == QF_STORE_FULL ? QF_COUNTING_FULL : r;
}

int qf_counting_end_lives(struct qf_counting *counting)
{
        if (counting->past.lives_count == 0) /* nobody was shown anything */
                return 0;
        counting->past.position = QF_COUNTS_LIVES_OVER;
        int r = write_past(counting);
        return r == QF_STORE_FULL ? 0 : r;
}

int qf_counting_confirm(struct qf_counting *counting)
{
        if (counting->committed == 0 || !qf_counting_settled(counting) ||
            qf_past_knows(&counting->past, counting->meta.life))
                return 0;
        const struct qf_counts_past past = counting->past;
        qf_past_note(&counting->past, &counting->meta);
        int r = write_past(counting);
        if (r != 0)
                counting->past = past; /* what is not on disk is not shown */
        return r == QF_STORE_FULL ? QF_COUNTING_FULL : r;
}

/* All ticks are counted before anybody hears of the records. */
static int tell(struct qf_counting *counting, qf_records_changed changed, void *ctx)
{
        int r = qf_tally_settle(&counting->apply.tally);

        return r == 0 ? qf_records_tell(counting->records, changed, ctx) : r;
}

int qf_counting_commit(struct qf_counting *counting, qf_records_changed changed, void *ctx)
{
        if (qf_counting_settled(counting))
                return 0;
        int r = tell(counting, changed, ctx);
        if (r == 0)
                r = write_group(counting);
        if (r != 0)
                return r;
        qf_cell_months_written(counting->months);
        qf_registers_written(counting->registers);
        qf_editions_written(counting->editions);
        counting->committed = counting->shown = counting->meta.position;
        counting->group_bytes = 0;
        counting->froze = false;
        return qf_records_settle(counting->records);
}

static int write_place(struct qf_counting *counting)
{
        QF_CLEANUP(abort_txn) struct qf_txn *txn = NULL;

        qf_records_rest(counting->records);
        int r = qf_txn_begin(counting->environment, true, &txn);
        if (r == 0)
                r = qf_past_write(txn, &counting->past);
        if (r == 0)
                r = qf_txn_commit(&txn);
        if (r == QF_STORE_FULL)
                return QF_COUNTING_FULL;
        return r > 0 ? -EIO : r;
}

int qf_counting_show(struct qf_counting *counting, qf_records_changed changed, void *ctx)
{
        if (qf_counting_showable(counting) || qf_counting_is_behind(counting))
                return 0;
        if (counting->committed == 0) /* a place beside no counts would be damage */
                return qf_counting_commit(counting, changed, ctx);
        int r = tell(counting, changed, ctx);
        if (r == 0)
                r = write_place(counting);
        if (r == 0)
                counting->shown = counting->meta.position;
        return r;
}

bool qf_counting_settled(const struct qf_counting *counting)
{
        return counting->committed == counting->meta.position;
}

bool qf_counting_showable(const struct qf_counting *counting)
{
        return counting->shown == counting->meta.position;
}
