/* `qf doubles`: activities that two organisations may both have reported, as a list
 * to work through; `qf merge` says that two are one. */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "qf/reading/said.h"
#include "qf/reports/doubles.h"
#include "qf/reports/report_run.h"

enum { PAIRS_MOST = 10000, WORDS_BYTES = 128 };

struct day { /* the activities of one day, and the texts that they are views of */
        struct qf_report_run *run;
        uint32_t date, count, room, pairs;
        struct qf_told *at;
        struct qf_buffer texts;
        uint32_t *places; /* of each text in texts: so many for an activity */
        json_t *titles;   /* of what was said, by PARTNER/KEY */
};

enum { TEXTS = 6, PLACE_BYTES = 256 };

static void close_day(struct day *day)
{
        free(day->at);
        free(day->places);
        qf_buffer_deinit(&day->texts);
        json_decref(day->titles);
}

static struct qf_view *text_of(struct qf_told *told, unsigned i)
{
        struct qf_view *const texts[TEXTS] = {&told->org,     &told->partner, &told->key,
                                              &told->co_orgs, &told->site,    &told->title};
        return texts[i];
}

static int grow(struct day *day)
{
        if (day->count < day->room)
                return 0;
        const uint32_t room = day->room ? 2 * day->room : 64;
        struct qf_told *at = realloc(day->at, room * sizeof(*at));
        if (!at)
                return -ENOMEM;
        day->at = at;
        uint32_t *places = realloc(day->places, (size_t)room * TEXTS * sizeof(*places));
        if (!places)
                return -ENOMEM;
        day->places = places;
        day->room = room;
        return 0;
}

/* The texts move as they grow: until the day is complete only their places hold. */
static int keep(struct day *day, struct qf_told told)
{
        int r = grow(day);
        for (unsigned i = 0; i < TEXTS && !r; i++) {
                day->places[day->count * TEXTS + i] = (uint32_t)day->texts.len;
                r = qf_buffer_append(&day->texts, text_of(&told, i)->at, text_of(&told, i)->len);
        }
        if (!r)
                day->at[day->count++] = told;
        return r;
}

static int put_pair(void *ctx, const struct qf_told *a, const struct qf_told *b, unsigned why)
{
        struct day *day = ctx;
        if (day->pairs++ >= PAIRS_MOST)
                return 0;
        struct qf_page *page = &day->run->page;
        const struct qf_cli *cli = page->cli;
        char words[WORDS_BYTES];
        const char *parted = qf_cli_say(cli, "、", ", ");
        (void)snprintf(words, sizeof(words), "%s%s%s%s%s",
                       why & QF_DOUBLE_SITE ? qf_cli_say(cli, "同日同地", "same site") : "",
                       (why & QF_DOUBLE_SITE) && (why & ~(unsigned)QF_DOUBLE_SITE) ? parted : "",
                       why & QF_DOUBLE_CO_HOST ? qf_cli_say(cli, "一方写了另一方协办", "co-host") : "",
                       (why & QF_DOUBLE_CO_HOST) && (why & QF_DOUBLE_TITLE) ? parted : "",
                       why & QF_DOUBLE_TITLE ? qf_cli_say(cli, "题目相近", "similar titles") : "");
        qf_page_row(page);
        qf_page_date(page, day->date);
        qf_page_cell(page, qf_view_of(words),
                     json_pack("[s*, s*, s*]", why & QF_DOUBLE_SITE ? "site" : NULL,
                               why & QF_DOUBLE_CO_HOST ? "co_org" : NULL,
                               why & QF_DOUBLE_TITLE ? "title" : NULL));
        if (a->site.len)
                qf_page_member(page, "site", a->site, 0);
        else
                qf_page_nothing(page);
        for (unsigned i = 0; i < 2; i++) {
                const struct qf_told *told = i ? b : a;
                qf_page_member(page, "org", told->org, 0);
                qf_page_text(page, told->partner);
                qf_page_text(page, told->key);
                qf_page_known(page, told->known, told->attendances);
        }
        return 0;
}

static int finish(struct day *day)
{
        for (uint32_t i = 0; i < day->count; i++)
                for (unsigned k = 0; k < TEXTS; k++)
                        text_of(&day->at[i], k)->at =
                                (const char *)day->texts.at + day->places[i * TEXTS + k];
        const int r = qf_doubles_of_day(day->at, day->count, put_pair, day);
        day->count = 0;
        day->texts.len = 0;
        return r;
}

/* --- titles: they are with ingest alone ------------------------------------------ */

static struct qf_view title_of(const json_t *titles, struct qf_view partner, struct qf_view key)
{
        char place[PLACE_BYTES];
        (void)snprintf(place, sizeof(place), "%.*s/%.*s", (int)partner.len, partner.at, (int)key.len, key.at);
        return qf_view_of(json_string_value(json_object_get(titles, place)));
}

/* The last title that was said and taken under a key. */
static int take_title(void *ctx, const json_t *line)
{
        struct day *day = ctx;
        const json_t *event = json_object_get(line, "event");
        const char *verdict = json_string_value(json_object_get(line, "verdict"));
        const char *key = json_string_value(json_object_get(event, "key"));
        json_t *title = json_object_get(event, "title");
        char place[PLACE_BYTES];
        if (!title || !key || !verdict || (strcmp(verdict, "accepted") != 0 && strcmp(verdict, "late") != 0))
                return 0;
        (void)snprintf(place, sizeof(place), "%s/%s", json_string_value(json_object_get(line, "partner")),
                       key);
        return json_object_set(day->titles, place, title) ? -ENOMEM : 0;
}

static int read_titles(struct day *day)
{
        const struct qf_report_run *run = day->run;
        const struct qf_said_filter filter = {
                .kind = "activity", .first_day = run->first_day, .last_day = run->last_day};
        struct qf_saying saying = {.remote = true}; /* as far as the key may read, wherever it stands */
        day->titles = json_object();
        const int said = day->titles ? qf_said_read(run->cli, &filter, take_title, day, &saying)
                                     : qf_report_no_memory(day->run);
        qf_said_close(&saying);
        return said;
}

/* They come by date: a day is complete when the next begins. */
static int take(void *ctx, const struct qf_to_reader *answer, const struct qf_answer_row *row)
{
        struct day *day = ctx;
        const uint32_t date = qf_listed_date(row);
        const int r = date != day->date ? finish(day) : 0;
        day->date = date;
        if (r || date % 100 == 0) /* of a month or year: no day to be the same */
                return r;
        const struct qf_view partner = row->members[QF_LISTED_PARTNER], key = row->members[QF_LISTED_KEY];
        const struct qf_told told = {.org = qf_listed_member(answer, row, "org"),
                                     .partner = partner,
                                     .key = key,
                                     .title = title_of(day->titles, partner, key),
                                     .co_orgs = qf_listed_member(answer, row, "co_org"),
                                     .site = qf_listed_member(answer, row, "site"),
                                     .attendances = row->counts.of[QF_ATTENDANCES],
                                     .known = !row->counts.of[QF_RECORDS_UNKNOWN]};
        return keep(day, told);
}

static void head(struct qf_page *page)
{
        const struct qf_cli *cli = page->cli;
        const char *const heads[][3] = {{"org", "主办单位", "lead"},
                                        {"partner", "填报单位", "fed by"},
                                        {"key", "编号", "key"},
                                        {"attendances", "人次", "attendances"}};
        char code[QF_PAGE_CODE_BYTES], label[QF_PAGE_LABEL_BYTES];
        static const struct qf_page_head columns[] = {
                {"date", "日期", "date", QF_PAGE_TEXT},
                {"why", "为什么", "why", QF_PAGE_TEXT},
                {"site", "研学点", "site", QF_PAGE_TEXT},
        };
        qf_page_heads(page, columns, sizeof(columns) / sizeof(columns[0]));
        for (unsigned i = 0; i < 8; i++) {
                const char *const *name = heads[i % 4];
                (void)snprintf(code, sizeof(code), "%s_%c", name[0], i < 4 ? 'a' : 'b');
                (void)snprintf(label, sizeof(label), "%s%s%s", qf_cli_say(cli, name[1], name[2]),
                               cli->chinese ? "" : " ",
                               i < 4 ? qf_cli_say(cli, "甲", "A") : qf_cli_say(cli, "乙", "B"));
                qf_page_column(page, qf_view_of(code), label, i % 4 == 3 ? QF_PAGE_NUMBER : QF_PAGE_TEXT);
        }
}

static int fill(struct qf_report_run *run)
{
        QF_CLEANUP(close_day) struct day day = {.run = run};
        qf_report_this_year(run);
        head(&run->page);
        if ((!run->options.no_titles && read_titles(&day)) || qf_report_each(run, take, &day))
                return 1;
        if (finish(&day))
                return qf_report_no_memory(run);
        if (day.pairs)
                qf_page_line(
                        &run->page,
                        "可能重复的联办活动%u%s对（W210）。确是同一场的，用 qf merge 并成一场；不会自动合并。",
                        "%u %s that may be one activity told twice (W210). Where they are one, say so with qf merge; nothing is merged by itself.",
                        day.pairs, qf_cli_noun(run->cli, day.pairs, "pair", "pairs"));
        else
                qf_page_line(&run->page, "没有可能重复的联办活动。",
                             "No two activities look like one told twice.");
        if (day.pairs > PAIRS_MOST)
                qf_page_remark(&run->page, "只列出前 %u 对。", "Only the first %u are shown.",
                               (unsigned)PAIRS_MOST);
        qf_page_fact(&run->page, "pairs", json_integer(day.pairs));
        return 0;
}

static const struct qf_option doubles_options[] = {
        QF_REPORT_FROM,
        QF_REPORT_TO,
        QF_REPORT_WHERE,
        {"no-titles", QF_OPTION_FLAG, offsetof(struct qf_report_options, no_titles), NULL,
         "不比较题目（题目要读全部报送原文，很大的日志要等）",
         "compare no titles (they are read from all that was said, which takes its time in a large journal)",
         0},
        QF_REPORT_FORMS,
        {0}};

static const char *const doubles_indicators[] = {"doubles", NULL};

static const struct qf_report doubles_report = {.indicators = doubles_indicators,
                                                .fill = fill,
                                                .title_zh = "可能重复",
                                                .title_en = "Possible doubles"};

const struct qf_command qf_cmd_doubles = {
        .name = "doubles",
        .zh = "可能重复报送的联办活动",
        .en = "joint activities that two organisations may both have reported",
        .run = qf_report_run,
        .of = &doubles_report,
        .options = doubles_options,
        .more_zh =
                "不提日期时看今年。主办单位不同、同一天：同一研学点，或一方把另一方写成协办，或题目相近（没有写明两个不同的研学点）。题目读自报送的原文，密钥看不到的不比较。",
        .more_en =
                "Without dates: this year. Different lead organisations on one day: at the same site, or one names the other as its co-host, or their titles are alike (and no two different sites are said). Titles are read from what was said, as far as the key may.",
};
