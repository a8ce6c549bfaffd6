/* A cell's text is never built: a prefix is eaten piece by piece, and most cells
 * are told apart by their dimension already. */
#include "report/prefix.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static uint32_t measures_of(struct qf_view name, bool whole)
{
        uint32_t measures = 0;

        for (unsigned m = 0; m < QF_MEASURES; m++) {
                struct qf_view code = qf_view_of(qf_measure_code((enum qf_measure)m));

                if (whole ? qf_view_same(code, name)
                          : name.len <= code.len &&
                                    (name.len == 0 || memcmp(code.at, name.at, name.len) == 0))
                        measures |= 1u << m;
        }
        return measures;
}

static struct qf_prefix parse(struct qf_view text)
{
        const char *slash = text.len ? memchr(text.at, '/', text.len) : NULL;
        uint32_t measure = slash ? (uint32_t)(slash - text.at) : text.len;
        struct qf_prefix prefix = {.measures =
                                           measures_of((struct qf_view){text.at, measure}, slash != NULL)};

        if (slash)
                prefix.rest = (struct qf_view){slash + 1, text.len - measure - 1};
        return prefix;
}

int qf_prefixes_make(struct qf_prefixes *prefixes, const struct qf_view *asked, uint32_t count)
{
        struct qf_prefixes made = {.count = count};
        uint32_t offset = 0;
        int r = 0;

        made.at = calloc((size_t)count + 1, sizeof(*made.at));
        if (!made.at)
                return -ENOMEM;
        for (uint32_t i = 0; i < count && r == 0; i++) {
                r = qf_buffer_append(&made.text, asked[i].at, asked[i].len);
                if (r == 0)
                        r = qf_buffer_append(&made.text, "", 1);
        }
        if (r < 0) {
                qf_prefixes_deinit(&made);
                return r;
        }
        for (uint32_t i = 0; i < count; i++) {
                made.at[i] = parse((struct qf_view){(const char *)made.text.at + offset, asked[i].len});
                made.measures |= made.at[i].measures;
                offset += asked[i].len + 1;
        }
        if (count == 0)
                made.measures = (1u << QF_MEASURES) - 1;
        *prefixes = made;
        return 0;
}

void qf_prefixes_deinit(struct qf_prefixes *prefixes)
{
        free(prefixes->at);
        qf_buffer_deinit(&prefixes->text);
        *prefixes = (struct qf_prefixes){0};
}

bool qf_prefixes_same(const struct qf_prefixes *a, const struct qf_prefixes *b)
{
        return a->count == b->count && a->text.len == b->text.len &&
               (a->text.len == 0 || memcmp(a->text.at, b->text.at, a->text.len) == 0);
}

/* Takes the piece off the rest, as far as the rest goes; false: they differ. */
static bool eat(struct qf_view *rest, struct qf_view piece)
{
        uint32_t len = piece.len < rest->len ? piece.len : rest->len;

        if (len == 0) /* also of an empty prefix, which lies nowhere */
                return true;
        if (memcmp(rest->at, piece.at, len) != 0)
                return false;
        rest->at += len;
        rest->len -= len;
        return true;
}

/* The period is printed for those cells only of which a prefix asks for it. */
static bool wants_cell(struct qf_view rest, struct qf_view dimension, struct qf_view member, uint32_t period)
{
        char text[12];

        if (!eat(&rest, dimension) || !eat(&rest, QF_VIEW("/")) || !eat(&rest, member) ||
            !eat(&rest, QF_VIEW("/")))
                return false;
        if (rest.len == 0)
                return true;
        (void)snprintf(text, sizeof(text), "%08u", period);
        return eat(&rest, qf_view_of(text)) && eat(&rest, QF_VIEW("/")) && rest.len == 0;
}

bool qf_prefixes_want(const struct qf_prefixes *prefixes, const struct qf_programme *programme,
                      const struct qf_cell *cell)
{
        const struct qf_dimension *dimension = qf_programme_dimension(programme, cell->key.dimension);
        const struct qf_member *member = NULL;
        struct qf_view dimension_code = QF_VIEW("total"), member_code = QF_VIEW("all");

        if (prefixes->count == 0)
                return true;
        if (dimension) {
                if (cell->key.member != QF_MEMBER_NONE)
                        member = qf_programme_member(programme, cell->key.dimension, cell->key.member);
                dimension_code = dimension->code;
                member_code = member ? member->code : QF_VIEW("");
        }
        for (uint32_t i = 0; i < prefixes->count; i++)
                if (prefixes->at[i].measures &&
                    wants_cell(prefixes->at[i].rest, dimension_code, member_code, cell->key.period))
                        return true;
        return false;
}
