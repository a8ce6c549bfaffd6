/* Why text: an edition is read in twenty years, by somebody who has a page that
 * says what its lines are and perhaps no program of ours. Sorting by bytes makes
 * the order nobody's choice. */
#include "programme/edition_data.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "model/kinds.h"
#include "model/period.h"
#include "model/picture.h"
#include "model/statement.h"

struct line {
        size_t at;
        uint32_t len;
};

struct qf_edition_fold {
        const struct qf_programme *programme;
        const struct qf_edition *edition;
        uint16_t org;
        uint32_t counted;
        bool lists;
        struct qf_picture *picture;
        struct qf_buffer bytes; /* of all lines */
        struct line *lines;
        size_t count, room;
};

int qf_edition_fold_new(const struct qf_programme *programme, const struct qf_edition *edition,
                        struct qf_edition_fold **ret_fold)
{
        struct qf_edition_fold *fold = calloc(1, sizeof(*fold));
        int r = fold ? qf_picture_new(&fold->picture) : -ENOMEM;

        if (r < 0) {
                free(fold);
                return r;
        }
        fold->programme = programme;
        fold->edition = edition;
        fold->org = qf_programme_find_dimension(programme, QF_VIEW("org"));
        fold->counted = qf_programme_counted(programme);
        *ret_fold = fold;
        return 0;
}

struct qf_edition_fold *qf_edition_fold_free(struct qf_edition_fold *fold)
{
        if (!fold)
                return NULL;
        qf_picture_free(fold->picture);
        qf_buffer_deinit(&fold->bytes);
        free(fold->lines);
        free(fold);
        return NULL;
}

/* --- lines ------------------------------------------------------------------ */

/* All that was appended since the last line, as one more. */
static int end_line(struct qf_edition_fold *fold)
{
        const size_t at =
                fold->count ? fold->lines[fold->count - 1].at + fold->lines[fold->count - 1].len : 0;

        if (fold->count == fold->room) {
                const size_t room = fold->room ? fold->room * 2 : 256;
                struct line *lines = realloc(fold->lines, room * sizeof(*lines));
                if (!lines)
                        return -ENOMEM;
                fold->lines = lines;
                fold->room = room;
        }
        fold->lines[fold->count++] = (struct line){at, (uint32_t)(fold->bytes.len - at)};
        return 0;
}

static int add_text(struct qf_buffer *bytes, struct qf_view text)
{
        int r = qf_buffer_append(bytes, "\t", 1);

        return r == 0 && text.len ? qf_buffer_append(bytes, text.at, text.len) : r;
}

static int add_word(struct qf_buffer *bytes, const char *word)
{
        return qf_buffer_append(bytes, word, strlen(word));
}

static struct qf_view code_of(const struct qf_programme *programme, struct qf_member_of of)
{
        const struct qf_member *member = qf_programme_member(programme, of.dimension, of.member);

        return of.member != QF_MEMBER_NONE && member ? member->code : QF_VIEW("");
}

static int name_dimension(struct qf_edition_fold *fold, const struct qf_dimension *dimension)
{
        struct qf_buffer *bytes = &fold->bytes;
        int r = add_word(bytes, "dimension");

        if (r == 0)
                r = add_text(bytes, dimension->code);
        if (r == 0)
                r = add_text(bytes, dimension->zh);
        if (r == 0)
                r = add_text(bytes, dimension->en);
        if (r == 0)
                r = add_text(bytes, dimension->multi ? QF_VIEW("1") : QF_VIEW("0"));
        return r == 0 ? end_line(fold) : r;
}

/* The labels of a member on the last day of the period, as they are told at the close. */
static int name_member(struct qf_edition_fold *fold, struct qf_member_of of)
{
        const struct qf_dimension *dimension = qf_programme_dimension(fold->programme, of.dimension);
        const struct qf_member *member = qf_programme_member(fold->programme, of.dimension, of.member);
        struct qf_buffer *bytes = &fold->bytes;

        if (of.member == QF_MEMBER_NONE || !member)
                return 0;
        const struct qf_member_place *place =
                qf_member_place(member, qf_date_last_day(fold->edition->last * 100));
        int r = add_word(bytes, "member");
        if (r == 0)
                r = add_text(bytes, dimension->code);
        if (r == 0)
                r = add_text(bytes, member->code);
        if (r == 0)
                r = add_text(bytes, place->zh);
        if (r == 0)
                r = add_text(bytes, place->en);
        return r == 0 ? end_line(fold) : r;
}

/* --- statements -------------------------------------------------------------- */

static int add_figures(struct qf_edition_fold *fold, const struct qf_standing *standing)
{
        const struct qf_kind_spec *spec = qf_kind_spec(standing->kind);
        int r = 0;

        for (unsigned i = 0; i < spec->figures_count && r == 0; i++)
                r = standing->stated >> i & 1 ? qf_buffer_print(&fold->bytes, "\t%u", standing->figures[i])
                                              : qf_buffer_append(&fold->bytes, "\t", 1);
        return r;
}

static int order_views(const void *a, const void *b)
{
        return qf_view_order(*(const struct qf_view *)a, *(const struct qf_view *)b);
}

/* "DIMENSION=CODE" of each, in the order of their bytes: ids say nothing outside. */
static int add_members(struct qf_edition_fold *fold, const struct qf_standing *standing)
{
        QF_CLEANUP(qf_buffer_deinit) struct qf_buffer text = {0};
        struct qf_view words[QF_VALUES_MAX];
        size_t at[QF_VALUES_MAX + 1] = {0};
        int r = 0;

        for (uint32_t i = 0; i < standing->members_count && r == 0; i++) {
                const struct qf_view dimension =
                        qf_programme_dimension(fold->programme, standing->members[i].dimension)->code;
                const struct qf_view code = code_of(fold->programme, standing->members[i]);
                r = qf_buffer_print(&text, "%.*s=%.*s", (int)dimension.len, dimension.at, (int)code.len,
                                    code.at);
                at[i + 1] = text.len;
        }
        for (uint32_t i = 0; i < standing->members_count && r == 0; i++)
                words[i] = (struct qf_view){(const char *)text.at + at[i], (uint32_t)(at[i + 1] - at[i])};
        if (r == 0 && standing->members_count)
                qsort(words, standing->members_count, sizeof(words[0]), order_views);
        for (uint32_t i = 0; i < standing->members_count && r == 0; i++)
                r = add_text(&fold->bytes, words[i]);
        return r;
}

static int take_statement(struct qf_edition_fold *fold, uint32_t partner, struct qf_view key,
                          const struct qf_standing *standing)
{
        struct qf_buffer *bytes = &fold->bytes;
        int r = add_word(bytes, "statement");

        if (r == 0)
                r = add_text(bytes, qf_view_of(qf_kind_spec(standing->kind)->code));
        if (r == 0)
                r = add_text(bytes, qf_view_of(qf_programme_partner_code(fold->programme, partner)));
        if (r == 0)
                r = add_text(bytes, qf_standing_key_plain(key));
        if (r == 0)
                r = qf_buffer_print(bytes, "\t%u", standing->date);
        if (r == 0)
                r = add_figures(fold, standing);
        if (r == 0)
                r = add_members(fold, standing);
        if (r == 0)
                r = end_line(fold);
        for (uint32_t i = 0; i < standing->members_count && r == 0 && !fold->lists; i++) {
                r = name_dimension(fold,
                                   qf_programme_dimension(fold->programme, standing->members[i].dimension));
                if (r == 0)
                        r = name_member(fold, standing->members[i]);
        }
        return r;
}

/* --- activities ---------------------------------------------------------------- */

void qf_edition_fold_list(struct qf_edition_fold *fold)
{
        fold->lists = true;
}

static int list_activity(struct qf_edition_fold *fold, uint32_t partner, struct qf_view key,
                         const struct qf_standing *standing)
{
        struct qf_buffer *bytes = &fold->bytes;
        int64_t attendances;
        int r = add_word(bytes, "activity");

        if (r == 0)
                r = add_text(bytes, qf_view_of(qf_programme_partner_code(fold->programme, partner)));
        if (r == 0)
                r = add_text(bytes, key);
        if (r == 0)
                r = qf_buffer_print(bytes, "\t%u\t%u", standing->date, standing->sessions);
        if (r == 0)
                r = qf_standing_attendances(standing, &attendances)
                            ? qf_buffer_print(bytes, "\t%" PRId64, attendances)
                            : qf_buffer_append(bytes, "\t", 1);
        if (r == 0)
                r = add_members(fold, standing);
        return r == 0 ? end_line(fold) : r;
}

static uint32_t lead_org(const struct qf_edition_fold *fold, const struct qf_standing *standing)
{
        for (uint32_t i = 0; i < standing->members_count; i++)
                if (standing->members[i].dimension == fold->org)
                        return standing->members[i].member;
        return QF_MEMBER_NONE;
}

int qf_edition_fold_take(struct qf_edition_fold *fold, uint32_t partner, struct qf_view key,
                         const struct qf_standing *standing)
{
        if (standing->state != QF_HEAD_LIVE ||
            !qf_edition_holds(fold->programme, fold->edition, standing->date, lead_org(fold, standing)))
                return 0;
        if (standing->kind)
                return qf_kind_spec(standing->kind) ? take_statement(fold, partner, key, standing) : 0;
        if (fold->lists)
                return list_activity(fold, partner, key, standing);
        struct qf_contribution of = qf_standing_contribution(standing);
        of.date = of.date / 100 * 100; /* its day is in its month */
        return qf_picture_move(fold->picture, NULL, &of, fold->counted, 1);
}

static int print_cell(struct qf_edition_fold *fold, const struct qf_cell *cell)
{
        const bool total = cell->key.dimension == QF_DIMENSION_TOTAL;
        const struct qf_dimension *dimension = qf_programme_dimension(fold->programme, cell->key.dimension);
        const struct qf_member_of of = {cell->key.dimension, cell->key.member};
        int r = add_word(&fold->bytes, "cell");

        if (r == 0)
                r = add_text(&fold->bytes, total ? QF_VIEW("total") : dimension->code);
        if (r == 0)
                r = add_text(&fold->bytes, total ? QF_VIEW("all") : code_of(fold->programme, of));
        if (r == 0)
                r = qf_buffer_print(&fold->bytes, "\t%u", cell->key.period);
        for (unsigned i = 0; i < QF_MEASURES && r == 0; i++)
                r = qf_buffer_print(&fold->bytes, "\t%" PRId64, cell->counts.of[i]);
        if (r == 0)
                r = end_line(fold);
        if (r == 0 && !total)
                r = name_dimension(fold, dimension);
        return r == 0 && !total ? name_member(fold, of) : r;
}

/* --- printing -------------------------------------------------------------------- */

static int print_setting(struct qf_buffer *data, const char *name, struct qf_view value)
{
        int r = value.len ? qf_buffer_print(data, "setting\t%s", name) : 0;

        if (r == 0 && value.len)
                r = add_text(data, value);
        return r == 0 && value.len ? qf_buffer_append(data, "\n", 1) : r;
}

static int print_settings(const struct qf_settings *settings, struct qf_buffer *data)
{
        int r = print_setting(data, "code", settings->code);

        if (r == 0)
                r = print_setting(data, "title_zh", settings->title_zh);
        if (r == 0)
                r = print_setting(data, "title_en", settings->title_en);
        if (r == 0)
                r = print_setting(data, "scope_zh", settings->scope_zh);
        if (r == 0)
                r = print_setting(data, "scope_en", settings->scope_en);
        if (r == 0)
                r = print_setting(data, "rounding",
                                  qf_view_of(settings->rounding == QF_HALF_EVEN ? "half_even" : "half_up"));
        return r == 0 && settings->training ? print_setting(data, "training", QF_VIEW("yes")) : r;
}

static int print_head(const struct qf_edition_fold *fold, const struct qf_edition_closing *closing,
                      struct qf_buffer *data)
{
        const struct qf_edition *edition = fold->edition;
        char previous[2 * QF_SHA256_BYTES + 1] = "";

        if (closing->previous)
                qf_text_hex(closing->previous, QF_SHA256_BYTES, previous);
        int r = qf_buffer_print(data,
                                "qf-edition\t1\nscope\t%.*s\nperiod\t%u\t%u\nedition\t%u\nclosed\t%" PRIu64
                                "\t%" PRId64 "\t%.*s\t%.*s\nprevious\t%s\nprogramme\t%" PRIu64 "\n",
                                (int)edition->scope.len, edition->scope.at, edition->first, edition->last,
                                edition->number, edition->closed, closing->received_at_ms,
                                (int)closing->source.len, closing->source.at, (int)edition->by.len,
                                edition->by.at, previous, qf_programme_version(fold->programme));
        if (r == 0)
                r = print_settings(qf_programme_settings(fold->programme), data);
        for (uint32_t i = 0; i < edition->waived_count && r == 0; i++)
                r = qf_buffer_print(data, "waived\t%.*s\n", (int)edition->waived[i].len,
                                    edition->waived[i].at);
        return r;
}

static int print_sorted(const struct qf_edition_fold *fold, struct qf_buffer *data)
{
        QF_CLEANUP(qf_cleanup_free) struct qf_view *lines = calloc(fold->count + 1, sizeof(*lines));
        int r = lines ? qf_buffer_reserve(data, fold->bytes.len + fold->count) : -ENOMEM;

        if (r < 0)
                return r;
        for (size_t i = 0; i < fold->count; i++)
                lines[i] = (struct qf_view){(const char *)fold->bytes.at + fold->lines[i].at,
                                            fold->lines[i].len};
        if (fold->count)
                qsort(lines, fold->count, sizeof(*lines), order_views);
        for (size_t i = 0; i < fold->count && r == 0; i++) {
                if (i > 0 && qf_view_same(lines[i], lines[i - 1]))
                        continue;
                r = qf_buffer_append(data, lines[i].at, lines[i].len);
                if (r == 0)
                        r = qf_buffer_append(data, "\n", 1);
        }
        return r;
}

int qf_edition_fold_print(struct qf_edition_fold *fold, const struct qf_edition_closing *closing,
                          struct qf_buffer *ret_data)
{
        int r = 0;

        for (size_t i = 0; i < qf_picture_cells(fold->picture) && r == 0; i++)
                r = print_cell(fold, qf_picture_at(fold->picture, i));
        if (r == 0 && closing)
                r = print_head(fold, closing, ret_data);
        return r == 0 ? print_sorted(fold, ret_data) : r;
}

/* --- reading ----------------------------------------------------------------------- */

static bool cut(struct qf_view *rest, char end, struct qf_view *ret_piece)
{
        if (!rest->at)
                return false;
        const char *at = rest->len ? memchr(rest->at, end, rest->len) : NULL;
        const uint32_t len = at ? (uint32_t)(at - rest->at) : rest->len;
        *ret_piece = (struct qf_view){rest->at, len};
        *rest = at ? (struct qf_view){at + 1, rest->len - len - 1} : (struct qf_view){NULL, 0};
        return true;
}

bool qf_edition_line(struct qf_view *rest, struct qf_view *ret_line)
{
        return rest->len && cut(rest, '\n', ret_line);
}

bool qf_edition_field(struct qf_view *rest, struct qf_view *ret_field)
{
        return cut(rest, '\t', ret_field);
}
