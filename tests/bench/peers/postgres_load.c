/* PostgreSQL, synchronous_commit=on: a batch is one binary COPY into a table with a primary key, so that a repeat fails
 * it; a statement trigger sums the batch, adds it to the counters and notifies. Two connections, or one with a rate. */
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libpq-fe.h>

#include "bench/peers/peer.h"

enum { WORKERS = 2, ROW_BYTES = 160, SIGNATURE_BYTES = 19 };

static const char schema[] =
        "CREATE TABLE events(source int, number bigint, id text, month int2, d1 int2, d2 int2, d3 int2, d4 int2, d5 int2,"
        " d6 int2, d7 int2, d8 int2, attendances int, PRIMARY KEY(source, number));"
        "CREATE TABLE counters(cell int PRIMARY KEY, activities bigint, attendances bigint) WITH (fillfactor=40);"
        "CREATE FUNCTION tally() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " INSERT INTO counters AS c SELECT coalesce(d1,d2,d3,d4,d5,d6,d7,d8,0)::int*12+month, count(*), sum(attendances)"
        " FROM batch GROUP BY GROUPING SETS ((month),(month,d1),(month,d2),(month,d3),(month,d4),(month,d5),(month,d6),"
        "(month,d7),(month,d8)) ORDER BY 1 ON CONFLICT (cell) DO UPDATE SET activities=c.activities+excluded.activities,"
        " attendances=c.attendances+excluded.attendances;"
        " PERFORM pg_notify('totals', (SELECT sum(activities)::text FROM counters WHERE cell<12)); RETURN NULL; END $$;"
        "CREATE TRIGGER tally AFTER INSERT ON events REFERENCING NEW TABLE AS batch FOR EACH STATEMENT"
        " EXECUTE FUNCTION tally();"
        "LISTEN totals";

struct load {
        struct peer *peer;
        pthread_mutex_t lock; /* of what follows, and of peer */
        uint64_t given, done; /* events */
        PGconn *totals;
};

static PGconn *connect_to(const struct peer *peer)
{
        char words[4200];

        (void)snprintf(words, sizeof words, "host=%s port=%u dbname=postgres user=postgres", peer->place,
                       peer->port);
        PGconn *connection = PQconnectdb(words);
        if (PQstatus(connection) != CONNECTION_OK)
                peer_die("postgres", PQerrorMessage(connection));
        return connection;
}

static PGresult *say(PGconn *connection, const char *words)
{
        PGresult *result = PQexec(connection, words);
        ExecStatusType status = PQresultStatus(result);

        if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && status != PGRES_COPY_IN)
                peer_die("postgres", PQerrorMessage(connection));
        return result;
}

/* A field: its length and its bytes, both big-endian. */
static uint8_t *put(uint8_t *at, uint64_t value, unsigned bytes)
{
        at[0] = at[1] = at[2] = 0;
        at[3] = (uint8_t)bytes;
        for (unsigned i = 0; i < bytes; i++)
                at[4 + i] = (uint8_t)(value >> 8 * (bytes - 1 - i));
        return at + 4 + bytes;
}

static uint8_t *put_row(uint8_t *at, const struct peer_event *event)
{
        *at++ = 0;
        *at++ = 13; /* fields */
        at = put(at, 1, 4);
        at = put(at, event->number, 8);
        memcpy(at, "\0\0\0\017", 4);
        memcpy(at + 4, event->id, 15);
        at = put(at + 19, event->month, 2);
        for (int i = 0; i < PEER_DIMENSIONS; i++)
                at = put(at, event->member[i], 2);
        return put(at, event->attendances, 4);
}

static void copy(PGconn *connection, const struct peer *peer, uint64_t first, uint32_t count, uint8_t *bytes)
{
        PGresult *result;
        uint8_t *at = bytes;

        memset(at, 0, SIGNATURE_BYTES);
        memcpy(at, "PGCOPY\n\377\r\n", 10);
        at += SIGNATURE_BYTES;
        for (uint64_t number = first; number < first + count; number++) {
                struct peer_event event = peer_make(peer, number);
                at = put_row(at, &event);
        }
        memset(at, 0xff, 2);
        at += 2;
        PQclear(say(connection, "COPY events FROM STDIN BINARY"));
        for (uint8_t *part = bytes; part < at; part += 65536)
                if (PQputCopyData(connection, (char *)part, (int)(at - part < 65536 ? at - part : 65536)) !=
                    1)
                        peer_die("postgres", PQerrorMessage(connection));
        if (PQputCopyEnd(connection, NULL) != 1)
                peer_die("postgres", PQerrorMessage(connection));
        while ((result = PQgetResult(connection))) {
                if (PQresultStatus(result) != PGRES_COMMAND_OK)
                        peer_die("postgres", PQerrorMessage(connection));
                PQclear(result);
        }
}

static void look_at_totals(struct load *load)
{
        PGnotify *told;

        if (!PQconsumeInput(load->totals))
                peer_die("postgres", PQerrorMessage(load->totals));
        while ((told = PQnotifies(load->totals))) {
                peer_live(load->peer, strtoull(told->extra, NULL, 10));
                PQfreemem(told);
        }
}

static void *work(void *ctx)
{
        struct load *load = ctx;
        struct peer *peer = load->peer;
        PGconn *connection = connect_to(peer);
        uint8_t *bytes = malloc((size_t)peer->batch * ROW_BYTES + SIGNATURE_BYTES + 2);

        if (!bytes)
                peer_die("postgres", "no memory");
        for (bool over = false; !over;) {
                pthread_mutex_lock(&load->lock);
                uint64_t first = load->given;
                uint32_t count = peer_due(peer, first);
                load->given += count;
                over = load->given == peer->events && count == 0;
                look_at_totals(load);
                pthread_mutex_unlock(&load->lock);
                if (over)
                        break;
                if (count == 0) {
                        peer_nap();
                        continue;
                }
                copy(connection, peer, first, count, bytes);
                pthread_mutex_lock(&load->lock);
                load->done += count;
                peer_acked(peer, load->done); /* with two connections only the end of it means something */
                pthread_mutex_unlock(&load->lock);
        }
        free(bytes);
        PQfinish(connection);
        return NULL;
}

static void read_counters(PGconn *connection, struct peer_cell *cells)
{
        PGresult *result = say(connection, "SELECT cell, activities, attendances FROM counters");

        for (int i = 0; i < PQntuples(result); i++)
                cells[strtoul(PQgetvalue(result, i, 0), NULL, 10) % PEER_CELLS] =
                        (struct peer_cell){strtoll(PQgetvalue(result, i, 1), NULL, 10),
                                           strtoll(PQgetvalue(result, i, 2), NULL, 10)};
        PQclear(result);
}

int main(int argc, char **argv)
{
        static struct peer_cell cells[PEER_CELLS];
        struct peer peer;
        struct load load = {.peer = &peer, .lock = PTHREAD_MUTEX_INITIALIZER};
        pthread_t workers[WORKERS];

        peer_options(&peer, "postgres", argc, argv);
        int count = peer.rate ? 1 : WORKERS;
        load.totals = connect_to(&peer);
        PQclear(say(load.totals, schema));
        peer_begin(&peer);
        for (int i = 0; i < count; i++)
                if (pthread_create(&workers[i], NULL, work, &load) != 0)
                        peer_die("postgres", "thread");
        for (int i = 0; i < count; i++)
                pthread_join(workers[i], NULL);
        while (peer.live < peer.events) {
                look_at_totals(&load);
                peer_nap();
        }
        read_counters(load.totals, cells);
        PQfinish(load.totals);
        return peer_end(&peer, cells);
}
