/* Why: the one table of what is done with periods, and what all of them begin with. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "qf/office/period.h"

const struct qf_command qf_cmd_period = {
        .name = "period",
        .zh = "封账、撤销、公布、各版与封账后变动",
        .en = "close periods, publish editions, see what changed since",
        .parts = (const struct qf_command *const[]){&qf_period_do_close, &qf_period_do_reopen,
                                                    &qf_period_do_publish, &qf_period_list, &qf_period_show,
                                                    &qf_period_changes, NULL},
};

void qf_period_close(struct qf_period_open *open)
{
        open->registers = qf_subscription_close(open->registers);
        open->asking = qf_asking_close(open->asking);
}

int qf_period_open(struct qf_cli *cli, const struct qf_period_options *options, const char *period,
                   struct qf_period_open *ret_open)
{
        const struct qf_subscription_options registers = {.want = QF_WANT_REGISTERS};
        *ret_open = (struct qf_period_open){.scope = qf_view_of(options->scope)};
        if (period && !qf_period_parse(period, &ret_open->period)) {
                (void)qf_cli_misused(
                        cli, "时期要写成 2023-03、2023Q1、2023H1、2023 或 2021..2023，而不是“%s”。",
                        "a period is 2023-03, 2023Q1, 2023H1, 2023 or 2021..2023, not \"%s\".", period);
                return 1;
        }
        if (qf_asking_subscribe(cli, registers, &ret_open->registers) ||
            qf_asking_open(cli, &ret_open->asking))
                return 1;
        ret_open->programme = qf_subscription_programme(ret_open->registers);
        const uint16_t org = qf_programme_find_dimension(ret_open->programme, QF_VIEW("org"));
        if (!ret_open->scope.len ||
            qf_programme_find_member(ret_open->programme, org, ret_open->scope) != QF_MEMBER_UNKNOWN)
                return 0;
        (void)qf_cli_misused(cli, "没有单位“%s”；--scope 要写单位代码。",
                             "there is no organisation \"%s\": --scope is an organisation's code.",
                             options->scope);
        return 1;
}

int qf_period_find(struct qf_cli *cli, const struct qf_period_open *open, uint64_t number,
                   const struct qf_edition **ret_edition)
{
        char text[QF_PERIOD_TEXT_BYTES];
        *ret_edition = qf_programme_edition(
                open->programme, qf_programme_find_edition(open->programme, open->scope, open->period.first,
                                                           open->period.last, (uint32_t)number));
        if (*ret_edition)
                return 0;
        (void)qf_period_text(open->period, text);
        (void)qf_cli_fail(
                cli, QF_EXIT_OTHER, "%s 没有这一版。\n有哪些：qf period list；封账：qf period close %s",
                "there is no such edition of %s.\nWhich there are: qf period list; to close it: qf period "
                "close %s",
                text, text);
        return 1;
}

char *qf_edition_text(const struct qf_cli *cli, const struct qf_edition *edition,
                      char ret_text[QF_EDITION_TEXT_BYTES])
{
        char period[QF_PERIOD_TEXT_BYTES];
        (void)qf_period_text(qf_edition_period(edition), period);
        (void)snprintf(ret_text, QF_EDITION_TEXT_BYTES,
                       qf_cli_say(cli, "%s%s%.*s 第%u版", "%s%s%.*s, edition %u"), period,
                       edition->scope.len ? " " : "", (int)edition->scope.len, edition->scope.at,
                       edition->number);
        return ret_text;
}
