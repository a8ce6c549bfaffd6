/* `qf late`: what was received after its period and the days for reporting were over,
 * by our clock, and by how many days; and how much of it each organisation has. */
#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "model/period.h"
#include "qf/cli/json_out.h"
#include "qf/reading/said.h"
#include "views/labels.h"

enum { DATE_BYTES = 16 };

struct options {
        const char *partner, *archive;
        uint64_t limit;
        bool remote;
};

static const struct qf_option table[] = {
        {"partner", QF_OPTION_TEXT, offsetof(struct options, partner), "ORG", "只看这个单位报的",
         "only what this organisation's sources said", 0},
        {"limit", QF_OPTION_NUMBER, offsetof(struct options, limit), "N",
         "最多列几条（默认 1000），单位小计是全部的",
         "list at most so many (1000 when not said); counts by organisation are of all", 0},
        QF_REMOTE_OPTION,
        QF_ARCHIVE_OPTION,
        {0},
};

struct late {
        struct qf_cli *cli;
        struct options options;
        struct qf_saying saying;
        uint64_t found;
        json_t *partners; /* how many of each */
};

/* Days after the last day on which it would have been in time. */
static int32_t days_late(const struct late *late, const json_t *line, uint32_t *ret_received)
{
        const struct qf_settings *settings = qf_programme_settings(late->saying.programme);
        const uint32_t date =
                (uint32_t)json_integer_value(json_object_get(json_object_get(line, "event"), "date"));
        const uint32_t month = qf_date_month(date), last = qf_date_last_day(month ? month : date);

        *ret_received =
                qf_date_at(json_integer_value(json_object_get(line, "received_at")), settings->zone_minutes);
        return qf_date_days(*ret_received) - qf_date_days(last) - (int32_t)settings->timely_days;
}

static void print_date(uint32_t date, char text[DATE_BYTES])
{
        char digits[DATE_BYTES], room[DATE_BYTES];

        (void)snprintf(digits, sizeof digits, "%08u", date);
        const struct qf_view label = qf_label_period(qf_view_of(digits), room, sizeof room);
        (void)snprintf(text, DATE_BYTES, "%.*s", (int)label.len, label.at);
}

static int take_line(void *ctx, const json_t *line)
{
        struct late *late = ctx;
        const json_t *event = json_object_get(line, "event");
        const char *partner = json_string_value(json_object_get(line, "partner"));
        const json_int_t so_far = json_integer_value(json_object_get(late->partners, partner));
        uint32_t received;
        const int32_t days = days_late(late, line, &received);

        if (json_object_set_new(late->partners, partner, json_integer(so_far + 1)) != 0)
                return -ENOMEM;
        if (++late->found > late->options.limit)
                return 0;
        if (late->cli->json) {
                json_t *copy = json_copy((json_t *)(uintptr_t)line);
                if (!copy || json_object_set_new(copy, "days_late", json_integer(days)) != 0)
                        return -ENOMEM;
                return qf_json_print(copy);
        }
        char of[DATE_BYTES], on[DATE_BYTES];
        print_date((uint32_t)json_integer_value(json_object_get(event, "date")), of);
        print_date(received, on);
        printf(qf_cli_say(late->cli, "%s  %s %s  %s 的，%s 收到，晚 %d 天\n",
                          "%s  %s %s  of %s, received %s, %d days late\n"),
               partner, json_string_value(json_object_get(line, "kind")),
               json_string_value(json_object_get(event, "key")), of, on, days);
        return 0;
}

static int say_counts(struct late *late)
{
        const uint32_t timely = qf_programme_settings(late->saying.programme)->timely_days;
        const char *partner;
        json_t *count;

        if (late->cli->json)
                return qf_json_say(late->cli,
                                   json_pack("{s:I, s:i, s:O}", "late", (json_int_t)late->found,
                                             "timely_days", (int)timely, "partners", late->partners));
        json_object_foreach (late->partners, partner, count) {
                printf("%s  %" JSON_INTEGER_FORMAT "\n", partner, json_integer_value(count));
        }
        if (timely == 0)
                puts(qf_cli_say(
                        late->cli, "方案没有期限（timely_days 是 0）：什么都不算晚。",
                        "the programme has no days for reporting (timely_days is 0): nothing is late."));
        else
                printf(qf_cli_say(late->cli, "晚报 %" PRIu64 " 条（期末后 %u 天内算按时）\n",
                                  "%" PRIu64 " late (%u days after the end of the month are in time)\n"),
                       late->found, timely);
        return QF_EXIT_DONE;
}

static int run_late(struct qf_cli *cli, int argc, char **argv)
{
        struct late late = {.cli = cli, .options = {.limit = 1000}, .partners = json_object()};
        int count;

        if (qf_cli_parse(cli, &late.options, argc, argv, &count) == 0) {
                const struct qf_said_filter filter = {.partner = late.options.partner, .verdict = "late"};
                cli->archive = late.options.archive;
                late.saying.remote = late.options.remote;
                if (qf_said_read(cli, &filter, take_line, &late, &late.saying) == 0)
                        cli->exit_code = say_counts(&late);
                qf_said_close(&late.saying);
        }
        json_decref(late.partners);
        return cli->exit_code;
}

const struct qf_command qf_cmd_late = {
        .name = "late",
        .zh = "过了期限才收到的，晚几天",
        .en = "what came after its time, and by how much",
        .run = run_late,
        .options = table,
        .more_zh = "晚：收到的那天在期末加 timely_days 天之后；照样计入它自己的月份。",
        .more_en =
                "Late: received later than timely_days after the end of its month; it counts in its own month all the same.",
};
