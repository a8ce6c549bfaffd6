/* Bodies written: read back they are the same, as columns and as rows, and within every limit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/wire_bytes.h"

/* Random events with everything that an event may have. */
enum { MOST = 300, VALUES = 6 };
struct sample {
        struct qf_event events[MOST];
        struct qf_words words[MOST];
        struct qf_pair pairs[MOST][VALUES];
        char keys[MOST][24];
        uint32_t count;
        uint64_t seed;
};

static uint32_t dice(struct sample *sample, uint32_t sides)
{
        sample->seed = sample->seed * 6364136223846793005u + 1442695040888963407u;
        return (uint32_t)(sample->seed >> 33) % sides;
}

static struct qf_view pick(struct sample *sample)
{
        static const char *const names[] = {
                "lead", "law", "family-ethos", "洁心讲堂", "洁净", "廉洁文化", "红色教育基地", "a", ""};
        return qf_view_of(names[dice(sample, sizeof names / sizeof names[0])]);
}

static void fill_activity(struct sample *sample, struct qf_event *event)
{
        event->action = (uint8_t)(QF_CREATE + dice(sample, 3));
        event->revision = dice(sample, 4);
        event->date = 20230000 + dice(sample, 1300);
        event->method = (uint8_t)dice(sample, 5);
        event->stated = (uint8_t)dice(sample, 64);
        event->sessions = event->stated & QF_STATED_SESSIONS ? dice(sample, 1000) : 1;
        event->attendances = event->stated & QF_STATED_ATTENDANCES ? dice(sample, 100000) : 0;
        event->participants = event->stated & QF_STATED_PARTICIPANTS ? dice(sample, 900) : 0;
        event->start = (uint16_t)(event->stated & QF_STATED_START ? dice(sample, 1440) : 0);
        event->minutes = (uint16_t)(event->stated & QF_STATED_MINUTES ? dice(sample, 300) : 0);
        event->evidence = (uint16_t)(event->stated & QF_STATED_EVIDENCE ? dice(sample, 100) : 0);
        if (event->action == QF_WITHDRAW && dice(sample, 2))
                event->merged_into = QF_VIEW("HX-OTHER");
        event->values_count = (uint16_t)dice(sample, VALUES + 1);
}

static void fill_event(struct sample *sample, uint32_t i)
{
        static const char *const dimensions[] = {"org", "content", "mode", "site"};
        struct qf_event *event = &sample->events[i];
        *event = (struct qf_event){.kind = (uint8_t)(1 + i / 9 % 3)};
        int len = snprintf(sample->keys[i], sizeof sample->keys[i], "HX-2023-%03u", dice(sample, 400));
        event->key = (struct qf_view){sample->keys[i], (uint32_t)len};
        if (event->kind == QF_KIND_ACTIVITY)
                fill_activity(sample, event);
        if (event->kind == QF_KIND_ATTENDANCE) {
                event->action = QF_CREATE;
                event->stated = QF_STATED_ATTENDANCES;
                event->attendances = dice(sample, 3);
                event->method = (uint8_t)(1 + dice(sample, 4));
                event->at_ms = dice(sample, 3) ? 1700000000000 + dice(sample, 100000000) : 0;
        }
        if (event->kind == QF_KIND_TICK) {
                event->counter = QF_VIEW("sign_in");
                event->amount = dice(sample, 1001);
                event->stated = dice(sample, 2) ? QF_STATED_AT : 0;
                event->at_ms = event->stated ? 1700000000000 + dice(sample, 100000000) : 0;
        }
        for (uint32_t v = 0; v < event->values_count; v++)
                sample->pairs[i][v] = (struct qf_pair){qf_view_of(dimensions[dice(sample, 4)]), pick(sample)};
        if (dice(sample, 3) == 0) {
                sample->words[i] =
                        (struct qf_words){pick(sample), pick(sample), pick(sample), QF_VIEW("办公室"), NULL};
                event->words = &sample->words[i];
        }
}

static void random_sample(struct sample *sample, uint64_t seed, uint32_t count)
{
        sample->seed = seed;
        sample->count = count;
        for (uint32_t i = 0; i < count; i++)
                fill_event(sample, i);
}

static void write_value(struct qf_buffer *to, const struct qf_pair *pair)
{
        struct qf_buffer part = {0};
        bytes(&part, 1, pair->dimension.at, pair->dimension.len);
        bytes(&part, 2, pair->member.at, pair->member.len);
        nested(to, 5, &part);
        qf_buffer_deinit(&part);
}

/* The event as a row, written from the .proto alone. */
static void write_row(struct fixture *f, const struct qf_event *event, const struct qf_pair *pairs)
{
        struct qf_buffer *to = &f->inner;
        bytes(to, 1, event->key.at, event->key.len);
        if (event->kind == QF_KIND_TICK) {
                bytes(to, 15, event->counter.at, event->counter.len);
                number(to, 16, event->amount);
                if (event->stated & QF_STATED_AT)
                        number(to, 17, (uint64_t)event->at_ms << 1);
        } else {
                number(to, 2, event->action);
                number(to, 3, event->revision);
                number(to, 8, event->method);
                if (event->stated & QF_STATED_ATTENDANCES)
                        number(to, 7, event->attendances);
                if (event->kind == QF_KIND_ATTENDANCE)
                        number(to, 14, (uint64_t)event->at_ms << 1);
        }
        if (event->kind == QF_KIND_ACTIVITY) {
                number(to, 4, event->date);
                if (event->stated & QF_STATED_SESSIONS)
                        number(to, 6, event->sessions);
                if (event->stated & QF_STATED_PARTICIPANTS)
                        number(to, 9, event->participants);
                if (event->stated & QF_STATED_START)
                        number(to, 10, event->start);
                if (event->stated & QF_STATED_MINUTES)
                        number(to, 11, event->minutes);
                if (event->stated & QF_STATED_EVIDENCE)
                        number(to, 12, event->evidence);
                bytes(to, 13, event->merged_into.at ? event->merged_into.at : "", event->merged_into.len);
                for (uint32_t v = 0; v < event->values_count; v++)
                        write_value(to, &pairs[v]);
        }
        nested(&f->part, event->kind, &f->inner);
        nested(&f->facts, 3, &f->part);
}

static void write_columns(struct fixture *f, const struct sample *sample)
{
        for (uint32_t i = 0; i < sample->count; i++)
                assert_int_equal(qf_body_writer_add(f->writer, &sample->events[i], sample->pairs[i],
                                                    sample->events[i].values_count),
                                 0);
        size_t size = qf_body_writer_size(f->writer);
        assert_int_equal(qf_body_writer_count(f->writer), sample->count);
        assert_int_equal(qf_body_writer_end(f->writer, 1700000000000, &f->facts, &f->texts), 0);
        assert_true(f->facts.len + f->texts.len <= size);
        assert_int_equal(qf_body_writer_count(f->writer), 0);
}

static void rows_and_columns_of_random_events_are_the_same(void **state)
{
        struct fixture *f = *state;
        struct sample *sample = calloc(1, sizeof *sample);
        struct qf_arena *rows_arena = NULL;
        assert_int_equal(qf_arena_new(QF_DECODE_ARENA_BYTES, &rows_arena), 0);
        for (uint64_t seed = 1; seed <= 90; seed++) {
                struct qf_batch columns, rows;
                struct qf_wire_fault fault = {0};
                random_sample(sample, seed, seed > 60 ? 1 : 1 + (uint32_t)(seed * 37 % MOST));
                f->facts.len = f->texts.len = 0;
                write_columns(f, sample);
                int r = decode(f, sample->count, &columns, &fault);
                if (r != 0)
                        fail_msg("seed %lu: %s (%lu)", (unsigned long)seed, fault.what,
                                 (unsigned long)fault.got);
                assert_int_equal(columns.sent_at_ms, 1700000000000);
                struct qf_buffer kept = f->facts;
                f->facts = (struct qf_buffer){0};
                number(&f->facts, 1, 1);
                for (uint32_t i = 0; i < sample->count; i++)
                        write_row(f, &sample->events[i], sample->pairs[i]);
                qf_arena_reset(rows_arena);
                r = qf_body_decode(rows_arena, qf_buffer_view(&f->facts), qf_buffer_view(&f->texts),
                                   sample->count, &rows, &fault);
                if (r != 0)
                        fail_msg("seed %lu: %s (%lu)", (unsigned long)seed, fault.what,
                                 (unsigned long)fault.got);
                for (uint32_t i = 0; i < sample->count; i++) {
                        assert_true(qf_event_same(&columns, &columns.events[i], &rows, &rows.events[i]));
                        assert_int_equal(columns.events[i].sessions,
                                         sample->events[i].kind == 1 ? sample->events[i].sessions : 0);
                        assert_int_equal(columns.events[i].date, sample->events[i].date);
                        assert_int_equal(columns.events[i].at_ms, sample->events[i].at_ms);
                        assert_int_equal(columns.events[i].revision, sample->events[i].revision);
                        assert_int_equal(columns.events[i].stated, sample->events[i].stated);
                        assert_true(qf_view_same(columns.events[i].key, sample->events[i].key));
                }
                qf_buffer_deinit(&kept);
        }
        qf_arena_free(rows_arena);
        free(sample);
}

/* Number of the first field behind schema, 1, and time of sending, of six bytes. */
static int form_of(struct fixture *f, const struct qf_event *event, const struct qf_pair *pairs,
                   uint32_t count)
{
        struct qf_wire_fault fault;
        struct qf_batch batch;
        f->facts.len = f->texts.len = 0;
        assert_int_equal(qf_body_writer_add(f->writer, event, pairs, count), 0);
        size_t size = qf_body_writer_size(f->writer);
        assert_int_equal(qf_body_writer_end(f->writer, 1700000000000, &f->facts, &f->texts), 0);
        assert_true(f->facts.len <= size);
        assert_int_equal(decode(f, 1, &batch, &fault), 0);
        assert_int_equal(batch.events[0].values_count, count);
        assert_int_equal(batch.events[0].action, QF_CREATE);
        return f->facts.at[9] >> 3;
}

static void an_event_by_itself_is_a_row_where_that_is_no_longer(void **state)
{
        struct fixture *f = *state;
        enum { ROW = 3, COLUMNS = 5 };
        char long_text[400];
        struct qf_pair pairs[17];
        struct qf_event event = {.kind = QF_KIND_ACTIVITY, .key = QF_VIEW("HX-1"), .date = 20230506};
        memset(long_text, 'k', sizeof long_text);
        for (int i = 0; i < 17; i++)
                pairs[i] = (struct qf_pair){QF_VIEW("org"), QF_VIEW("HX")};
        assert_int_equal(form_of(f, &event, pairs, 0), ROW);
        assert_int_equal(form_of(f, &event, pairs, 1), ROW);
        assert_int_equal(form_of(f, &event, pairs, 16), ROW);
        assert_int_equal(form_of(f, &event, pairs, 17), COLUMNS);
        for (int i = 0; i < 16; i++)
                pairs[i].member = (struct qf_view){long_text, sizeof long_text};
        assert_int_equal(form_of(f, &event, pairs, 1), ROW);
        assert_int_equal(form_of(f, &event, pairs, 16), COLUMNS);
}

static void full_arena_is_a_fault(void **state)
{
        struct fixture *f = *state;
        struct sample *sample = calloc(1, sizeof *sample);
        struct qf_batch batch;
        struct qf_wire_fault fault;
        random_sample(sample, 7, 200);
        write_columns(f, sample);
        assert_int_equal(decode(f, 200, &batch, &fault), 0);
        for (size_t cap = 16; cap < 64 * 1024; cap += 512) {
                struct qf_arena *tiny = NULL;
                assert_int_equal(qf_arena_new(cap, &tiny), 0);
                int r = qf_body_decode(tiny, qf_buffer_view(&f->facts), qf_buffer_view(&f->texts), 200,
                                       &batch, &fault);
                if (r != 0)
                        assert_string_equal(fault.what, "more than a message may take of memory");
                assert_true(r == 1 || cap > 16 * 1024);
                qf_arena_free(tiny);
        }
        free(sample);
}

static void writer_says_what_does_not_fit(void **state)
{
        struct fixture *f = *state;
        char long_text[3000];
        memset(long_text, 'k', sizeof long_text);
        struct qf_pair pair = {QF_VIEW("org"), QF_VIEW("lead")}, many[257];
        struct qf_event event = {.kind = QF_KIND_ACTIVITY, .key = {long_text, 97}};
        assert_int_equal(qf_body_writer_add(f->writer, &event, NULL, 0), QF_BODY_SHAPE);
        event.key = QF_VIEW("a\xff");
        assert_int_equal(qf_body_writer_add(f->writer, &event, NULL, 0), QF_BODY_SHAPE);
        event.key = QF_VIEW("a");
        event.kind = 31;
        assert_int_equal(qf_body_writer_add(f->writer, &event, NULL, 0), QF_BODY_SHAPE);
        event.kind = QF_KIND_ACTIVITY;
        for (int i = 0; i < 257; i++)
                many[i] = pair;
        assert_int_equal(qf_body_writer_add(f->writer, &event, many, 257), QF_BODY_SHAPE);
        pair.member.at = long_text;
        pair.member.len = 2049;
        assert_int_equal(qf_body_writer_add(f->writer, &event, &pair, 1), QF_BODY_SHAPE);
        pair = (struct qf_pair){QF_VIEW(""), QF_VIEW("lead")};
        assert_int_equal(qf_body_writer_add(f->writer, &event, &pair, 1), QF_BODY_SHAPE);
        struct qf_words words = {.title = {long_text, 2049}};
        event.words = &words;
        assert_int_equal(qf_body_writer_add(f->writer, &event, NULL, 0), QF_BODY_SHAPE);
        words.title = QF_VIEW("a\n");
        assert_int_equal(qf_body_writer_add(f->writer, &event, NULL, 0), QF_BODY_SHAPE);
        assert_int_equal(qf_body_writer_count(f->writer), 0);
}

/* Adds events of a seed until the writer is full, and reads the body back; returns how many went in. */
static uint32_t fill_and_read(struct fixture *f, struct sample *sample, uint64_t seed, uint32_t kind,
                              bool large)
{
        struct qf_batch batch;
        struct qf_wire_fault fault = {0};
        char member[400], key[80], title[500];
        memset(title, 't', sizeof title);
        sample->seed = seed;
        uint32_t count = 0;
        for (int r = 0; r == 0 && count <= QF_BATCH_EVENTS_MAX; count += r == 0) {
                fill_event(sample, 0);
                struct qf_event event = sample->events[0];
                int len = snprintf(key, sizeof key, "K-%08u-%0*u", dice(sample, 9999999), large ? 60 : 1,
                                   count);
                event.key = (struct qf_view){key, (uint32_t)len};
                len = snprintf(member, sizeof member, "%0*u", large ? 380 : 3,
                               dice(sample, large ? 999999 : 300));
                struct qf_pair pair = {QF_VIEW("site"), {member, (uint32_t)len}};
                event.kind = (uint8_t)kind;
                event.merged_into = kind == 1 ? event.merged_into : (struct qf_view){0};
                event.words = large && dice(sample, 2) ? &(struct qf_words){.title = {title, 400}} : NULL;
                r = qf_body_writer_add(f->writer, &event, &pair, kind == 1);
                assert_true(r == 0 || r == QF_BODY_FULL);
        }
        f->facts.len = f->texts.len = 0;
        assert_int_equal(qf_body_writer_count(f->writer), count);
        assert_int_equal(qf_body_writer_end(f->writer, 0, &f->facts, &f->texts), 0);
        int r = decode(f, count, &batch, &fault);
        if (r != 0)
                fail_msg("kind %u, %u events: %s", kind, count, fault.what);
        return count;
}

static void full_writer_gives_a_body_within_all_limits(void **state)
{
        struct fixture *f = *state;
        struct sample *sample = calloc(1, sizeof *sample);
        for (uint64_t seed = 1; seed <= 3; seed++) {
                assert_in_range(fill_and_read(f, sample, seed, QF_KIND_ACTIVITY, false), 3000, 8192);
                assert_in_range(fill_and_read(f, sample, seed, QF_KIND_ACTIVITY, true), 300, 8192);
                assert_in_range(fill_and_read(f, sample, seed, QF_KIND_TICK, false), 4000, 8192);
        }
        free(sample);
}

static void alternating_kinds_fill_the_runs(void **state)
{
        struct fixture *f = *state;
        struct qf_event event = {.key = QF_VIEW("a"), .amount = 1};
        for (uint32_t i = 0; i < 64; i++) {
                event.kind = i % 2 ? QF_KIND_TICK : QF_KIND_ATTENDANCE;
                assert_int_equal(qf_body_writer_add(f->writer, &event, NULL, 0), 0);
        }
        event.kind = QF_KIND_ATTENDANCE;
        assert_int_equal(qf_body_writer_add(f->writer, &event, NULL, 0), QF_BODY_FULL);
        event.kind = QF_KIND_SETTING;
        event.registered = &(struct qf_register){.code = QF_VIEW("time_zone"), .value = QF_VIEW("+08:00")};
        assert_int_equal(qf_body_writer_add(f->writer, &event, NULL, 0), QF_BODY_FULL);
        assert_int_equal(qf_body_writer_end(f->writer, 0, &f->facts, &f->texts), 0);
        assert_int_equal(qf_body_writer_add(f->writer, &event, NULL, 0), 0);
        event.kind = QF_KIND_TICK;
        assert_int_equal(qf_body_writer_add(f->writer, &event, NULL, 0), QF_BODY_FULL);
}

/* So that neighbours share their beginnings: also where the first eight bytes are the same, and where one is the other's. */
static void names_come_in_their_order(void **state)
{
        static const char *const members[] = {"workstream-3", "b",        "workstream-1", "workstrea",
                                              "workstream-2", "workstre", "workstream",   "a",
                                              "清风",         "洁"};
        struct fixture *f = *state;
        struct qf_batch batch;
        struct qf_wire_fault fault;
        for (uint32_t i = 0; i < sizeof members / sizeof members[0]; i++) {
                const struct qf_event event = {
                        .kind = QF_KIND_ACTIVITY, .key = QF_VIEW("k"), .date = 20230506};
                const struct qf_pair pair = {QF_VIEW("org"), qf_view_of(members[i])};
                assert_int_equal(qf_body_writer_add(f->writer, &event, &pair, 1), 0);
        }
        assert_int_equal(qf_body_writer_end(f->writer, 0, &f->facts, &f->texts), 0);
        assert_int_equal(qf_body_decode(f->arena, qf_buffer_view(&f->facts), qf_buffer_view(&f->texts),
                                        (uint32_t)(sizeof members / sizeof members[0]), &batch, &fault),
                         0);
        assert_int_equal(batch.texts_count,
                         1 + sizeof members / sizeof members[0] + 1); /* org, members, the key */
        for (uint32_t i = 1; i + 1 < batch.texts_count; i++)
                assert_true(qf_view_order(batch.texts[i - 1], batch.texts[i]) < 0);
}

static const struct qf_view aliases[] = {{"清风", 6}, {"QF", 2}};
static const struct qf_pair groups[] = {{{"org_kind", 8}, {"bank", 4}}};
static const struct qf_move moves[] = {{20220701, {"tax", 3}, 1, groups, {"税务", 6}, {"Tax", 3}},
                                       {.from = 20230101}};
static const struct qf_source_key source_keys[] = {{.public_key = {1, 2, 3}, .valid_from = 20240101},
                                                   {.public_key = {0xff}, .valid_to = 20251231},
                                                   {.public_key = {0}}}; /* zeros are a key too */
static const struct {
        uint8_t kind;
        const char *key;
        struct qf_register registered;
} registers[] = {
        {QF_KIND_SETTING, "setting/time_zone", {.code = {"time_zone", 9}, .value = {"+08:00", 6}}},
        {QF_KIND_DIMENSION,
         "dimension/content",
         {.code = {"content", 7},
          .zh = {"内容", 6},
          .en = {"content", 7},
          .multi = true,
          .required = true,
          .most = 3,
          .dimension = {"x", 1},
          .groups = {"y", 1},
          .order = 4,
          .closed = true}},
        {QF_KIND_MEMBER,
         "member/org/hx",
         {.dimension = {"org", 3},
          .code = {"hx", 2},
          .zh = {"海", 3},
          .en = {"HX", 2},
          .parent = {"lead", 4},
          .at = {"26.05,119.45", 12},
          .valid_from = 20220101,
          .valid_to = 20231231,
          .order = 7,
          .aliases = aliases,
          .aliases_count = 2,
          .pairs = groups,
          .pairs_count = 1,
          .moves = moves,
          .moves_count = 2}},
        {QF_KIND_COUNTER,
         "counter/sign_in",
         {.code = {"sign_in", 7}, .zh = {"签到", 6}, .feeds = {"attendances", 11}, .cap = 100000}},
        {QF_KIND_SOURCE,
         "source/hx-clerk",
         {.code = {"hx-clerk", 8},
          .parent = {"hx", 2},
          .roles = 3,
          .keys = source_keys,
          .keys_count = 3,
          .orgs = aliases + 1,
          .orgs_count = 1}},
        {QF_KIND_PERIOD_CLOSE,
         "close/hx/202303-202303/1",
         {.code = {"hx", 2},
          .valid_from = 202303,
          .valid_to = 202303,
          .order = 1,
          .orgs = aliases,
          .orgs_count = 2,
          .zh = {"desk", 4}}},
        {QF_KIND_PERIOD_REOPEN,
         "reopen//202301-202312/9999",
         {.valid_from = 202301, .valid_to = 202312, .order = 9999, .en = {"late", 4}, .zh = {"desk", 4}}},
        {QF_KIND_EDITION_PART,
         "part//202301-202312/1/data/4095",
         {.valid_from = 202301,
          .valid_to = 202312,
          .order = 1,
          .feeds = {"data", 4},
          .most = 4095,
          .value = {"a\0\xff\n", 4}}},
        {QF_KIND_PUBLISH,
         "publish//202301-202312/1/data",
         {.valid_from = 202301,
          .valid_to = 202312,
          .order = 1,
          .feeds = {"data", 4},
          .most = 2,
          .cap = 32773,
          .value = {"0123456789abcdef0123456789abcdef", 32},
          .zh = {"desk", 4}}},
};

static void registers_are_read_back_the_same(void **state)
{
        struct fixture *f = *state;
        struct qf_batch batch;
        struct qf_wire_fault fault;
        enum { COUNT = sizeof registers / sizeof registers[0] };
        for (uint32_t i = 0; i < COUNT; i++) {
                struct qf_event event = {.kind = registers[i].kind, .registered = &registers[i].registered};
                assert_int_equal(qf_body_writer_add(f->writer, &event, NULL, 0), 0);
        }
        assert_int_equal(qf_body_writer_end(f->writer, 5, &f->facts, &f->texts), 0);
        assert_int_equal(decode(f, COUNT, &batch, &fault), 0);
        for (uint32_t i = 0; i < COUNT; i++) {
                struct qf_event single, wanted = {.kind = registers[i].kind,
                                                  .registered = &registers[i].registered,
                                                  .key = qf_view_of(registers[i].key)};
                assert_true(qf_event_same(&batch, &batch.events[i], &batch, &wanted));
                f->part.len = 0;
                assert_int_equal(qf_register_encode(&batch.events[i], &f->part), 0);
                assert_int_equal(qf_register_decode(f->arena, qf_buffer_view(&f->part), &single, &fault), 0);
                assert_true(qf_event_same(&batch, &batch.events[i], &batch, &single));
        }
        f->part.len = 0;
        unhex(&f->part, "0a030a0161");
        assert_int_equal(
                qf_register_decode(f->arena, qf_buffer_view(&f->part), &(struct qf_event){0}, &fault), 1);
        assert_string_equal(fault.what, "an event that is not of a register");
}

static void registers_in_too_little_memory_are_refused(void **state)
{
        enum { COUNT = sizeof registers / sizeof registers[0], STEP = 16, ENOUGH = 1 << 20 };
        struct fixture *f = *state;
        unsigned refused = 0;
        int r = 1;
        for (uint32_t i = 0; i < COUNT; i++) {
                struct qf_event event = {.kind = registers[i].kind, .registered = &registers[i].registered};
                assert_int_equal(qf_body_writer_add(f->writer, &event, NULL, 0), 0);
        }
        assert_int_equal(qf_body_writer_end(f->writer, 5, &f->facts, &f->texts), 0);
        for (size_t room = STEP; r != 0; room += STEP) {
                struct qf_batch batch = {0};
                struct qf_wire_fault fault = {0};
                struct qf_arena *arena = NULL;
                assert_in_range(room, STEP, ENOUGH);
                assert_int_equal(qf_arena_new(room, &arena), 0);
                r = qf_body_decode(arena, qf_buffer_view(&f->facts), qf_buffer_view(&f->texts), COUNT, &batch,
                                   &fault);
                if (r != 0)
                        assert_string_equal(fault.what, "more than a message may take of memory");
                else
                        assert_true(qf_view_same(batch.events[COUNT - 1].key,
                                                 qf_view_of(registers[COUNT - 1].key)));
                qf_arena_free(arena);
                refused++;
        }
        assert_true(refused > COUNT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
static const struct CMUnitTest tests[] = {
        TEST(rows_and_columns_of_random_events_are_the_same),
        TEST(an_event_by_itself_is_a_row_where_that_is_no_longer),
        TEST(full_arena_is_a_fault),
        TEST(writer_says_what_does_not_fit),
        TEST(full_writer_gives_a_body_within_all_limits),
        TEST(alternating_kinds_fill_the_runs),
        TEST(names_come_in_their_order),
        TEST(registers_are_read_back_the_same),
        TEST(registers_in_too_little_memory_are_refused),
};

int main(void)
{
        return cmocka_run_group_tests(tests, NULL, NULL);
}
