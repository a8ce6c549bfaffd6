/* Why: aggregation reads each record within milliseconds of its commit; from here
 * that is a memory copy. What is pending belongs to a group that may yet fail, and
 * is never shown to a consumer. */
#include "ingest/tail.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { ROOM = 1 << 16 }; /* records; small ones are bounded by number, large ones by bytes */

struct kept {
        uint64_t position;
        uint64_t before; /* bytes of all that was ever pushed before it */
        uint32_t len;
        uint8_t hash[QF_SHA256_BYTES];
        uint8_t *record;
};

struct qf_tail {
        struct kept *ring;            /* places first .. end - 1, modulo ROOM */
        uint64_t first, settled, end; /* first <= settled <= end */
        size_t bytes, most_bytes;
        uint64_t pushed; /* bytes, since the beginning */
};

int qf_tail_new(size_t most_bytes, struct qf_tail **ret_tail)
{
        struct qf_tail *tail = calloc(1, sizeof *tail);
        if (!tail)
                return -ENOMEM;
        tail->most_bytes = most_bytes;
        tail->ring = calloc(ROOM, sizeof *tail->ring);
        if (!tail->ring) {
                free(tail);
                return -ENOMEM;
        }
        *ret_tail = tail;
        return 0;
}

static struct kept *at(const struct qf_tail *tail, uint64_t place)
{
        return &tail->ring[place % ROOM];
}

static void forget(struct qf_tail *tail, uint64_t place)
{
        struct kept *kept = at(tail, place);
        tail->bytes -= kept->len;
        free(kept->record);
        kept->record = NULL;
}

struct qf_tail *qf_tail_free(struct qf_tail *tail)
{
        if (!tail)
                return NULL;
        for (uint64_t place = tail->first; place < tail->end; place++)
                forget(tail, place);
        free(tail->ring);
        free(tail);
        return NULL;
}

int qf_tail_push(struct qf_tail *tail, uint64_t position, const uint8_t hash[QF_SHA256_BYTES],
                 struct qf_view record)
{
        uint8_t *copy = malloc(record.len);
        if (!copy)
                return -ENOMEM;
        memcpy(copy, record.at, record.len);
        while (tail->first < tail->settled &&
               (tail->bytes + record.len > tail->most_bytes || tail->end - tail->first == ROOM))
                forget(tail, tail->first++);
        QF_ASSERT(tail->end - tail->first < ROOM); /* a group has fewer records than that */
        struct kept *kept = at(tail, tail->end++);
        *kept = (struct kept){
                .position = position, .before = tail->pushed, .len = record.len, .record = copy};
        tail->pushed += record.len;
        memcpy(kept->hash, hash, sizeof kept->hash);
        tail->bytes += record.len;
        return 0;
}

void qf_tail_settle(struct qf_tail *tail)
{
        tail->settled = tail->end;
}

void qf_tail_undo(struct qf_tail *tail)
{
        while (tail->end > tail->settled) {
                tail->pushed = at(tail, --tail->end)->before;
                forget(tail, tail->end);
        }
}

/* NULL: it is older than what is held, or comes behind end. */
static const struct kept *find(const struct qf_tail *tail, uint64_t position, uint64_t end)
{
        if (tail->first == end || position < at(tail, tail->first)->position)
                return NULL;
        uint64_t place = tail->first + (position - at(tail, tail->first)->position);
        return place < end ? at(tail, place) : NULL;
}

/* A place keeps its numbers when its record is forgotten, until another record takes it. */
uint32_t qf_tail_behind(const struct qf_tail *tail, uint64_t position)
{
        const uint64_t newest = tail->end > 0 ? at(tail, tail->end - 1)->position : 0;
        if (position > newest || newest - position >= ROOM || newest - position >= tail->end)
                return 0;
        const struct kept *kept = at(tail, tail->end - 1 - (newest - position));
        if (kept->position != position)
                return 0;
        const uint64_t of_bytes = (tail->pushed - kept->before) * 1000 / tail->most_bytes,
                       of_records = (newest + 1 - position) * 1000 / ROOM;
        return (uint32_t)(of_bytes > of_records ? of_bytes : of_records);
}

bool qf_tail_get(const struct qf_tail *tail, uint64_t position, bool pending, struct qf_view *ret_record,
                 uint8_t ret_hash[QF_SHA256_BYTES])
{
        const struct kept *kept = find(tail, position, pending ? tail->end : tail->settled);
        if (!kept)
                return false;
        *ret_record = (struct qf_view){(const char *)kept->record, kept->len};
        memcpy(ret_hash, kept->hash, sizeof kept->hash);
        return true;
}
