/* ingest/journal_door over a real socket: who follows is heard however much he says at once, and a list of backups that
 * cannot be written hurts nobody. */
#include "support/ingest_fixture.h"

#include <errno.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "ingest/journal_door.h"

enum { MANY = 200, CREDIT = 1 << 20, WAIT_MS = 10000 };

struct doorway {
        struct ingest_fixture *fixture;
        struct qf_context *context;
        struct qf_journal_door *door;
        struct qf_socket *client;
        char endpoint[160];
};

static struct qf_journal_door_options options_of(const struct doorway *way)
{
        return (struct qf_journal_door_options){.ingest = way->fixture->ingest,
                                                .directory = way->fixture->directory,
                                                .endpoint = way->endpoint};
}

static int setup(void **state)
{
        struct doorway *way = calloc(1, sizeof *way);
        const struct qf_socket_options how = {.type = QF_DEALER};
        way->fixture = fixture_loaded();
        (void)snprintf(way->endpoint, sizeof way->endpoint, "ipc://%s/j", way->fixture->temporary.path);
        const struct qf_journal_door_options options = options_of(way);
        assert_int_equal(qf_context_new(1, &way->context), 0);
        assert_int_equal(qf_journal_door_open(way->context, &options, &way->door), 0);
        assert_int_equal(qf_socket_connect(way->context, &how, way->endpoint, &way->client), 0);
        *state = way;
        return 0;
}

static int teardown(void **state)
{
        struct doorway *way = *state;
        (void)qf_socket_close(way->client);
        (void)qf_journal_door_close(way->door);
        (void)qf_context_free(way->context);
        fixture_remove(way->fixture);
        free(way);
        return 0;
}

static void say_to_door(struct doorway *way, const struct qf_journal_message *message)
{
        struct qf_buffer bytes = {0};
        assert_int_equal(qf_journal_message_encode(true, message, &bytes), 0);
        assert_int_equal(qf_socket_wait_send(way->client, WAIT_MS), 0);
        assert_int_equal(qf_socket_send(way->client, NULL,
                                        (struct qf_view){(const char *)bytes.at, (uint32_t)bytes.len},
                                        (struct qf_view){NULL, 0}),
                         0);
        qf_buffer_deinit(&bytes);
}

/* Serves until what is looked for was heard. */
static void serve_until(struct doorway *way, bool (*heard)(struct doorway *way))
{
        struct qf_socket *socket = qf_journal_door_socket(way->door);
        const int64_t until_ms = qf_clock_mono_ms() + WAIT_MS;
        while (!heard(way)) {
                bool more = false;
                assert_true(qf_clock_mono_ms() < until_ms);
                if (qf_socket_wait(&socket, 1, 1) == 0)
                        qf_journal_door_knock(way->door);
                assert_int_equal(qf_journal_door_serve(way->door, qf_clock_mono_ms(), &more), 0);
        }
}

static bool has_follower(struct doorway *way)
{
        return qf_journal_door_count(way->door) == 1;
}

static bool has_last_record(struct doorway *way)
{
        struct qf_received received;
        while (qf_socket_receive(way->client, &received) == 0) {
                struct qf_journal_message message;
                struct qf_wire_fault fault;
                qf_arena_reset(way->fixture->arena);
                assert_int_equal(qf_journal_message_decode(way->fixture->arena, false, received.frame[0],
                                                           &message, &fault),
                                 0);
                if (message.what == QF_RECORD &&
                    message.position == qf_group_committed(qf_ingest_group(way->fixture->ingest))->last)
                        return true;
        }
        return false;
}

/* Without credit at first: with the last of many words there is enough of it, and all of them are heard. */
static void who_says_much_at_once_is_heard_to_the_end(void **state)
{
        struct doorway *way = *state;
        const struct qf_journal_message attach = {
                .what = QF_ATTACH, .version = 1, .attach = 1, .name = QF_VIEW("f")};
        say_to_door(way, &attach);
        serve_until(way, has_follower);
        for (uint64_t i = 1; i <= MANY; i++) {
                const struct qf_journal_message credit = {
                        .what = QF_CREDIT, .attach = 1, .credit = i < MANY ? 1 : CREDIT};
                say_to_door(way, &credit);
        }
        serve_until(way, has_last_record);
}

/* A door is knocked at once for all that waits there, as a socket's descriptor is: what one turn leaves the next ones hear.
 * Within the process, where what was said waits as soon as it was said. */
static void one_knock_is_enough_for_many(void **state)
{
        struct doorway *way = *state;
        const struct qf_socket_options how = {.type = QF_DEALER, .send_hwm = 2 * MANY};
        const struct qf_journal_message attach = {
                .what = QF_ATTACH, .version = 1, .attach = 1, .name = QF_VIEW("f")};
        bool more = true;
        unsigned turns = 0;

        way->door = qf_journal_door_close(way->door);
        way->client = qf_socket_close(way->client);
        (void)snprintf(way->endpoint, sizeof way->endpoint, "inproc://journal");
        const struct qf_journal_door_options options = options_of(way);
        assert_int_equal(qf_journal_door_open(way->context, &options, &way->door), 0);
        assert_int_equal(qf_socket_connect(way->context, &how, way->endpoint, &way->client), 0);
        say_to_door(way, &attach);
        for (uint64_t i = 1; i <= MANY; i++) {
                const struct qf_journal_message credit = {
                        .what = QF_CREDIT, .attach = 1, .credit = i < MANY ? 1 : CREDIT};
                say_to_door(way, &credit);
        }
        qf_journal_door_knock(way->door);
        for (; more; turns++) {
                more = false;
                assert_true(turns < MANY);
                assert_int_equal(qf_journal_door_serve(way->door, qf_clock_mono_ms(), &more), 0);
        }
        assert_true(has_last_record(way));
}

static bool is_noted(struct doorway *way)
{
        char path[160];
        (void)snprintf(path, sizeof path, "%s.backups", way->fixture->directory);
        return access(path, F_OK) == 0;
}

static void list_that_cannot_be_written_hurts_nobody(void **state)
{
        struct doorway *way = *state;
        const uint64_t last = qf_group_committed(qf_ingest_group(way->fixture->ingest))->last;
        struct qf_journal_message kept = {.what = QF_KEPT, .position = last, .name = QF_VIEW("host:/backup")};
        const struct qf_journal_message attach = {
                .what = QF_ATTACH, .version = 1, .attach = 1, .name = QF_VIEW("f")};
        const struct qf_journal_message credit = {.what = QF_CREDIT, .attach = 1, .credit = CREDIT};
        char fresh[160];
        bool found = false;
        assert_int_equal(qf_group_hash_at(qf_ingest_group(way->fixture->ingest), last, kept.hash, &found), 0);
        (void)snprintf(fresh, sizeof fresh, "%s.backups.new", way->fixture->directory);
        assert_int_equal(mkdir(fresh, 0700), 0);
        say_to_door(way, &attach);
        serve_until(way, has_follower);
        say_to_door(way, &kept);
        say_to_door(way, &credit);
        serve_until(way, has_last_record); /* so what was said before was heard */
        assert_false(is_noted(way));
        assert_int_equal(rmdir(fresh), 0);
        say_to_door(way, &kept);
        serve_until(way, is_noted);
}

static void place_where_no_door_can_be_is_an_error(void **state)
{
        struct doorway *way = *state;
        struct qf_journal_door *door = NULL;
        struct qf_journal_door_options options = options_of(way);
        options.endpoint = "ipc:///nowhere/at/all";
        assert_true(qf_journal_door_open(way->context, &options, &door) < 0);
        options.endpoint = "nonsense";
        assert_true(qf_journal_door_open(way->context, &options, &door) < 0);
        assert_null(door);
        assert_null(qf_journal_door_close(NULL));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
        static const struct CMUnitTest tests[] = {
                TEST(who_says_much_at_once_is_heard_to_the_end),
                TEST(one_knock_is_enough_for_many),
                TEST(list_that_cannot_be_written_hurts_nobody),
                TEST(place_where_no_door_can_be_is_an_error),
        };
        return cmocka_run_group_tests_name("ingest journal door", tests, NULL, NULL);
}
