/* `qf kinds`: the table of kinds as people read it. With --markdown it is the
 * section of docs/programme.md that a test keeps true. */
#include <stdio.h>

#include "model/kinds.h"
#include "qf/cli/json_out.h"
#include "views/kind_json.h"

struct options {
        bool markdown;
};

static const char *type_en(enum qf_figure_type type)
{
        static const char *const names[] = {"number", "date", "time of day", "points, to thousandths",
                                            "yes or no"};

        return names[type];
}

static const char *type_zh(enum qf_figure_type type)
{
        static const char *const names[] = {"整数", "日期", "时刻", "分数，到千分位", "是否"};

        return names[type];
}

static void print_figure(const struct qf_cli *cli, const struct qf_figure *figure)
{
        printf("    %-20s %s, %s", figure->code, cli->chinese ? figure->zh : figure->en,
               cli->chinese ? type_zh(figure->type) : type_en(figure->type));
        if (figure->type == QF_FIGURE_COUNT)
                printf(" %u…%u", figure->least, figure->most);
        puts(figure->required ? qf_cli_say(cli, "，必填", ", required") : "");
}

static void print_measure(const struct qf_cli *cli, const struct qf_kind_measure *measure)
{
        printf("    %-20s %s: %s", measure->code, cli->chinese ? measure->zh : measure->en,
               cli->chinese ? qf_rule_zh(measure->rule) : qf_rule_en(measure->rule));
        if (measure->within)
                printf(qf_cli_say(cli, "（限同一 %s）", " (within one %s)"), measure->within);
        putchar('\n');
}

static void print_kind(const struct qf_cli *cli, const struct qf_kind_spec *spec)
{
        printf(qf_cli_say(cli, "%s（%s）  编号：%s  日期：%s\n", "%s (%s)  key: %s  date: %s\n"), spec->code,
               cli->chinese ? spec->zh : spec->en, cli->chinese ? spec->key_zh : spec->key_en,
               cli->chinese ? spec->date_zh : spec->date_en);
        if (spec->needs)
                printf(qf_cli_say(cli, "  必有维度：%s\n", "  needs: %s\n"), spec->needs);
        if (spec->figures_count)
                puts(qf_cli_say(cli, "  字段", "  figures"));
        for (uint32_t i = 0; i < spec->figures_count; i++)
                print_figure(cli, &spec->figures[i]);
        puts(qf_cli_say(cli, "  指标，怎样合并", "  measures, and how they combine"));
        for (uint32_t i = 0; i < spec->measures_count; i++)
                print_measure(cli, &spec->measures[i]);
}

static void mark_kind(const struct qf_kind_spec *spec)
{
        printf("\n**%s** %s · %s. Key: %s. Date: %s.%s%s%s\n\n", spec->code, spec->zh, spec->en, spec->key_en,
               spec->date_en, spec->needs ? " Needs: " : "", spec->needs ? spec->needs : "",
               spec->needs ? "." : "");
        if (spec->figures_count)
                puts("| field | 中文 | type | |\n| --- | --- | --- | --- |");
        for (uint32_t i = 0; i < spec->figures_count; i++) {
                const struct qf_figure *figure = &spec->figures[i];
                printf("| `%s` | %s | %s", figure->code, figure->zh, type_en(figure->type));
                if (figure->type == QF_FIGURE_COUNT)
                        printf(" %u…%u", figure->least, figure->most);
                printf(" | %s%s%s%s |\n", figure->required ? "required" : "",
                       figure->required && figure->at_most ? ", " : "", figure->at_most ? "at most " : "",
                       figure->at_most ? spec->figures[figure->at_most - 1].code : "");
        }
        puts("\n| measure | 中文 | how values combine |\n| --- | --- | --- |");
        for (uint32_t i = 0; i < spec->measures_count; i++) {
                const struct qf_kind_measure *measure = &spec->measures[i];
                printf("| `%s` | %s | %s%s%s |\n", measure->code, measure->zh, qf_rule_en(measure->rule),
                       measure->within ? "; within one of: " : "", measure->within ? measure->within : "");
        }
}

static const struct qf_option kinds_options[] = {
        {"markdown", QF_OPTION_FLAG, offsetof(struct options, markdown), NULL, "写成文档里的样子",
         "as the manual has it", 0},
        {0},
};

static int print_json(struct qf_cli *cli, const struct qf_kind_spec *kinds, size_t count)
{
        json_t *all = json_array();

        for (size_t i = 0; i < count; i++)
                (void)json_array_append_new(all, qf_kind_json(&kinds[i]));
        return qf_json_say(cli, json_pack("{s:o}", "kinds", all));
}

static int run_kinds(struct qf_cli *cli, int argc, char **argv)
{
        struct options options = {0};
        size_t kinds_count;
        const struct qf_kind_spec *kinds = qf_kinds(&kinds_count);
        int count;

        if (qf_cli_parse(cli, &options, argc, argv, &count))
                return cli->exit_code;
        if (cli->json)
                return print_json(cli, kinds, kinds_count);
        for (size_t i = 0; i < kinds_count; i++) {
                if (options.markdown)
                        mark_kind(&kinds[i]);
                else
                        print_kind(cli, &kinds[i]);
        }
        return QF_EXIT_DONE;
}

const struct qf_command qf_cmd_kinds = {
        .name = "kinds",
        .zh = "有哪些事项、指标，怎样才能相加",
        .en = "kinds, their measures, and what may be added",
        .run = run_kinds,
        .options = kinds_options,
        .local = true,
};
