/* Why values stay when nobody tells new ones: they were true when they were said,
 * and two ages beside them (qf_report_silent_seconds, qf_ingest_silent_seconds) say
 * how long ago that was. */
#include "report/measured.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
        ARENA_BYTES = 256 * 1024,
        SAMPLES = 11,         /* rates over ten seconds */
        SOURCES_MAX = 10000,  /* of an installation: PROTOCOL.md 9 */
        SOURCES_SHOWN = 4000, /* in the answer to a status, which has 1 MiB */
        FIRST_OF_SOURCE = QF_METRIC_SOURCE_LAST_EVENT,
        NAME_TEXT = 160,
};

struct value {
        int64_t is;
        bool known;
};

struct source {
        uint32_t len;
        char name[QF_CODE_BYTES_MAX];
        struct value values[QF_METRICS_OF_SOURCE];
};

struct sample {
        int64_t mono_ms;
        struct value values[QF_METRIC_END];
};

struct qf_measured {
        struct value values[QF_METRIC_END];
        struct sample samples[SAMPLES]; /* a ring */
        uint32_t samples_count, next;
        struct source *sources; /* by name */
        uint32_t sources_count, sources_room;
        struct qf_arena *arena;
        struct qf_metrics decoded;
};

int qf_measured_new(struct qf_measured **ret_measured)
{
        struct qf_measured *measured = calloc(1, sizeof(*measured));
        int r = measured ? qf_arena_new(ARENA_BYTES, &measured->arena) : -ENOMEM;

        if (r < 0) {
                free(measured);
                return r;
        }
        *ret_measured = measured;
        return 0;
}

struct qf_measured *qf_measured_free(struct qf_measured *measured)
{
        if (!measured)
                return NULL;
        (void)qf_arena_free(measured->arena);
        free(measured->sources);
        free(measured);
        return NULL;
}

void qf_measured_set(struct qf_measured *measured, enum qf_metric number, int64_t value)
{
        measured->values[number] = (struct value){value, true};
}

/* --- taking ------------------------------------------------------------------- */

static struct qf_view name_of(const struct source *source)
{
        return (struct qf_view){source->name, source->len};
}

static uint32_t place_of(const struct qf_measured *measured, struct qf_view name)
{
        uint32_t from = 0, to = measured->sources_count;

        while (from < to) {
                uint32_t middle = from + (to - from) / 2;
                if (qf_view_order(name_of(&measured->sources[middle]), name) < 0)
                        from = middle + 1;
                else
                        to = middle;
        }
        return from;
}

/* 0 with the source, found or new; positive 1: there are too many. */
static int get_source(struct qf_measured *measured, struct qf_view name, struct source **ret_source)
{
        uint32_t at = place_of(measured, name), room = measured->sources_room;

        if (at < measured->sources_count && qf_view_same(name_of(&measured->sources[at]), name)) {
                *ret_source = &measured->sources[at];
                return 0;
        }
        if (measured->sources_count == SOURCES_MAX || name.len > QF_CODE_BYTES_MAX)
                return 1;
        if (measured->sources_count == room) {
                room = room ? room * 2 : 16;
                struct source *grown = realloc(measured->sources, room * sizeof(*grown));
                if (!grown)
                        return -ENOMEM;
                measured->sources = grown;
                measured->sources_room = room;
        }
        struct source *made = &measured->sources[at];
        memmove(made + 1, made, (measured->sources_count++ - at) * sizeof(*made));
        *made = (struct source){.len = name.len};
        memcpy(made->name, name.at, name.len);
        *ret_source = made;
        return 0;
}

static int take_of_source(struct qf_measured *measured, uint32_t number, struct qf_view name, int64_t value)
{
        struct source *source;
        int r = get_source(measured, name, &source);

        if (r == 0)
                source->values[number - FIRST_OF_SOURCE] = (struct value){value, true};
        return r < 0 ? r : 0;
}

int qf_measured_take(struct qf_measured *measured, struct qf_view encoded)
{
        struct qf_metrics *metrics = &measured->decoded;
        struct qf_wire_fault fault;
        int r;

        qf_arena_reset(measured->arena);
        r = qf_metrics_decode(measured->arena, encoded, metrics, &fault);
        if (r != 0)
                return r < 0 ? r : 0;
        for (uint32_t i = 0; i < metrics->count && r == 0; i++) {
                const struct qf_metric_row *row = qf_metric_row(metrics->number[i]);
                if (!row || row->from == QF_FROM_REPORT || row->of_sources != (metrics->of[i] != 0))
                        continue;
                if (row->of_sources)
                        r = take_of_source(measured, metrics->number[i], metrics->source[metrics->of[i] - 1],
                                           metrics->value[i]);
                else
                        qf_measured_set(measured, metrics->number[i], metrics->value[i]);
        }
        return r;
}

void qf_measured_sample(struct qf_measured *measured, int64_t mono_ms)
{
        struct sample *sample = &measured->samples[measured->next];

        sample->mono_ms = mono_ms;
        memcpy(sample->values, measured->values, sizeof(sample->values));
        measured->next = (measured->next + 1) % SAMPLES;
        if (measured->samples_count < SAMPLES)
                measured->samples_count++;
}

/* A second, over the samples there are. False: not known yet, or its daemon began anew meanwhile. */
static bool rate_of(const struct qf_measured *measured, uint32_t number, double *ret_rate)
{
        if (measured->samples_count < 2)
                return false;
        const struct sample *last = &measured->samples[(measured->next + SAMPLES - 1) % SAMPLES];
        const struct sample *first =
                &measured->samples[(measured->next + SAMPLES - measured->samples_count) % SAMPLES];
        struct value a = first->values[number], b = last->values[number];
        if (!a.known || !b.known || b.is < a.is || last->mono_ms <= first->mono_ms)
                return false;
        *ret_rate = (double)(b.is - a.is) * 1000 / (double)(last->mono_ms - first->mono_ms);
        return true;
}

bool qf_measured_of_source(const struct qf_measured *measured, struct qf_view name, enum qf_metric number,
                           int64_t *ret_value)
{
        uint32_t at = place_of(measured, name);

        if (at == measured->sources_count || !qf_view_same(name_of(&measured->sources[at]), name))
                return false;
        struct value value = measured->sources[at].values[number - FIRST_OF_SOURCE];
        if (value.known)
                *ret_value = value.is;
        return value.known;
}

/* --- Prometheus ----------------------------------------------------------------- */

static int print_value(const struct qf_metric_row *row, int64_t value, struct qf_buffer *text)
{
        if (row->unit != QF_UNIT_SECONDS && row->unit != QF_UNIT_TIME)
                return qf_buffer_print(text, " %" PRId64 "\n", value);
        return qf_buffer_print(text, " %s%" PRIu64 ".%03u\n", value < 0 ? "-" : "",
                               (value < 0 ? 0 - (uint64_t)value : (uint64_t)value) / 1000,
                               (unsigned)((value < 0 ? 0 - (uint64_t)value : (uint64_t)value) % 1000));
}

static int print_label_text(struct qf_view value, struct qf_buffer *text)
{
        int r = 0;

        for (uint32_t i = 0; i < value.len && r == 0; i++) {
                char byte = value.at[i];
                r = byte == '"' || byte == '\\' ? qf_buffer_print(text, "\\%c", byte)
                    : byte == '\n'              ? qf_buffer_append(text, "\\n", 2)
                                                : qf_buffer_append(text, &byte, 1);
        }
        return r;
}

static int print_of_sources(const struct qf_measured *measured, uint32_t number, struct qf_buffer *text)
{
        const struct qf_metric_row *row = qf_metric_row(number);
        int r = 0;

        for (uint32_t i = 0; i < measured->sources_count && r == 0; i++) {
                const struct source *source = &measured->sources[i];
                struct value value = source->values[number - FIRST_OF_SOURCE];
                if (!value.known)
                        continue;
                r = qf_buffer_print(text, "%s{source=\"", row->name);
                if (r == 0)
                        r = print_label_text(name_of(source), text);
                if (r == 0)
                        r = qf_buffer_append(text, "\"}", 2);
                if (r == 0)
                        r = print_value(row, value.is, text);
        }
        return r;
}

static int print_row(const struct qf_measured *measured, uint32_t number, struct qf_buffer *text)
{
        const struct qf_metric_row *row = qf_metric_row(number);
        struct value value = measured->values[number];
        int r;

        if (row->of_sources)
                return print_of_sources(measured, number, text);
        if (!value.known)
                return 0;
        r = row->label ? qf_buffer_print(text, "%s{%s}", row->name, row->label)
                       : qf_buffer_print(text, "%s", row->name);
        return r == 0 ? print_value(row, value.is, text) : r;
}

/* The first row of this name, or one before it. */
static bool is_first(uint32_t number)
{
        for (uint32_t before = 1; before < number; before++)
                if (qf_metric_row(before) &&
                    strcmp(qf_metric_row(before)->name, qf_metric_row(number)->name) == 0)
                        return false;
        return true;
}

/* All rows of one name belong together, behind what says of which kind they are. */
static int print_name(const struct qf_measured *measured, uint32_t number, struct qf_buffer *text)
{
        const struct qf_metric_row *row = qf_metric_row(number);
        int r = qf_buffer_print(text, "# HELP %s %s\n# TYPE %s %s\n", row->name, row->help, row->name,
                                row->kind == QF_COUNTER ? "counter" : "gauge");

        for (uint32_t other = number; other < QF_METRIC_END && r == 0; other++)
                if (qf_metric_row(other) && strcmp(qf_metric_row(other)->name, row->name) == 0)
                        r = print_row(measured, other, text);
        return r;
}

int qf_measured_print(const struct qf_measured *measured, struct qf_buffer *text)
{
        int r = qf_buffer_print(text,
                                "# HELP qf_build_info The version that runs.\n# TYPE qf_build_info gauge\n"
                                "qf_build_info{version=\"%s\"} 1\n",
                                QF_VERSION);

        for (uint32_t number = 1; number < QF_METRIC_END && r == 0; number++)
                if (qf_metric_row(number) && is_first(number))
                        r = print_name(measured, number, text);
        return r;
}

/* --- status ------------------------------------------------------------------------ */

static json_t *json_value(const struct qf_metric_row *row, int64_t value)
{
        bool time = row->unit == QF_UNIT_SECONDS || row->unit == QF_UNIT_TIME;

        return time ? json_real((double)value / 1000) : json_integer(value);
}

static int put_all(const struct qf_measured *measured, json_t *metrics, json_t *rates)
{
        char name[NAME_TEXT];
        double rate;
        int bad = 0;

        for (uint32_t number = 1; number < QF_METRIC_END; number++) {
                const struct qf_metric_row *row = qf_metric_row(number);
                if (!row || row->of_sources || !measured->values[number].known)
                        continue;
                qf_metric_name(row, name, sizeof(name));
                bad |= json_object_set_new(metrics, name, json_value(row, measured->values[number].is));
                if (row->kind == QF_COUNTER && rate_of(measured, number, &rate))
                        bad |= json_object_set_new(rates, name, json_real(rate));
        }
        return bad ? -ENOMEM : 0;
}

static int put_source(const struct source *source, json_t *list)
{
        json_t *object = json_pack("{s:s%}", "name", source->name, (size_t)source->len);
        int bad = !object;

        for (uint32_t i = 0; i < QF_METRICS_OF_SOURCE && !bad; i++) {
                const struct qf_metric_row *row = qf_metric_row(FIRST_OF_SOURCE + i);
                if (source->values[i].known)
                        bad = json_object_set_new(object, row->name, json_value(row, source->values[i].is));
        }
        return json_array_append_new(list, object) || bad ? -ENOMEM : 0;
}

int qf_measured_json(const struct qf_measured *measured, bool all, struct qf_view name, json_t *object)
{
        json_t *metrics = json_object(), *rates = json_object(), *sources = json_array();
        int r = put_all(measured, metrics, rates);

        for (uint32_t i = 0; i < measured->sources_count && i < SOURCES_SHOWN && r == 0; i++)
                if (all || qf_view_same(name_of(&measured->sources[i]), name))
                        r = put_source(&measured->sources[i], sources);
        if (json_object_set_new(object, "metrics", metrics) || json_object_set_new(object, "rates", rates) ||
            json_object_set_new(object, "sources", sources))
                return -ENOMEM;
        return r;
}
