/* wire/zap by its protocol (ZeroMQ RFC 27): what is not a well-formed CURVE request gets 400, and no request is left
 * without an answer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <zmq.h>

#include "service/listening.h"
#include "wire/keys.h"
#include "wire/socket.h"
#include "wire/socket_context.h"

struct door {
        struct qf_context *context;
        struct qf_zap *zap;
        void *asker;
        char address[64];
        int asked;
};

static const char *decide(void *ctx, const uint8_t public_key[32], const char *address)
{
        struct door *door = ctx;

        door->asked++;
        (void)snprintf(door->address, sizeof door->address, "%s", address);
        return public_key[0] == 'k' ? "office" : NULL;
}

static int setup(void **state)
{
        static struct door door;

        memset(&door, 0, sizeof door);
        assert_int_equal(qf_context_new(1, &door.context), 0);
        assert_int_equal(qf_zap_open(door.context, decide, &door, &door.zap), 0);
        door.asker = zmq_socket(qf_context_handle(door.context), ZMQ_REQ);
        assert_non_null(door.asker);
        assert_int_equal(zmq_connect(door.asker, "inproc://zeromq.zap.01"), 0);
        *state = &door;
        return 0;
}

static int teardown(void **state)
{
        struct door *door = *state;

        assert_int_equal(zmq_close(door->asker), 0);
        qf_zap_close(door->zap);
        qf_context_free(door->context);
        return 0;
}

/* Sends the parts, turns the door, and compares status code and User-Id of the answer. */
static void expect(struct door *door, const struct qf_view *parts, size_t count, const char *status,
                   const char *user)
{
        char part[6][64] = {{0}};

        for (size_t i = 0; i < count; i++)
                assert_true(zmq_send(door->asker, parts[i].at, parts[i].len,
                                     i + 1 < count ? ZMQ_SNDMORE : 0) >= 0);
        assert_int_equal(qf_zap_turn(door->zap), 0);
        for (size_t i = 0; i < 6; i++)
                assert_true(zmq_recv(door->asker, part[i], sizeof part[i] - 1, ZMQ_DONTWAIT) >= 0);
        assert_string_equal(part[0], "1.0");
        assert_string_equal(part[1], count > 1 && parts[1].len < 200 ? "7" : "");
        assert_string_equal(part[2], status);
        assert_string_equal(part[4], user);
}

#define REQUEST(version, mechanism, key)                                                                     \
        {                                                                                                    \
                QF_VIEW(version), QF_VIEW("7"), QF_VIEW("qingfeng"), QF_VIEW("10.0.0.9"), QF_VIEW(""),       \
                        QF_VIEW(mechanism), QF_VIEW(key)                                                     \
        }

static const char known[] = "k0123456789012345678901234567890";

static void known_key_gets_its_name(void **state)
{
        struct door *door = *state;
        const struct qf_view parts[] = REQUEST("1.0", "CURVE", known);

        expect(door, parts, 7, "200", "office");
        assert_string_equal(door->address, "10.0.0.9");
}

static void unknown_key_gets_400(void **state)
{
        const struct qf_view parts[] = REQUEST("1.0", "CURVE", "x0123456789012345678901234567890");

        expect(*state, parts, 7, "400", "");
}

static void other_mechanisms_get_400_without_asking(void **state)
{
        struct door *door = *state;
        const struct qf_view null[] = REQUEST("1.0", "NULL", known);
        const struct qf_view plain[] = REQUEST("1.0", "PLAIN", known);

        expect(door, null, 7, "400", "");
        expect(door, plain, 7, "400", "");
        assert_int_equal(door->asked, 0);
}

static void malformed_requests_get_400_and_the_door_goes_on(void **state)
{
        struct door *door = *state;
        const struct qf_view version[] = REQUEST("2.0", "CURVE", known);
        const struct qf_view version_goes_on[] = REQUEST("1.0\0", "CURVE", known);
        const struct qf_view mechanism_goes_on[] = REQUEST("1.0", "CURVE\0x", known);
        const struct qf_view short_key[] = REQUEST("1.0", "CURVE", "k012");
        const struct qf_view parts[] = REQUEST("1.0", "CURVE", known);
        struct qf_view many[9], huge_id[7];
        static char huge[5000];

        expect(door, version, 7, "400", "");
        expect(door, version_goes_on, 7, "400", "");
        expect(door, mechanism_goes_on, 7, "400", "");
        expect(door, short_key, 7, "400", "");
        expect(door, parts, 6, "400", "");
        expect(door, parts, 2, "400", "");
        expect(door, parts, 1, "400", "");
        memcpy(many, parts, sizeof parts);
        many[7] = many[8] = QF_VIEW("more");
        expect(door, many, 9, "400", "");
        assert_int_equal(door->asked, 0);
        memcpy(huge_id, parts, sizeof parts);
        huge_id[1] = (struct qf_view){huge, sizeof huge};
        expect(door, huge_id, 7, "200", "office");
        expect(door, parts, 7, "200", "office");
}

static void second_door_in_a_process_is_an_error(void **state)
{
        struct door *door = *state;
        struct qf_zap *second = NULL;

        assert_true(qf_zap_open(door->context, decide, door, &second) < 0);
        assert_null(second);
}

static void turn_without_requests_does_nothing(void **state)
{
        struct door *door = *state;

        assert_int_equal(qf_zap_turn(door->zap), 0);
}

/* A key that one door cannot take is taken by none: a daemon answers to one key at all its doors. */
static void a_key_that_one_door_cannot_change_changes_at_none(void **state)
{
        struct door *door = *state;
        struct qf_socket *shared, *fixed;
        struct qf_curve curve = {0}, fresh = {0}, was;
        struct qf_socket_options options = {.type = QF_ROUTER, .server = true, .curve = &curve};
        char path[] = "/tmp/qf-zap-XXXXXX", file[64], marks[QF_KEY_MARKS], endpoint[128];

        assert_int_equal(qf_key_make(curve.public_key, curve.secret_key), 0);
        assert_int_equal(qf_key_make(fresh.public_key, fresh.secret_key), 0);
        was = curve;
        assert_non_null(mkdtemp(path));
        (void)snprintf(file, sizeof file, "%s/key", path);
        (void)snprintf(endpoint, sizeof endpoint, "ipc://%s/door", path);
        assert_int_equal(qf_key_write_server(file, &fresh), 0);
        assert_int_equal(qf_listening_twice(endpoint, options.listening, &options.removes), 0);
        assert_int_equal(qf_socket_bind(door->context, &options, endpoint, &shared), 0);
        options = (struct qf_socket_options){.type = QF_ROUTER, .server = true, .curve = &curve};
        assert_int_equal(qf_socket_bind(door->context, &options, "tcp://lo:*", &fixed), 0);
        assert_int_equal(qf_zap_watch(door->zap, door->context, shared), 0);
        assert_int_equal(qf_zap_watch(door->zap, door->context, fixed), 0);
        assert_true(qf_socket_can_rekey(shared) && !qf_socket_can_rekey(fixed));
        assert_int_equal(qf_zap_rekey(door->zap, NULL, file, &curve, marks), 1);
        assert_memory_equal(&curve, &was, sizeof was);
        door->zap = qf_zap_close(door->zap);
        (void)qf_socket_close(fixed);
        (void)qf_socket_close(shared);
        assert_int_equal(unlink(file), 0);
        assert_int_equal(rmdir(path), 0);
}

#define WITH_DOOR(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
        const struct CMUnitTest tests[] = {
                WITH_DOOR(known_key_gets_its_name),
                WITH_DOOR(unknown_key_gets_400),
                WITH_DOOR(other_mechanisms_get_400_without_asking),
                WITH_DOOR(malformed_requests_get_400_and_the_door_goes_on),
                WITH_DOOR(second_door_in_a_process_is_an_error),
                WITH_DOOR(turn_without_requests_does_nothing),
                WITH_DOOR(a_key_that_one_door_cannot_change_changes_at_none),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
