/* A fixed load through ingest, aggregation and reporting as they run, without sockets, clocks and chance: the same
 * instructions, allocations, system calls and commits each time. tests/bench/exact runs it under callgrind and compares
 * what it counted with exact.bounds.
 *
 *         exact_load S|C|T|M EVENTS EVENTS_PER_BATCH BATCHES_PER_COMMIT
 *
 * M: ticks, each at an activity that two of them are at, and after each a change of the registers by the office, alone in
 * their messages. What is not to be counted (programme, the activities that ticks need, writing the messages) happens outside of
 * exact_counted, at which callgrind is switched on and off: ingest first, then counting, then what reporting does with
 * the frames in which aggregation tells of it: each activity and each cell once, as to a reader that was away meanwhile. */
#include <errno.h>
#include <stddef.h>

static void same_bytes(void *bytes, size_t len);
#define FIXTURE_RANDOM same_bytes
#include "aggregate/publish.h"
#include "bench/load_events.h"
#include "report/upstream.h"
#include "support/ingest_fixture.h"

enum { MESSAGES_MAX = 4096, STAGE_BATCH = 2000, STAGE_COMMIT = 8 };
#define BEHIND_ALL_DATES_MS INT64_C(1710000000000)

struct exact {
        struct ingest_fixture *fixture;
        struct load_shape *shape;
        struct qf_buffer messages[MESSAGES_MAX];
        bool of_office[MESSAGES_MAX];
        uint32_t messages_count;
        uint64_t numbered, numbered_office; /* in the one outbox of each */
        struct qf_sha256 *sha;
        struct qf_counting *counting;
        struct qf_buffer records; /* each behind its length */
        struct qf_publish *publish;
        struct qf_context *context;
        struct qf_upstream *upstream;
        struct qf_buffer frames; /* each behind its length: on the way to reporting */
        size_t frames_at;
};

enum part { INGEST, COUNT, REPORT };

static void same_bytes(void *bytes, size_t len)
{
        memset(bytes, 7, len);
}

static void must(int r, const char *what)
{
        if (r == 0)
                return;
        fprintf(stderr, "exact_load: %s: %d\n", what, r);
        exit(1);
}

/* --- what runs --------------------------------------------------------------------------- */

static inline __attribute__((always_inline)) void ingest(struct exact *exact, uint32_t per_commit)
{
        const struct qf_asker asker = {.peer = {.len = 1, .id = {'b'}}};
        struct ingest_fixture *fixture = exact->fixture;
        char bench[QF_ADMISSION_USER_TEXT], office[QF_ADMISSION_USER_TEXT];
        const struct qf_view names[] = {user_of("bench", bench), user_of("office", office)};

        for (uint32_t i = 0; i < exact->messages_count; i++) {
                const struct qf_buffer *message = &exact->messages[i];
                must(qf_ingest_take(fixture->ingest, &asker, names[exact->of_office[i]],
                                    (struct qf_view){(const char *)message->at, (uint32_t)message->len},
                                    fixture->now_ms),
                     "take");
                if ((i + 1) % per_commit == 0 || i + 1 == exact->messages_count)
                        must(qf_ingest_turn(fixture->ingest, fixture->now_ms), "turn");
        }
}

static inline __attribute__((always_inline)) void count(struct exact *exact, uint32_t per_commit)
{
        struct qf_record_head head;
        uint32_t applied = 0;

        for (size_t at = 0; at < exact->records.len;) {
                struct qf_view record = {(const char *)exact->records.at + at + 4,
                                         qf_get_le32(exact->records.at + at)};
                must(qf_record_open(record, exact->sha, &head), "open");
                must(qf_counting_apply(exact->counting, &head, record), "apply");
                at += 4 + record.len;
                if (++applied % per_commit == 0 || at == exact->records.len)
                        must(qf_counting_commit(exact->counting, NULL, NULL), "commit");
        }
}

static inline __attribute__((always_inline)) void report(struct exact *exact)
{
        while (exact->frames_at < exact->frames.len)
                must(qf_upstream_turn(exact->upstream, exact->fixture->now_ms), "report");
}

/* The same, by a name that callgrind is told; what is inlined, since a call at the end would be a jump that leaves it. */
void exact_counted(struct exact *exact, uint32_t per_commit, enum part part);

void exact_counted(struct exact *exact, uint32_t per_commit, enum part part)
{
        switch (part) {
        case INGEST: ingest(exact, per_commit); break;
        case COUNT: count(exact, per_commit); break;
        case REPORT: report(exact); break;
        }
}

/* --- between aggregation and reporting --------------------------------------------------- */

static struct exact all; /* for who is called without it */

static int send_frame(void *ctx, const struct qf_peer *peer, struct qf_view frame)
{
        uint8_t length[4];

        (void)ctx, (void)peer;
        qf_put_le32(length, frame.len);
        must(qf_buffer_append(&all.frames, length, sizeof length), "frame");
        must(qf_buffer_append(&all.frames, frame.at, frame.len), "frame");
        return 0;
}

static const struct qf_publish_facts facts = {.say = ""};

/* The linker puts these in the place of the functions (--wrap): reporting's only socket leads to aggregation. */
int __wrap_qf_socket_send(struct qf_socket *socket, const struct qf_peer *peer, struct qf_view frame,
                          struct qf_view second);
int __wrap_qf_socket_receive(struct qf_socket *socket, struct qf_received *ret_received);

int __wrap_qf_socket_send(struct qf_socket *socket, const struct qf_peer *peer, struct qf_view frame,
                          struct qf_view second)
{
        const struct qf_peer reporting = {.len = 1, .id = {'r'}};

        (void)socket, (void)peer, (void)second;
        return qf_publish_take(all.publish, &reporting, frame, &facts);
}

int __wrap_qf_socket_receive(struct qf_socket *socket, struct qf_received *ret_received)
{
        const uint8_t *at = all.frames.at + all.frames_at;

        (void)socket;
        if (all.frames_at == all.frames.len)
                return 1;
        *ret_received = (struct qf_received){.frames = 1, .frame = {{(const char *)at + 4, qf_get_le32(at)}}};
        all.frames_at += 4 + ret_received->frame[0].len;
        return 0;
}

/* All that is counted and was not told of yet. */
static void tell(void)
{
        int64_t next_ms;
        bool more = true;

        all.frames.len = all.frames_at = 0;
        qf_publish_bind(all.publish, all.counting);
        while (more) {
                all.fixture->now_ms += 1000;
                must(qf_publish_turn(all.publish, all.fixture->now_ms, &facts, &next_ms, &more), "tell");
        }
}

static void nothing_changes(void *ctx, enum qf_query_of of, uint32_t number)
{
        (void)ctx, (void)of, (void)number;
}

static void open_reporting(void)
{
        const struct qf_upstream_calls calls = {NULL, nothing_changes};

        must(qf_publish_new(send_frame, NULL, &all.publish), "publish");
        must(qf_context_new(1, &all.context), "context");
        must(qf_upstream_open(all.context, "inproc://aggregation", &calls, &all.upstream), "upstream");
        qf_publish_bind(all.publish, all.counting);
        must(qf_upstream_turn(all.upstream, all.fixture->now_ms), "subscribe");
        tell();
        report(&all);
}

/* --- around it --------------------------------------------------------------------------- */

static void put_shape(struct exact *exact)
{
        struct ingest_fixture *fixture = exact->fixture;
        const struct load_shape *shape = exact->shape;
        struct qf_register root = {.dimension = QF_VIEW("org"), .code = QF_VIEW("root")};
        struct qf_register counter = {
                .code = QF_VIEW("sign_in"), .feeds = QF_VIEW("attendances"), .cap = 1000000};
        unsigned member = 1;

        for (unsigned i = 0; i < shape->dimensions; i++) {
                bool org = i + 1 == shape->dimensions;
                struct qf_register dimension = {.code = shape->dimension[i], .required = org, .most = 1};
                put_register(fixture, QF_KIND_DIMENSION, &dimension);
                if (org)
                        put_register(fixture, QF_KIND_MEMBER, &root);
                for (; member <= shape->last[i]; member++) {
                        struct qf_register of = {.code = shape->member[member],
                                                 .dimension = shape->dimension[i],
                                                 .parent = org ? root.code : (struct qf_view){0}};
                        put_register(fixture, QF_KIND_MEMBER, &of);
                }
        }
        put_register(fixture, QF_KIND_COUNTER, &counter);
        put_source(fixture, "bench", "root");
        struct qf_from_partner send = send_of(0xee, 1);
        end_body(fixture, &send);
        say(fixture, "office", &send);
        turn(fixture);
        exact->numbered_office = send.count;
}

/* What was put together is the next message. */
static void end_message(struct exact *exact, bool office)
{
        uint64_t *numbered = office ? &exact->numbered_office : &exact->numbered;
        struct qf_from_partner send = send_of(office ? 0xee : 1, *numbered + 1);
        struct qf_buffer *message = &exact->messages[exact->messages_count];

        end_body(exact->fixture, &send);
        *numbered += send.count;
        message->len = 0;
        must(qf_from_partner_encode(&send, message), "encode");
        exact->of_office[exact->messages_count++] = office;
        if (exact->messages_count == MESSAGES_MAX)
                must(-E2BIG, "messages");
}

static void write_messages(struct exact *exact, enum load_workload workload, uint64_t count, uint32_t batch)
{
        exact->messages_count = 0;
        for (uint64_t at = 0; at < count;) {
                for (uint64_t end = at + batch < count ? at + batch : count; at < end; at++)
                        must(load_add(exact->fixture->writer, exact->shape, workload, at), "add");
                end_message(exact, false);
        }
}

/* The number of the event that a tick of M is, by its place among them. */
static uint64_t mixed_tick(uint64_t at, uint64_t ticks)
{
        return at % (ticks / 2);
}

static void write_mixed(struct exact *exact, uint64_t count)
{
        const struct load_shape *shape = exact->shape;
        char name[16];

        exact->messages_count = 0;
        for (uint64_t at = 0; at < count / 2; at++) {
                must(load_add(exact->fixture->writer, shape, LOAD_TICKS, mixed_tick(at, count / 2)), "add");
                end_message(exact, false);
                (void)snprintf(name, sizeof name, "name %05u", (unsigned)at);
                const struct qf_register member = {
                        .code = shape->member[1], .dimension = shape->dimension[0], .en = qf_view_of(name)};
                put_register(exact->fixture, QF_KIND_MEMBER, &member);
                end_message(exact, true);
        }
}

/* Takes all records that are not counted yet out of the journal. */
static void fetch_records(struct exact *exact)
{
        uint64_t from = qf_counting_place(exact->counting).position + 1;

        exact->records.len = 0;
        must(qf_group_copy_records(qf_ingest_group(exact->fixture->ingest), from, SIZE_MAX / 2,
                                   &exact->records),
             "copy");
}

static void open_all(struct exact *exact)
{
        static char directory[128];
        struct qf_counting_options options = {.map_bytes = 256 << 20, .map_bytes_max = UINT64_C(1) << 30};

        exact->fixture = fixture_make();
        exact->fixture->deaf = true;
        exact->fixture->now_ms = BEHIND_ALL_DATES_MS;
        exact->shape = load_shape_new();
        options.directory = temporary_in(&exact->fixture->temporary, "counts", directory, sizeof directory);
        must(exact->shape ? 0 : -ENOMEM, "shape");
        must(qf_sha256_new(&exact->sha), "sha");
        must(qf_counting_open(&options, &exact->counting), "counting");
        put_shape(exact);
}

static void close_all(struct exact *exact)
{
        qf_upstream_close(exact->upstream);
        qf_context_free(exact->context);
        qf_publish_free(exact->publish);
        qf_buffer_deinit(&exact->frames);
        qf_counting_close(exact->counting);
        fixture_remove(exact->fixture);
        for (uint32_t i = 0; i < MESSAGES_MAX; i++)
                qf_buffer_deinit(&exact->messages[i]);
        qf_buffer_deinit(&exact->records);
        qf_sha256_free(exact->sha);
        free(exact->shape);
}

static int64_t attendances_of(const struct exact *exact, enum load_workload workload, uint64_t number)
{
        uint32_t amount;

        if (workload != LOAD_TICKS)
                return load_make(exact->shape, number).attendances;
        (void)load_ticked(number, &amount);
        return amount;
}

/* The total's attendances, by the events: of each activity, the last that was said of it. */
static int64_t wanted_of(const struct exact *exact, enum load_workload workload, uint64_t events)
{
        int64_t wanted = 0, *stands = calloc(events, sizeof *stands);

        must(stands ? 0 : -ENOMEM, "events");
        for (uint64_t number = 0; number < events; number++)
                stands[load_stated(workload, number)] = attendances_of(exact, workload, number);
        for (uint64_t number = 0; number < events; number++)
                wanted += stands[number];
        free(stands);
        return wanted;
}

/* Whether reporting holds the same, as cells and as activities. */
static bool is_told(const struct exact *exact, int64_t attendances)
{
        const struct qf_table_columns rows = qf_table_columns(exact->upstream->table);

        for (uint32_t i = 0; i < rows.rows; i++)
                attendances -= rows.attendances[i] ? (int64_t)rows.attendances[i] - 1 : 0;
        return attendances == 0 && qf_picture_cells(qf_upstream_published(exact->upstream).picture) ==
                                           qf_picture_cells(exact->counting->picture);
}

static bool is_right(const struct exact *exact, int64_t wanted)
{
        int64_t counted = 0;

        for (size_t i = 0; i < qf_picture_cells(exact->counting->picture); i++) {
                const struct qf_cell *cell = qf_picture_at(exact->counting->picture, i);
                if (cell->key.dimension == QF_DIMENSION_TOTAL && cell->key.period % 100 != 0)
                        counted += cell->counts.of[QF_ATTENDANCES];
        }
        return counted == wanted && is_told(exact, wanted);
}

int main(int argc, char **argv)
{
        /* A call that no compiler inlines, or makes to a copy of another name. */
        void (*volatile counted)(struct exact * exact, uint32_t per_commit, enum part part) = exact_counted;

        if (argc != 5) {
                fprintf(stderr, "usage: exact_load S|C|T|M EVENTS EVENTS_PER_BATCH BATCHES_PER_COMMIT\n");
                return 64;
        }
        const bool mixed = *argv[1] == 'M';
        enum load_workload workload = *argv[1] == 'T' || mixed ? LOAD_TICKS
                                      : *argv[1] == 'C'        ? LOAD_CORRECTED
                                                               : LOAD_STATEMENTS;
        uint64_t events = strtoull(argv[2], NULL, 10);
        uint32_t batch = (uint32_t)strtoul(argv[3], NULL, 10);
        uint32_t per_commit = (uint32_t)strtoul(argv[4], NULL, 10);
        open_all(&all);
        if (workload == LOAD_TICKS) {
                write_messages(&all, LOAD_STAGE, LOAD_TICKED, STAGE_BATCH);
                ingest(&all, STAGE_COMMIT);
        }
        fetch_records(&all);
        count(&all, STAGE_COMMIT);
        open_reporting();
        if (mixed)
                write_mixed(&all, events);
        else
                write_messages(&all, workload, events, batch);
        counted(&all, per_commit, INGEST);
        fetch_records(&all);
        counted(&all, per_commit, COUNT);
        tell();
        counted(&all, per_commit, REPORT);
        /* Of M half are ticks, two of each number. */
        bool right = is_right(&all, mixed ? 2 * wanted_of(&all, workload, events / 4)
                                          : wanted_of(&all, workload, events));
        printf("{\"bench\":\"exact_load\",\"workload\":\"%s\",\"events\":%llu,\"right\":%s}\n", argv[1],
               (unsigned long long)events, right ? "true" : "false");
        close_all(&all);
        return right ? 0 : 1;
}
