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
        int failed; /* -ENOMEM: a line is not whole */
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

/* What could not be appended leaves a line that is not whole: nothing of such a fold is ever handed out. */
static void keep(struct qf_edition_fold *fold, int r)
{
        if (r < 0)
                fold->failed = r;
}

/* All that was appended since the last line, as one more. */
static void end_line(struct qf_edition_fold *fold)
{
        const size_t at =
                fold->count ? fold->lines[fold->count - 1].at + fold->lines[fold->count - 1].len : 0;

        if (fold->count == fold->room) {
                const size_t room = fold->room ? fold->room * 2 : 256;
                struct line *lines = realloc(fold->lines, room * sizeof(*lines));
                if (!lines) {
                        keep(fold, -ENOMEM);
                        return;
                }
                fold->lines = lines;
                fold->room = room;
        }
        fold->lines[fold->count++] = (struct line){at, (uint32_t)(fold->bytes.len - at)};
}

static void add_text(struct qf_edition_fold *fold, struct qf_view text)
{
        keep(fold, qf_buffer_append(&fold->bytes, "\t", 1));
        keep(fold, qf_buffer_append(&fold->bytes, text.at, text.len));
}

static void add_word(struct qf_edition_fold *fold, const char *word)
{
        keep(fold, qf_buffer_append(&fold->bytes, word, strlen(word)));
}

static struct qf_view code_of(const struct qf_programme *programme, struct qf_member_of of)
{
        const struct qf_member *member = qf_programme_member(programme, of.dimension, of.member);

        return of.member != QF_MEMBER_NONE && member ? member->code : QF_VIEW("");
}

static void name_dimension(struct qf_edition_fold *fold, const struct qf_dimension *dimension)
{
        add_word(fold, "dimension");
        add_text(fold, dimension->code);
        add_text(fold, dimension->zh);
        add_text(fold, dimension->en);
        add_text(fold, dimension->multi ? QF_VIEW("1") : QF_VIEW("0"));
        end_line(fold);
}

/* The labels of a member on the last day of the period, as they are told at the close. */
static void name_member(struct qf_edition_fold *fold, struct qf_member_of of)
{
        const struct qf_dimension *dimension = qf_programme_dimension(fold->programme, of.dimension);
        const struct qf_member *member = qf_programme_member(fold->programme, of.dimension, of.member);

        if (of.member == QF_MEMBER_NONE || !member)
                return;
        const struct qf_member_place *place =
                qf_member_place(member, qf_date_last_day(fold->edition->last * 100));
        add_word(fold, "member");
        add_text(fold, dimension->code);
        add_text(fold, member->code);
        add_text(fold, place->zh);
        add_text(fold, place->en);
        end_line(fold);
}

/* --- statements -------------------------------------------------------------- */

static void add_figures(struct qf_edition_fold *fold, const struct qf_standing *standing)
{
        const struct qf_kind_spec *spec = qf_kind_spec(standing->kind);

        for (unsigned i = 0; i < spec->figures_count; i++)
                keep(fold, standing->stated >> i & 1
                                   ? qf_buffer_print(&fold->bytes, "\t%u", standing->figures[i])
                                   : qf_buffer_append(&fold->bytes, "\t", 1));
}

static int order_views(const void *a, const void *b)
{
        return qf_view_order(*(const struct qf_view *)a, *(const struct qf_view *)b);
}

/* "DIMENSION=CODE" of each, in the order of their bytes: ids say nothing outside. */
static void add_members(struct qf_edition_fold *fold, const struct qf_standing *standing)
{
        QF_CLEANUP(qf_buffer_deinit) struct qf_buffer text = {0};
        struct qf_view words[QF_VALUES_MAX];
        size_t at[QF_VALUES_MAX + 1] = {0};

        for (uint32_t i = 0; i < standing->members_count; i++) {
                const struct qf_view dimension =
                        qf_programme_dimension(fold->programme, standing->members[i].dimension)->code;
                const struct qf_view code = code_of(fold->programme, standing->members[i]);
                keep(fold, qf_buffer_print(&text, "%.*s=%.*s", (int)dimension.len, dimension.at,
                                           (int)code.len, code.at));
                at[i + 1] = text.len;
        }
        if (fold->failed)
                return;
        for (uint32_t i = 0; i < standing->members_count; i++)
                words[i] = (struct qf_view){(const char *)text.at + at[i], (uint32_t)(at[i + 1] - at[i])};
        if (standing->members_count)
                qsort(words, standing->members_count, sizeof(words[0]), order_views);
        for (uint32_t i = 0; i < standing->members_count; i++)
                add_text(fold, words[i]);
}

static void take_statement(struct qf_edition_fold *fold, uint32_t partner, struct qf_view key,
                           const struct qf_standing *standing)
{
        add_word(fold, "statement");
        add_text(fold, qf_view_of(qf_kind_spec(standing->kind)->code));
        add_text(fold, qf_view_of(qf_programme_partner_code(fold->programme, partner)));
        add_text(fold, qf_standing_key_plain(key));
        keep(fold, qf_buffer_print(&fold->bytes, "\t%u", standing->date));
        add_figures(fold, standing);
        add_members(fold, standing);
        end_line(fold);
        for (uint32_t i = 0; i < standing->members_count && !fold->lists; i++) {
                name_dimension(fold, qf_programme_dimension(fold->programme, standing->members[i].dimension));
                name_member(fold, standing->members[i]);
        }
}

/* --- activities ---------------------------------------------------------------- */

void qf_edition_fold_list(struct qf_edition_fold *fold)
{
        fold->lists = true;
}

static void list_activity(struct qf_edition_fold *fold, uint32_t partner, struct qf_view key,
                          const struct qf_standing *standing)
{
        int64_t attendances;

        add_word(fold, "activity");
        add_text(fold, qf_view_of(qf_programme_partner_code(fold->programme, partner)));
        add_text(fold, key);
        keep(fold, qf_buffer_print(&fold->bytes, "\t%u\t%u", standing->date, standing->sessions));
        keep(fold, qf_standing_attendances(standing, &attendances)
                           ? qf_buffer_print(&fold->bytes, "\t%" PRId64, attendances)
                           : qf_buffer_append(&fold->bytes, "\t", 1));
        add_members(fold, standing);
        end_line(fold);
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
                return fold->failed;
        if (qf_kind_spec(standing->kind)) {
                take_statement(fold, partner, key, standing);
        } else if (!standing->kind && fold->lists) {
                list_activity(fold, partner, key, standing);
        } else if (!standing->kind) {
                struct qf_contribution of = qf_standing_contribution(standing);
                of.date = of.date / 100 * 100; /* its day is in its month */
                keep(fold, qf_picture_move(fold->picture, NULL, &of, fold->counted, 1));
        }
        return fold->failed;
}

static void print_cell(struct qf_edition_fold *fold, const struct qf_cell *cell)
{
        const bool total = cell->key.dimension == QF_DIMENSION_TOTAL;
        const struct qf_dimension *dimension = qf_programme_dimension(fold->programme, cell->key.dimension);
        const struct qf_member_of of = {cell->key.dimension, cell->key.member};

        add_word(fold, "cell");
        add_text(fold, total ? QF_VIEW("total") : dimension->code);
        add_text(fold, total ? QF_VIEW("all") : code_of(fold->programme, of));
        keep(fold, qf_buffer_print(&fold->bytes, "\t%u", cell->key.period));
        for (unsigned i = 0; i < QF_MEASURES; i++)
                keep(fold, qf_buffer_print(&fold->bytes, "\t%" PRId64, cell->counts.of[i]));
        end_line(fold);
        if (total)
                return;
        name_dimension(fold, dimension);
        name_member(fold, of);
}

/* --- printing -------------------------------------------------------------------- */

static void print_head(struct qf_edition_fold *fold, const struct qf_edition_closing *closing,
                       struct qf_buffer *data)
{
        const struct qf_edition *edition = fold->edition;
        const struct qf_settings *settings = qf_programme_settings(fold->programme);
        const struct {
                const char *name;
                struct qf_view value;
        } told[] = {
                {"code", settings->code},
                {"title_zh", settings->title_zh},
                {"title_en", settings->title_en},
                {"scope_zh", settings->scope_zh},
                {"scope_en", settings->scope_en},
                {"rounding", qf_view_of(settings->rounding == QF_HALF_EVEN ? "half_even" : "half_up")},
                {"training", qf_view_of(settings->training ? "yes" : "")},
        };
        char previous[2 * QF_SHA256_BYTES + 1] = "";

        if (closing->previous)
                qf_text_hex(closing->previous, QF_SHA256_BYTES, previous);
        keep(fold, qf_buffer_print(data,
                                   "qf-edition\t1\nscope\t%.*s\nperiod\t%u\t%u\nedition\t%u\nclosed\t%" PRIu64
                                   "\t%" PRId64 "\t%.*s\t%.*s\nprevious\t%s\nprogramme\t%" PRIu64 "\n",
                                   (int)edition->scope.len, edition->scope.at, edition->first, edition->last,
                                   edition->number, edition->closed, closing->received_at_ms,
                                   (int)closing->source.len, closing->source.at, (int)edition->by.len,
                                   edition->by.at, previous, qf_programme_version(fold->programme)));
        for (size_t i = 0; i < sizeof(told) / sizeof(told[0]); i++)
                if (told[i].value.len)
                        keep(fold, qf_buffer_print(data, "setting\t%s\t%.*s\n", told[i].name,
                                                   (int)told[i].value.len, told[i].value.at));
        for (uint32_t i = 0; i < edition->waived_count; i++)
                keep(fold, qf_buffer_print(data, "waived\t%.*s\n", (int)edition->waived[i].len,
                                           edition->waived[i].at));
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
        for (size_t i = 0; i < fold->count; i++) {
                if (i > 0 && qf_view_same(lines[i], lines[i - 1]))
                        continue;
                memcpy(data->at + data->len, lines[i].at, lines[i].len); /* there is room for all */
                data->len += lines[i].len;
                data->at[data->len++] = '\n';
        }
        return 0;
}

int qf_edition_fold_print(struct qf_edition_fold *fold, const struct qf_edition_closing *closing,
                          struct qf_buffer *ret_data)
{
        for (size_t i = 0; i < qf_picture_cells(fold->picture); i++)
                print_cell(fold, qf_picture_at(fold->picture, i));
        if (closing)
                print_head(fold, closing, ret_data);
        return fold->failed ? fold->failed : print_sorted(fold, ret_data);
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
