/* wire/metrics and report/measured: one table, and what Prometheus and a status are told of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/measured.h"

static bool ends_in(const char *name, const char *end)
{
        size_t len = strlen(name), end_len = strlen(end);

        return len > end_len && strcmp(name + len - end_len, end) == 0;
}

/* As Prometheus wants names: the unit, and _total behind what only grows. */
static void names_say_unit_and_kind_and_are_said_once(void **state)
{
        (void)state;
        for (uint32_t i = 1; i < QF_METRIC_END; i++) {
                const struct qf_metric_row *row = qf_metric_row(i);
                assert_non_null(row);
                assert_int_equal(ends_in(row->name, "_total"), row->kind == QF_COUNTER);
                assert_int_equal(ends_in(row->name, "_bytes"), row->unit == QF_UNIT_BYTES);
                assert_int_equal(ends_in(row->name, "_seconds"), row->unit >= QF_UNIT_SECONDS);
                assert_int_equal(ends_in(row->name, "_timestamp_seconds"), row->unit == QF_UNIT_TIME);
                assert_int_equal(row->zh != NULL, row->en != NULL);
                assert_true(strlen(row->help) > 10 && !strchr(row->help, '\n'));
                for (uint32_t j = 1; j < i; j++) {
                        const struct qf_metric_row *other = qf_metric_row(j);
                        if (strcmp(row->name, other->name) != 0)
                                continue;
                        assert_true(row->label && other->label && strcmp(row->label, other->label) != 0);
                        assert_string_equal(row->help, other->help);
                        assert_int_equal(row->kind, other->kind);
                }
        }
        assert_null(qf_metric_row(0));
        assert_null(qf_metric_row(QF_METRIC_END));
}

struct fixture {
        struct qf_measured *measured;
        struct qf_metrics metrics;
        struct qf_buffer packed, text;
};

static int setup(void **state)
{
        struct fixture *f = calloc(1, sizeof(*f));

        assert_non_null(f);
        assert_int_equal(qf_measured_new(&f->measured), 0);
        *state = f;
        return 0;
}

static int teardown(void **state)
{
        struct fixture *f = *state;

        (void)qf_measured_free(f->measured);
        qf_buffer_deinit(&f->packed);
        qf_buffer_deinit(&f->text);
        free(f);
        return 0;
}

static void take(struct fixture *f)
{
        f->packed.len = 0;
        assert_int_equal(qf_metrics_encode(&f->metrics, &f->packed), 0);
        assert_int_equal(qf_measured_take(f->measured, (struct qf_view){(const char *)f->packed.at,
                                                                        (uint32_t)f->packed.len}),
                         0);
        f->metrics.count = f->metrics.sources_count = 0;
}

static const char *print(struct fixture *f)
{
        f->text.len = 0;
        assert_int_equal(qf_measured_print(f->measured, &f->text), 0);
        assert_int_equal(qf_buffer_append(&f->text, "", 1), 0);
        return (const char *)f->text.at;
}

static void says(struct fixture *f, const char *line)
{
        const char *at = strstr(print(f), line);

        if (!at || (at != (const char *)f->text.at && at[-1] != '\n'))
                fail_msg("no line %s in\n%s", line, (const char *)f->text.at);
}

static void what_came_is_printed_with_its_unit(void **state)
{
        struct fixture *f = *state;

        qf_metrics_add(&f->metrics, QF_METRIC_JOURNAL_EVENTS, 123456789012);
        qf_metrics_add(&f->metrics, QF_METRIC_OLDEST_UNSYNCED, 1234);
        qf_metrics_add(&f->metrics, QF_METRIC_LATE, 7);
        assert_int_equal(qf_metrics_begin_source(&f->metrics, QF_VIEW("B")), 0);
        qf_metrics_add_of(&f->metrics, QF_METRIC_SOURCE_SKEW, -60005);
        assert_int_equal(qf_metrics_begin_source(&f->metrics, QF_VIEW("A\"\\x")), 0);
        qf_metrics_add_of(&f->metrics, QF_METRIC_SOURCE_LAST_EVENT, 1700000000001);
        take(f);
        says(f, "# TYPE qf_journal_events_total counter\nqf_journal_events_total 123456789012\n");
        says(f, "qf_ingest_unsynced_seconds 1.234\n");
        says(f, "qf_ingest_verdicts_total{class=\"late\"} 7\n");
        says(f, "qf_source_clock_skew_seconds{source=\"B\"} -60.005\n");
        says(f, "qf_source_last_event_timestamp_seconds{source=\"A\\\"\\\\x\"} 1700000000.001\n");
        assert_null(strstr(print(f), "\nqf_journal_position "));
}

/* Later messages bring other sources, and newer values of the same. */
static void sources_are_kept_and_renewed(void **state)
{
        struct fixture *f = *state;
        char name[16], line[96];

        for (int64_t round = 1; round <= 2; round++) {
                for (int i = 999; i >= 0; i--) {
                        int len = snprintf(name, sizeof(name), "source-%d", i * 7 % 1000);
                        if (qf_metrics_begin_source(&f->metrics, (struct qf_view){name, (uint32_t)len}) != 0)
                                fail();
                        qf_metrics_add_of(&f->metrics, QF_METRIC_SOURCE_EVENTS, i * 7 % 1000 + round * 10000);
                        take(f);
                }
        }
        for (int i = 0; i < 1000; i++) {
                (void)snprintf(line, sizeof(line), "qf_source_events_total{source=\"source-%d\"} %d\n", i,
                               i + 20000);
                if (i % 97 == 0)
                        says(f, line);
        }
        assert_null(strstr(print(f), " 10001\n"));
}

static void what_is_not_understood_is_left_out(void **state)
{
        struct fixture *f = *state;
        static const char *const odd[] = {"\xff\xff", "\x0a\x02\x01\x01",
                                          "\x0a\x01\x01\x12\x01\x02\x1a\x01\x05"};

        qf_metrics_add(&f->metrics, (enum qf_metric)60000, 1);   /* of a newer version */
        qf_metrics_add(&f->metrics, QF_METRIC_HEALTHY, 1);       /* reporting's own */
        qf_metrics_add(&f->metrics, QF_METRIC_SOURCE_EVENTS, 1); /* of no source */
        assert_int_equal(qf_metrics_begin_source(&f->metrics, QF_VIEW("A")), 0);
        qf_metrics_add_of(&f->metrics, QF_METRIC_JOURNAL_POSITION, 1); /* of a source */
        qf_metrics_add(&f->metrics, QF_METRIC_GAPS, 3);
        take(f);
        says(f, "qf_ingest_gaps 3\n");
        assert_null(strstr(print(f), "\nqf_healthy "));
        assert_null(strstr(print(f), "qf_source_events_total{"));
        assert_null(strstr(print(f), "\nqf_journal_position "));
        for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++)
                assert_int_equal(qf_measured_take(f->measured, qf_view_of(odd[i])), 0);
        says(f, "qf_ingest_gaps 3\n");
}

static void sources_beyond_a_message_take_turns(void **state)
{
        struct fixture *f = *state;

        for (int i = 0; i < QF_METRICS_SOURCES_MAX; i++)
                assert_int_equal(qf_metrics_begin_source(&f->metrics, QF_VIEW("s")), 0);
        assert_int_equal(qf_metrics_begin_source(&f->metrics, QF_VIEW("s")), 1);
}

static void the_largest_message_fits_its_field(void **state)
{
        struct fixture *f = *state;
        static const char name[QF_CODE_BYTES_MAX + 1] = "01234567890123456789012345678901";

        for (uint32_t i = 1; i < QF_METRIC_END; i++)
                qf_metrics_add(&f->metrics, i, INT64_MIN);
        for (int i = 0; i < QF_METRICS_SOURCES_MAX; i++) {
                assert_int_equal(qf_metrics_begin_source(&f->metrics, qf_view_of(name)), 0);
                qf_metrics_add_of(&f->metrics, QF_METRIC_SOURCE_LAST_EVENT, INT64_C(1) << 43);
                qf_metrics_add_of(&f->metrics, QF_METRIC_SOURCE_EVENTS, INT64_C(1) << 62);
                qf_metrics_add_of(&f->metrics, QF_METRIC_SOURCE_SKEW, INT64_MIN);
                qf_metrics_add_of(&f->metrics, QF_METRIC_SOURCE_GAPS, UINT32_MAX);
        }
        take(f);
        assert_true(f->packed.len <= QF_METRICS_BYTES_MAX);
        says(f, "qf_source_gaps{source=\"01234567890123456789012345678901\"} 4294967295\n");
}

/* Rates are over ten seconds, and wait when a daemon began anew. */
static void rates_are_of_the_last_ten_seconds(void **state)
{
        struct fixture *f = *state;
        json_t *object = json_object(), *rates;

        for (int64_t second = 0; second < 30; second++) {
                qf_measured_set(f->measured, QF_METRIC_JOURNAL_EVENTS, second < 15 ? 0 : (second - 15) * 50);
                qf_measured_set(f->measured, QF_METRIC_QUERIES, second < 25 ? 1000 : second);
                qf_measured_sample(f->measured, second * 1000);
        }
        assert_int_equal(qf_measured_json(f->measured, false, QF_VIEW("A"), object), 0);
        rates = json_object_get(object, "rates");
        assert_true(json_real_value(json_object_get(rates, "qf_journal_events_total")) == 50);
        assert_null(json_object_get(rates, "qf_report_queries_total"));
        json_decref(object);
}

static void a_reader_sees_its_own_source_only(void **state)
{
        struct fixture *f = *state;

        for (int i = 0; i < 2; i++) {
                assert_int_equal(qf_metrics_begin_source(&f->metrics, i ? QF_VIEW("B") : QF_VIEW("A")), 0);
                qf_metrics_add_of(&f->metrics, QF_METRIC_SOURCE_EVENTS, i);
        }
        take(f);
        for (int all = 0; all < 2; all++) {
                json_t *object = json_object(), *sources;
                assert_int_equal(qf_measured_json(f->measured, all, QF_VIEW("B"), object), 0);
                sources = json_object_get(object, "sources");
                assert_int_equal(json_array_size(sources), all ? 2 : 1);
                assert_string_equal(
                        json_string_value(json_object_get(json_array_get(sources, (size_t)all), "name")),
                        "B");
                json_decref(object);
        }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
static const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_say_unit_and_kind_and_are_said_once),
        TEST(what_came_is_printed_with_its_unit),
        TEST(sources_are_kept_and_renewed),
        TEST(what_is_not_understood_is_left_out),
        TEST(sources_beyond_a_message_take_turns),
        TEST(the_largest_message_fits_its_field),
        TEST(rates_are_of_the_last_ten_seconds),
        TEST(a_reader_sees_its_own_source_only),
};

int main(void)
{
        return cmocka_run_group_tests(tests, NULL, NULL);
}
