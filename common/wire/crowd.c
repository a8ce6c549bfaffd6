/* Why a table of a fixed size: it must not be the thing that an attacker fills.
 * A row is free when its address has no connection and has its whole share of
 * asking again, which is then as good as never seen. */
#include "wire/crowd.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST = 4096, FDS = 65536, AT_ONCE_S = 10, THOUSAND = 1000 };

struct row {
        char address[QF_CROWD_ADDRESS_BYTES];
        uint32_t next; /* index + 1 in its list */
        uint32_t connections;
        int64_t asks_left, asked_ms; /* thousandths; at that time */
};

struct qf_crowd {
        struct qf_crowd_limits limits;
        uint32_t first[FIRST]; /* index + 1 */
        uint32_t used, looked; /* rows ever used; where the search for a free one goes on */
        struct row rows[QF_CROWD_ADDRESSES];
        uint16_t of[FDS]; /* index + 1 of the row that a descriptor counts for */
};

int qf_crowd_new(struct qf_crowd_limits limits, struct qf_crowd **ret_crowd)
{
        struct qf_crowd *crowd = calloc(1, sizeof *crowd);

        if (!crowd)
                return -ENOMEM;
        crowd->limits = limits;
        *ret_crowd = crowd;
        return 0;
}

struct qf_crowd *qf_crowd_free(struct qf_crowd *crowd)
{
        free(crowd);
        return NULL;
}

static uint32_t *list_of(struct qf_crowd *crowd, const char *address)
{
        uint32_t hash = 2166136261u;

        for (; *address; address++)
                hash = (hash ^ (uint8_t)*address) * 16777619u;
        return &crowd->first[hash % FIRST];
}

static int64_t share(const struct qf_crowd *crowd)
{
        return (int64_t)crowd->limits.asks_per_s * AT_ONCE_S * THOUSAND;
}

static int64_t asks_left(const struct qf_crowd *crowd, const struct row *row, int64_t mono_ms)
{
        int64_t left = row->asks_left + (mono_ms - row->asked_ms) * crowd->limits.asks_per_s;

        return left < share(crowd) ? left : share(crowd);
}

static bool is_free(const struct qf_crowd *crowd, const struct row *row, int64_t mono_ms)
{
        return row->connections == 0 && asks_left(crowd, row, mono_ms) == share(crowd);
}

static void unlink_row(struct qf_crowd *crowd, const struct row *row)
{
        uint32_t *at = list_of(crowd, row->address);

        while (&crowd->rows[*at - 1] != row)
                at = &crowd->rows[*at - 1].next;
        *at = row->next;
}

/* A few rows are looked at, the next time the next few: the cost of a newcomer stays the same whatever the table holds. */
static struct row *find_free(struct qf_crowd *crowd, int64_t mono_ms)
{
        enum { LOOKS = 16 };

        if (crowd->used < QF_CROWD_ADDRESSES)
                return &crowd->rows[crowd->used++];
        for (int i = 0; i < LOOKS; i++) {
                struct row *row = &crowd->rows[crowd->looked++ % QF_CROWD_ADDRESSES];
                if (!is_free(crowd, row, mono_ms))
                        continue;
                unlink_row(crowd, row);
                return row;
        }
        return NULL;
}

/* NULL: there is no room. */
static struct row *row_of(struct qf_crowd *crowd, const char *address, int64_t mono_ms)
{
        uint32_t *first = list_of(crowd, address);
        size_t len = strlen(address);

        if (len >= QF_CROWD_ADDRESS_BYTES)
                return NULL;
        for (uint32_t at = *first; at; at = crowd->rows[at - 1].next)
                if (strcmp(crowd->rows[at - 1].address, address) == 0)
                        return &crowd->rows[at - 1];
        struct row *row = find_free(crowd, mono_ms);
        if (!row)
                return NULL;
        *row = (struct row){.next = *first, .asks_left = share(crowd), .asked_ms = mono_ms};
        memcpy(row->address, address, len + 1);
        *first = (uint32_t)(row - crowd->rows) + 1;
        return row;
}

void qf_crowd_closed(struct qf_crowd *crowd, int fd)
{
        if (fd < 0 || fd >= FDS || crowd->of[fd] == 0)
                return;
        crowd->rows[crowd->of[fd] - 1].connections--;
        crowd->of[fd] = 0;
}

void qf_crowd_all_closed(struct qf_crowd *crowd)
{
        for (int fd = 0; fd < FDS; fd++)
                qf_crowd_closed(crowd, fd);
}

bool qf_crowd_opened(struct qf_crowd *crowd, int fd, const char *address, int64_t mono_ms)
{
        if (fd < 0 || fd >= FDS)
                return true;
        qf_crowd_closed(crowd, fd); /* its end was not told: the number is another connection's now */
        struct row *row = row_of(crowd, address, mono_ms);
        if (!row)
                return true;
        crowd->of[fd] = (uint16_t)(row - crowd->rows + 1);
        row->connections++;
        return crowd->limits.connections == 0 || row->connections <= crowd->limits.connections;
}

bool qf_crowd_asks(struct qf_crowd *crowd, const char *address, int64_t mono_ms)
{
        struct row *row = crowd->limits.asks_per_s ? row_of(crowd, address, mono_ms) : NULL;

        if (!row)
                return true;
        row->asks_left = asks_left(crowd, row, mono_ms);
        row->asked_ms = mono_ms;
        if (row->asks_left < THOUSAND)
                return false;
        row->asks_left -= THOUSAND;
        return true;
}
