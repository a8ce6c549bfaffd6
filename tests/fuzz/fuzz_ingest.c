/* Partners and the office speak to ingest, message by message, over a journal of their own: the byte of each says who
 * speaks. Whatever they say: what was taken is taken once, each record opens and goes on from the one before, and
 * aggregation can apply all of it; a journal that is closed and opened again stands where it stood. The journal lies in
 * memory, and is put back for each input as it was with the programme in it. */
#include "fuzz/calm.h"
#include "fuzz/frames.h"
#include "fuzz/target.h"

#include "support/ingest_fixture.h"

#include "qf/operator/recount.h"

enum { FRAMES_MAX = 24, RECORDS_BYTES = 1 << 20 };

/* As the unit tests' `say`, with any bytes. */
static void speak(struct ingest_fixture *fixture, uint8_t who, struct qf_view message)
{
        static const char *const sources[] = {"office", "hx.a", "qp.a", "nobody"};
        char user[QF_ADMISSION_USER_TEXT];
        const char *source = sources[who % 4];
        struct qf_asker asker = {.peer = {.len = 1, .id = {who}}};

        fixture->now_ms += who;
        QF_ASSERT(qf_ingest_take(fixture->ingest, &asker, user_of(source, user), message, fixture->now_ms) ==
                  0);
        turn(fixture);
        QF_ASSERT(fixture->judging == 0);
}

static uint64_t events_of(const struct ingest_fixture *fixture)
{
        return qf_group_committed(qf_ingest_group(fixture->ingest))->events;
}

static void converse(struct ingest_fixture *fixture, struct frames frames)
{
        struct qf_view message;
        uint8_t who;

        for (unsigned i = 0; i < FRAMES_MAX && frames_next(&frames, &who, &message); i++) {
                speak(fixture, who, message);
                uint64_t events = events_of(fixture);
                speak(fixture, who, message);
                QF_ASSERT(events_of(fixture) ==
                          events); /* what was taken is known, what was refused stays so */
        }
}

static void replay(struct ingest_fixture *fixture)
{
        const struct qf_journal_state *state = qf_group_committed(qf_ingest_group(fixture->ingest));
        struct qf_buffer records = {0};
        struct qf_recount recount;
        struct qf_sha256 *sha = NULL;
        struct qf_record_head head = {0};
        uint8_t previous[QF_SHA256_BYTES] = {0};

        QF_ASSERT(qf_recount_init(&recount) == 0 && qf_sha256_new(&sha) == 0);
        while (head.position < state->last) {
                records.len = 0;
                QF_ASSERT(qf_group_copy_records(qf_ingest_group(fixture->ingest), head.position + 1,
                                                RECORDS_BYTES, &records) == 0);
                QF_ASSERT(records.len > 0);
                for (size_t at = 0; at < records.len;) {
                        struct qf_view record = {(const char *)records.at + at + 4,
                                                 qf_get_le32(records.at + at)};
                        uint64_t before = head.position;
                        QF_ASSERT(qf_record_open(record, sha, &head) == 0);
                        QF_ASSERT(head.position == before + 1);
                        QF_ASSERT(before == 0 || memcmp(head.previous, previous, sizeof previous) == 0);
                        memcpy(previous, head.hash, sizeof previous);
                        QF_ASSERT(qf_recount_take(&recount, &head, record) == 0);
                        at += 4 + record.len;
                }
        }
        QF_ASSERT(recount.apply.events == state->events);
        qf_recount_deinit(&recount);
        qf_sha256_free(sha);
        qf_buffer_deinit(&records);
}

static struct ingest_fixture *kept;
static struct sim_directory *journal;
static struct sim_copy programme; /* as it was loaded */

static void end(void)
{
        (void)qf_body_writer_free(kept->writer);
        (void)qf_arena_free(kept->arena);
        qf_buffer_deinit(&kept->facts);
        qf_buffer_deinit(&kept->texts);
        qf_buffer_deinit(&kept->bytes);
        free(kept);
        sim_copy_drop(&programme);
        sim_disk_end();
}

static void begin(void)
{
        kept = calloc(1, sizeof *kept);
        QF_ASSERT(kept);
        (void)snprintf(kept->directory, sizeof kept->directory, "journal");
        journal = calm_directory(kept->directory);
        fixture_begin(kept);
        load_programme(kept);
        kept->ingest = qf_ingest_close(kept->ingest);
        sim_copy_take(journal, &programme);
        (void)atexit(end);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
        struct qf_journal_state before;

        if (!kept)
                begin();
        sim_copy_put(&programme, journal);
        kept->now_ms = INT64_C(1700000000000);
        fixture_open(kept);
        converse(kept, (struct frames){bytes, len});
        replay(kept);
        before = *qf_group_committed(qf_ingest_group(kept->ingest));
        fixture_reopen(kept);
        const struct qf_journal_state *after = qf_group_committed(qf_ingest_group(kept->ingest));
        QF_ASSERT(qf_journal_state_same(&before, after) && before.last == after->last &&
                  before.events == after->events);
        kept->ingest = qf_ingest_close(kept->ingest);
        return 0;
}
