/* Why: before figures are quoted, somebody looks where they may be wrong: what is
 * not known, what is unlike its neighbours, what may be told twice, what came late. */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

#include <jansson.h>

#include "base/cleanup.h"
#include "qf/reports/outliers.h"
#include "qf/reports/report_run.h"

enum { OUTLIERS_SHOWN = 200, TEXT_BYTES = 160 };

struct sized { /* an activity with known attendance */
        uint32_t org, mode, date;
        int64_t attendances;
        uint32_t key, key_len; /* in texts */
        bool unsaid;           /* how they were counted, as of sign-ins */
};

struct of_org {
        int64_t records, unknown, estimated, late,
                outliers; /* estimated: of those whose attendance is known */
};

struct quality {
        struct qf_report_run *run;
        uint16_t org, mode;
        struct of_org *orgs; /* by member; 0: not stated */
        struct of_org all;
        struct sized *at;
        size_t count, room;
        struct qf_buffer texts; /* PARTNER KEY of each */
        json_t *outliers, *above_cap;
};

static void close_quality(struct quality *quality)
{
        free(quality->orgs);
        free(quality->at);
        qf_buffer_deinit(&quality->texts);
        json_decref(quality->outliers);
        json_decref(quality->above_cap);
}

/* --- what is read --------------------------------------------------------------- */

static uint32_t find(const struct quality *quality, uint16_t dimension, struct qf_view code)
{
        const uint32_t id = code.len ? qf_programme_find_member(quality->run->programme, dimension, code)
                                     : QF_MEMBER_NONE;
        return id == QF_MEMBER_UNKNOWN ? QF_MEMBER_NONE : id;
}

static int keep(struct quality *quality, struct sized sized, const struct qf_answer_row *row)
{
        if (quality->count == quality->room) {
                const size_t room = quality->room ? 2 * quality->room : 1024;
                struct sized *at = realloc(quality->at, room * sizeof(*at));
                if (!at)
                        return -ENOMEM;
                quality->at = at;
                quality->room = room;
        }
        const struct qf_view partner = row->members[QF_LISTED_PARTNER], key = row->members[QF_LISTED_KEY];
        sized.key = (uint32_t)quality->texts.len;
        const int r = qf_buffer_print(&quality->texts, "%.*s/%.*s", (int)partner.len, partner.at,
                                      (int)key.len, key.at);
        sized.key_len = (uint32_t)quality->texts.len - sized.key;
        if (!r)
                quality->at[quality->count++] = sized;
        return r;
}

static int take(void *ctx, const struct qf_to_reader *answer, const struct qf_answer_row *row)
{
        struct quality *quality = ctx;
        const struct sized sized = {
                .org = find(quality, quality->org, qf_listed_member(answer, row, "org")),
                .mode = find(quality, quality->mode, qf_listed_member(answer, row, "mode")),
                .date = qf_listed_date(row),
                .attendances = row->counts.of[QF_ATTENDANCES],
                .unsaid = qf_listed_member(answer, row, "method").len == 0};
        const bool known = !row->counts.of[QF_RECORDS_UNKNOWN];
        struct of_org *const counted[] = {&quality->orgs[sized.org], &quality->all};
        for (unsigned i = 0; i < 2; i++) {
                counted[i]->records++;
                counted[i]->unknown += !known;
                counted[i]->estimated +=
                        known && qf_view_same(qf_listed_member(answer, row, "method"), QF_VIEW("estimated"));
                counted[i]->late += qf_listed_member(answer, row, "late").len != 0;
        }
        return known ? keep(quality, sized, row) : 0;
}

/* --- outliers --------------------------------------------------------------------- */

static int compare(const void *one, const void *other)
{
        const struct sized *a = one, *b = other;
        if (a->org != b->org)
                return a->org < b->org ? -1 : 1;
        if (a->mode != b->mode)
                return a->mode < b->mode ? -1 : 1;
        if (a->attendances != b->attendances)
                return a->attendances < b->attendances ? -1 : 1;
        return a->key < b->key ? -1 : a->key > b->key;
}

static void say_outlier(struct quality *quality, const struct sized *sized, const struct qf_usual *usual)
{
        struct qf_page *page = &quality->run->page;
        const char *key = (const char *)quality->texts.at + sized->key;
        quality->orgs[sized->org].outliers++;
        if (quality->all.outliers++ >= OUTLIERS_SHOWN)
                return;
        qf_page_remark(page, "离群：%.*s，%lld人次，同单位同方式通常在%lld到%lld之间",
                       "outlier: %.*s, %lld attendances, usual for its organisation and mode: %lld to %lld",
                       (int)sized->key_len, key, (long long)sized->attendances, (long long)usual->least,
                       (long long)usual->most);
        (void)json_array_append_new(quality->outliers,
                                    json_pack("{s:s%, s:I, s:[I,I]}", "key", key, (size_t)sized->key_len,
                                              "attendances", (json_int_t)sized->attendances, "usual",
                                              (json_int_t)usual->least, (json_int_t)usual->most));
}

static int find_outliers(struct quality *quality)
{
        QF_CLEANUP(qf_cleanup_free) int64_t *sizes = calloc(quality->count + 1, sizeof(*sizes));
        if (!sizes)
                return qf_report_no_memory(quality->run);
        if (quality->count)
                qsort(quality->at, quality->count, sizeof(*quality->at), compare);
        for (size_t i = 0; i < quality->count; i++)
                sizes[i] = quality->at[i].attendances;
        for (size_t first = 0, end; first < quality->count; first = end) {
                for (end = first + 1;
                     end < quality->count && quality->at[end].org == quality->at[first].org &&
                     quality->at[end].mode == quality->at[first].mode;
                     end++)
                        ;
                const struct qf_usual usual = qf_usual_of(&sizes[first], (uint32_t)(end - first));
                for (size_t i = first; i < end; i++)
                        if (qf_is_outlier(&usual, sizes[i]))
                                say_outlier(quality, &quality->at[i], &usual);
        }
        return 0;
}

/* --- sign-ins ------------------------------------------------------------------------- */

/* They are counted all the same: nobody can say of a sign-in which one was too many. */
static void find_above_cap(struct quality *quality)
{
        const uint32_t cap = qf_programme_cap(quality->run->programme);
        for (size_t i = 0; cap && i < quality->count; i++) {
                const struct sized *sized = &quality->at[i];
                const char *key = (const char *)quality->texts.at + sized->key;
                if (!sized->unsaid || sized->attendances <= cap ||
                    json_array_size(quality->above_cap) >= OUTLIERS_SHOWN)
                        continue;
                qf_page_remark(
                        &quality->run->page, "超过签到上限：%.*s，%lld人次，没有说明怎样数的；上限%u",
                        "above the cap of sign-ins: %.*s, %lld attendances, and nobody said how they were "
                        "counted; the cap is %u",
                        (int)sized->key_len, key, (long long)sized->attendances, cap);
                (void)json_array_append_new(quality->above_cap,
                                            json_pack("{s:s%, s:I, s:I}", "key", key, (size_t)sized->key_len,
                                                      "attendances", (json_int_t)sized->attendances, "cap",
                                                      (json_int_t)cap));
        }
}

/* --- what ingest says of itself ------------------------------------------------------- */

static void say_verdicts(struct quality *quality, json_t *metrics)
{
        static const char *const classes[] = {"accepted", "late", "duplicate", "quarantined", "rejected"};
        json_t *verdicts = json_object();
        long long of[5];
        char name[TEXT_BYTES];
        for (unsigned i = 0; i < 5; i++) {
                (void)snprintf(name, sizeof(name), "qf_ingest_verdicts_total{class=\"%s\"}", classes[i]);
                json_t *value = json_object_get(metrics, name);
                if (!value) {
                        json_decref(verdicts);
                        return; /* ingest is not heard, or this key may not see it */
                }
                of[i] = (long long)json_number_value(value);
                (void)json_object_set_new(verdicts, classes[i], json_integer(of[i]));
        }
        qf_page_fact(&quality->run->page, "verdicts_since_start", verdicts);
        qf_page_line(
                &quality->run->page, "采集服务启动以来：采纳%lld，迟报%lld，重复%lld，待核%lld，退回%lld。",
                "Since ingest was started: %lld accepted, %lld late, %lld duplicate, %lld quarantined, %lld rejected.",
                of[0], of[1], of[2], of[3], of[4]);
        qf_page_hint(&quality->run->page, "逐条：qf history --verdict late",
                     "One by one: qf history --verdict late");
}

static int ask_verdicts(struct quality *quality)
{
        struct qf_to_reader answer;
        if (qf_report_ask(quality->run, (struct qf_from_reader){.query = QF_QUERY_STATUS}, &answer))
                return 1;
        json_t *status = json_loadb(answer.json.at, answer.json.len, 0, NULL);
        say_verdicts(quality, json_object_get(status, "metrics"));
        json_decref(status);
        return 0;
}

/* --- the page ------------------------------------------------------------------------- */

static void put(struct qf_page *page, const struct of_org *of)
{
        qf_page_number(page, of->records);
        qf_page_rate(page, of->late, of->records);
        qf_page_rate(page, of->unknown, of->records);
        qf_page_rate(page, of->estimated, of->records - of->unknown);
        qf_page_number(page, of->outliers);
}

static int put_orgs(struct quality *quality)
{
        struct qf_page *page = &quality->run->page;
        QF_CLEANUP(qf_cleanup_free) uint32_t *ids = NULL;
        uint32_t count;
        if (qf_report_order(quality->run, quality->org, &ids, &count))
                return 1;
        static const struct qf_page_head columns[] = {
                {"org", "单位", "organisation", QF_PAGE_TEXT},
                {"records", "记录", "records", QF_PAGE_NUMBER},
                {"late", "迟报", "late", QF_PAGE_RATE},
                {"unknown", "人次不详", "attendance not known", QF_PAGE_RATE},
                {"estimated", "估计", "estimated", QF_PAGE_RATE},
                {"outliers", "离群", "outliers", QF_PAGE_NUMBER},
        };
        qf_page_heads(page, columns, sizeof(columns) / sizeof(columns[0]));
        for (uint32_t i = 0; i <= count; i++) {
                const uint32_t id = i < count ? ids[i] : QF_MEMBER_NONE;
                if (!quality->orgs[id].records)
                        continue;
                qf_page_row(page);
                qf_page_member(
                        page, "org",
                        id ? qf_programme_member(page->programme, quality->org, id)->code : QF_VIEW(""), 0);
                put(page, &quality->orgs[id]);
        }
        qf_page_total(page);
        qf_page_word(page, "合计", "total");
        put(page, &quality->all);
        return 0;
}

static int fill(struct qf_report_run *run)
{
        QF_CLEANUP(close_quality)
        struct quality quality = {.run = run, .outliers = json_array(), .above_cap = json_array()};
        qf_report_this_year(run);
        quality.org = qf_programme_find_dimension(run->programme, QF_VIEW("org"));
        quality.mode = qf_programme_find_dimension(run->programme, QF_VIEW("mode"));
        const struct qf_dimension *org = qf_programme_dimension(run->programme, quality.org);
        quality.orgs = calloc((size_t)(org ? org->members : 0) + 1, sizeof(*quality.orgs));
        if (!quality.orgs)
                return qf_report_no_memory(run);
        if (ask_verdicts(&quality) || qf_report_each(run, take, &quality) || find_outliers(&quality) ||
            put_orgs(&quality))
                return 1;
        find_above_cap(&quality);
        qf_page_fact(&run->page, "outliers", json_incref(quality.outliers));
        qf_page_fact(&run->page, "above_cap", json_incref(quality.above_cap));
        qf_page_hint(&run->page, "可能重复报送的联办活动：qf doubles",
                     "Joint activities that may be told twice: qf doubles");
        return 0;
}

static const struct qf_option quality_options[] = {
        QF_REPORT_FROM, QF_REPORT_TO, QF_REPORT_WHERE, QF_REPORT_FORMS, {0}};

static const char *const quality_indicators[] = {"late", "unknown", "estimated", "outliers", "doubles", NULL};

static const struct qf_report quality_report = {.indicators = quality_indicators,
                                                .fill = fill,
                                                .title_zh = "数据质量",
                                                .title_en = "Quality of the data"};

const struct qf_command qf_report_quality = {
        .name = "quality",
        .zh = "数据质量：人次不详、离群、迟报、待核",
        .en = "quality of the data: not known, outliers, late, quarantined",
        .run = qf_report_run,
        .of = &quality_report,
        .options = quality_options,
        .more_zh = "不提日期时看今年。",
        .more_en = "Without dates: this year.",
};
