/* Why: a report that was handed out is asked for again years later, and must be the
 * same to the byte: what the office wrote is in the journal, by its digest, and is
 * not printed again by a program that may print otherwise. */
#include "qf/reports/year_edition.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "qf/cli/figures.h"
#include "qf/office/period.h"
#include "views/json.h"

static void close_open(struct qf_period_open *open)
{
        qf_period_close(open);
}

static void close_file(FILE **file)
{
        if (*file)
                (void)fclose(*file);
}

/* --- which edition ---------------------------------------------------------------- */

/* Published, of everything, its period around all these years, the shortest such; number 0: its last edition. */
static const struct qf_edition *find_edition(const struct qf_programme *programme, uint32_t first_year,
                                             uint32_t last_year, uint32_t number)
{
        const struct qf_edition *found = NULL;
        for (uint32_t id = 1; id <= qf_programme_editions(programme); id++) {
                const struct qf_edition *edition = qf_programme_edition(programme, id);
                if (edition->scope.len || edition->first > first_year * 100 + 1 ||
                    edition->last < last_year * 100 + 12 || (number && edition->number != number) ||
                    !qf_edition_file(edition, QF_EDITION_DATA))
                        continue;
                const uint32_t span = edition->last - edition->first;
                if (!found || span < found->last - found->first ||
                    (span == found->last - found->first && edition->number > found->number))
                        found = edition;
        }
        return found;
}

/* --- its figures -------------------------------------------------------------------- */

/* What is summed: one member of one dimension, or all. False: more than cells can say. */
static bool choose_member(const struct qf_list *where, struct qf_view data, struct qf_view *ret_dimension,
                          struct qf_view *ret_member)
{
        static const struct qf_view channel = {"channel", 7}, offline = {"offline", 7};
        *ret_dimension = QF_VIEW("total");
        *ret_member = QF_VIEW("all");
        if (where->count > 1)
                return false;
        if (where->count == 1) {
                const char *equals = memchr(where->at[0].at, '=', where->at[0].len);
                if (!equals)
                        return false;
                const uint32_t len = (uint32_t)(equals - where->at[0].at);
                *ret_dimension = (struct qf_view){where->at[0].at, len};
                *ret_member = (struct qf_view){equals + 1, where->at[0].len - len - 1};
                return true;
        }
        /* As live: of activities in person, where the programme told channels apart. */
        const struct qf_counts sum = qf_edition_sum(data, channel, offline, 0, UINT32_MAX);
        if (sum.of[QF_RECORDS]) {
                *ret_dimension = channel;
                *ret_member = offline;
        }
        return true;
}

static bool fill(struct qf_cli *cli, struct qf_view data, const struct qf_report_years *options,
                 struct qf_years *years, struct qf_year_report *ret_report)
{
        struct qf_view dimension, member;
        if (!choose_member(&options->where, data, &dimension, &member))
                return false;
        for (uint32_t i = 0; i < years->count; i++)
                years->at[i] = qf_edition_sum(data, dimension, member, (years->first + i) * 100 + 1,
                                              (years->first + i) * 100 + 12);
        *ret_report = (struct qf_year_report){
                .from = (uint32_t)options->from,
                .year = (uint32_t)options->year,
                .base = (uint32_t)options->base,
                .rounding = qf_view_same(qf_edition_value(data, QF_VIEW("setting"), QF_VIEW("rounding")),
                                         QF_VIEW("half_even"))
                                    ? QF_HALF_EVEN
                                    : QF_HALF_UP,
                .training = qf_edition_value(data, QF_VIEW("setting"), QF_VIEW("training")).len > 0,
                .scope = qf_edition_value(data, QF_VIEW("setting"),
                                          cli->chinese ? QF_VIEW("scope_zh") : QF_VIEW("scope_en")),
        };
        if (qf_view_same(dimension, QF_VIEW("channel")))
                ret_report->channel = qf_edition_label(cli, data, dimension, member);
        return qf_years_sum(years, ret_report);
}

/* --- the report of an edition ------------------------------------------------------------ */

/* The page as bytes. 0 or 1. */
static int render(struct qf_cli *cli, const struct qf_edition *edition, struct qf_view data,
                  const struct qf_report_years *options, struct qf_years *years, char **ret_text,
                  size_t *ret_len)
{
        QF_CLEANUP(close_file) FILE *to = NULL;
        struct qf_year_report report;
        char name[QF_EDITION_TEXT_BYTES], hex[2 * QF_SHA256_BYTES + 1], below[QF_EDITION_TEXT_BYTES + 256];
        if (!fill(cli, data, options, years, &report))
                return qf_cli_misused(cli, "公布的数只能按一个成员筛选：--where 维度=代码。",
                                      "published figures are of one member: --where DIM=CODE.");
        qf_text_hex(qf_edition_file(edition, QF_EDITION_DATA)->digest, QF_SHA256_BYTES, hex);
        const uint64_t position = qf_edition_position(data);
        (void)snprintf(below, sizeof(below),
                       qf_cli_say(cli, "\n%s，日志位置 %llu，SHA-256 %s\n",
                                  "\n%s, position %llu of the journal, SHA-256 %s\n"),
                       qf_edition_text(cli, edition, name), (unsigned long long)position, hex);
        to = open_memstream(ret_text, ret_len);
        if (!to)
                return qf_cli_broke(cli, -ENOMEM, "report");
        json_t *more = json_pack("{s:i, s:s}", "number", (int)edition->number, "sha256", hex);
        const int exit_code = qf_year_print(cli, &(struct qf_year_page){.to = to,
                                                                        .years = years,
                                                                        .report = &report,
                                                                        .version = position,
                                                                        .below = below,
                                                                        .more_name = "edition",
                                                                        .more = more});
        json_decref(more);
        return exit_code;
}

/* "year-2023-2021-2022.zh.txt": of what a report is named by, nothing but the years; empty: it is not kept. */
static struct qf_view name_of(const struct qf_cli *cli, const struct qf_report_years *options, char *name,
                              size_t room)
{
        if (options->where.count)
                return QF_VIEW("");
        (void)snprintf(name, room, "year-%u-%u-%u.%s.%s", (unsigned)options->year, (unsigned)options->base,
                       (unsigned)options->from, qf_cli_say(cli, "zh", "en"), cli->json ? "json" : "txt");
        return qf_view_of(name);
}

static bool is_office(const struct qf_cli *cli, const struct qf_programme *programme)
{
        const struct qf_source *source =
                qf_programme_source(programme, qf_programme_find_source(programme, qf_view_of(cli->source)));
        return source && (source->roles & QF_ROLE_ADMIN);
}

static int write_out(struct qf_cli *cli, const char *path, struct qf_view bytes)
{
        QF_CLEANUP(close_file) FILE *file = path ? fopen(path, "wb") : NULL;
        FILE *to = path ? file : stdout;
        if (!to || fwrite(bytes.at, 1, bytes.len, to) != bytes.len || fflush(to) != 0)
                return qf_cli_broke(cli, errno ? -errno : -EIO, path ? path : "report");
        return QF_EXIT_DONE;
}

/* What was kept, or made now; and kept then when the office writes a file. 0 or 1. */
static int give(struct qf_cli *cli, struct qf_period_open *open, const struct qf_edition *edition,
                struct qf_report_years *options, struct qf_years *years, struct qf_buffer *ret_bytes)
{
        QF_CLEANUP(qf_buffer_deinit) struct qf_buffer data = {0};
        QF_CLEANUP(qf_cleanup_free) char *text = NULL;
        const bool office = is_office(cli, open->programme);
        char room[QF_CODE_BYTES_MAX + 1];
        const struct qf_view name = name_of(cli, options, room, sizeof(room));
        size_t len = 0;
        bool restricted;
        if (office && name.len && qf_edition_file(edition, name))
                return qf_edition_fetch(cli, open->asking, edition, name, ret_bytes, &restricted, NULL);
        if (qf_edition_fetch(cli, open->asking, edition, QF_EDITION_DATA, &data, &restricted, NULL) ||
            render(cli, edition, (struct qf_view){(const char *)data.at, (uint32_t)data.len}, options, years,
                   &text, &len))
                return 1;
        const struct qf_view bytes = {text, (uint32_t)len};
        if (office && name.len && options->out && qf_edition_publish(cli, edition, name, bytes, QF_VIEW("")))
                return 1;
        int r = qf_buffer_append(ret_bytes, bytes.at, bytes.len);
        return r < 0 ? qf_cli_broke(cli, r, "report") : 0;
}

int qf_year_of_edition(struct qf_cli *cli, struct qf_report_years *options, struct qf_years *years)
{
        QF_CLEANUP(close_open) struct qf_period_open open = {0};
        QF_CLEANUP(qf_buffer_deinit) struct qf_buffer bytes = {0};
        const struct qf_period_options none = {0};
        const uint32_t last = years->first + years->count - 1;
        if (qf_period_open(cli, &none, NULL, &open))
                return cli->exit_code;
        const struct qf_edition *edition =
                find_edition(open.programme, years->first, last, (uint32_t)options->edition);
        if (!edition)
                return qf_cli_fail(
                        cli, QF_EXIT_OTHER,
                        "没有公布过盖住 %u 至 %u 年的这一版（第%llu版）。\n有哪些：qf period list；先封账再公布：qf period "
                        "close %u..%u",
                        "nothing that covers %u to %u is published as edition %llu.\nWhich there are: qf period list; close "
                        "and publish it: qf period close %u..%u",
                        years->first, last, (unsigned long long)options->edition, years->first, last);
        if (give(cli, &open, edition, options, years, &bytes))
                return cli->exit_code;
        return write_out(cli, options->out, (struct qf_view){(const char *)bytes.at, (uint32_t)bytes.len});
}

/* --- beside the live one -------------------------------------------------------------------- */

static void say_beside(struct qf_cli *cli, const struct qf_edition *edition, const struct qf_counts *then,
                       const struct qf_counts *now, char *text, size_t room)
{
        char name[QF_EDITION_TEXT_BYTES], published[QF_FIGURE_BYTES], live[QF_FIGURE_BYTES],
                since[QF_FIGURE_BYTES], period[QF_PERIOD_TEXT_BYTES];
        const int64_t change = now->of[QF_ACTIVITIES] - then->of[QF_ACTIVITIES];
        (void)qf_ratio_grouped(then->of[QF_ACTIVITIES], published, sizeof(published));
        (void)qf_ratio_grouped(now->of[QF_ACTIVITIES], live, sizeof(live));
        (void)qf_ratio_grouped(change, since, sizeof(since));
        (void)qf_period_text(qf_edition_period(edition), period);
        if (memcmp(then, now, sizeof(*then)) == 0)
                (void)snprintf(text, room,
                               qf_cli_say(cli, "\n公布（%s）：%s 场，此后没有变动\n",
                                          "\npublished (%s): %s activities, unchanged since\n"),
                               qf_edition_text(cli, edition, name), published);
        else
                (void)snprintf(
                        text, room,
                        qf_cli_say(
                                cli, "\n公布（%s）：%s 场；现在 %s 场（%s%s）。逐条：qf period changes %s\n",
                                "\npublished (%s): %s activities; now %s (%s%s since). One by one: qf period "
                                "changes %s\n"),
                        qf_edition_text(cli, edition, name), published, live, change > 0 ? "+" : "", since,
                        period);
}

int qf_year_beside(struct qf_cli *cli, struct qf_asking *asking, const struct qf_programme *programme,
                   const struct qf_report_years *options, const struct qf_year_report *report,
                   struct qf_year_published *ret_published)
{
        QF_CLEANUP(qf_buffer_deinit) struct qf_buffer data = {0};
        const struct qf_edition *edition = find_edition(programme, report->from, report->year, 0);
        struct qf_view dimension, member;
        bool restricted;
        if (!edition)
                return 0;
        if (qf_edition_fetch(cli, asking, edition, QF_EDITION_DATA, &data, &restricted, NULL))
                return 1;
        const struct qf_view bytes = {(const char *)data.at, (uint32_t)data.len};
        if (!choose_member(&options->where, bytes, &dimension, &member))
                return 0;
        const struct qf_counts then =
                qf_edition_sum(bytes, dimension, member, report->from * 100 + 1, report->year * 100 + 12);
        say_beside(cli, edition, &then, &report->range, ret_published->text, sizeof(ret_published->text));
        char period[QF_PERIOD_TEXT_BYTES];
        ret_published->json =
                json_pack("{s:s, s:i}", "period", qf_period_text(qf_edition_period(edition), period).at,
                          "edition", (int)edition->number);
        if (ret_published->json)
                qf_json_put_counts(ret_published->json, &then);
        return 0;
}
