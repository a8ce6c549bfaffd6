/* Why: activities are read page by page, in the order of their dates, and nothing
 * is kept but what a report needs of each: a year of a province has millions. */
#include <string.h>

#include "qf/reports/report_run.h"

enum { PAGE_ROWS = 5000 };

int qf_report_each(struct qf_report_run *run,
                   int (*take)(void *ctx, const struct qf_to_reader *page, const struct qf_answer_row *row),
                   void *ctx)
{
        char next[QF_PAGE_BYTES_MAX];
        struct qf_from_reader query = {.query = QF_QUERY_LIST,
                                       .kind = QF_VIEW("activity"),
                                       .where_count = run->options.where.count,
                                       .where = run->options.where.at,
                                       .first_day = run->first_day,
                                       .last_day = run->last_day,
                                       .limit = PAGE_ROWS};
        struct qf_to_reader page;
        do {
                if (qf_report_ask(run, query, &page))
                        return 1;
                for (uint32_t i = 0; i < page.answer_rows_count; i++) {
                        const int r = take(ctx, &page, &page.answer_rows[i]);
                        if (r)
                                return qf_cli_broke(run->cli, r, "report");
                }
                if (page.next.len > sizeof(next))
                        return qf_report_not_understood(run->cli);
                if (page.next.len)
                        memcpy(next, page.next.at, page.next.len);
                query.page = (struct qf_view){next, page.next.len};
                qf_report_answered(run);
        } while (query.page.len);
        return 0;
}
