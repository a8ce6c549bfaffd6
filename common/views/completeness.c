/* Why: a month without a sheet is silence, one with a zero report is an answer;
 * only who feeds, and is there in that month, is waited for, and nobody where the programme
 * has no such sheets. */
#include "views/completeness.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "model/kinds.h"
#include "views/listed.h"

static int compare(const void *one, const void *other)
{
        const struct qf_cover *a = one, *b = other;
        const int r = qf_view_order(a->org, b->org);
        if (r)
                return r;
        return a->month == b->month ? 0 : a->month < b->month ? -1 : 1;
}

static void put_in(struct qf_cover *cover, const struct qf_cover *part)
{
        cover->expected |= part->expected;
        cover->received |= part->received;
        cover->zero |= part->zero;
        cover->late |= part->late;
        for (unsigned i = 0; i < QF_COVER_NUMBERS; i++) {
                cover->declared[i] += part->declared[i];
                cover->counted[i] += part->counted[i];
        }
}

uint32_t qf_completeness_fold(struct qf_cover *parts, uint32_t count)
{
        uint32_t kept = 0;
        if (count)
                qsort(parts, count, sizeof(*parts), compare);
        for (uint32_t i = 0; i < count;) {
                struct qf_cover cover = parts[i];
                for (i++; i < count && compare(&cover, &parts[i]) == 0; i++)
                        put_in(&cover, &parts[i]);
                if (cover.expected || cover.received)
                        parts[kept++] = cover;
        }
        return kept;
}

bool qf_cover_differs(const struct qf_cover *cover)
{
        return cover->received && memcmp(cover->declared, cover->counted, sizeof(cover->declared)) != 0;
}

struct qf_cover_sums qf_completeness_sum(const struct qf_cover *covers, uint32_t count)
{
        struct qf_cover_sums sums = {0};
        for (uint32_t i = 0; i < count; i++) {
                sums.expected += covers[i].expected;
                sums.received += covers[i].expected && covers[i].received;
                sums.timely += covers[i].expected && covers[i].received && !covers[i].late;
                sums.beside += !covers[i].expected && covers[i].received;
                sums.zero += covers[i].received && covers[i].zero;
                sums.differing += qf_cover_differs(&covers[i]);
        }
        return sums;
}

/* --- what is known ------------------------------------------------------------- */

struct sheets {
        const struct qf_programme *programme;
        const struct qf_cover_bounds *bounds;
        struct qf_cover *covers;
        uint32_t count;
};

static uint32_t next_month(uint32_t month)
{
        return month % 100 == 12 ? month + 89 : month + 1;
}

/* Organisations of sources that feed, in the months they are valid in. */
static void add_expected(struct sheets *sheets)
{
        if (!qf_programme_uses(sheets->programme, qf_kind_named(QF_VIEW("period_report"))))
                return;
        const uint16_t org = qf_programme_find_dimension(sheets->programme, QF_VIEW("org"));
        for (uint32_t ref = 1; ref <= qf_programme_sources(sheets->programme); ref++) {
                const struct qf_source *source = qf_programme_source(sheets->programme, ref);
                if (!source->partner || !(source->roles & QF_ROLE_FEED))
                        continue;
                const uint32_t id = qf_programme_find_member(sheets->programme, org, source->partner_code);
                const struct qf_member *member = qf_programme_member(sheets->programme, org, id);
                const struct qf_cover_bounds *bounds = sheets->bounds;
                for (uint32_t month = bounds->first_day / 100; member && month <= bounds->last_day / 100;
                     month = next_month(month))
                        if ((!bounds->is_due || bounds->is_due(bounds->ctx, id, month)) &&
                            member->valid_from <= month * 100 + 31 &&
                            (!member->valid_to || member->valid_to >= month * 100 + 1))
                                sheets->covers[sheets->count++] = (struct qf_cover){
                                        .org = member->code, .month = month, .expected = true};
        }
}

static int64_t figure_of(const struct qf_kind_spec *spec, const struct qf_answer_row *row, const char *figure)
{
        int64_t value = 0;
        (void)qf_listed_figure(spec, row, figure, &value);
        return value;
}

static void add_received(struct sheets *sheets, const struct qf_to_reader *answer)
{
        const struct qf_kind_spec *spec = qf_kind_named(QF_VIEW("period_report"));
        const uint32_t org = qf_listed_column(answer, "org");
        for (uint32_t i = 0; i < answer->answer_rows_count; i++) {
                const struct qf_answer_row *row = &answer->answer_rows[i];
                uint64_t date;
                if (org < answer->by_count && qf_text_number(row->members[QF_LISTED_DATE], 99999999, &date))
                        sheets->covers[sheets->count++] =
                                (struct qf_cover){.org = row->members[org],
                                                  .month = (uint32_t)date / 100,
                                                  .received = true,
                                                  .late = qf_listed_member(answer, row, "late").len != 0,
                                                  .zero = figure_of(spec, row, "zero") != 0,
                                                  .declared = {figure_of(spec, row, "activities"),
                                                               figure_of(spec, row, "attendances")}};
        }
}

static void add_counted(struct sheets *sheets, const struct qf_to_reader *answer)
{
        for (uint32_t i = 0; i < answer->answer_rows_count; i++) {
                const struct qf_answer_row *row = &answer->answer_rows[i];
                uint64_t month;
                if (qf_text_number(row->members[1], 99999999, &month))
                        sheets->covers[sheets->count++] = (struct qf_cover){
                                .org = row->members[0],
                                .month = (uint32_t)(month > 999999 ? month / 100 : month),
                                .counted = {row->counts.of[QF_ACTIVITIES], row->counts.of[QF_ATTENDANCES]}};
        }
}

int qf_completeness_make(const struct qf_programme *programme, const struct qf_cover_bounds *bounds,
                         const struct qf_to_reader *listed, const struct qf_to_reader *counted,
                         struct qf_cover **ret_covers, uint32_t *ret_count)
{
        const uint32_t months = (bounds->last_day / 10000 - bounds->first_day / 10000 + 1) * 12;
        const size_t room = (size_t)qf_programme_sources(programme) * months + listed->answer_rows_count +
                            counted->answer_rows_count + 1;
        struct sheets sheets = {
                .programme = programme, .bounds = bounds, .covers = calloc(room, sizeof(*sheets.covers))};
        if (!sheets.covers)
                return -ENOMEM;
        add_expected(&sheets);
        add_received(&sheets, listed);
        add_counted(&sheets, counted);
        *ret_covers = sheets.covers;
        *ret_count = qf_completeness_fold(sheets.covers, sheets.count);
        return 0;
}
