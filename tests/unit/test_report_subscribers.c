/* report/subscribers: each ends with exactly what is published, whatever credit it
 * has and whenever it comes; equals share a frame; rights and wishes hold. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "report/subscribers.h"
#include "support/office.h"

enum { PEERS = 8, SOURCES = 4, OF_SOURCE_MAX = 20 };

/* What a subscriber that follows the rules holds of the picture: attendances by cell number. */
struct reader {
        uint64_t version, received;
        uint32_t frames, registers, pulses;
        bool fresh_seen, ended, gone, denied;
        size_t cells;         /* received since the last fresh */
        struct qf_counts all; /* of dimension total, by the last values */
        bool saw_west;
};

struct stage {
        struct office *office;
        struct qf_register_log log;
        struct qf_published now;
        struct qf_subscribers *subscribers;
        struct qf_arena *arena;
        struct reader readers[PEERS];
        const char *last_frame; /* address of the last frame sent: shared ones are the same bytes */
        uint32_t shared;
        uint32_t may_serve[SOURCES];
        uint64_t served[SOURCES]; /* bytes, by source */
};

static void take_cells(struct reader *reader, const struct qf_cells_part *cells)
{
        for (uint32_t i = 0; i < cells->count; i++) {
                struct qf_view member = cells->texts[cells->member[i]];

                reader->cells++;
                reader->saw_west |= qf_view_same(member, QF_VIEW("west"));
                if (!qf_view_same(cells->texts[cells->dimension[i]], QF_VIEW("total")))
                        continue;
                for (uint32_t m = 0; m < cells->measures_count; m++)
                        reader->all.of[cells->measures[m]] = cells->value[i * cells->measures_count + m];
        }
}

static int take_frame(void *ctx, const struct qf_peer *peer, struct qf_view frame)
{
        struct stage *stage = ctx;
        struct reader *reader = &stage->readers[peer->id[0]];
        struct qf_to_reader update;
        struct qf_wire_fault fault;

        if (reader->gone)
                return 1;
        qf_arena_reset(stage->arena);
        assert_int_equal(qf_to_reader_decode(stage->arena, frame, &update, &fault), 0);
        if (update.what == QF_PULSE) {
                reader->pulses++;
                return 0;
        }
        if (update.what == QF_DENIED) {
                reader->denied = true;
                return 0;
        }
        assert_int_equal(update.what, QF_UPDATE);
        if (update.fresh) {
                reader->fresh_seen = true;
                reader->version = 0;
                reader->cells = 0;
        }
        assert_true(update.after <= reader->version);
        reader->frames++;
        reader->received += frame.len;
        reader->registers += update.events_count;
        take_cells(reader, &update.cells);
        reader->ended = update.end;
        if (update.end)
                reader->version = update.upto;
        stage->shared += stage->last_frame == frame.at;
        stage->last_frame = frame.at;
        return 0;
}

/* Serves a source for so many turns. */
static int begin_serving(void *ctx, uint32_t source)
{
        struct stage *stage = ctx;

        if (source >= SOURCES || stage->may_serve[source] == 0)
                return 1;
        stage->may_serve[source]--;
        return 0;
}

static int end_serving(void *ctx, uint32_t source, size_t bytes)
{
        struct stage *stage = ctx;

        stage->served[source] += bytes;
        return 0;
}

static void publish(struct stage *stage)
{
        stage->now.version = stage->office->position;
        qf_register_log_settle(&stage->log, stage->now.version);
}

static int setup(void **state)
{
        struct stage *stage = calloc(1, sizeof(*stage));
        const struct qf_subscribers_calls calls = {.ctx = stage,
                                                   .send = take_frame,
                                                   .begin = begin_serving,
                                                   .end = end_serving,
                                                   .of_source_max = OF_SOURCE_MAX};
        void *office = NULL;
        int r;

        if (!stage || office_setup(&office) != 0)
                return -1;
        *state = stage;
        memset(stage->may_serve, 0xff, sizeof(stage->may_serve));
        stage->office = office;
        r = qf_subscribers_new(&calls, &stage->subscribers) | qf_arena_new(4 * 1024 * 1024, &stage->arena);
        stage->now = (struct qf_published){.programme = stage->office->programme,
                                           .picture = stage->office->picture,
                                           .log = &stage->log,
                                           .epoch = {1},
                                           .stamp = 1};
        for (int i = 0; i < 300; i++)
                r |= qf_register_log_add(&stage->log, QF_VIEW("an event, as bytes; subscribers hand it on"));
        for (uint32_t i = 0; i < 2000; i++)
                r |= office_activity(stage->office, 20200101 + i % 4 * 10000 + i / 4 % 12 * 100 + i / 48 % 28,
                                     1, 10, 1 + i % 4, i % 4);
        publish(stage);
        return r;
}

static int teardown(void **state)
{
        struct stage *stage = *state;
        void *office = stage->office;

        (void)qf_subscribers_free(stage->subscribers);
        (void)qf_arena_free(stage->arena);
        qf_register_log_deinit(&stage->log);
        (void)office_teardown(&office);
        free(stage);
        return 0;
}

static struct qf_peer peer_of(uint8_t number)
{
        return (struct qf_peer){.len = 1, .id = {number}};
}

static void join_as(struct stage *stage, uint8_t number, const char *user, struct qf_from_reader ask)
{
        const struct qf_peer peer = peer_of(number);

        ask.what = QF_SUBSCRIBE;
        ask.id = 1;
        assert_int_equal(
                qf_subscribers_join(stage->subscribers, &stage->now, &peer, qf_view_of(user), &ask, 0), 0);
}

static void join(struct stage *stage, uint8_t number, uint64_t credit)
{
        join_as(stage, number, OFFICE_CHIEF, (struct qf_from_reader){.credit = credit});
}

static void run(struct stage *stage, int64_t mono_ms)
{
        bool more = true;

        for (int i = 0; i < 1000 && more; i++) {
                more = false;
                assert_int_equal(qf_subscribers_turn(stage->subscribers, &stage->now, mono_ms, &more), 0);
        }
        assert_false(more);
}

static void a_newcomer_gets_registers_then_all_cells_and_an_end(void **state)
{
        struct stage *stage = *state;
        struct reader *reader = &stage->readers[0];

        join(stage, 0, 1 << 20);
        run(stage, 0);
        assert_true(reader->fresh_seen && reader->ended);
        assert_int_equal(reader->registers, 300);
        assert_int_equal(reader->version, stage->now.version);
        assert_int_equal(reader->cells, qf_picture_cells(stage->office->picture));
        assert_true(reader->frames > 3);
}

static void without_credit_nothing_is_sent_and_with_it_the_rest(void **state)
{
        struct stage *stage = *state;
        struct reader *reader = &stage->readers[0];
        const struct qf_peer peer = peer_of(0);
        uint64_t credit = 0;

        join(stage, 0, 0);
        run(stage, 0);
        assert_int_equal(reader->frames, 0);
        for (int i = 0; i < 200 && !reader->ended; i++) {
                credit += 10000;
                qf_subscribers_more(stage->subscribers, &peer, 1, credit);
                qf_subscribers_more(stage->subscribers, &peer, 1, 5); /* late credit does no harm */
                run(stage, 0);
                assert_true(reader->received <= credit + QF_FRAME_BYTES);
                assert_int_equal(office_activity(stage->office, 20230506, 1, 1, OFFICE_EAST, 0), 0);
                publish(stage);
        }
        qf_subscribers_more(stage->subscribers, &peer, 1, 1 << 30);
        run(stage, 0);
        assert_int_equal(reader->version, stage->now.version);
}

static void equals_share_one_frame(void **state)
{
        struct stage *stage = *state;

        for (uint8_t i = 0; i < PEERS; i++)
                join(stage, i, 1 << 20);
        run(stage, 0);
        stage->last_frame = NULL;
        stage->shared = 0;
        assert_int_equal(office_activity(stage->office, 20230506, 1, 1, OFFICE_EAST, 0), 0);
        publish(stage);
        run(stage, 0);
        assert_int_equal(stage->shared, PEERS - 1);
        for (uint8_t i = 0; i < PEERS; i++)
                assert_int_equal(stage->readers[i].version, stage->now.version);
}

static void a_resumer_gets_only_what_changed(void **state)
{
        struct stage *stage = *state;
        struct reader *reader = &stage->readers[0];
        uint64_t have = stage->now.version;

        assert_int_equal(office_activity(stage->office, 20230506, 1, 1, OFFICE_EAST, 0), 0);
        publish(stage);
        reader->version = have;
        join_as(stage, 0, OFFICE_CHIEF,
                (struct qf_from_reader){.credit = 1 << 20, .have = have, .epoch = {1}});
        run(stage, 0);
        assert_int_equal(reader->frames, 1);
        assert_false(reader->fresh_seen);
        assert_int_equal(reader->registers, 0);
        assert_int_equal(reader->cells, 8); /* total, org, content and co_org by day and month */
        join_as(stage, 1, OFFICE_CHIEF,
                (struct qf_from_reader){.credit = 1 << 20, .have = have, .epoch = {2}});
        run(stage, 0);
        assert_true(stage->readers[1].fresh_seen);
}

static void wishes_and_rights_hold(void **state)
{
        const struct qf_view total = QF_VIEW("attendances/total/all/202305");
        struct stage *stage = *state;

        join_as(stage, 0, OFFICE_EASTERN, (struct qf_from_reader){.credit = 1 << 20});
        join_as(stage, 1, OFFICE_CHIEF, (struct qf_from_reader){.credit = 1 << 20});
        join_as(stage, 2, OFFICE_CHIEF,
                (struct qf_from_reader){
                        .credit = 1 << 20, .prefixes_count = 1, .prefixes = &total, .want = QF_WANT_CELLS});
        run(stage, 0);
        assert_false(stage->readers[0].saw_west);
        assert_true(stage->readers[1].saw_west);
        assert_true(stage->readers[0].ended && stage->readers[0].cells > 100);
        assert_int_equal(stage->readers[2].registers, 0);
        assert_true(stage->readers[2].cells > 0 && stage->readers[2].cells < 32);
        assert_int_equal(stage->readers[2].all.of[QF_RECORDS], 0);
}

static void a_rate_is_kept(void **state)
{
        struct stage *stage = *state;
        struct reader *reader = &stage->readers[0];
        uint32_t frames;

        join_as(stage, 0, OFFICE_CHIEF, (struct qf_from_reader){.credit = 1 << 20, .every_ms = 100});
        run(stage, 0);
        frames = reader->frames;
        for (int64_t ms = 1; ms <= 1000; ms++) {
                assert_int_equal(office_activity(stage->office, 20230506, 1, 1, OFFICE_EAST, 0), 0);
                publish(stage);
                run(stage, ms);
        }
        assert_int_equal(reader->frames - frames, 10);
}

static void who_takes_nothing_is_forgotten_and_others_are_not_held_up(void **state)
{
        struct stage *stage = *state;
        struct qf_to_reader pulse = {.what = QF_PULSE, .epoch = {1}};

        join(stage, 0, 1 << 20);
        join(stage, 1, 1 << 20);
        run(stage, 0);
        stage->readers[0].gone = true;
        for (int64_t ms = 1000; ms <= 20000; ms += 1000) {
                assert_int_equal(office_activity(stage->office, 20230506, 1, 1, OFFICE_EAST, 0), 0);
                publish(stage);
                run(stage, ms);
                assert_int_equal(qf_subscribers_pulse(stage->subscribers, &pulse, ms), 0);
                assert_int_equal(stage->readers[1].version, stage->now.version);
        }
        assert_int_equal(qf_subscribers_count(stage->subscribers), 1);
        assert_int_equal(stage->readers[1].pulses, 20);
}

static void another_epoch_begins_everybody_from_nothing(void **state)
{
        struct stage *stage = *state;

        join(stage, 0, 1 << 20);
        run(stage, 0);
        stage->readers[0].fresh_seen = false;
        stage->now.epoch[0] = 9;
        qf_subscribers_begin_anew(stage->subscribers, &stage->now, true);
        run(stage, 0);
        assert_true(stage->readers[0].fresh_seen && stage->readers[0].ended);
        assert_int_equal(stage->readers[0].version, stage->now.version);
        /* The same epoch, made anew: they go on from what they hold. */
        stage->readers[0].fresh_seen = false;
        qf_subscribers_begin_anew(stage->subscribers, &stage->now, false);
        assert_int_equal(office_activity(stage->office, 20230506, 1, 1, OFFICE_EAST, 0), 0);
        publish(stage);
        run(stage, 0);
        assert_false(stage->readers[0].fresh_seen);
        assert_int_equal(stage->readers[0].version, stage->now.version);
}

static void who_may_read_no_more_is_told_and_forgotten(void **state)
{
        struct stage *stage = *state;
        const struct qf_view own[] = {QF_VIEW("east")};

        join_as(stage, 0, OFFICE_EASTERN, (struct qf_from_reader){.credit = 1 << 20});
        run(stage, 0);
        assert_true(stage->readers[0].ended);
        stage->now.stamp++; /* registers changed, not this source: it goes on (it has a key here) */
        run(stage, 0);
        assert_int_equal(qf_subscribers_count(stage->subscribers), 1);
        assert_int_equal(office_tell(stage->office, QF_KIND_SOURCE,
                                     (struct qf_register){.code = QF_VIEW("eastern"),
                                                          .parent = QF_VIEW("east"),
                                                          .orgs_count = 1,
                                                          .orgs = own,
                                                          .roles = QF_ROLE_READ}),
                         0); /* without a key: revoked */
        stage->now.stamp++;
        run(stage, 0);
        assert_true(stage->readers[0].denied);
        assert_int_equal(qf_subscribers_count(stage->subscribers), 0);
}

/* One of two keys is revoked, or its last day ends: who came with it goes, who came with the other stays. */
static void a_key_goes_alone(void **state)
{
        enum { DAY_MS = 24 * 60 * 60 * 1000 };
        struct stage *stage = *state;
        const struct qf_view own[] = {QF_VIEW("east")};
        const struct qf_source_key keys[] = {{.public_key = {2}, .valid_to = 19700101}, {.public_key = {1}}};
        struct qf_register told = {.code = QF_VIEW("eastern"),
                                   .parent = QF_VIEW("east"),
                                   .orgs_count = 1,
                                   .orgs = own,
                                   .keys_count = 2,
                                   .keys = keys,
                                   .roles = QF_ROLE_READ};

        assert_int_equal(office_tell(stage->office, QF_KIND_SOURCE, told), 0);
        stage->now.stamp++;
        join_as(stage, 0, OFFICE_EASTERN, (struct qf_from_reader){.credit = 1 << 20});
        join_as(stage, 1, "eastern#0200000000000000", (struct qf_from_reader){.credit = 1 << 20});
        run(stage, 0);
        assert_true(stage->readers[0].ended && stage->readers[1].ended);
        stage->now.now_ms += DAY_MS;
        run(stage, 0);
        assert_true(stage->readers[1].denied);
        assert_false(stage->readers[0].denied);
        join_as(stage, 2, OFFICE_EASTERN, (struct qf_from_reader){.credit = 1 << 20});
        told.keys_count = 1;
        assert_int_equal(office_tell(stage->office, QF_KIND_SOURCE, told), 0);
        stage->now.stamp++;
        run(stage, 0);
        assert_true(stage->readers[0].denied && stage->readers[2].denied);
        assert_int_equal(qf_subscribers_count(stage->subscribers), 0);
}

/* West comes below east from 2022 on: what it has since then changed long before the reader may see it. */
static void who_may_read_more_begins_from_nothing(void **state)
{
        struct stage *stage = *state;
        struct reader *east = &stage->readers[0], *all = &stage->readers[1];
        uint64_t before;

        join_as(stage, 0, OFFICE_EASTERN, (struct qf_from_reader){.credit = 1 << 20});
        join_as(stage, 1, OFFICE_CHIEF, (struct qf_from_reader){.credit = 1 << 20});
        run(stage, 0);
        assert_true(east->ended && !east->saw_west);
        before = east->version;
        east->fresh_seen = all->fresh_seen = false;
        assert_int_equal(
                office_moves(stage->office, "east", "district", "school", 20220101, "district", "town"), 0);
        assert_int_equal(office_member(stage->office, "org", "north", "district", "town"), 0);
        publish(stage);
        stage->now.stamp++;
        run(stage, 0);
        assert_true(east->fresh_seen); /* somebody moved, be it to where it stood */
        assert_false(all->fresh_seen);
        east->fresh_seen = false;
        assert_int_equal(office_moves(stage->office, "west", "district", "town", 20220101, "east", "town"),
                         0);
        publish(stage);
        stage->now.stamp++;
        run(stage, 0);
        assert_true(east->fresh_seen && east->ended && east->saw_west);
        assert_int_equal(east->version, stage->now.version);

        /* Who was away meanwhile does too; who was not resumes. */
        east->saw_west = east->fresh_seen = false;
        east->version = before;
        join_as(stage, 0, OFFICE_EASTERN,
                (struct qf_from_reader){.credit = 1 << 20, .have = before, .epoch = {1}});
        run(stage, 0);
        assert_true(east->fresh_seen && east->saw_west);
        east->fresh_seen = false;
        assert_int_equal(office_member(stage->office, "org", "north", "district", "school"), 0);
        assert_int_equal(office_activity(stage->office, 20230506, 1, 1, OFFICE_EAST, 0), 0);
        publish(stage);
        stage->now.stamp++;
        join_as(stage, 0, OFFICE_EASTERN,
                (struct qf_from_reader){.credit = 1 << 20, .have = east->version, .epoch = {1}});
        run(stage, 0);
        assert_false(east->fresh_seen);
        assert_int_equal(east->version, stage->now.version);
}

static void other_organisations_of_its_own_begin_a_source_from_nothing(void **state)
{
        struct stage *stage = *state;
        const struct qf_view both[] = {QF_VIEW("east"), QF_VIEW("west")};
        const struct qf_source_key keys[] = {{.public_key = {1}}, {.public_key = {2}}};
        struct qf_register told = {.code = QF_VIEW("eastern"),
                                   .parent = QF_VIEW("east"),
                                   .orgs_count = 1,
                                   .orgs = both,
                                   .keys_count = 2,
                                   .keys = keys,
                                   .roles = QF_ROLE_READ};

        join_as(stage, 0, OFFICE_EASTERN, (struct qf_from_reader){.credit = 1 << 20});
        run(stage, 0);
        stage->readers[0].fresh_seen = false;
        assert_int_equal(office_tell(stage->office, QF_KIND_SOURCE, told),
                         0); /* one more key: the same rights */
        publish(stage);
        stage->now.stamp++;
        run(stage, 0);
        assert_false(stage->readers[0].fresh_seen || stage->readers[0].saw_west);
        told.orgs_count = 2;
        assert_int_equal(office_tell(stage->office, QF_KIND_SOURCE, told), 0);
        publish(stage);
        stage->now.stamp++;
        run(stage, 0);
        assert_true(stage->readers[0].fresh_seen && stage->readers[0].saw_west);
        stage->readers[0].fresh_seen = false;
        stage->office->position = 100; /* a restored journal has come less far than the one that is lost */
        told.orgs_count = 1;
        assert_int_equal(office_tell(stage->office, QF_KIND_SOURCE, told), 0);
        stage->now.stamp++;
        run(stage, 0);
        assert_true(stage->readers[0].fresh_seen);
}

static void what_is_malformed_or_too_much_is_refused(void **state)
{
        struct stage *stage = *state;
        const struct qf_view chief = QF_VIEW(OFFICE_CHIEF);
        const struct qf_peer peer = peer_of(0);
        struct qf_from_reader ask = {.what = QF_SUBSCRIBE, .want = QF_WANT_ROWS};

        assert_int_equal(qf_subscribers_join(stage->subscribers, &stage->now, &peer, chief, &ask, 0),
                         QF_REFUSED_MALFORMED);
        ask.want = 0;
        for (ask.id = 1; ask.id <= QF_SUBSCRIPTIONS_PER_PEER_MAX; ask.id++)
                assert_int_equal(qf_subscribers_join(stage->subscribers, &stage->now, &peer, chief, &ask, 0),
                                 0);
        assert_int_equal(qf_subscribers_join(stage->subscribers, &stage->now, &peer, chief, &ask, 0),
                         QF_REFUSED_BUSY);
        ask.id = 1; /* replaces the subscription of that id */
        assert_int_equal(qf_subscribers_join(stage->subscribers, &stage->now, &peer, chief, &ask, 0), 0);
        qf_subscribers_leave(stage->subscribers, &peer, 1);
        qf_subscribers_leave(stage->subscribers, &peer, 99);
        assert_int_equal(qf_subscribers_count(stage->subscribers), QF_SUBSCRIPTIONS_PER_PEER_MAX - 1);
}

/* Its share being used up, a source's subscriptions wait, keep their place and hold up nobody. */
static void a_source_that_took_its_share_is_served_later(void **state)
{
        struct stage *stage = *state;

        join_as(stage, 0, OFFICE_EASTERN, (struct qf_from_reader){.credit = 1 << 20});
        join(stage, 1, 1 << 20);
        stage->may_serve[1] = 1;
        run(stage, 0);
        assert_true(stage->readers[1].ended);
        assert_true(stage->readers[0].frames > 0);
        assert_false(stage->readers[0].ended);
        assert_true(stage->served[1] > 0 && stage->served[1] <= stage->readers[0].received);
        stage->may_serve[1] = 100;
        run(stage, 0);
        assert_true(stage->readers[0].ended);
        assert_int_equal(stage->readers[0].version, stage->now.version);
        stage->may_serve[1] = 7;
        run(stage, 0); /* nothing is due, nothing is asked */
        assert_int_equal(stage->may_serve[1], 7);
}

static void a_source_holds_no_more_than_its_subscriptions(void **state)
{
        struct stage *stage = *state;
        const struct qf_view eastern = QF_VIEW(OFFICE_EASTERN), chief = QF_VIEW(OFFICE_CHIEF);
        struct qf_from_reader ask = {.what = QF_SUBSCRIBE};
        struct qf_peer peer = peer_of(0);

        for (uint32_t i = 0; i < OF_SOURCE_MAX; i++) {
                peer = peer_of((uint8_t)(i / 10));
                ask.id = i;
                assert_int_equal(
                        qf_subscribers_join(stage->subscribers, &stage->now, &peer, eastern, &ask, 0), 0);
        }
        peer = peer_of(5);
        assert_int_equal(qf_subscribers_join(stage->subscribers, &stage->now, &peer, eastern, &ask, 0),
                         QF_REFUSED_BUSY);
        assert_int_equal(qf_subscribers_join(stage->subscribers, &stage->now, &peer, chief, &ask, 0), 0);
        peer = peer_of(0);
        qf_subscribers_leave(stage->subscribers, &peer, 0);
        peer = peer_of(6);
        assert_int_equal(qf_subscribers_join(stage->subscribers, &stage->now, &peer, eastern, &ask, 0), 0);
        ask.id++;
        assert_int_equal(qf_subscribers_join(stage->subscribers, &stage->now, &peer, eastern, &ask, 0),
                         QF_REFUSED_BUSY);
        stage->readers[1].gone = true; /* as after a reconnection: the old ones do not stand in the way */
        struct qf_to_reader pulse = {.what = QF_PULSE};
        assert_int_equal(qf_subscribers_pulse(stage->subscribers, &pulse, 1000), 0);
        assert_int_equal(qf_subscribers_join(stage->subscribers, &stage->now, &peer, eastern, &ask, 0), 0);
        assert_int_equal(qf_subscribers_count(stage->subscribers), OF_SOURCE_MAX + 1 - 10 + 1);
        qf_subscribers_set_most(stage->subscribers, 5);
        ask.id++;
        assert_int_equal(qf_subscribers_join(stage->subscribers, &stage->now, &peer, eastern, &ask, 0),
                         QF_REFUSED_BUSY);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(a_newcomer_gets_registers_then_all_cells_and_an_end, setup,
                                                teardown),
                cmocka_unit_test_setup_teardown(without_credit_nothing_is_sent_and_with_it_the_rest, setup,
                                                teardown),
                cmocka_unit_test_setup_teardown(equals_share_one_frame, setup, teardown),
                cmocka_unit_test_setup_teardown(a_resumer_gets_only_what_changed, setup, teardown),
                cmocka_unit_test_setup_teardown(wishes_and_rights_hold, setup, teardown),
                cmocka_unit_test_setup_teardown(a_rate_is_kept, setup, teardown),
                cmocka_unit_test_setup_teardown(who_takes_nothing_is_forgotten_and_others_are_not_held_up,
                                                setup, teardown),
                cmocka_unit_test_setup_teardown(another_epoch_begins_everybody_from_nothing, setup, teardown),
                cmocka_unit_test_setup_teardown(who_may_read_no_more_is_told_and_forgotten, setup, teardown),
                cmocka_unit_test_setup_teardown(a_key_goes_alone, setup, teardown),
                cmocka_unit_test_setup_teardown(who_may_read_more_begins_from_nothing, setup, teardown),
                cmocka_unit_test_setup_teardown(a_source_that_took_its_share_is_served_later, setup,
                                                teardown),
                cmocka_unit_test_setup_teardown(a_source_holds_no_more_than_its_subscriptions, setup,
                                                teardown),
                cmocka_unit_test_setup_teardown(other_organisations_of_its_own_begin_a_source_from_nothing,
                                                setup, teardown),
                cmocka_unit_test_setup_teardown(what_is_malformed_or_too_much_is_refused, setup, teardown),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
