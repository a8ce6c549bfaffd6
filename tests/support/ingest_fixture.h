/* Ingest's core over a real store in a directory of its own, spoken to as a
 * partner would, without sockets. Used by the unit tests of ingest. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "base/text.h"
#include "ingest/core.h"
#include "support/temporary.h"
#include "wire/feed_messages.h"

enum { ANSWERS_MAX = 64 };

#ifndef FIXTURE_RANDOM /* who counts what it costs wants no chance in it */
#define FIXTURE_RANDOM qf_random
#endif

struct heard {
        struct qf_asker asker;
        struct qf_to_partner message;
};

struct ingest_fixture {
        struct temporary temporary;
        char directory[128];
        struct qf_ingest_options options;
        struct qf_ingest *ingest;
        struct qf_body_writer *writer;
        struct qf_buffer facts, texts, bytes;
        struct qf_arena *arena; /* of answers */
        struct heard heard[ANSWERS_MAX];
        uint32_t heard_count;
        uint32_t alarms;
        uint32_t judging, shut; /* source refs */
        int64_t now_ms;
        uint32_t door; /* of the next question */
        bool deaf;     /* answers are not heard */
};

static inline void fixture_hear(void *ctx, const struct qf_asker *asker, struct qf_view message)
{
        struct ingest_fixture *fixture = ctx;
        struct qf_wire_fault fault;
        if (fixture->deaf)
                return;
        assert_true(fixture->heard_count < ANSWERS_MAX);
        struct heard *heard = &fixture->heard[fixture->heard_count++];
        char *copy = qf_arena_take(fixture->arena, message.len + 1);
        memcpy(copy, message.at, message.len);
        heard->asker = *asker;
        assert_int_equal(qf_to_partner_decode(fixture->arena, (struct qf_view){copy, message.len},
                                              &heard->message, &fault),
                         0);
}

static inline void fixture_alarm(void *ctx, const char *text)
{
        struct ingest_fixture *fixture = ctx;
        (void)text;
        fixture->alarms++;
}

static inline void fixture_random(void *bytes, size_t len)
{
        FIXTURE_RANDOM(bytes, len);
}

static inline void fixture_judging(void *ctx, uint32_t source)
{
        struct ingest_fixture *fixture = ctx;
        fixture->judging = source;
}

static inline bool fixture_is_shut(void *ctx, uint32_t source, int64_t now_ms)
{
        const struct ingest_fixture *fixture = ctx;
        (void)now_ms;
        return source == fixture->shut && source != 0;
}

static inline void fixture_open(struct ingest_fixture *fixture)
{
        const struct qf_ingest_edges edges = {fixture,        fixture_hear,    fixture_alarm,
                                              fixture_random, fixture_judging, fixture_is_shut};
        assert_int_equal(qf_ingest_open(&fixture->options, &edges, fixture->now_ms, &fixture->ingest), 0);
}

static inline void fixture_reopen(struct ingest_fixture *fixture) /* as after kill -9: what is open is lost */
{
        fixture->ingest = qf_ingest_close(fixture->ingest);
        fixture_open(fixture);
}

static inline void key_of(const char *name, uint8_t ret_key[32])
{
        memset(ret_key, 0, 32);
        memcpy(ret_key, name, strlen(name));
}

/* --- speaking ----------------------------------------------------------- */

static inline struct qf_view user_of(const char *name, char *ret_text)
{
        uint8_t key[32];
        key_of(name, key);
        (void)snprintf(ret_text, QF_ADMISSION_USER_TEXT, "%s#", name);
        qf_text_hex(key, 8, ret_text + strlen(ret_text));
        return qf_view_of(ret_text);
}

static inline int try_to_say(struct ingest_fixture *fixture, const char *source,
                             const struct qf_from_partner *message)
{
        char user[QF_ADMISSION_USER_TEXT];
        struct qf_asker asker = {.door = fixture->door, .peer = {.len = 1, .id = {(uint8_t)source[0]}}};
        fixture->bytes.len = 0;
        assert_int_equal(qf_from_partner_encode(message, &fixture->bytes), 0);
        return qf_ingest_take(fixture->ingest, &asker, user_of(source, user),
                              (struct qf_view){(const char *)fixture->bytes.at, (uint32_t)fixture->bytes.len},
                              fixture->now_ms);
}

static inline void say(struct ingest_fixture *fixture, const char *source,
                       const struct qf_from_partner *message)
{
        assert_int_equal(try_to_say(fixture, source, message), 0);
}

static inline void turn(struct ingest_fixture *fixture)
{
        fixture->heard_count = 0;
        qf_arena_reset(fixture->arena);
        assert_int_equal(qf_ingest_turn(fixture->ingest, fixture->now_ms), 0);
}

static inline const struct qf_to_partner *ask(struct ingest_fixture *fixture, const char *source,
                                              const struct qf_from_partner *message)
{
        say(fixture, source, message);
        turn(fixture);
        assert_int_equal(fixture->heard_count, 1);
        return &fixture->heard[0].message;
}

/* --- batches ------------------------------------------------------------ */

static inline struct qf_from_partner send_of(uint8_t outbox, uint64_t first)
{
        struct qf_from_partner send = {.what = QF_SEND, .holder = UINT64_C(1) << 32 | outbox, .first = first};
        memset(send.outbox, outbox, sizeof send.outbox);
        return send;
}

static inline void put_event(struct ingest_fixture *fixture, const struct qf_event *event,
                             const struct qf_pair *values, uint32_t count)
{
        assert_int_equal(qf_body_writer_add(fixture->writer, event, values, count), 0);
}

static inline void put_activity(struct ingest_fixture *fixture, enum qf_action action, const char *key,
                                uint32_t revision, uint32_t attendances, const char *org)
{
        struct qf_event event = {.kind = QF_KIND_ACTIVITY,
                                 .action = (uint8_t)action,
                                 .revision = revision,
                                 .key = qf_view_of(key),
                                 .date = 20230506,
                                 .sessions = 1,
                                 .attendances = attendances,
                                 .stated = QF_STATED_ATTENDANCES};
        struct qf_pair value = {QF_VIEW("org"), qf_view_of(org)};
        if (action == QF_WITHDRAW)
                event.stated = 0;
        put_event(fixture, &event, &value, action == QF_WITHDRAW ? 0 : 1);
}

static inline void put_tick(struct ingest_fixture *fixture, const char *key, uint32_t amount)
{
        struct qf_event event = {.kind = QF_KIND_TICK,
                                 .key = qf_view_of(key),
                                 .counter = QF_VIEW("sign_in"),
                                 .amount = amount};
        put_event(fixture, &event, NULL, 0);
}

static inline void put_register(struct ingest_fixture *fixture, enum qf_kind kind,
                                const struct qf_register *registered)
{
        struct qf_event event = {.kind = (uint8_t)kind, .registered = registered};
        put_event(fixture, &event, NULL, 0);
}

/* Ends the body that was put together into the message. */
static inline void end_body(struct ingest_fixture *fixture, struct qf_from_partner *send)
{
        send->count = qf_body_writer_count(fixture->writer);
        fixture->facts.len = fixture->texts.len = 0;
        assert_int_equal(qf_body_writer_end(fixture->writer, 0, &fixture->facts, &fixture->texts), 0);
        send->facts = (struct qf_view){(const char *)fixture->facts.at, (uint32_t)fixture->facts.len};
        send->texts = (struct qf_view){(const char *)fixture->texts.at, (uint32_t)fixture->texts.len};
}

/* Creates of keys prefix-first .. prefix-(first + count - 1), so that a number's event is always the same. */
static inline struct qf_from_partner creates_of(struct ingest_fixture *fixture, uint8_t outbox,
                                                uint64_t first, uint32_t count)
{
        struct qf_from_partner send = send_of(outbox, first);
        char key[32];
        for (uint32_t i = 0; i < count; i++) {
                uint64_t number = first + i;
                /* Every tenth belongs to somebody else and is rejected. */
                (void)snprintf(key, sizeof key, "A%u-%05llu", outbox, (unsigned long long)number);
                put_activity(fixture, QF_CREATE, key, 0, (uint32_t)number % 100,
                             number % 10 == 0 ? "QP" : "HX");
        }
        end_body(fixture, &send);
        return send;
}

/* --- the programme of the tests ----------------------------------------- */

static inline void put_source(struct ingest_fixture *fixture, const char *name, const char *org)
{
        struct qf_source_key key = {0};
        struct qf_view own = qf_view_of(org);
        struct qf_register source = {.code = qf_view_of(name),
                                     .parent = own,
                                     .roles = QF_ROLE_FEED,
                                     .orgs_count = 1,
                                     .orgs = &own,
                                     .keys_count = 1,
                                     .keys = &key};
        key_of(name, key.public_key);
        put_register(fixture, QF_KIND_SOURCE, &source);
}

static inline void put_org(struct ingest_fixture *fixture, const char *code)
{
        struct qf_register member = {.dimension = QF_VIEW("org"),
                                     .code = qf_view_of(code),
                                     .zh = qf_view_of(code),
                                     .en = qf_view_of(code)};
        put_register(fixture, QF_KIND_MEMBER, &member);
}

static inline void put_programme(struct ingest_fixture *fixture)
{
        struct qf_register org = {.code = QF_VIEW("org"),
                                  .zh = QF_VIEW("单位"),
                                  .en = QF_VIEW("organisation"),
                                  .required = true,
                                  .most = 1};
        struct qf_register counter = {.code = QF_VIEW("sign_in"),
                                      .zh = QF_VIEW("签到"),
                                      .en = QF_VIEW("sign-in"),
                                      .feeds = QF_VIEW("attendances"),
                                      .cap = 1000};
        put_register(fixture, QF_KIND_DIMENSION, &org);
        put_org(fixture, "HX");
        put_org(fixture, "QP");
        put_register(fixture, QF_KIND_COUNTER, &counter);
        put_source(fixture, "hx.a", "HX");
        put_source(fixture, "qp.a", "QP");
}

static inline void load_programme(struct ingest_fixture *fixture)
{
        struct qf_from_partner send = send_of(0xee, 1);
        put_programme(fixture);
        end_body(fixture, &send);
        const struct qf_to_partner *answer = ask(fixture, "office", &send);
        assert_int_equal(answer->what, QF_VERDICTS);
        assert_int_equal(answer->count, 6);
        assert_int_equal(answer->exceptions_count, 0);
}

/* In the fixture's directory, which may be storage in memory. */
static inline void fixture_begin(struct ingest_fixture *fixture)
{
        fixture->options = (struct qf_ingest_options){
                .directory = fixture->directory, .map_bytes = 64 << 20, .map_bytes_max = UINT64_C(1) << 30};
        key_of("office", fixture->options.office_key);
        fixture->now_ms = INT64_C(1700000000000);
        assert_int_equal(qf_body_writer_new(&fixture->writer), 0);
        assert_int_equal(qf_arena_new(16 << 20, &fixture->arena), 0);
        fixture_open(fixture);
}

static inline struct ingest_fixture *fixture_make(void)
{
        struct ingest_fixture *fixture = calloc(1, sizeof *fixture);
        temporary_make(&fixture->temporary);
        (void)temporary_in(&fixture->temporary, "journal", fixture->directory, sizeof fixture->directory);
        fixture_begin(fixture);
        return fixture;
}

/* That has heard of the programme. */
static inline struct ingest_fixture *fixture_loaded(void)
{
        struct ingest_fixture *fixture = fixture_make();
        load_programme(fixture);
        return fixture;
}

static inline void fixture_remove(struct ingest_fixture *fixture)
{
        (void)qf_ingest_close(fixture->ingest);
        (void)qf_body_writer_free(fixture->writer);
        (void)qf_arena_free(fixture->arena);
        qf_buffer_deinit(&fixture->facts);
        qf_buffer_deinit(&fixture->texts);
        qf_buffer_deinit(&fixture->bytes);
        temporary_remove(fixture->temporary.path, 3);
        free(fixture);
}

/* Of tests that need no more. */
static inline int fixture_setup(void **state)
{
        *state = fixture_loaded();
        return 0;
}

static inline int fixture_teardown(void **state)
{
        fixture_remove(*state);
        return 0;
}

/* Verdict of a place in an answer. */
static inline struct qf_verdict verdict_at(const struct qf_to_partner *answer, uint32_t at)
{
        for (uint32_t i = 0; i < answer->exceptions_count; i++) {
                const struct qf_exception *exception = &answer->exceptions[i];
                if (at >= exception->at && at - exception->at < exception->len)
                        return exception->verdict;
        }
        return (struct qf_verdict){QF_ACCEPTED, QF_CODE_NONE};
}
