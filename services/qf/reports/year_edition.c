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
#include "qf/reports/edition_answers.h"
#include "qf/reports/year_document.h"
#include "qf/reports/year_parts.h"
#include "views/json.h"

static void free_names(struct qf_edition_names **names)
{
        *names = qf_edition_names_free(*names);
}

static void close_open(struct qf_period_open *open)
{
        qf_period_close(open);
}

/* --- its figures -------------------------------------------------------------------- */

/* What is summed: one member of one dimension, or all. False: more than cells can say. */
static bool choose_member(const struct qf_list *where, struct qf_view data, struct qf_view *ret_dimension,
                          struct qf_view *ret_member)
{
        static const struct qf_view channel = {"channel", 7}, offline = {"offline", 7};
        if (!qf_edition_chosen(where->at, where->count, ret_dimension, ret_member))
                return false;
        if (where->count)
                return true;
        /* As live: of activities in person, where the programme told channels apart. */
        const struct qf_counts sum = qf_edition_sum(data, channel, offline, 0, UINT32_MAX);
        if (sum.of[QF_RECORDS]) {
                *ret_dimension = channel;
                *ret_member = offline;
        }
        return true;
}

static bool fill(struct qf_cli *cli, const struct qf_programme *programme, struct qf_view data,
                 const struct qf_edition_names *names, const struct qf_report_years *options,
                 struct qf_years *years, struct qf_year_report *ret_report)
{
        struct qf_view dimension, member;
        if (!choose_member(&options->where, data, &dimension, &member))
                return false;
        for (uint32_t i = 0; i < years->count; i++)
                years->at[i] =
                        qf_edition_sum_within(data, programme, dimension, member,
                                              (years->first + i) * 100 + 1, (years->first + i) * 100 + 12);
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
        if (options->org)
                ret_report->scope = qf_view_of(options->org_scope);
        if (qf_view_same(dimension, QF_VIEW("channel")))
                ret_report->channel = qf_edition_label(cli, names, dimension, member);
        return qf_years_sum(years, ret_report);
}

/* --- the report of an edition ------------------------------------------------------------ */

/* A line for each edition that it is made of. */
static int say_parts(const struct qf_cli *cli, const struct qf_year_parts *parts, struct qf_buffer *text)
{
        char name[QF_EDITION_TEXT_BYTES], hex[2 * QF_SHA256_BYTES + 1];
        int r = 0;
        if (parts->count > 1)
                r = qf_buffer_print(text,
                                    qf_cli_say(cli, "由 %u 个已公布的时期合成：\n",
                                               "Put together of %u published periods:\n"),
                                    parts->count);
        for (uint32_t i = 0; !r && i < parts->count; i++) {
                const struct qf_edition_file *data = qf_edition_file(parts->at[i], QF_EDITION_DATA);
                qf_text_hex(data->digest, QF_SHA256_BYTES, hex);
                r = qf_buffer_print(text,
                                    qf_cli_say(cli, "%s，日志位置 %llu，SHA-256 %s\n",
                                               "%s, position %llu of the journal, SHA-256 %s\n"),
                                    qf_edition_text(cli, parts->at[i], name),
                                    (unsigned long long)parts->closed[i], hex);
        }
        if (!r && qf_year_parts_cut(parts))
                r = qf_buffer_print(
                        text, "%s\n",
                        qf_cli_say(cli, "只知道年份的活动不在月、季、半年的版里，这里没有计入。",
                                   "What is known to the year only is in no edition of a part of a year, "
                                   "and is left out here."));
        return r ? r : qf_buffer_append(text, "", 1);
}

/* {number, sha256} of one; of several a list of these with their periods. */
static json_t *parts_json(const struct qf_year_parts *parts)
{
        char hex[2 * QF_SHA256_BYTES + 1], period[QF_PERIOD_TEXT_BYTES];
        json_t *list = json_array();
        for (uint32_t i = 0; i < parts->count; i++) {
                qf_text_hex(qf_edition_file(parts->at[i], QF_EDITION_DATA)->digest, QF_SHA256_BYTES, hex);
                json_t *one = json_pack("{s:i, s:s}", "number", (int)parts->at[i]->number, "sha256", hex);
                if (parts->count == 1) {
                        json_decref(list);
                        return one;
                }
                (void)qf_period_text(qf_edition_period(parts->at[i]), period);
                (void)json_object_set_new(one, "period", json_string(period));
                (void)json_array_append_new(list, one);
        }
        return list;
}

/* The page as bytes. 0 or 1. */
static int render_page(struct qf_year_source *source, const struct qf_year_parts *parts, enum qf_form form,
                       struct qf_buffer *ret_bytes)
{
        QF_CLEANUP(qf_cleanup_free) char *text = NULL;
        struct qf_cli *cli = source->cli;
        size_t len = 0;
        FILE *to = open_memstream(&text, &len);
        if (!to)
                return qf_cli_broke(cli, -ENOMEM, "report");
        json_t *more = parts_json(parts);
        const struct qf_year_page page = {.to = to,
                                          .years = source->years,
                                          .report = source->report,
                                          .version = source->version,
                                          .form = form,
                                          .below = source->beside,
                                          .more_name = parts->count > 1 ? "editions" : "edition",
                                          .more = more};
        const int exit_code = qf_year_print(cli, source->programme, &page);
        json_decref(more);
        if (fclose(to) != 0)
                return qf_cli_broke(cli, -ENOMEM, "report");
        if (exit_code != QF_EXIT_DONE)
                return 1;
        const int r = qf_buffer_append(ret_bytes, text, len);
        return r < 0 ? qf_cli_broke(cli, r, "report") : 0;
}

/* 0 or 1. */
static int render(struct qf_cli *cli, const struct qf_programme *programme, const struct qf_year_parts *parts,
                  struct qf_view data, const struct qf_report_years *options, struct qf_years *years,
                  enum qf_form form, struct qf_buffer *ret_bytes)
{
        QF_CLEANUP(free_names) struct qf_edition_names *names = NULL;
        QF_CLEANUP(qf_buffer_deinit) struct qf_buffer below = {0};
        struct qf_year_report report;
        int r = qf_edition_names_new(data, &names);
        if (r)
                return qf_cli_broke(cli, r, "report");
        if (!fill(cli, programme, data, names, options, years, &report))
                return qf_cli_misused(cli, "公布的数只能按一个成员筛选：--where 维度=代码，或 --org。",
                                      "published figures are of one member: --where DIM=CODE, or --org.");
        r = say_parts(cli, parts, &below);
        if (r)
                return qf_cli_broke(cli, r, "report");
        struct qf_year_source source = {.cli = cli,
                                        .programme = programme,
                                        .options = options,
                                        .years = years,
                                        .report = &report,
                                        .version = parts->closed[parts->count - 1],
                                        .beside = (const char *)below.at,
                                        .edition = parts->at[0],
                                        .editions = parts->count,
                                        .data = data,
                                        .names = names,
                                        .restricted = parts->restricted};
        return form > QF_FORM_CSV ? qf_year_document(&source, form, ret_bytes)
                                  : render_page(&source, parts, form, ret_bytes);
}

/* "year-2023-2021-2022.zh.txt": of what a report is named by, nothing but the years; empty: it is not kept. */
static struct qf_view name_of(const struct qf_cli *cli, const struct qf_report_years *options,
                              const struct qf_year_parts *parts, enum qf_form form, char *name, size_t room)
{
        if (options->where.count || parts->count > 1)
                return QF_VIEW("");
        (void)snprintf(name, room, "year-%u-%u-%u.%s.%s", (unsigned)options->year, (unsigned)options->base,
                       (unsigned)options->from, qf_cli_say(cli, "zh", "en"),
                       form == QF_FORM_TEXT ? "txt" : qf_form_ending(form));
        return qf_view_of(name);
}

static bool is_office(const struct qf_cli *cli, const struct qf_programme *programme)
{
        const struct qf_source *source =
                qf_programme_source(programme, qf_programme_find_source(programme, qf_view_of(cli->source)));
        return source && (source->roles & QF_ROLE_ADMIN);
}

/* What was kept, or made now; and kept then when the office writes a file. 0 or 1. */
static int give(struct qf_cli *cli, struct qf_period_open *open, struct qf_year_parts *parts,
                struct qf_report_years *options, struct qf_years *years, enum qf_form form,
                struct qf_buffer *ret_bytes)
{
        QF_CLEANUP(qf_buffer_deinit) struct qf_buffer data = {0};
        const bool office = is_office(cli, open->programme);
        char room[QF_CODE_BYTES_MAX + 1];
        const struct qf_view name = name_of(cli, options, parts, form, room, sizeof(room));
        bool restricted;
        if (office && name.len && qf_edition_file(parts->at[0], name))
                return qf_edition_fetch(cli, open->asking, parts->at[0], name, ret_bytes, &restricted, NULL);
        if (qf_year_parts_fetch(cli, open->asking, parts, &data) ||
            render(cli, open->programme, parts, (struct qf_view){(const char *)data.at, (uint32_t)data.len},
                   options, years, form, ret_bytes))
                return 1;
        return office && name.len && qf_handing_is_file(&options->handing, form) &&
               qf_edition_publish(cli, parts->at[0], name,
                                  (struct qf_view){(const char *)ret_bytes->at, (uint32_t)ret_bytes->len},
                                  QF_VIEW(""));
}

int qf_year_of_edition(struct qf_cli *cli, struct qf_report_years *options, struct qf_years *years,
                       enum qf_form form)
{
        QF_CLEANUP(close_open) struct qf_period_open open = {0};
        QF_CLEANUP(qf_buffer_deinit) struct qf_buffer bytes = {0};
        const struct qf_period_options none = {0};
        const uint32_t last = years->first + years->count - 1;
        struct qf_year_parts parts;
        char name[QF_HANDED_BYTES];
        if (qf_period_open(cli, &none, NULL, &open) || qf_report_years_of_org(cli, open.programme, options))
                return cli->exit_code;
        qf_year_parts_find(open.programme, years->first * 100 + 1, last * 100 + 12,
                           (uint32_t)options->edition, &parts);
        if (!parts.count)
                return qf_cli_fail(
                        cli, QF_EXIT_OTHER,
                        "没有公布过盖住 %u 至 %u 年的这一版（第%llu版），几个时期合起来也没有盖住。\n有哪些：qf period list；先封账再公布：qf period "
                        "close %u..%u",
                        "nothing that covers %u to %u is published as edition %llu, nor do several periods together.\nWhich "
                        "there are: qf period list; close and publish it: qf period close %u..%u",
                        years->first, last, (unsigned long long)options->edition, years->first, last);
        if (give(cli, &open, &parts, options, years, form, &bytes))
                return cli->exit_code;
        qf_year_document_name(
                &(struct qf_year_source){.cli = cli,
                                         .options = options,
                                         .report = &(struct qf_year_report){.from = (uint32_t)options->from,
                                                                            .year = (uint32_t)options->year},
                                         .edition = parts.at[0]},
                name, sizeof(name));
        return qf_handing_give(cli, &options->handing, form, name,
                               (struct qf_view){(const char *)bytes.at, (uint32_t)bytes.len});
}

/* --- beside the live one -------------------------------------------------------------------- */

static void say_beside(struct qf_cli *cli, const struct qf_year_parts *parts, const struct qf_counts *then,
                       const struct qf_counts *now, struct qf_year_published *said)
{
        char name[QF_EDITION_TEXT_BYTES], published[QF_FIGURE_BYTES], live[QF_FIGURE_BYTES],
                since[QF_FIGURE_BYTES], period[QF_PERIOD_TEXT_BYTES];
        const char *noun = qf_cli_noun(cli, (uint64_t)then->of[QF_ACTIVITIES], "activity", "activities");
        const int64_t change = now->of[QF_ACTIVITIES] - then->of[QF_ACTIVITIES];
        (void)qf_ratio_grouped(then->of[QF_ACTIVITIES], published, sizeof(published));
        (void)qf_ratio_grouped(now->of[QF_ACTIVITIES], live, sizeof(live));
        (void)qf_ratio_grouped(change, since, sizeof(since));
        (void)qf_period_text(qf_edition_period(parts->at[0]), period);
        if (parts->count > 1)
                (void)snprintf(name, sizeof(name), qf_cli_say(cli, "%u 个时期", "%u periods"), parts->count);
        else
                (void)qf_edition_text(cli, parts->at[0], name);
        if (memcmp(then, now, sizeof(*then)) == 0)
                (void)snprintf(said->text, sizeof(said->text),
                               qf_cli_say(cli, "公布（%s）：%s%s 场，此后没有变动",
                                          "Published (%s): %s %s, unchanged since"),
                               name, published, noun);
        else
                (void)snprintf(said->text, sizeof(said->text),
                               qf_cli_say(cli, "公布（%s）：%s%s 场；现在 %s 场（%s%s）",
                                          "Published (%s): %s %s; now %s (%s%s since)"),
                               name, published, noun, live, change > 0 ? "+" : "", since);
        if (memcmp(then, now, sizeof(*then)) != 0)
                (void)snprintf(
                        said->next, sizeof(said->next),
                        qf_cli_say(cli, "逐条：qf period changes %s", "One by one: qf period changes %s"),
                        parts->count > 1 ? qf_cli_say(cli, "时期", "PERIOD") : period);
}

/* {period, edition} of one; of several how many. */
static json_t *beside_json(const struct qf_year_parts *parts)
{
        char period[QF_PERIOD_TEXT_BYTES];
        if (parts->count > 1)
                return json_pack("{s:i}", "periods", (int)parts->count);
        (void)qf_period_text(qf_edition_period(parts->at[0]), period);
        return json_pack("{s:s, s:i}", "period", period, "edition", (int)parts->at[0]->number);
}

int qf_year_beside(struct qf_cli *cli, struct qf_asking *asking, const struct qf_programme *programme,
                   const struct qf_report_years *options, const struct qf_year_report *report,
                   struct qf_year_published *ret_published)
{
        QF_CLEANUP(qf_buffer_deinit) struct qf_buffer data = {0};
        struct qf_year_parts parts;
        struct qf_view dimension, member;
        qf_year_parts_find(programme, report->from * 100 + 1, report->year * 100 + 12, 0, &parts);
        if (!parts.count)
                return 0;
        if (qf_year_parts_fetch(cli, asking, &parts, &data))
                return 1;
        const struct qf_view bytes = {(const char *)data.at, (uint32_t)data.len};
        if (!choose_member(&options->where, bytes, &dimension, &member))
                return 0;
        const struct qf_counts then = qf_edition_sum_within(bytes, programme, dimension, member,
                                                            report->from * 100 + 1, report->year * 100 + 12);
        say_beside(cli, &parts, &then, &report->range, ret_published);
        ret_published->json = beside_json(&parts);
        if (ret_published->json)
                qf_json_put_counts(ret_published->json, &then);
        return 0;
}
