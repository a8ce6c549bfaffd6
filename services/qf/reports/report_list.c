/* Why: reports ask for the records of a kind in one way, and rely on the shape of what comes. */
#include "qf/cli/figures.h"
#include "qf/reading/declared_print.h"
#include "qf/reports/page.h"
#include "qf/reports/reports.h"

int qf_report_list(struct qf_cli *cli, struct qf_asking *asking, struct qf_from_reader query,
                   struct qf_to_reader *ret_answer)
{
        query.query = QF_QUERY_LIST;
        if (qf_asking_query(asking, query, ret_answer))
                return 1;
        const struct qf_kind_spec *spec = qf_kind_named(query.kind); /* NULL: activities, which have none */
        if (qf_declared_fits(ret_answer, 1) && ret_answer->by_count > QF_LISTED_KEY &&
            ret_answer->measures_count == (spec ? spec->figures_count : 0))
                return 0;
        return qf_report_not_understood(cli);
}

int qf_report_not_understood(struct qf_cli *cli)
{
        return qf_cli_fail(cli, QF_EXIT_OTHER, "看不懂服务端的回答。\n多半是版本不同，请升级 qf。",
                           "the server's answer is not understood.\nVersions may differ: upgrade qf.");
}

int qf_report_whose(struct qf_cli *cli, const struct qf_programme *programme, const char *org,
                    struct qf_view *ret_org)
{
        const uint16_t dimension = qf_programme_find_dimension(programme, QF_VIEW("org"));
        if (org && qf_programme_find_member(programme, dimension, qf_view_of(org)) == QF_MEMBER_UNKNOWN)
                return cli->exit_code = qf_cli_misused(
                               cli, "单位名录里没有“%s”；--org 要写单位代码。",
                               "there is no organisation \"%s\": --org is an organisation's code.", org);
        *ret_org = qf_view_of(org);
        return 0;
}

void qf_report_remark_restricted(struct qf_page *page)
{
        char text[QF_NOTE_TEXT_BYTES];
        qf_page_remark(
                page, "%s", "%s",
                qf_figures_list_note(page->cli, page->programme, QF_VIEW("restricted"), text, sizeof(text)));
}
