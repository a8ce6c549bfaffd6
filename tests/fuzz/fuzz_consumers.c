/* What consumers say to the journal feed: Attach and Credit, any bytes, from a few peers. Whatever is sent to them is a
 * record in order, within the credit given, or a message that can be read. A frame's byte names the peer. */
#include "fuzz/frames.h"
#include "fuzz/target.h"

#include "support/ingest_fixture.h"

#include "ingest/consumers.h"

enum { FRAMES_MAX = 32, PEERS = 4, PUMPS_MAX = 64 };

static struct ingest_fixture *fixture;
static struct qf_arena *arena;
static struct qf_sha256 *sha;
static uint64_t next[PEERS]; /* position that the peer must be sent of its feed; 0: any */
static uint64_t fetched;     /* ... and of the Fetch that it is being answered */
static bool taking;          /* what is sent now answers a message: of records, a Fetch */

static void end(void)
{
        fixture_remove(fixture);
        (void)qf_arena_free(arena);
        qf_sha256_free(sha);
}

static void begin(void)
{
        fixture = fixture_make();
        load_programme(fixture);
        for (uint64_t first = 1; first < 200; first += 20) {
                struct qf_from_partner send = creates_of(fixture, 7, first, 20);
                QF_ASSERT(ask(fixture, "hx.a", &send)->what == QF_VERDICTS);
        }
        QF_ASSERT(qf_arena_new(1 << 20, &arena) == 0 && qf_sha256_new(&sha) == 0);
        (void)atexit(end);
}

static int hear(void *ctx, const struct qf_peer *peer, struct qf_view frame, struct qf_view record)
{
        struct qf_journal_message message;
        struct qf_record_head head;
        struct qf_wire_fault fault;

        (void)ctx;
        qf_arena_reset(arena);
        QF_ASSERT(qf_journal_message_decode(arena, false, frame, &message, &fault) == 0);
        if (message.what != QF_RECORD) {
                if (message.what != QF_FETCHED)
                        next[peer->id[0]] = 0;
                return 0;
        }
        uint64_t *expected = taking ? &fetched : &next[peer->id[0]];
        QF_ASSERT(qf_record_open(record, sha, &head) == 0 && head.position == message.position);
        QF_ASSERT(*expected == 0 || *expected == head.position);
        *expected = head.position + 1;
        return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
        struct qf_consumers *consumers = NULL;
        struct frames frames = {bytes, len};
        struct qf_view message;
        uint8_t who;

        if (!fixture)
                begin();
        memset(next, 0, sizeof next);
        const struct qf_consumers_edges edges = {.send = hear};
        QF_ASSERT(qf_consumers_new(qf_ingest_group(fixture->ingest), &edges, &consumers) == 0);
        for (unsigned i = 0; i < FRAMES_MAX && frames_next(&frames, &who, &message); i++) {
                const struct qf_peer peer = {.len = 1, .id = {who % PEERS}};
                bool more = true;
                fetched = 0;
                taking = true;
                QF_ASSERT(qf_consumers_take(consumers, &peer, QF_VIEW(""), message) == 0);
                taking = false;
                for (unsigned pump = 0; more && pump < PUMPS_MAX; pump++) {
                        more = false;
                        QF_ASSERT(qf_consumers_pump(consumers, fixture->now_ms, &more) == 0);
                }
                QF_ASSERT(qf_consumers_count(consumers) <= QF_CONSUMERS_MAX);
        }
        qf_consumers_free(consumers);
        return 0;
}
