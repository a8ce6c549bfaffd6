/* Why: libcyaml says what is wrong with a file in three or four log lines; a clerk needs one sentence. The place that
 * libcyaml names is of what it read before: the sentence has the place of the event at which it stopped, found by
 * counting events and reading as many again with libyaml, on which it stands. Aliases are off: nobody needs one, and a
 * file of a kilobyte could expand to gigabytes. */
#include "base/yaml.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <yaml.h>

enum { DEPTH_MAX = 32, WORDS_MAX = 512, WORDS_ROOM = WORDS_MAX + 64 };

const cyaml_strval_t qf_yaml_truths[QF_YAML_TRUTHS] = {
        {"true", 1},  {"yes", 1}, {"on", 1},  {"enable", 1},  {"1", 1},
        {"false", 0}, {"no", 0},  {"off", 0}, {"disable", 0}, {"0", 0},
};

struct notes {
        size_t len;
        char text[QF_YAML_WHY]; /* lines, joined by ", " */
        size_t events;          /* handed to libcyaml */
        size_t words, path;     /* where what is wrong ends, and where the innermost place of it begins */
        bool has_path;
};

struct place {
        size_t line, column; /* from 0 */
        bool mapping;        /* of a mapping as a whole */
};

/* --- what libcyaml says ------------------------------------------------------- */

/* Not inside a UTF-8 character: what is cut has to stay printable. */
static size_t cut_before(const char *text, size_t at)
{
        while (at > 0 && ((unsigned char)text[at] & 0xC0) == 0x80)
                at--;
        return at;
}

static void append(struct notes *notes, const char *text, size_t len)
{
        size_t room = sizeof notes->text - 1 - notes->len;

        if (len > room)
                len = cut_before(text, room);
        memcpy(notes->text + notes->len, text, len);
        notes->len += len;
        notes->text[notes->len] = '\0';
}

/* Without "Load: " before it, spaces around it, or headings ("Backtrace:"). */
__attribute__((format(printf, 2, 0))) static void add(struct notes *notes, const char *format, va_list args)
{
        static const char prefix[] = "Load: ";
        char line[QF_YAML_WHY];
        char *at = line;

        if (vsnprintf(line, sizeof line, format, args) < 0)
                return;
        if (strncmp(at, prefix, sizeof prefix - 1) == 0)
                at += sizeof prefix - 1;
        at += strspn(at, " \t");
        size_t len = strlen(at);
        while (len > 0 && strchr(" \t\r\n", at[len - 1]))
                len--;
        if (len == 0 || at[len - 1] == ':')
                return;
        if (len > WORDS_MAX)
                len = cut_before(at, WORDS_MAX); /* so that the place behind it has room */
        if (notes->len > 0)
                append(notes, ", ", 2);
        append(notes, at, len);
}

__attribute__((format(printf, 3, 0))) static void note(cyaml_log_t level, void *ctx, const char *format,
                                                       va_list args)
{
        struct notes *notes = ctx;
        const size_t before = notes->len;

        if (strncmp(format, "Load: Event: ", 13) == 0)
                notes->events++;
        if (level < CYAML_LOG_WARNING)
                return;
        add(notes, format, args);
        if (notes->has_path)
                return;
        notes->has_path = strncmp(format, "  in ", 5) == 0;
        notes->words = notes->has_path ? before : notes->len;
        notes->path = before > 0 && notes->len > before ? before + strlen(", ") : before;
}

static cyaml_config_t configuration(struct notes *notes)
{
        return (cyaml_config_t){
                .log_fn = note,
                .log_ctx = notes,
                .log_level = CYAML_LOG_DEBUG, /* which has the events */
                .mem_fn = cyaml_mem,
                .flags = CYAML_CFG_NO_ALIAS,
        };
}

/* --- where it is -------------------------------------------------------------- */

static size_t lines_in(const char *text, size_t len)
{
        size_t lines = 0;

        for (size_t i = 0; i < len; i++)
                lines += text[i] == '\n';
        return lines;
}

/* Of what is no YAML. What is missing at the end of a file was begun before it. */
static struct place of_problem(struct qf_view text, const yaml_parser_t *parser)
{
        size_t len = text.len;

        if (parser->error == YAML_READER_ERROR)
                return (struct place){.line = lines_in(text.at, parser->problem_offset < len
                                                                        ? parser->problem_offset
                                                                        : len)};
        while (len > 0 && text.at[len - 1] && strchr(" \t\r\n", text.at[len - 1]))
                len--;
        const bool at_end = parser->context && parser->problem_mark.line > lines_in(text.at, len);
        const yaml_mark_t *mark = at_end ? &parser->context_mark : &parser->problem_mark;
        return (struct place){.line = mark->line, .column = mark->column};
}

/* 1: found. What ends a mapping or list is at its beginning. */
static int walk(struct qf_view text, yaml_parser_t *parser, size_t events, struct place *ret_place)
{
        yaml_mark_t begun[DEPTH_MAX];
        size_t depth = 0;

        while (events-- > 0) {
                yaml_event_t event;
                if (!yaml_parser_parse(parser, &event)) {
                        if (parser->error == YAML_MEMORY_ERROR)
                                return -ENOMEM;
                        *ret_place = of_problem(text, parser);
                        return events == 0;
                }
                yaml_mark_t mark = event.start_mark;
                const bool begins =
                        event.type == YAML_MAPPING_START_EVENT || event.type == YAML_SEQUENCE_START_EVENT;
                const bool mapping = event.type == YAML_MAPPING_END_EVENT,
                           ends = mapping || event.type == YAML_SEQUENCE_END_EVENT;
                yaml_event_delete(&event);
                if (begins && depth == DEPTH_MAX)
                        return 0;
                if (begins)
                        begun[depth++] = mark;
                if (ends)
                        mark = begun[--depth];
                *ret_place = (struct place){mark.line, mark.column, mapping};
        }
        return 1;
}

static int find_place(struct qf_view text, size_t events, struct place *ret_place)
{
        yaml_parser_t parser;

        if (!yaml_parser_initialize(&parser))
                return -ENOMEM;
        yaml_parser_set_input_string(&parser, (const unsigned char *)text.at, text.len);
        int r = walk(text, &parser, events, ret_place);
        yaml_parser_delete(&parser);
        return r;
}

/* --- the sentence ------------------------------------------------------------- */

/* Whether fields of this name are yes or no. */
static bool is_truth(const struct cyaml_schema_value *schema, const char *name, size_t len)
{
        if (schema->type == CYAML_SEQUENCE)
                return is_truth(schema->sequence.entry, name, len);
        if (schema->type != CYAML_MAPPING)
                return false;
        for (const struct cyaml_schema_field *field = schema->mapping.fields; field->key; field++) {
                const struct cyaml_schema_value *value = &field->value;
                if (value->type == CYAML_ENUM && value->enumeration.strings == qf_yaml_truths &&
                    strlen(field->key) == len && memcmp(field->key, name, len) == 0)
                        return true;
                if (is_truth(value, name, len))
                        return true;
        }
        return false;
}

/* What is wrong, without where. */
static void print_words(const struct notes *notes, cyaml_err_t error, const struct cyaml_schema_value *schema,
                        char ret_words[WORDS_ROOM])
{
        static const char choice[] = "Invalid ENUM value: ", field[] = "in mapping field '";
        const char *path = notes->text + notes->path, *name = path + sizeof field - 1;
        const bool in_field = notes->has_path && strncmp(path, field, sizeof field - 1) == 0;
        /* No words: the value is empty. Others: it is a list or a mapping. */
        const bool scalar = notes->words == 0 || strncmp(notes->text, choice, sizeof choice - 1) == 0;

        if (in_field && scalar && error == CYAML_ERR_INVALID_VALUE &&
            is_truth(schema, name, strcspn(name, "'"))) {
                const size_t from = notes->words < sizeof choice ? notes->words : sizeof choice - 1;
                (void)snprintf(ret_words, WORDS_ROOM, "write true or false (yes or no), not '%.*s'",
                               (int)(notes->words - from), notes->text + from);
        } else if (notes->words == 0) {
                (void)snprintf(ret_words, WORDS_ROOM, "%s", cyaml_strerror(error));
        } else {
                (void)snprintf(ret_words, WORDS_ROOM, "%.*s", (int)notes->words, notes->text);
        }
}

/* "words, in mapping field 'multi' (line: 4, column: 5), in …": the innermost place is put right; place NULL: it stays. The
 * field that libcyaml names beside a whole mapping is the last it has read, and is left out. */
static void print_why(const char *words, const char *path, const struct place *place,
                      char ret_why[QF_YAML_WHY])
{
        const char *at = strstr(path, "(line: "), *behind = at ? strchr(at, ')') : NULL;
        const char *comma = *path ? ", " : "";

        if (!place)
                (void)snprintf(ret_why, QF_YAML_WHY, "%s%s%s", words, comma, path);
        else if (!behind)
                (void)snprintf(ret_why, QF_YAML_WHY, "%s (line: %zu, column: %zu)", words, place->line + 1,
                               place->column + 1);
        else
                (void)snprintf(ret_why, QF_YAML_WHY, "%s, %.*s(line: %zu, column: %zu%s", words,
                               place->mapping ? (int)strlen("in mapping ") : (int)(at - path), path,
                               place->line + 1, place->column + 1, behind);
}

static int explain(struct qf_view text, cyaml_err_t error, const struct notes *notes,
                   const struct cyaml_schema_value *schema, char ret_why[QF_YAML_WHY])
{
        const bool unread =
                error == CYAML_ERR_LIBYAML_PARSER || error == CYAML_ERR_ALIAS; /* told before it counts */
        char words[WORDS_ROOM];
        struct place place = {0};
        const int found = find_place(text, notes->events + unread, &place);

        if (found < 0)
                return found;
        print_words(notes, error, schema, words);
        print_why(words, notes->has_path ? notes->text + notes->path : "", found ? &place : NULL, ret_why);
        return 1;
}

int qf_yaml_read(struct qf_view text, const struct cyaml_schema_value *schema, void **ret_data,
                 char ret_why[QF_YAML_WHY])
{
        struct notes notes = {0};
        const cyaml_config_t config = configuration(&notes);
        cyaml_data_t *data = NULL;

        errno = 0;
        const cyaml_err_t error =
                cyaml_load_data((const uint8_t *)text.at, text.len, &config, schema, &data, NULL);
        /* libyaml, below, says of no memory only that the file is wrong: then we would not be started again. */
        if (error == CYAML_ERR_OOM || (error != CYAML_OK && errno == ENOMEM))
                return -ENOMEM;
        if (error != CYAML_OK)
                return explain(text, error, &notes, schema, ret_why);
        if (!data) {
                (void)snprintf(ret_why, QF_YAML_WHY, "the file is empty");
                return 1;
        }
        *ret_data = data;
        return 0;
}

void qf_yaml_release(const struct cyaml_schema_value *schema, void *data)
{
        struct notes notes = {0};
        const cyaml_config_t config = configuration(&notes);

        if (data)
                (void)cyaml_free(&config, schema, data, 0);
}
