/* ingest/consumers: records in order, by credit, from memory and from the store;
 * a journal that is not the one that was followed is noticed. */
#include "support/damage.h"
#include "support/ingest_fixture.h"

#include "ingest/consumers.h"

enum { FRAMES_MAX = 4096 };

struct got {
        struct qf_journal_message message;
        uint8_t peer;
        uint32_t bytes; /* of the record */
        uint8_t hash[32];
};

struct consuming {
        struct ingest_fixture *ingest;
        struct qf_consumers *consumers;
        struct qf_arena *arena;
        struct qf_sha256 *sha;
        struct got got[FRAMES_MAX];
        uint32_t got_count;
        bool full; /* peers take nothing */
        bool shut; /* nobody may follow any more */
        uint64_t kept;
        char kept_name[32];
};

static int hear_frame(void *ctx, const struct qf_peer *peer, struct qf_view frame, struct qf_view record)
{
        struct consuming *consuming = ctx;
        struct qf_wire_fault fault;
        struct qf_record_head head;
        if (consuming->full)
                return 1;
        assert_true(consuming->got_count < FRAMES_MAX);
        struct got *got = &consuming->got[consuming->got_count++];
        char *copy = qf_arena_take(consuming->arena, frame.len + 1);
        memcpy(copy, frame.at, frame.len);
        assert_int_equal(qf_journal_message_decode(consuming->arena, false, (struct qf_view){copy, frame.len},
                                                   &got->message, &fault),
                         0);
        got->peer = peer->id[0];
        got->bytes = record.len;
        if (got->message.what == QF_RECORD) {
                assert_int_equal(qf_record_open(record, consuming->sha, &head), 0);
                assert_int_equal(head.position, got->message.position);
                memcpy(got->hash, head.hash, sizeof got->hash);
        }
        return 0;
}

static bool may_follow(void *ctx, struct qf_view user)
{
        const struct consuming *consuming = ctx;
        return !consuming->shut && qf_view_same(user, QF_VIEW("office"));
}

static void note_kept(void *ctx, struct qf_view name, uint64_t position, const uint8_t hash[32])
{
        struct consuming *consuming = ctx;
        (void)hash;
        consuming->kept = position;
        (void)snprintf(consuming->kept_name, sizeof consuming->kept_name, "%.*s", (int)name.len, name.at);
}

static void open_consumers(struct consuming *consuming)
{
        const struct qf_consumers_edges edges = {consuming, hear_frame, may_follow, note_kept};
        assert_int_equal(
                qf_consumers_new(qf_ingest_group(consuming->ingest->ingest), &edges, &consuming->consumers),
                0);
}

static int make(void **state)
{
        struct consuming *consuming = calloc(1, sizeof *consuming);
        consuming->ingest = fixture_loaded();
        open_consumers(consuming);
        assert_int_equal(qf_arena_new(4 << 20, &consuming->arena), 0);
        assert_int_equal(qf_sha256_new(&consuming->sha), 0);
        *state = consuming;
        return 0;
}

static int unmake(void **state)
{
        struct consuming *consuming = *state;
        (void)qf_consumers_free(consuming->consumers);
        fixture_remove(consuming->ingest);
        (void)qf_arena_free(consuming->arena);
        (void)qf_sha256_free(consuming->sha);
        free(consuming);
        return 0;
}

static void tell_as(struct consuming *consuming, struct qf_view user, uint8_t who,
                    const struct qf_journal_message *message)
{
        struct qf_peer peer = {.len = 1, .id = {who}};
        struct qf_buffer bytes = {0};
        assert_int_equal(qf_journal_message_encode(true, message, &bytes), 0);
        assert_int_equal(qf_consumers_take(consuming->consumers, &peer, user,
                                           (struct qf_view){(const char *)bytes.at, (uint32_t)bytes.len}),
                         0);
        qf_buffer_deinit(&bytes);
}

static void tell(struct consuming *consuming, uint8_t who, const struct qf_journal_message *message)
{
        tell_as(consuming, QF_VIEW("office"), who, message);
}

static void pump_at(struct consuming *consuming, int64_t mono_ms)
{
        bool more = true;
        while (more) {
                more = false;
                assert_int_equal(qf_consumers_pump(consuming->consumers, mono_ms, &more), 0);
        }
}

static void pump(struct consuming *consuming)
{
        pump_at(consuming, 1);
}

static struct qf_journal_message attach_at(uint32_t attach, uint64_t position, uint64_t credit)
{
        return (struct qf_journal_message){
                .what = QF_ATTACH, .version = 1, .attach = attach, .position = position, .credit = credit};
}

static void feed_records(struct consuming *consuming, uint64_t first, uint32_t batches)
{
        for (uint32_t i = 0; i < batches; i++) {
                struct qf_from_partner send = creates_of(consuming->ingest, 1, first + i * 2000, 2000);
                (void)ask(consuming->ingest, "hx.a", &send);
        }
}

/* One record of some 150 KB, of titles that no compression makes short. */
static void feed_large(struct consuming *consuming, uint32_t number)
{
        enum { EVENTS = 1000, TITLE = 190 };
        struct qf_from_partner send = send_of(1, 1 + (uint64_t)number * EVENTS);
        const struct qf_pair org = {QF_VIEW("org"), QF_VIEW("HX")};
        uint32_t drawn = number;
        for (unsigned i = 0; i < EVENTS; i++) {
                char title[TITLE], key[32];
                for (unsigned k = 0; k < TITLE; k++) {
                        drawn = drawn * 1664525 + 1013904223;
                        title[k] = (char)(' ' + (drawn >> 24) % 95);
                }
                (void)snprintf(key, sizeof key, "L%u-%u", number, i);
                const struct qf_words words = {.title = {title, TITLE}};
                const struct qf_event event = {.kind = QF_KIND_ACTIVITY,
                                               .action = QF_CREATE,
                                               .key = qf_view_of(key),
                                               .date = 20230506,
                                               .sessions = 1,
                                               .words = &words};
                put_event(consuming->ingest, &event, &org, 1);
        }
        end_body(consuming->ingest, &send);
        (void)ask(consuming->ingest, "hx.a", &send);
}

static uint64_t last_of(struct consuming *consuming)
{
        return qf_group_committed(qf_ingest_group(consuming->ingest->ingest))->last;
}

/* Positions from first on, without holes; returns the next. */
static uint64_t expect_records(const struct consuming *consuming, uint32_t from, uint64_t first)
{
        for (uint32_t i = from; i < consuming->got_count; i++) {
                assert_int_equal(consuming->got[i].message.what, QF_RECORD);
                assert_int_equal(consuming->got[i].message.position, first++);
        }
        return first;
}

static void consumer_is_sent_all_and_then_what_is_new(void **state)
{
        struct consuming *consuming = *state;
        feed_records(consuming, 1, 3);
        struct qf_journal_message attach = attach_at(7, 0, UINT64_C(1) << 30);
        tell(consuming, 'a', &attach);
        pump(consuming);
        assert_int_equal(consuming->got[0].message.what, QF_ATTACHED);
        assert_int_equal(consuming->got[0].message.attach, 7);
        assert_int_equal(consuming->got[0].message.last, last_of(consuming));
        uint64_t next = expect_records(consuming, 1, 1);
        assert_int_equal(next, last_of(consuming) + 1);
        uint32_t before = consuming->got_count;
        feed_records(consuming, 6001, 1);
        pump(consuming);
        assert_int_equal(expect_records(consuming, before, next), last_of(consuming) + 1);
}

static void credit_bounds_what_is_sent_and_never_goes_back(void **state)
{
        struct consuming *consuming = *state;
        feed_records(consuming, 1, 4);
        struct qf_journal_message attach = attach_at(1, 0, 1), credit = {.what = QF_CREDIT, .attach = 1};
        tell(consuming, 'a', &attach);
        pump(consuming);
        assert_int_equal(consuming->got_count, 2); /* attached, and one record that overshoots */
        credit.credit = consuming->got[1].bytes;
        tell(consuming, 'a', &credit);
        pump(consuming);
        assert_int_equal(consuming->got_count, 2);
        credit.credit++;
        tell(consuming, 'a', &credit);
        pump(consuming);
        assert_int_equal(consuming->got_count, 3);
        credit.credit = 0;
        tell(consuming, 'a', &credit);
        credit.attach = 2; /* of another attachment */
        credit.credit = 1 << 30;
        tell(consuming, 'a', &credit);
        pump(consuming);
        assert_int_equal(consuming->got_count, 3);
}

static void who_may_not_is_sent_away_also_later(void **state)
{
        struct consuming *consuming = *state;
        struct qf_journal_message attach = attach_at(1, 0, 1);
        tell_as(consuming, QF_VIEW("hx.a"), 'a', &attach);
        assert_int_equal(consuming->got[0].message.what, QF_DETACHED);
        assert_int_equal(consuming->got[0].message.why, QF_DETACHED_NOT_ALLOWED);
        assert_int_equal(qf_consumers_count(consuming->consumers), 0);
        tell(consuming, 'b', &attach);
        assert_int_equal(qf_consumers_count(consuming->consumers), 1);
        consuming->shut = true;
        assert_int_equal(qf_consumers_beat(consuming->consumers, 1, &(struct qf_beat){0}), 0);
        assert_int_equal(consuming->got[consuming->got_count - 1].message.why, QF_DETACHED_NOT_ALLOWED);
        assert_int_equal(qf_consumers_count(consuming->consumers), 0);
}

static void a_backup_is_believed_only_with_the_right_hash(void **state)
{
        struct consuming *consuming = *state;
        feed_records(consuming, 1, 1);
        struct qf_journal_message attach = attach_at(1, 0, UINT64_C(1) << 30);
        tell(consuming, 'a', &attach);
        pump(consuming);
        struct qf_journal_message kept = {.what = QF_KEPT, .position = 2, .name = QF_VIEW("host:/backup")};
        tell(consuming, 'a', &kept);
        assert_int_equal(consuming->kept, 0);
        memcpy(kept.hash, consuming->got[2].hash, sizeof kept.hash);
        tell_as(consuming, QF_VIEW("hx.a"), 'b', &kept);
        assert_int_equal(consuming->kept, 0);
        tell(consuming, 'a', &kept);
        assert_int_equal(consuming->kept, 2);
        assert_string_equal(consuming->kept_name, "host:/backup");
        kept.position = 1000;
        tell(consuming, 'a', &kept);
        assert_int_equal(consuming->kept, 2);
}

static void records_come_from_the_store_after_a_restart(void **state)
{
        struct consuming *consuming = *state;
        feed_records(consuming, 1, 4);
        consuming->consumers = qf_consumers_free(consuming->consumers);
        fixture_reopen(consuming->ingest);
        open_consumers(consuming);
        struct qf_journal_message attach = attach_at(1, 0, UINT64_C(1) << 30);
        tell(consuming, 'a', &attach);
        pump(consuming);
        uint64_t next = expect_records(consuming, 1, 1);
        assert_int_equal(next, last_of(consuming) + 1);
        uint32_t before = consuming->got_count;
        feed_records(consuming, 8001, 1);
        pump(consuming);
        assert_int_equal(expect_records(consuming, before, next), last_of(consuming) + 1);
}

static void resume_with_the_right_hash_goes_on_behind_it(void **state)
{
        struct consuming *consuming = *state;
        feed_records(consuming, 1, 2);
        struct qf_journal_message attach = attach_at(1, 0, UINT64_C(1) << 30);
        tell(consuming, 'a', &attach);
        pump(consuming);
        attach = attach_at(2, consuming->got[2].message.position, UINT64_C(1) << 30);
        memcpy(attach.hash, consuming->got[2].hash, sizeof attach.hash);
        memcpy(attach.journal, consuming->got[0].message.journal, sizeof attach.journal);
        consuming->got_count = 0;
        tell(consuming, 'a', &attach);
        pump(consuming);
        assert_int_equal(consuming->got[0].message.what, QF_ATTACHED);
        assert_int_equal(expect_records(consuming, 1, attach.position + 1), last_of(consuming) + 1);
}

static void expect_detached(struct consuming *consuming, const struct qf_journal_message *attach,
                            uint32_t why)
{
        consuming->got_count = 0;
        tell(consuming, 'z', attach);
        assert_int_equal(consuming->got_count, 1);
        assert_int_equal(consuming->got[0].message.what, QF_DETACHED);
        assert_int_equal(consuming->got[0].message.why, why);
        assert_int_equal(consuming->got[0].message.attach, attach->attach);
}

/* Interleavings 5 and 6, ingest's part: the consumer is ahead, or followed something else. */
static void other_past_is_told_apart(void **state)
{
        struct consuming *consuming = *state;
        struct qf_journal_message attach = attach_at(1, last_of(consuming) + 200, 1000);
        expect_detached(consuming, &attach, QF_DETACHED_BEHIND);
        assert_int_equal(consuming->got[0].message.last, last_of(consuming));
        attach = attach_at(2, last_of(consuming), 1000); /* with a hash of zeros */
        expect_detached(consuming, &attach, QF_DETACHED_BEHIND);
        attach = attach_at(3, 0, 1000);
        attach.journal[3] = 9;
        expect_detached(consuming, &attach, QF_DETACHED_OTHER_JOURNAL);
        attach = attach_at(4, 0, 1000);
        attach.version = 2;
        expect_detached(consuming, &attach, QF_DETACHED_VERSION);
}

static void full_consumer_goes_on_without_a_hole(void **state)
{
        struct consuming *consuming = *state;
        struct qf_journal_message attach = attach_at(1, 0, UINT64_C(1) << 30);
        tell(consuming, 'a', &attach);
        pump(consuming);
        uint64_t next = expect_records(consuming, 1, 1);
        consuming->full = true;
        feed_records(consuming, 1, 2);
        pump(consuming);
        consuming->full = false;
        uint32_t before = consuming->got_count;
        pump(consuming);
        assert_int_equal(expect_records(consuming, before, next), last_of(consuming) + 1);
}

/* Also when what comes next is in the store alone; not of who hangs, and of nobody else who follows. */
static void how_far_counting_is_behind_is_known(void **state)
{
        enum { MOST = 400, TAIL = 1000, MORE = 1300 };
        struct consuming *consuming = *state;
        struct qf_journal_message attach = attach_at(1, 0, 1), credit = {.what = QF_CREDIT, .attach = 1};
        uint32_t behind = 0, before = 0, fed = 0;

        attach.name = QF_VIEW("aggregate");
        tell(consuming, 'a', &attach);
        pump(consuming);
        assert_int_equal(qf_consumers_behind(consuming->consumers), 0);
        for (; behind < MORE; before = behind) {
                assert_true(fed < MOST);
                feed_large(consuming, fed++);
                pump(consuming);
                behind = qf_consumers_behind(consuming->consumers);
                assert_true(behind > before && behind < before + TAIL / 50);
        }
        pump_at(consuming, 1000);
        assert_int_equal(qf_consumers_behind(consuming->consumers), behind);
        pump_at(consuming, 1001); /* it asked for nothing for a second */
        assert_int_equal(qf_consumers_behind(consuming->consumers), 0);
        credit.credit = 4 << 20;
        tell(consuming, 'a', &credit);
        pump_at(consuming, 1002);
        behind = qf_consumers_behind(consuming->consumers);
        assert_true(behind > TAIL && behind < before - TAIL / 5);
        credit.credit = 1 << 30;
        tell(consuming, 'a', &credit);
        pump_at(consuming, 1003);
        assert_int_equal(qf_consumers_behind(consuming->consumers), 0);
        attach = attach_at(2, last_of(consuming), 1); /* and a backup is all that lags */
        memcpy(attach.hash, consuming->got[consuming->got_count - 1].hash, sizeof attach.hash);
        tell(consuming, 'b', &attach);
        assert_int_equal(consuming->got[consuming->got_count - 1].message.what, QF_ATTACHED);
        for (uint32_t end = fed + 3; fed < end; fed++) {
                feed_large(consuming, fed);
                pump_at(consuming, 1004);
        }
        assert_int_equal(qf_consumers_behind(consuming->consumers), 0);
}

static void seventeenth_takes_the_place_of_who_is_gone(void **state)
{
        struct consuming *consuming = *state;
        struct qf_journal_message attach = attach_at(1, 0, 1);
        for (uint8_t who = 1; who <= QF_CONSUMERS_MAX; who++)
                tell(consuming, who, &attach);
        assert_int_equal(qf_consumers_count(consuming->consumers), QF_CONSUMERS_MAX);
        expect_detached(consuming, &attach, QF_DETACHED_TOO_MANY);
        consuming->full = true;
        assert_int_equal(qf_consumers_beat(consuming->consumers, 1000, &(struct qf_beat){0}), 0);
        consuming->full = false;
        consuming->got_count = 0;
        tell(consuming, 'z', &attach);
        assert_int_equal(consuming->got[0].message.what, QF_ATTACHED);
        assert_int_equal(qf_consumers_beat(consuming->consumers, 2000, &(struct qf_beat){0}), 0);
        assert_int_equal(consuming->got[1].message.what, QF_BEAT);
        assert_int_equal(consuming->got[1].message.last, last_of(consuming));
}

/* Who takes nothing is gone after a minute: a minute that went by, not one that the clock was set forward or back. */
static void a_clock_that_is_set_makes_nobody_gone(void **state)
{
        static const struct {
                int64_t mono_ms, ahead_ms;
                uint32_t count;
        } beats[] = {
                {1000, 0, 1}, {2000, 3600 * 1000, 1}, {61000, -3600 * 1000, 1}, {61001, -3600 * 1000, 0}};
        struct consuming *consuming = *state;
        struct qf_journal_message attach = attach_at(1, 0, 1);

        tell(consuming, 'a', &attach);
        consuming->full = true;
        for (size_t i = 0; i < sizeof beats / sizeof beats[0]; i++) {
                const struct qf_beat beat = {.now_ms = consuming->ingest->now_ms + beats[i].ahead_ms};
                assert_int_equal(qf_consumers_beat(consuming->consumers, beats[i].mono_ms, &beat), 0);
                assert_int_equal(qf_consumers_count(consuming->consumers), beats[i].count);
        }
}

/* In 1970 it is the journal's time: reporting judges the dates of keys by it. */
static void a_beat_tells_the_time_that_is_believed(void **state)
{
        struct consuming *consuming = *state;
        struct qf_journal_message attach = attach_at(1, 0, 1);
        const int64_t journal_ms = consuming->ingest->now_ms;
        const int64_t clocks[][2] = {
                {journal_ms + 7, journal_ms + 7}, {journal_ms - 1000, journal_ms - 1000}, {2000, journal_ms}};
        tell(consuming, 'a', &attach);
        for (unsigned i = 0; i < 3; i++) {
                consuming->got_count = 0;
                assert_int_equal(
                        qf_consumers_beat(consuming->consumers, 1, &(struct qf_beat){.now_ms = clocks[i][0]}),
                        0);
                assert_int_equal(consuming->got[0].message.what, QF_BEAT);
                assert_int_equal(consuming->got[0].message.now_ms, clocks[i][1]);
        }
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, make, unmake)

/* Records once, without attaching: nothing is remembered of who asks, and the end says where to go on. */
static void a_fetch_brings_a_few_records_and_is_forgotten(void **state)
{
        struct consuming *consuming = *state;
        struct qf_journal_message fetch = {.what = QF_FETCH, .attach = 5, .position = 1, .credit = 1 << 20};
        const uint64_t last = qf_group_committed(qf_ingest_group(consuming->ingest->ingest))->last;

        tell(consuming, 'r', &fetch);
        assert_int_equal(consuming->got_count, last + 1);
        for (uint64_t i = 0; i < last; i++)
                assert_int_equal(consuming->got[i].message.position, i + 1);
        const struct qf_journal_message *end = &consuming->got[last].message;
        assert_true(end->what == QF_FETCHED && end->attach == 5 && end->position == last + 1 &&
                    end->last == last);
        assert_int_equal(qf_consumers_count(consuming->consumers), 0);

        consuming->got_count = 0;
        fetch.credit = 1; /* one record at least */
        tell(consuming, 'r', &fetch);
        assert_int_equal(consuming->got_count, 2);
        assert_int_equal(consuming->got[1].message.position, 2);
        consuming->got_count = 0;
        fetch.credit = 0;
        tell(consuming, 'r', &fetch);
        assert_int_equal(consuming->got_count, 2);
        consuming->got_count = 0;
        fetch.position = last + 1; /* nothing yet */
        tell(consuming, 'r', &fetch);
        assert_true(consuming->got_count == 1 && consuming->got[0].message.position == last + 1);
        consuming->got_count = 0;
        consuming->full = true; /* who takes nothing is told nothing, and held for nothing */
        tell(consuming, 'r', &fetch);
        consuming->full = false;
        consuming->shut = true;
        tell(consuming, 'r', &fetch);
        assert_int_equal(consuming->got[0].message.what, QF_DETACHED);
}

/* Whoever asks for what cannot be read hears so, and is the only one who notices. What comes before it is brought. */
static void a_fetch_of_what_is_lost_is_sent_away(void **state)
{
        struct consuming *consuming = *state;
        feed_records(consuming, 1, 3);
        const uint64_t last = last_of(consuming), lost = last - 1;
        consuming->consumers = qf_consumers_free(consuming->consumers);
        consuming->ingest->ingest = qf_ingest_close(consuming->ingest->ingest);
        lose_large_record(consuming->ingest->directory, lost);
        fixture_open(consuming->ingest);
        open_consumers(consuming);
        struct qf_journal_message fetch = {
                .what = QF_FETCH, .attach = 5, .position = lost, .credit = 1 << 20};
        expect_detached(consuming, &fetch, QF_DETACHED_DAMAGED);
        consuming->got_count = 0;
        fetch.position = lost - 1;
        tell(consuming, 'r', &fetch);
        assert_int_equal(consuming->got_count, 2);
        assert_int_equal(consuming->got[0].message.position, lost - 1);
        assert_true(consuming->got[1].message.what == QF_FETCHED &&
                    consuming->got[1].message.position == lost);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                CASE(consumer_is_sent_all_and_then_what_is_new),
                CASE(a_clock_that_is_set_makes_nobody_gone),
                CASE(a_beat_tells_the_time_that_is_believed),
                CASE(credit_bounds_what_is_sent_and_never_goes_back),
                CASE(who_may_not_is_sent_away_also_later),
                CASE(a_backup_is_believed_only_with_the_right_hash),
                CASE(records_come_from_the_store_after_a_restart),
                CASE(resume_with_the_right_hash_goes_on_behind_it),
                CASE(other_past_is_told_apart),
                CASE(how_far_counting_is_behind_is_known),
                CASE(full_consumer_goes_on_without_a_hole),
                CASE(seventeenth_takes_the_place_of_who_is_gone),
                CASE(a_fetch_brings_a_few_records_and_is_forgotten),
                CASE(a_fetch_of_what_is_lost_is_sent_away),
        };
        return cmocka_run_group_tests_name("ingest consumers", tests, NULL, NULL);
}
