/* Why apart from cmd_key.c: it changes nothing. */
#include <stdio.h>

#include <jansson.h>

#include "qf/office/cmd_key.h"
#include "qf/feeding/feeding.h"
#include "qf/cli/figures.h"
#include "qf/cli/json_out.h"
#include "wire/keys.h"

const struct qf_key_role qf_key_roles[QF_KEY_ROLES] = {
        {"feed", QF_ROLE_FEED}, {"read", QF_ROLE_READ}, {"admin", QF_ROLE_ADMIN}};

static json_t *json_of(const struct qf_source *source)
{
        json_t *keys = json_array(), *orgs = json_array(), *may = json_array();

        for (uint32_t i = 0; i < source->keys_count; i++) {
                char text[QF_KEY_TEXT];
                qf_key_text(source->keys[i].public_key, text);
                (void)json_array_append_new(keys, json_pack("{s:s, s:i, s:i}", "public", text, "from",
                                                            (int)source->keys[i].valid_from, "to",
                                                            (int)source->keys[i].valid_to));
        }
        for (uint32_t i = 0; i < source->orgs_count; i++)
                (void)json_array_append_new(orgs, json_stringn(source->orgs[i].at, source->orgs[i].len));
        for (size_t i = 0; i < QF_KEY_ROLES; i++)
                if (source->roles & qf_key_roles[i].bit)
                        (void)json_array_append_new(may, json_string(qf_key_roles[i].name));
        return json_pack("{s:o, s:o, s:o, s:o, s:o}", "source",
                         json_stringn(source->name.at, source->name.len), "partner",
                         json_stringn(source->partner_code.at, source->partner_code.len), "roles", may,
                         "orgs", orgs, "keys", keys);
}

static void print_days(const struct qf_cli *cli, const struct qf_source_key *key)
{
        char from[QF_FIGURE_BYTES], to[QF_FIGURE_BYTES];

        (void)qf_figures_date(key->valid_from, from);
        (void)qf_figures_date(key->valid_to, to);
        if (key->valid_from && key->valid_to)
                printf(qf_cli_say(cli, "  %s 到 %s", "  %s to %s"), from, to);
        else if (key->valid_from)
                printf(qf_cli_say(cli, "  %s 起", "  from %s"), from);
        else if (key->valid_to)
                printf(qf_cli_say(cli, "  从一开始到 %s", "  from the beginning to %s"), to);
}

static void print_source(const struct qf_cli *cli, const struct qf_source *source)
{
        const char *separator = "";

        printf("%.*s  ", (int)source->name.len, source->name.at);
        for (size_t i = 0; i < QF_KEY_ROLES; i++) {
                if (!(source->roles & qf_key_roles[i].bit))
                        continue;
                printf("%s%s", separator, qf_key_roles[i].name);
                separator = ",";
        }
        separator = "  ";
        for (uint32_t i = 0; i < source->orgs_count; i++, separator = ",")
                printf("%s%.*s", separator, (int)source->orgs[i].len, source->orgs[i].at);
        (void)putchar('\n');
        for (uint32_t i = 0; i < source->keys_count; i++) {
                char text[QF_KEY_TEXT];
                qf_key_text(source->keys[i].public_key, text);
                printf("    %s", text);
                print_days(cli, &source->keys[i]);
                (void)putchar('\n');
        }
        if (source->keys_count == 0)
                printf("    %s\n", qf_cli_say(cli, "（已吊销）", "(revoked)"));
}

static void print_sources(struct qf_cli *cli, const struct qf_programme *programme)
{
        json_t *list = cli->json ? json_array() : NULL;

        for (uint32_t ref = 1; ref <= qf_programme_sources(programme); ref++) {
                const struct qf_source *source = qf_programme_source(programme, ref);
                if (list)
                        (void)json_array_append_new(list, json_of(source));
                else
                        print_source(cli, source);
        }
        if (list)
                (void)qf_json_say(cli, list);
}

static int run_list(struct qf_cli *cli, int argc, char **argv)
{
        struct qf_programme *programme = NULL;
        int count;

        if (qf_cli_parse(cli, NULL, argc, argv, &count) || qf_feeding_look(cli, &programme))
                return cli->exit_code;
        print_sources(cli, programme);
        qf_programme_free(programme);
        return QF_EXIT_DONE;
}

const struct qf_command qf_cmd_key_list = {
        .name = "list",
        .zh = "列出数据源和密钥",
        .en = "list sources and their keys",
        .run = run_list,
};
