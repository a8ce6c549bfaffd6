/* What a body costs to write and to read, best of so many rounds, as JSON: one line for each kind of event and size of
 * batch. Statements have 8 dimensions, a key of 16 bytes and an attendance; ticks have a time. Usage: bench_body [ROUNDS] */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/text.h"
#include "wire/body.h"

enum { DIMENSIONS = 8, TEXT = 24, ROUNDS = 200 };

struct load {
        uint32_t count;
        struct qf_event events[QF_BATCH_EVENTS_MAX];
        struct qf_pair pairs[QF_BATCH_EVENTS_MAX][DIMENSIONS];
        char keys[QF_BATCH_EVENTS_MAX][TEXT];
        char members[QF_BATCH_EVENTS_MAX][DIMENSIONS][TEXT];
        struct qf_body_writer *writer;
        struct qf_arena *arena;
        struct qf_buffer facts, texts;
};

static struct qf_view print(char text[TEXT], const char *of, uint32_t number, int digits)
{
        (void)snprintf(text, TEXT, "%s-%0*" PRIu32, of, digits, number);
        return qf_view_of(text);
}

static void fill(struct load *load, bool ticks, uint32_t count)
{
        static const char *const names[DIMENSIONS] = {"org",   "mode", "content", "workstream",
                                                      "theme", "site", "side",    "channel"};
        load->count = count;
        for (uint32_t i = 0; i < count; i++) {
                struct qf_event *event = &load->events[i];
                *event = (struct qf_event){.kind = QF_KIND_ACTIVITY,
                                           .key = print(load->keys[i], "HX-2023", i * 7, 8),
                                           .date = 20230101 + i % 28,
                                           .stated = QF_STATED_ATTENDANCES,
                                           .attendances = 20 + i * 37 % 200,
                                           .method = QF_SIGNED_IN};
                if (ticks)
                        *event = (struct qf_event){.kind = QF_KIND_TICK,
                                                   .key = print(load->keys[i], "HX-2023", i % 5, 3),
                                                   .counter = QF_VIEW("sign_in"),
                                                   .amount = 1,
                                                   .stated = QF_STATED_AT,
                                                   .at_ms = 1700000000000 + i * 313};
                for (uint32_t d = 0; d < DIMENSIONS && !ticks; d++)
                        load->pairs[i][d] =
                                (struct qf_pair){qf_view_of(names[d]), print(load->members[i][d], names[d],
                                                                             i * (d + 3) % (20 + 5 * d), 2)};
                event->values_count = ticks ? 0 : DIMENSIONS;
        }
}

/* How many events went in: a full body ends earlier. 0: it failed. */
static uint32_t encode(struct load *load)
{
        uint32_t count = 0;
        load->facts.len = load->texts.len = 0;
        while (count < load->count &&
               qf_body_writer_add(load->writer, &load->events[count], load->pairs[count],
                                  load->events[count].values_count) == 0)
                count++;
        return qf_body_writer_end(load->writer, 0, &load->facts, &load->texts) == 0 ? count : 0;
}

static bool decode(struct load *load, uint32_t count)
{
        struct qf_batch batch;
        struct qf_wire_fault fault;
        struct qf_view facts = {(const char *)load->facts.at, (uint32_t)load->facts.len};
        qf_arena_reset(load->arena);
        return qf_body_decode(load->arena, facts, (struct qf_view){0}, count, &batch, &fault) == 0 &&
               batch.count == count;
}

static bool measure(struct load *load, bool ticks, uint32_t asked, uint64_t rounds)
{
        int64_t encoded_ns = INT64_MAX, decoded_ns = INT64_MAX;
        uint32_t count = 0;
        fill(load, ticks, asked);
        for (uint64_t i = 0; i < rounds; i++) {
                int64_t begun = qf_clock_mono_ns();
                count = encode(load);
                int64_t encoded = qf_clock_mono_ns();
                if (count == 0 || !decode(load, count))
                        return false;
                int64_t decoded = qf_clock_mono_ns();
                encoded_ns = encoded - begun < encoded_ns ? encoded - begun : encoded_ns;
                decoded_ns = decoded - encoded < decoded_ns ? decoded - encoded : decoded_ns;
        }
        printf("{\"bench\":\"body\",\"kind\":\"%s\",\"events\":%" PRIu32
               ",\"bytes_per_event\":%.1f,\"encode_ns\":%.1f,\"decode_ns\":%.1f}\n",
               ticks ? "tick" : "statement", count, (double)load->facts.len / count,
               (double)encoded_ns / count, (double)decoded_ns / count);
        return true;
}

int main(int argc, char **argv)
{
        static const uint32_t sizes[] = {1, 10, 64, 500, 1024, QF_BATCH_EVENTS_MAX};
        struct load *load = calloc(1, sizeof *load);
        uint64_t rounds = ROUNDS;
        bool good = load && (argc < 2 || qf_text_number(qf_view_of(argv[1]), 1000000, &rounds)) && rounds > 0;
        good = good && qf_body_writer_new(&load->writer) == 0;
        good = good && qf_arena_new(QF_DECODE_ARENA_BYTES, &load->arena) == 0;
        for (size_t i = 0; i < 2 * sizeof sizes / sizeof sizes[0] && good; i++)
                good = measure(load, i % 2 == 1, sizes[i / 2], rounds);
        if (load) {
                qf_body_writer_free(load->writer);
                qf_arena_free(load->arena);
                qf_buffer_deinit(&load->facts);
                qf_buffer_deinit(&load->texts);
        }
        free(load);
        return good ? 0 : 1;
}
