/* The pages: one row of the table each. */
#include <errno.h>
#include <stdio.h>

#include "base/clock.h"
#include "report/health.h"
#include "report/http_api.h"
#include "report/report.h"

static int answer_health(void *ctx, const struct qf_http_reader *reader,
                         const struct qf_http_request *request, struct qf_http_answer *answer)
{
        const struct qf_report *report = ctx;
        struct qf_to_reader pulse;
        char sentence[QF_HEALTH_TEXT];

        (void)reader, (void)request;
        qf_report_pulse(report, qf_clock_mono_ms(), &pulse);
        bool well = qf_health_judge(&pulse, qf_upstream_held(report->upstream), qf_clock_wall_ms(), sentence);
        return qf_http_say(answer, well ? 200 : 503, sentence);
}

static int answer_metrics(void *ctx, const struct qf_http_reader *reader,
                          const struct qf_http_request *request, struct qf_http_answer *answer)
{
        const struct qf_report *report = ctx;

        (void)reader, (void)request;
        qf_report_measure(report, qf_clock_mono_ms());
        answer->type = "text/plain; version=0.0.4; charset=utf-8";
        return qf_measured_print(report->upstream->measured, &answer->body);
}

/* Without files of a board; those come first. */
static int answer_no_board(void *ctx, const struct qf_http_reader *reader,
                           const struct qf_http_request *request, struct qf_http_answer *answer)
{
        (void)ctx, (void)reader, (void)request;
        return qf_http_say(answer, 200,
                           "看板没有安装：数字在 /api/v1/totals，状态在 /healthz。\n"
                           "The board is not installed: numbers are at /api/v1/totals, health at /healthz.");
}

const struct qf_http_route qf_report_routes[] = {
        {"/", QF_HTTP_OPEN, answer_no_board, NULL},
        {"/healthz", QF_HTTP_OPEN, answer_health, NULL},
        {"/metrics", QF_HTTP_METRICS, answer_metrics, NULL},
        {"/api/v1/totals", QF_HTTP_READ, qf_api_totals, "by where from to limit format lang"},
        {"/api/v1/declared", QF_HTTP_READ, qf_api_declared,
         "kind by where from to measure limit format lang"},
        {"/api/v1/board", QF_HTTP_READ, qf_api_board, "year base org cross panel format lang"},
        {"/api/v1/live", QF_HTTP_READ, qf_api_live, "year base org cross"},
        {"/api/v1/list", QF_HTTP_READ, qf_api_list, "kind where key from to limit page format lang"},
        {"/api/v1/programme", QF_HTTP_READ, qf_api_programme, ""},
};
const uint32_t qf_report_routes_count = sizeof(qf_report_routes) / sizeof(qf_report_routes[0]);
