/* Why: see disk.h. What a transaction writes is a second set of roots, which a
 * commit puts in place of the first: all of it or nothing, as LMDB promises. Whole
 * directories are moved in directory.c. */
#include "simulation/disk.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

struct qf_txn {
        struct qf_environment *environment;
        bool open, write, full;
        struct sim_rows tables[QF_TABLES_MAX];
};

struct qf_environment {
        struct sim_directory *directory;
        bool looks; /* beside whoever has the directory */
        unsigned tables_count;
        struct qf_txn txn, beside;
};

static struct sim_directory *directories;

struct sim_directory *sim_directory_find(const char *name)
{
        struct sim_directory *directory = directories;

        while (directory && strcmp(directory->name, name) != 0)
                directory = directory->next;
        return directory;
}

struct sim_directory *sim_directory_new(const char *name, struct sim_machine *machine)
{
        struct sim_directory *directory = sim_new(sizeof(*directory));

        (void)snprintf(directory->name, sizeof(directory->name), "%s", name);
        directory->machine = machine;
        directory->next = directories;
        return directories = directory;
}

void sim_tables_drop(struct sim_rows tables[QF_TABLES_MAX])
{
        for (unsigned i = 0; i < QF_TABLES_MAX; i++)
                sim_rows_drop(&tables[i]);
}

void sim_tables_share(const struct sim_rows from[QF_TABLES_MAX], struct sim_rows to[QF_TABLES_MAX])
{
        for (unsigned i = 0; i < QF_TABLES_MAX; i++)
                to[i] = sim_rows_share(&from[i]);
}

static void end_txn(struct qf_txn *txn)
{
        sim_tables_drop(txn->tables);
        txn->open = false;
}

static void end_txns(struct qf_environment *environment)
{
        end_txn(&environment->txn);
        end_txn(&environment->beside);
}

void sim_disk_drop(struct sim_process *process)
{
        for (struct sim_directory *directory = directories; directory; directory = directory->next)
                for (unsigned i = 0; i < SIM_OPENINGS; i++)
                        if (directory->open[i].process == process) {
                                if (directory->open[i].environment)
                                        end_txns(directory->open[i].environment);
                                directory->open[i] = (struct sim_opening){0};
                        }
}

void sim_disk_end(void)
{
        while (directories) {
                struct sim_directory *next = directories->next;
                sim_tables_drop(directories->tables);
                sim_free(directories);
                directories = next;
        }
}

void sim_copy_take(const struct sim_directory *directory, struct sim_copy *ret_copy)
{
        sim_copy_drop(ret_copy);
        ret_copy->made = directory->made;
        memcpy(ret_copy->format, directory->format, sizeof(ret_copy->format));
        sim_tables_share(directory->tables, ret_copy->tables);
}

void sim_copy_put(const struct sim_copy *copy, struct sim_directory *directory)
{
        QF_ASSERT(!directory->open[SIM_OWNED].environment);
        sim_tables_drop(directory->tables);
        directory->made = copy->made;
        memcpy(directory->format, copy->format, sizeof(directory->format));
        sim_tables_share(copy->tables, directory->tables);
        if (directory->committed)
                directory->committed(directory, directory->ctx);
}

void sim_copy_drop(struct sim_copy *copy)
{
        sim_tables_drop(copy->tables);
        copy->made = false;
}

/* --- store/environment.h: open and close ---------------------------------------------------- */

static bool is_disk_full(const struct sim_directory *directory)
{
        return directory->machine && directory->machine->full_until_ns > sim.now_ns;
}

int qf_environment_open(const char *name, const struct qf_environment_options *options,
                        struct qf_environment **ret_environment)
{
        struct sim_directory *directory = sim_directory_find(name);
        struct sim_opening *opening;

        if (!directory && options->read_only)
                return -ENOENT;
        if (!directory)
                directory = sim_directory_new(name, sim.running ? sim.running->machine : NULL);
        opening = &directory->open[options->beside ? SIM_BESIDE : SIM_OWNED];
        sim_crash_point("before opening");
        if (opening->environment)
                return QF_STORE_IN_USE;
        if (directory->unreadable)
                return -EBADMSG;
        if (!directory->made) {
                if (options->read_only)
                        return -ENOENT;
                if (is_disk_full(directory))
                        return QF_STORE_FULL;
                sim_tables_drop(directory->tables);
                (void)snprintf(directory->format, sizeof(directory->format), "%s", options->format);
                directory->made = true;
                sim_crash_at("after making a directory", SIM_SELDOM);
        }
        if (strcmp(directory->format, options->format) != 0)
                return QF_STORE_FORMAT;
        struct qf_environment *environment = calloc(1, sizeof(*environment));
        if (!environment)
                return -ENOMEM;
        environment->directory = directory;
        environment->txn.environment = environment;
        while (options->tables[environment->tables_count])
                environment->tables_count++;
        environment->looks = options->beside;
        *opening = (struct sim_opening){sim.running, environment};
        *ret_environment = environment;
        return 0;
}

struct qf_environment *qf_environment_close(struct qf_environment *environment)
{
        if (!environment)
                return NULL;
        end_txns(environment);
        environment->directory->open[environment->looks ? SIM_BESIDE : SIM_OWNED] = (struct sim_opening){0};
        free(environment);
        return NULL;
}

void qf_environment_set_floor(struct qf_environment *environment, uint64_t disk_floor_bytes)
{
        (void)environment;
        (void)disk_floor_bytes;
}

int qf_environment_check_readers(struct qf_environment *environment)
{
        (void)environment;
        sim_crash_point("at a check of readers");
        return 0;
}

uint64_t qf_environment_used(const struct qf_environment *environment)
{
        uint64_t rows = 0;

        for (unsigned i = 0; i < environment->tables_count; i++)
                rows += environment->directory->tables[i].count;
        return rows * 64;
}

bool qf_environment_fresh(const struct qf_environment *environment)
{
        return qf_environment_used(environment) == 0;
}

uint64_t qf_environment_map(const struct qf_environment *environment)
{
        (void)environment;
        return UINT64_C(1) << 30;
}

void qf_environment_facts(const struct qf_environment *environment, struct qf_environment_facts *ret_facts)
{
        *ret_facts = (struct qf_environment_facts){.used_bytes = qf_environment_used(environment),
                                                   .map_bytes = qf_environment_map(environment)};
}

/* --- transactions --------------------------------------------------------------------------- */

int qf_txn_begin(struct qf_environment *environment, bool write, struct qf_txn **ret_txn)
{
        struct qf_txn *txn = &environment->txn;

        QF_ASSERT(!txn->open);
        sim_crash_point(write ? "before a group" : "before reading");
        if (write && is_disk_full(environment->directory)) {
                SIM_PROBE("disk full");
                return QF_STORE_FULL;
        }
        if (!write && sim_chance(sim.rates.read_error))
                return -EIO;
        sim_tables_share(environment->directory->tables, txn->tables);
        txn->open = true;
        txn->write = write;
        txn->full = false;
        *ret_txn = txn;
        return 0;
}

int qf_txn_renew_format(struct qf_txn *txn, const char *format)
{
        (void)txn;
        (void)format;
        return 0;
}

int qf_txn_begin_beside(struct qf_environment *environment, struct qf_txn **ret_txn)
{
        struct qf_txn *txn = &environment->beside;

        QF_ASSERT(!txn->open);
        if (sim_chance(sim.rates.read_error))
                return -EIO;
        *txn = (struct qf_txn){.environment = environment, .open = true};
        sim_tables_share(environment->directory->tables, txn->tables);
        *ret_txn = txn;
        return 0;
}

void qf_txn_abort(struct qf_txn **txn)
{
        struct qf_txn *ended = *txn;

        *txn = NULL;
        if (ended)
                end_txn(ended);
}

/* What was written takes the place of what was there. */
static void apply(struct qf_txn *txn)
{
        struct sim_directory *directory = txn->environment->directory;

        sim_tables_drop(directory->tables);
        memcpy(directory->tables, txn->tables, sizeof(txn->tables));
        memset(txn->tables, 0, sizeof(txn->tables));
        sim.commits++;
        if (directory->committed) {
                struct sim_process *process = sim_step_aside();
                directory->committed(directory, directory->ctx);
                sim_step_back(process);
        }
}

static void take_time(void)
{
        bool slow = sim_chance(sim.rates.slow_commit);

        if (slow)
                SIM_PROBE("slow commit");
        sim_spend(slow ? sim_between(SIM_SECOND / 5, 3 * SIM_SECOND) : sim_between(SIM_MS / 10, 2 * SIM_MS));
}

int qf_txn_commit(struct qf_txn **ended)
{
        struct qf_txn *txn = *ended;

        *ended = NULL;
        if (!txn->write || txn->full) {
                end_txn(txn);
                return txn->full ? QF_STORE_FULL : 0;
        }
        sim_crash_point("before a commit");
        take_time();
        if (sim_chance(sim.rates.commit_full)) {
                SIM_PROBE("commit found no room");
                sim_say("commit: no room in %s", txn->environment->directory->name);
                end_txn(txn);
                return QF_STORE_FULL;
        }
        if (sim_chance(sim.rates.commit_lost)) {
                bool applied = sim_below(2) != 0;
                if (applied)
                        SIM_PROBE("commit of unknown outcome: written");
                else
                        SIM_PROBE("commit of unknown outcome: not written");
                sim_say("commit: nobody knows (%s) %s", applied ? "written" : "not written",
                        txn->environment->directory->name);
                if (applied)
                        apply(txn);
                end_txn(txn);
                return -EIO;
        }
        apply(txn);
        end_txn(txn);
        sim_crash_point("after a commit");
        return 0;
}

static bool is_readable(const struct qf_txn *txn, unsigned table)
{
        QF_ASSERT(txn->open && table < txn->environment->tables_count);
        return !txn->full;
}

int qf_txn_get(struct qf_txn *txn, unsigned table, struct qf_view key, struct qf_view *ret_value)
{
        if (!is_readable(txn, table))
                return QF_STORE_FULL;
        if (sim_chance(sim.rates.read_error))
                return -EIO;
        return sim_rows_get(&txn->tables[table], key, ret_value) ? 0 : QF_STORE_NONE;
}

/* Before each write: 0, or it finds no room. */
static int before_write(struct qf_txn *txn, unsigned table)
{
        QF_ASSERT(txn->write);
        if (!is_readable(txn, table))
                return QF_STORE_FULL;
        sim_crash_point("in a group");
        if (!sim_chance(sim.rates.write_full))
                return 0;
        SIM_PROBE("map full inside a group");
        sim_say("write: no room in %s", txn->environment->directory->name);
        txn->full = true;
        return QF_STORE_FULL;
}

static void write_value(struct sim_rows *rows, struct qf_view key, struct qf_view value)
{
        uint8_t *room = sim_rows_put(rows, key, value.len);

        if (value.len)
                memcpy(room, value.at, value.len);
}

int qf_txn_put(struct qf_txn *txn, unsigned table, struct qf_view key, struct qf_view value)
{
        int result = before_write(txn, table);

        if (result == 0)
                write_value(&txn->tables[table], key, value);
        return result;
}

static bool is_beyond_all(const struct qf_txn *txn, unsigned table, struct qf_view key)
{
        struct qf_view last, value;

        return !sim_rows_last(&txn->tables[table], &last, &value) || qf_view_order(last, key) < 0;
}

int qf_txn_put_summed(struct qf_txn *txn, unsigned table, struct qf_view key, struct qf_view value,
                      uint32_t sum, bool last)
{
        QF_ASSERT(sum == qf_row_sum(key, value));
        QF_ASSERT(!last || !is_readable(txn, table) || is_beyond_all(txn, table, key));
        return qf_txn_put(txn, table, key, value);
}

int qf_txn_insert(struct qf_txn *txn, unsigned table, struct qf_view key, struct qf_view value,
                  struct qf_view *ret_standing)
{
        int result = before_write(txn, table);

        if (result != 0)
                return result;
        if (sim_rows_get(&txn->tables[table], key, ret_standing))
                return QF_STORE_EXISTS;
        write_value(&txn->tables[table], key, value);
        return 0;
}

int qf_txn_append(struct qf_txn *txn, unsigned table, struct qf_view key, size_t size, uint8_t **ret_room)
{
        int result = before_write(txn, table);

        if (result != 0)
                return result;
        if (!is_beyond_all(txn, table, key))
                return QF_STORE_EXISTS;
        *ret_room = sim_rows_put(&txn->tables[table], key, size);
        return 0;
}

int qf_txn_delete(struct qf_txn *txn, unsigned table, struct qf_view key)
{
        int result = before_write(txn, table);

        if (result != 0)
                return result;
        return sim_rows_remove(&txn->tables[table], key) ? 0 : QF_STORE_NONE;
}

static int found(bool is_found)
{
        return is_found ? 0 : QF_STORE_NONE;
}

int qf_txn_seek(struct qf_txn *txn, unsigned table, struct qf_view from, bool after, struct qf_view *ret_key,
                struct qf_view *ret_value)
{
        if (!is_readable(txn, table))
                return QF_STORE_FULL;
        return found(sim_rows_seek(&txn->tables[table], from, after && from.len, ret_key, ret_value));
}

int qf_txn_last(struct qf_txn *txn, unsigned table, struct qf_view *ret_key, struct qf_view *ret_value)
{
        if (!is_readable(txn, table))
                return QF_STORE_FULL;
        return found(sim_rows_last(&txn->tables[table], ret_key, ret_value));
}

int qf_txn_seek_back(struct qf_txn *txn, unsigned table, struct qf_view upto, struct qf_view *ret_key,
                     struct qf_view *ret_value)
{
        if (!is_readable(txn, table))
                return QF_STORE_FULL;
        return found(sim_rows_seek_back(&txn->tables[table], upto, ret_key, ret_value));
}

uint64_t qf_txn_rows(struct qf_txn *txn, unsigned table)
{
        return is_readable(txn, table) ? txn->tables[table].count : 0;
}
