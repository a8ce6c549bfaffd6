/* qf fold: a partner makes counts of a list of sign-ins, on the partner's own
 * machine. What is printed is ready for qf feed, and holds no name and no number
 * of a person. */
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/cleanup.h"
#include "qf/cli/asking.h"
#include "qf/cli/cli.h"
#include "qf/sheets/feed_csv.h"
#include "qf/feeding/feed_open.h"
#include "qf/cli/json_out.h"
#include "qf/sheets/sign_ins.h"

enum { LISTS_MAX = 64 };

struct options {
        const char *activity, *org, *date, *title, *mode, *site, *sheet;
        bool line;
        uint32_t day; /* date, read; 0: none */
};

static const struct qf_option option_table[] = {
        {"activity", QF_OPTION_TEXT, offsetof(struct options, activity), "NUMBER",
         "活动编号（表里没有这一列时）", "number of the activity, when the list has no such column", 0},
        {"org", QF_OPTION_TEXT, offsetof(struct options, org), "ORG", "主办单位", "lead organisation", 0},
        {"date", QF_OPTION_TEXT, offsetof(struct options, date), "DAY", "活动日期（默认：签到时间的那一天）",
         "its date (default: the day of the sign-ins)", 0},
        {"title", QF_OPTION_TEXT, offsetof(struct options, title), "TEXT", "活动名称", "its title", 0},
        {"mode", QF_OPTION_TEXT, offsetof(struct options, mode), "MODE", "方式", "its mode", 0},
        {"site", QF_OPTION_TEXT, offsetof(struct options, site), "SITE", "地点", "its site", 0},
        {"sheet", QF_OPTION_TEXT, offsetof(struct options, sheet), "NAME", "工作簿里的哪张表",
         "which sheet of a workbook", 0},
        {"line", QF_OPTION_FLAG, offsetof(struct options, line), NULL,
         "活动已经报过：打印一行 JSON，交给 qf feed -",
         "the activity was fed already: print lines of JSON for qf feed -", 0},
        {NULL, QF_OPTION_FLAG, 0, NULL, NULL, NULL, 0},
};

/* --- printing ---------------------------------------------------------------- */

static struct qf_view number_in(char room[16], uint32_t number)
{
        return (struct qf_view){room, (uint32_t)snprintf(room, 16, "%" PRIu32, number)};
}

static struct qf_view date_in(char room[16], uint32_t date)
{
        int len = snprintf(room, 16, "%04u-%02u-%02u", date / 10000, date / 100 % 100, date % 100);
        return (struct qf_view){room, (uint32_t)len};
}

static struct qf_view key_of(const struct options *options, const struct qf_signed *count)
{
        return count->key.len > 0 ? count->key : qf_view_of(options->activity);
}

/* People are known only when every sign-in has a number. */
static bool knows_people(const struct qf_signed *count)
{
        return count->sign_ins > 0 && count->no_phone == 0;
}

static void print_row(const struct options *options, const struct qf_signed *count)
{
        char date[16], sign_ins[16], people[16];
        qf_csv_write(stdout, key_of(options, count), true);
        qf_csv_write(stdout, qf_view_of(options->org), false);
        qf_csv_write(stdout, date_in(date, options->day ? options->day : count->date), false);
        qf_csv_write(stdout, qf_view_of(options->title), false);
        qf_csv_write(stdout, qf_view_of(options->mode), false);
        qf_csv_write(stdout, qf_view_of(options->site), false);
        qf_csv_write(stdout, number_in(sign_ins, count->sign_ins), false);
        qf_csv_write(stdout, QF_VIEW("签到"), false);
        qf_csv_write(stdout, knows_people(count) ? number_in(people, count->phones) : QF_VIEW(""), false);
        (void)fputs("\r\n", stdout);
}

static int print_line(const struct options *options, const struct qf_signed *count)
{
        struct qf_view key = key_of(options, count);
        json_t *line =
                json_pack("{s:s, s:s%, s:I, s:s}", "kind", "attendance", "key", key.at, (size_t)key.len,
                          "attendances", (json_int_t)count->sign_ins, "method", "signed_in");
        return qf_json_print(line);
}

static void say_count(const struct qf_cli *cli, const struct options *options, const struct qf_signed *count)
{
        struct qf_view key = key_of(options, count);
        fprintf(stderr, qf_cli_say(cli, "%.*s：签到 %u 人次，", "%.*s: %u sign-ins, "), (int)key.len, key.at,
                count->sign_ins);
        if (knows_people(count))
                fprintf(stderr, qf_cli_say(cli, "不同手机号 %u 个。\n", "%u different mobile numbers.\n"),
                        count->phones);
        else
                fprintf(stderr,
                        qf_cli_say(
                                cli, "其中 %u 条没有能辨认的手机号，实到人数不知道，不填。\n",
                                "%u of them without a mobile number that can be told: how many people is not known, "
                                "and is left out.\n"),
                        count->no_phone);
}

/* --- the command -------------------------------------------------------------- */

/* What a count lacks to be a row. Exit code. */
static int check_count(struct qf_cli *cli, const struct options *options, const struct qf_signed *count)
{
        if (key_of(options, count).len == 0)
                return qf_cli_misused(cli, "表里没有活动编号，请给 --activity",
                                      "the list has no numbers of activities: give --activity");
        if (!options->line && !options->day && count->date == 0)
                return qf_cli_misused(
                        cli,
                        count->days ? "签到时间不在同一天，请给 --date"
                                    : "表里没有看得出日期的签到时间，请给 --date",
                        count->days ? "the sign-ins are of several days: give --date"
                                    : "the list has no times of sign-ins that tell their day: give --date");
        return 0;
}

static int print_counts(struct qf_cli *cli, const struct options *options, const struct qf_sign_ins *sign_ins)
{
        uint32_t count;
        const struct qf_signed *counts = qf_sign_ins_counts(sign_ins, &count);
        if (count == 0)
                return qf_cli_fail(cli, QF_EXIT_RETURNED, "表里没有一条签到。\n请核对交的是不是这张表。",
                                   "there is no sign-in in the list.\nMake sure that this is the list.");
        for (uint32_t i = 0; i < count; i++) {
                int exit_code = check_count(cli, options, &counts[i]);
                if (exit_code)
                        return exit_code;
        }
        if (!options->line)
                (void)fputs(
                        "\xef\xbb\xbf活动编号,主办单位,活动日期,活动名称,方式,地点,参加人次,人次来源,实到人数\r\n",
                        stdout);
        for (uint32_t i = 0; i < count; i++) {
                int result = 0;
                if (options->line)
                        result = print_line(options, &counts[i]);
                else
                        print_row(options, &counts[i]);
                if (result)
                        return qf_cli_broke(cli, result, "stdout");
                say_count(cli, options, &counts[i]);
        }
        return 0;
}

static int say_notes(const struct qf_cli *cli, const char *path, const struct qf_notes_list *notes)
{
        int result = 0;
        for (uint32_t i = 0; i < qf_notes_list_count(notes) && result == 0; i++) {
                const struct qf_note note = qf_notes_list_at(notes, i);
                result = qf_note_say(cli, path, &note);
        }
        return result;
}

static int add_list(struct qf_cli *cli, const char *path, const char *sheet, struct qf_sign_ins *sign_ins,
                    struct qf_opened *ret_opened)
{
        int exit_code = qf_open_sheet(cli, path, sheet, ret_opened);
        if (exit_code)
                return exit_code;
        QF_CLEANUP(qf_notes_list_deinit) struct qf_notes_list notes = {0};
        const struct qf_note others = qf_opened_others(ret_opened);
        int result = others.near.len > 0 && !sheet ? qf_notes_list_add(&notes, &others) : 0;
        if (result == 0)
                result = qf_sign_ins_add(sign_ins, ret_opened->sheet.grid, &notes);
        if (result == QF_SIGN_INS_NO_HEADER)
                return qf_cli_fail(
                        cli, QF_EXIT_RETURNED,
                        "E002 %s 里没找到签到表的表头。\n前10行里要有“手机号”或“姓名”这样的列名。",
                        "E002 %s has no header of a list of sign-ins.\nThe first 10 lines need a column such as phone or name.",
                        path);
        if (result == 0)
                result = say_notes(cli, path, &notes);
        return result ? qf_cli_broke(cli, result, path) : 0;
}

static int run_fold(struct qf_cli *cli, int argc, char **argv)
{
        const struct rlimit none = {0, 0};
        struct options options = {0};
        struct qf_opened opened[LISTS_MAX] = {{{0}, {0}}};
        struct qf_sign_ins *sign_ins = NULL;
        int count;
        if (qf_cli_parse(cli, &options, argc, argv, &count) ||
            qf_asking_date(cli, "date", options.date, true, &options.day))
                return cli->exit_code;
        (void)setrlimit(RLIMIT_CORE, &none); /* a crash leaves no names behind */
        int result = qf_sign_ins_new(&sign_ins);
        if (result)
                return qf_cli_broke(cli, result, argv[0]);
        int exit_code = 0;
        bool any_workbook = false; /* --sheet is for those among the lists */
        for (int i = 0; i < count && exit_code == 0; i++) {
                exit_code = add_list(cli, argv[i], options.sheet, sign_ins, &opened[i]);
                any_workbook = any_workbook || opened[i].sheet.workbook;
        }
        if (exit_code == 0 && !any_workbook)
                exit_code = qf_opened_has_sheets(cli, &opened[0], argv[0], options.sheet);
        if (exit_code == 0)
                exit_code = print_counts(cli, &options, sign_ins);
        qf_sign_ins_free(sign_ins);
        for (int i = 0; i < count; i++)
                qf_opened_deinit(&opened[i]);
        return exit_code;
}

const struct qf_command qf_cmd_fold = {
        .name = "fold",
        .zh = "把签到表折成人次，姓名和手机号不出本机",
        .en = "make counts of a list of sign-ins; names stay here",
        .run = run_fold,
        .arguments = "LIST.csv|LIST.xlsx...",
        .arguments_min = 1,
        .arguments_max = LISTS_MAX,
        .options = option_table,
        .local = true,
        .more_zh = "数签到表里有多少人次、多少不同的手机号，打印可以直接报送的一行：\n"
                   "  qf fold 签到.xlsx --activity HX-17 --org HX > 人次.csv\n"
                   "姓名和手机号只在本机内存里，不写进任何文件。几个表一起给，按一次活动合并计人。",
        .more_en =
                "Counts the sign-ins of a list and the different mobile numbers in it, and prints a row to feed:\n"
                "  qf fold SIGNINS.xlsx --activity HX-17 --org HX > counts.csv\n"
                "Names and numbers stay in this machine's memory and are written nowhere. Several lists are counted as one.",
};
