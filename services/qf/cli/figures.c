/* Why: what is printed is what people quote, so it is made in one place: unknown
 * is never 0, a mean is over the known, and what does not add up says so. */
#include "qf/cli/figures.h"

#include <stdio.h>
#include <string.h>

#include "qf/cli/asking.h"

int64_t qf_figures_known(const struct qf_counts *counts)
{
        return counts->of[QF_ACTIVITIES] - counts->of[QF_ACTIVITIES_UNKNOWN];
}

char *qf_figures_mean(const struct qf_counts *counts, enum qf_rounding rounding, char *ret_text, size_t room)
{
        return qf_ratio_mean(counts->of[QF_ATTENDANCES], qf_figures_known(counts), 1, rounding, ret_text,
                             room);
}

const char *qf_figures_noun(int64_t number, const char *one, const char *many)
{
        return number == 1 ? one : many;
}

static const char *grouped(int64_t value, char *room)
{
        return qf_ratio_grouped(value, room, QF_FIGURE_BYTES);
}

char *qf_figures_attendances(const struct qf_counts *counts, char *ret_text, size_t room)
{
        if (!qf_counts_known(counts, QF_ATTENDANCES))
                (void)snprintf(ret_text, room, "—");
        else
                (void)qf_ratio_grouped(counts->of[QF_ATTENDANCES], ret_text, room);
        return ret_text;
}

int qf_figures_sentence(bool chinese, const struct qf_counts *counts, enum qf_rounding rounding,
                        struct qf_buffer *ret_text)
{
        char activities[QF_FIGURE_BYTES], attendances[QF_FIGURE_BYTES], records[QF_FIGURE_BYTES],
                unknown[QF_FIGURE_BYTES], unknown_records[QF_FIGURE_BYTES], known[QF_FIGURE_BYTES],
                mean[QF_FIGURE_BYTES];
        (void)grouped(counts->of[QF_ACTIVITIES], activities);
        (void)qf_figures_attendances(counts, attendances, sizeof(attendances));
        (void)grouped(counts->of[QF_RECORDS], records);
        (void)grouped(counts->of[QF_ACTIVITIES_UNKNOWN], unknown);
        (void)grouped(counts->of[QF_RECORDS_UNKNOWN], unknown_records);
        (void)grouped(qf_figures_known(counts), known);
        (void)qf_figures_mean(counts, rounding, mean, sizeof(mean));
        int r = chinese ? qf_buffer_print(ret_text, "活动 %s 场，%s 人次（%s 条记录）。\n", activities,
                                          attendances, records)
                        : qf_buffer_print(
                                  ret_text, "%s %s, %s %s (%s %s).\n", activities,
                                  qf_figures_noun(counts->of[QF_ACTIVITIES], "activity", "activities"),
                                  attendances,
                                  qf_figures_noun(counts->of[QF_ATTENDANCES], "attendance", "attendances"),
                                  records, qf_figures_noun(counts->of[QF_RECORDS], "record", "records"));
        if (r || !counts->of[QF_RECORDS])
                return r;
        if (!qf_counts_known(counts, QF_ATTENDANCES))
                return qf_buffer_print(ret_text, chinese ? "人次都不详，不等于 0。\n"
                                                         : "No attendance is known, which is not 0.\n");
        if (!counts->of[QF_RECORDS_UNKNOWN])
                return qf_buffer_print(
                        ret_text,
                        chinese ? "平均每场 %s 人次。\n" : "On average %s attendances an activity.\n", mean);
        return qf_buffer_print(
                ret_text,
                chinese ? "其中 %s 场（%s 条记录）人次不详，不等于 0；其余 %s 场平均每场 %s 人次。\n"
                        : "Of %s activities (%s records) the attendance is not known, which is not 0; over "
                          "the other %s the mean is %s.\n",
                unknown, unknown_records, known, mean);
}

static const struct {
        const char *code;
        const char *zh, *en; /* {}: label of the dimension that is named */
} notes[] = {
        {"training", "演练：这里的数字都不是真实数字。", "Training: none of these numbers are real."},
        {"not_additive", "一场活动可以同时归在几个“{}”里，各行相加不等于合计；合计一行才是实数。",
         "One activity can stand in several rows of \"{}\"; the rows do not add up to the total, which is the true one."},
        {"attendance_unknown", "有的活动人次不详（最后一列），不按 0 算；场均只算已知的。",
         "For some activities the attendance is not known (last column): that is not 0, and means are over the known."},
        {"undated", "“日期不详”一行的活动只知道月份或年份。",
         "The row \"date not known\" has what is known to the month or the year only."},
        {"undated_excluded", "只知道月份或年份、不能确定在所问日期之内的，没有计入。",
         "What is known to the month or year only, and may lie outside the days asked for, is left out."},
        {"restricted", "本密钥看不到其他单位的明细行；合计是全部的。",
         "Rows of other organisations are not shown to this key; the total is of all."},
        {"cut", "行数太多，只列出前面的；合计是全部的。",
         "There are more rows than shown; the total is of all."},
        {"same_days", "两年只比相同的日期。", "Both years are counted over the same days."},
};

static char *fill_in(const char *text, struct qf_view name, char *ret_text, size_t room)
{
        const char *place = strstr(text, "{}");
        const char *before = place ? place : text + strlen(text);
        (void)snprintf(ret_text, room, "%.*s%.*s%s", (int)(before - text), text, place ? (int)name.len : 0,
                       name.len ? name.at : "", place ? place + 2 : "");
        return ret_text;
}

/* "MEASURE WHAT": why the measure has no one number here, and how to ask so that it has. */
static void print_mixed(const struct qf_cli *cli, const struct qf_programme *programme, struct qf_view said,
                        char *ret_text, size_t room)
{
        const char *space = said.len ? memchr(said.at, ' ', said.len) : NULL;
        const int len = space ? (int)(space - said.at) : (int)said.len;
        const struct qf_view what =
                space ? (struct qf_view){space + 1, said.len - (uint32_t)len - 1} : QF_VIEW("");
        const struct qf_view label = qf_asking_dimension_label(cli, programme, what);

        if (qf_view_same(what, QF_VIEW("date")) || qf_view_same(what, QF_VIEW("period")))
                (void)snprintf(
                        ret_text, room,
                        qf_cli_say(
                                cli,
                                "“%.*s”是某一天的存量，各天不能相加，记为“—”；用 --to 说明是哪一天，不按日、月、年列。",
                                "\"%.*s\" is what stands on one day and is never added over time, hence \"—\": name "
                                "the day with --to, and list no days, months or years."),
                        len, said.at);
        else if (qf_view_same(what, QF_VIEW("record")))
                (void)snprintf(
                        ret_text, room,
                        qf_cli_say(
                                cli,
                                "“%.*s”是每条记录自己的数，几条不能相加，记为“—”；要最大的一个：--measure max:%.*s。",
                                "\"%.*s\" belongs to each record alone and is never added, hence \"—\": for the "
                                "largest, --measure max:%.*s."),
                        len, said.at, len, said.at);
        else
                (void)snprintf(
                        ret_text, room,
                        qf_cli_say(
                                cli,
                                "“%.*s”只能在同一个“%.*s”之内合并，跨几个的记为“—”；用 --by %.*s 分开列。",
                                "\"%.*s\" is combined only within one \"%.*s\", and across several it is \"—\": "
                                "list them apart with --by %.*s."),
                        len, said.at, (int)label.len, label.at, (int)what.len, what.at);
}

char *qf_figures_note(const struct qf_cli *cli, const struct qf_programme *programme, struct qf_view note,
                      char *ret_text, size_t room)
{
        const char *space = note.len ? memchr(note.at, ' ', note.len) : NULL;
        const struct qf_view code = {note.at, space ? (uint32_t)(space - note.at) : note.len};
        struct qf_view name = space ? (struct qf_view){space + 1, note.len - code.len - 1} : QF_VIEW("");
        if (qf_view_same(code, QF_VIEW("mixed"))) {
                print_mixed(cli, programme, name, ret_text, room);
                return ret_text;
        }
        if (name.len)
                name = qf_asking_dimension_label(cli, programme, name);
        for (size_t i = 0; i < sizeof(notes) / sizeof(notes[0]); i++) {
                if (!qf_view_same(code, qf_view_of(notes[i].code)))
                        continue;
                return fill_in(qf_cli_say(cli, notes[i].zh, notes[i].en), name, ret_text, room);
        }
        (void)snprintf(ret_text, room, "%.*s", (int)note.len, note.at); /* of a newer server */
        return ret_text;
}

char *qf_figures_list_note(const struct qf_cli *cli, const struct qf_programme *programme,
                           struct qf_view note, char *ret_text, size_t room)
{
        if (!qf_view_same(note, QF_VIEW("restricted")))
                return qf_figures_note(cli, programme, note, ret_text, room);
        (void)snprintf(
                ret_text, room, "%s",
                qf_cli_say(
                        cli, "本密钥只看得到一部分单位的记录；看不到的不等于没有。",
                        "This key sees the records of some organisations only: what it does not see may be there."));
        return ret_text;
}

int qf_figures_add(struct qf_text_table *table, const struct qf_counts *counts, enum qf_rounding rounding)
{
        char cell[QF_FIGURE_BYTES];
        int r = qf_text_table_add(
                table, qf_view_of(qf_ratio_grouped(counts->of[QF_ACTIVITIES], cell, sizeof(cell))));
        if (!r)
                r = qf_text_table_add(table, qf_view_of(qf_figures_attendances(counts, cell, sizeof(cell))));
        if (!r)
                r = qf_text_table_add(table,
                                      qf_view_of(qf_figures_mean(counts, rounding, cell, sizeof(cell))));
        if (!r)
                r = qf_text_table_add(table, qf_view_of(qf_ratio_grouped(counts->of[QF_ACTIVITIES_UNKNOWN],
                                                                         cell, sizeof(cell))));
        return r;
}

char *qf_figures_date(uint32_t date, char ret_text[QF_FIGURE_BYTES])
{
        const unsigned year = date / 10000, month = date / 100 % 100, day = date % 100;

        if (month == 0)
                (void)snprintf(ret_text, QF_FIGURE_BYTES, "%04u", year);
        else if (day == 0)
                (void)snprintf(ret_text, QF_FIGURE_BYTES, "%04u-%02u", year, month);
        else
                (void)snprintf(ret_text, QF_FIGURE_BYTES, "%04u-%02u-%02u", year, month, day);
        return ret_text;
}
