/* The records of a backup as a hand with the format may write them, each with right hash, checksum and chain: `qf restore`
 * judges them again and makes the tables. Whatever they say: they are taken or refused with a sentence; what was taken is
 * in the journal that is made, byte for byte, and ingest goes on from it. */
#include "fuzz/calm.h"
#include "fuzz/frames.h"
#include "fuzz/right.h"
#include "fuzz/target.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "ingest/replay.h"

enum { RECORDS_MAX = 24, POSITION_AT = 16, EVENTS_AT = 56, PREVIOUS_AT = 64 };

static struct sim_directory *made;
static struct qf_sha256 *sha;

static void end(void)
{
        (void)qf_sha256_free(sha);
        sim_disk_end();
}

/* The record at its place in the chain. */
static void put_in_chain(uint8_t *bytes, uint32_t len, struct qf_group *group)
{
        const struct qf_journal_state *state = qf_group_state(group);

        qf_put_le64(bytes + POSITION_AT, state->last + 1);
        qf_put_le64(bytes + EVENTS_AT, state->events);
        memcpy(bytes + PREVIOUS_AT, state->hash, QF_SHA256_BYTES);
        make_right(bytes, len, sha);
}

/* Whether the next may follow. */
static bool take(struct qf_replay *replay, struct qf_view record)
{
        struct qf_replay_fault fault = {0};
        struct qf_record_head head;

        if (qf_record_open(record, sha, &head) != 0)
                return true;
        int r = qf_replay_take(replay, &head, record, &fault);
        QF_ASSERT(r == 0 || r == QF_REPLAY_DIFFERS || (r == QF_REPLAY_REFUSED && fault.why));
        if (r == QF_REPLAY_REFUSED)
                return false;
        const struct qf_journal_state *state = qf_group_state(qf_replay_group(replay));
        QF_ASSERT(state->last == head.position);
        QF_ASSERT(memcmp(state->hash, head.hash, sizeof(head.hash)) == 0);
        return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
        struct frames frames = {bytes, len};
        struct sim_copy nothing = {0};
        struct qf_replay *replay = NULL;
        struct qf_view frame;
        uint8_t about;
        bool more = true;

        if (!made) {
                made = calm_directory("made");
                QF_ASSERT(qf_sha256_new(&sha) == 0);
                (void)atexit(end);
        }
        sim_copy_put(&nothing, made);
        QF_ASSERT(qf_replay_open(made->name, true, &replay) == 0);
        for (unsigned i = 0; more && i < RECORDS_MAX && frames_next(&frames, &about, &frame); i++) {
                if (frame.len < RIGHT_HEADER)
                        continue;
                QF_CLEANUP(qf_cleanup_free) uint8_t *copy = malloc(frame.len);
                QF_ASSERT(copy);
                memcpy(copy, frame.at, frame.len);
                put_in_chain(copy, frame.len, qf_replay_group(replay));
                more = take(replay, (struct qf_view){(const char *)copy, frame.len});
        }
        if (more)
                QF_ASSERT(qf_replay_commit(replay) == 0);
        (void)qf_replay_close(replay);
        return 0;
}
