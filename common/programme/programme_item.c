/* libcyaml checks the shape of a file and names its places; of what the shape does
 * not say no places are kept. They are looked for again in the text, by the words
 * that must stand there. */
#include "programme/programme_item.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { PATH_BYTES = 160 };

static bool is_word(char c)
{
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
               c == '-' || (c & 0x80);
}

/* Behind the next "name:" from a place on; NULL: none. */
static const char *find_name(const char *from, const char *name)
{
        for (const char *at = from; at && (at = strstr(at, name)); at++)
                if (at == from || !is_word(at[-1]))
                        return at + strlen(name);
        return NULL;
}

/* The place after "code: CODE" from a place on; NULL: none. */
static const char *find_code(const char *from, const char *code)
{
        const size_t len = strlen(code);
        for (const char *at = from; (at = find_name(at, "code:"));) {
                const char *value = at + strspn(at, " \"'");
                if (!strncmp(value, code, len) && !is_word(value[len]))
                        return value + len;
        }
        return NULL;
}

static const char *find_item(const struct qf_item *item, const struct qf_yaml_programme *yaml,
                             const char *text)
{
        if (item->dimension < 0)
                return strstr(text, item->field);
        const struct qf_yaml_dimension *dimension = &yaml->dimensions[item->dimension];
        const char *at = find_code(strstr(text, "dimensions:"), dimension->code);
        if (item->place < 0)
                return at;
        for (int times = item->second ? 2 : 1; times > 0; times--)
                at = find_code(at, dimension->members[item->place].code);
        for (int i = 0; i < item->move; i++)
                at = find_name(at, "from:");
        return at;
}

/* 0: not found. */
static unsigned line_of(const char *text, const char *at)
{
        unsigned line = at ? 1 : 0;
        for (const char *c = text; c < at; c++)
                line += *c == '\n';
        return line;
}

static void print_path(const struct qf_item *item, const struct qf_yaml_programme *yaml, char *path,
                       size_t room)
{
        char move[32] = "";
        if (item->dimension < 0) {
                (void)snprintf(path, room, "%s", item->field);
                return;
        }
        const struct qf_yaml_dimension *dimension = &yaml->dimensions[item->dimension];
        if (item->move)
                (void)snprintf(move, sizeof(move), " moved[%d]", item->move - 1);
        if (item->place < 0)
                (void)snprintf(path, room, "dimensions[%d] (%.64s)", item->dimension, dimension->code);
        else
                (void)snprintf(path, room, "dimensions[%d] (%.40s) members[%d] (%.40s)%s", item->dimension,
                               dimension->code, item->place, dimension->members[item->place].code, move);
}

int qf_item_fault(const struct qf_item *item, const struct qf_yaml_programme *yaml, const char *text,
                  const char *what, struct qf_view got, char **ret_error)
{
        char path[PATH_BYTES];
        char *error;
        print_path(item, yaml, path, sizeof(path));
        if (asprintf(&error, "line %u: %s: %s%s%.*s%s", line_of(text, find_item(item, yaml, text)), path,
                     what, got.len ? " '" : "", got.len < 200 ? (int)got.len : 200, got.len ? got.at : "",
                     got.len ? "'" : "") < 0)
                return -ENOMEM;
        *ret_error = error;
        return 1;
}
