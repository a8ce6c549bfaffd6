/* SQLite in the process that has the events, without a network: WAL, synchronous=FULL, one transaction for each batch, a
 * repeated event is passed over. It sums a batch and adds it to the counters in the same transaction. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

#include "bench/peers/peer.h"

struct database {
        sqlite3 *handle;
        sqlite3_stmt *insert, *add;
};

static void must(struct database *database, int r, int wanted)
{
        if (r != wanted)
                peer_die("sqlite", sqlite3_errmsg(database->handle));
}

static void say(struct database *database, const char *words)
{
        must(database, sqlite3_exec(database->handle, words, NULL, NULL, NULL), SQLITE_OK);
}

static void open_database(struct database *database, const char *folder)
{
        char path[4096];

        (void)snprintf(path, sizeof path, "%s/events.db", folder);
        must(database, sqlite3_open(path, &database->handle), SQLITE_OK);
        say(database,
            "PRAGMA page_size=4096; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
            "PRAGMA wal_autocheckpoint=10000; PRAGMA cache_size=-200000; PRAGMA locking_mode=EXCLUSIVE;"
            "CREATE TABLE events(source INT, number INT, id TEXT, month INT, d1 INT, d2 INT, d3 INT, d4 INT, d5 INT,"
            " d6 INT, d7 INT, d8 INT, attendances INT, PRIMARY KEY(source, number)) WITHOUT ROWID;"
            "CREATE TABLE counters(cell INTEGER PRIMARY KEY, activities INT, attendances INT)");
        must(database,
             sqlite3_prepare_v2(database->handle,
                                "INSERT OR IGNORE INTO events VALUES(1,?,?,?,?,?,?,?,?,?,?,?,?)", -1,
                                &database->insert, NULL),
             SQLITE_OK);
        must(database,
             sqlite3_prepare_v2(database->handle,
                                "INSERT INTO counters VALUES(?,?,?) ON CONFLICT(cell) DO UPDATE SET"
                                " activities=activities+excluded.activities,"
                                " attendances=attendances+excluded.attendances",
                                -1, &database->add, NULL),
             SQLITE_OK);
}

static void insert(struct database *database, const struct peer_event *event, struct peer_cell *sums)
{
        sqlite3_stmt *into = database->insert;

        sqlite3_bind_int64(into, 1, (sqlite3_int64)event->number);
        sqlite3_bind_text(into, 2, event->id, 15, SQLITE_STATIC);
        sqlite3_bind_int(into, 3, (int)event->month);
        for (int i = 0; i < PEER_DIMENSIONS; i++)
                sqlite3_bind_int(into, 4 + i, event->member[i]);
        sqlite3_bind_int(into, 12, (int)event->attendances);
        must(database, sqlite3_step(into), SQLITE_DONE);
        if (sqlite3_changes(database->handle))
                peer_count(sums, event);
        sqlite3_reset(into);
}

static void add(struct database *database, int cell, const struct peer_cell *sum)
{
        sqlite3_bind_int(database->add, 1, cell);
        sqlite3_bind_int64(database->add, 2, sum->activities);
        sqlite3_bind_int64(database->add, 3, sum->attendances);
        must(database, sqlite3_step(database->add), SQLITE_DONE);
        sqlite3_reset(database->add);
}

static void read_counters(struct database *database, struct peer_cell *ret_cells)
{
        sqlite3_stmt *rows;

        must(database, sqlite3_prepare_v2(database->handle, "SELECT * FROM counters", -1, &rows, NULL),
             SQLITE_OK);
        while (sqlite3_step(rows) == SQLITE_ROW)
                ret_cells[sqlite3_column_int(rows, 0)] =
                        (struct peer_cell){sqlite3_column_int64(rows, 1), sqlite3_column_int64(rows, 2)};
        sqlite3_finalize(rows);
}

int main(int argc, char **argv)
{
        static struct peer_cell sums[PEER_CELLS], cells[PEER_CELLS];
        struct database database;
        struct peer peer;

        peer_options(&peer, "sqlite", argc, argv);
        open_database(&database, peer.place);
        peer_begin(&peer);
        while (peer.acked < peer.events) {
                uint32_t count = peer_due(&peer, peer.acked);
                if (count == 0) {
                        peer_nap();
                        continue;
                }
                say(&database, "BEGIN IMMEDIATE");
                memset(sums, 0, sizeof sums);
                for (uint64_t number = peer.acked; number < peer.acked + count; number++) {
                        struct peer_event event = peer_make(&peer, number);
                        insert(&database, &event, sums);
                }
                for (int i = 0; i < PEER_CELLS; i++)
                        if (sums[i].activities)
                                add(&database, i, &sums[i]);
                say(&database, "COMMIT");
                peer_acked(&peer, peer.acked + count);
                peer_live(&peer, peer.acked);
        }
        read_counters(&database, cells);
        return peer_end(&peer, cells);
}
