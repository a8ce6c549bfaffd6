/* Why: what completes an option is a property of the word in its table, so that no table says it twice, and a new word
 * is noticed by a test when nobody said what it is. */
#include "qf/shell/words.h"

#include <string.h>

static const struct {
        const char *name;
        enum qf_fills fills;
        const char *of;
} words[] = {
        {"FILE", QF_FILLS_FILE, NULL},
        {"FILE.csv", QF_FILLS_FILE, NULL},
        {"FILE.xlsx", QF_FILLS_FILE, NULL},
        {"FILE.yaml", QF_FILLS_FILE, NULL},
        {"LIST.csv", QF_FILLS_FILE, NULL},
        {"LIST.xlsx", QF_FILLS_FILE, NULL},
        {"MAP.yaml", QF_FILLS_FILE, NULL},
        {"DIR", QF_FILLS_FOLDER, NULL},
        {"FROM", QF_FILLS_FOLDER, NULL},
        {"TO", QF_FILLS_FOLDER, NULL},
        {"OUTBOX", QF_FILLS_FOLDER, NULL},
        {"COMMAND", QF_FILLS_COMMAND, NULL},
        {"PART", QF_FILLS_COMMAND, NULL},
        {"KIND", QF_FILLS_KIND, NULL},
        {"DIM", QF_FILLS_DIMENSION, NULL},
        {"DIMENSION", QF_FILLS_DIMENSION, NULL},
        {"DIM=CODE", QF_FILLS_PAIR, NULL},
        {"ORG", QF_FILLS_MEMBER, "org"},
        {"MODE", QF_FILLS_MEMBER, "mode"},
        {"SITE", QF_FILLS_MEMBER, "site"},
        {"SOURCE", QF_FILLS_SOURCE, NULL},
        {"ADDRESS:PORT", QF_FILLS_NOTHING, NULL},
        {"unix:PATH", QF_FILLS_NOTHING, NULL},
        {"127.0.0.1:PORT", QF_FILLS_NOTHING, NULL},
        {"AWAY", QF_FILLS_NOTHING, NULL},
        {"CODE", QF_FILLS_ASIDE, NULL},
        {"DATE", QF_FILLS_DATE, NULL},
        {"DAY", QF_FILLS_DAY, NULL},
        {"DAYS", QF_FILLS_NOTHING, NULL},
        {"DESK", QF_FILLS_NOTHING, NULL},
        {"FIGURE>NUMBER", QF_FILLS_NOTHING, NULL},
        {"FIRST-LAST", QF_FILLS_NOTHING, NULL},
        {"KEEP", QF_FILLS_NOTHING, NULL},
        {"KEY", QF_FILLS_NOTHING, NULL},
        {"KIB", QF_FILLS_NOTHING, NULL},
        {"MEASURE", QF_FILLS_MEASURE, NULL},
        {"MONTH", QF_FILLS_MONTH, NULL},
        {"MS", QF_FILLS_NOTHING, NULL},
        {"N", QF_FILLS_NOTHING, NULL},
        {"NAME", QF_FILLS_NOTHING, NULL},
        {"NUMBER", QF_FILLS_NOTHING, NULL},
        {"P", QF_FILLS_NOTHING, NULL},
        {"PERIOD", QF_FILLS_PERIOD, NULL},
        {"POSITION", QF_FILLS_NOTHING, NULL},
        {"PUBLIC", QF_FILLS_FILE, NULL},
        {"RATE=PERCENT", QF_FILLS_MEMBER, "rate_kind"},
        {"REASON", QF_FILLS_NOTHING, NULL},
        {"SECONDS", QF_FILLS_NOTHING, NULL},
        {"TEXT", QF_FILLS_NOTHING, NULL},
        {"YEAR", QF_FILLS_YEAR, NULL},
};

static struct qf_view part_of(struct qf_view word, uint32_t first, uint32_t end)
{
        return (struct qf_view){word.at + first, end - first};
}

/* "[KEY...]" → "KEY", "DIM[,DIM]" → "DIM". */
static struct qf_view bare(struct qf_view word, bool *list)
{
        if (word.len > 2 && word.at[0] == '[')
                word = part_of(word, 1, word.len - (word.at[word.len - 1] == ']'));
        if (word.len > 3 && memcmp(word.at + word.len - 3, "...", 3) == 0)
                word.len -= 3;
        const char *more = word.len ? memchr(word.at, '[', word.len) : NULL;
        *list = more && more[1] == ',';
        if (more)
                word.len = (uint32_t)(more - word.at);
        return word;
}

static bool is_parting(char c)
{
        return c == '|' || c == ',';
}

bool qf_word_choice(struct qf_view word, uint32_t *at, struct qf_view *ret_choice)
{
        bool list;
        word = bare(word, &list);
        if (*at >= word.len)
                return false;
        uint32_t end = *at;
        while (end < word.len && !is_parting(word.at[end]))
                end++;
        *ret_choice = part_of(word, *at, end);
        *at = end + 1;
        return true;
}

static bool is_parted(struct qf_view word)
{
        for (uint32_t i = 0; i < word.len; i++)
                if (is_parting(word.at[i]))
                        return true;
        return false;
}

static bool has_capitals(struct qf_view word)
{
        for (uint32_t i = 0; i < word.len; i++)
                if (word.at[i] >= 'A' && word.at[i] <= 'Z')
                        return true;
        return false;
}

static bool find(struct qf_view name, struct qf_word *word)
{
        for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
                if (!qf_view_same(name, qf_view_of(words[i].name)))
                        continue;
                word->fills = words[i].fills;
                word->of = words[i].of;
                word->goes_on = memchr(name.at, '=', name.len) != NULL;
                return true;
        }
        return false;
}

bool qf_word_known(struct qf_view word, struct qf_word *ret_word)
{
        struct qf_word found = {.fills = QF_FILLS_NOTHING};
        const struct qf_view name = bare(word, &found.list);
        struct qf_view choice;

        if (!has_capitals(name)) {
                found.fills = QF_FILLS_CHOICE;
                found.list = name.len && memchr(name.at, ',', name.len) != NULL;
                *ret_word = found;
                return true;
        }
        if (find(name, &found)) {
                *ret_word = found;
                return true;
        }
        const bool alternatives = is_parted(name);
        for (uint32_t at = 0; alternatives && qf_word_choice(name, &at, &choice);) {
                struct qf_word one = found;
                if (has_capitals(choice) && !find(choice, &one))
                        return false;
                if (found.fills == QF_FILLS_NOTHING)
                        found = one;
                found.list = found.list || memchr(name.at, ',', name.len) != NULL;
        }
        *ret_word = found;
        return alternatives;
}
