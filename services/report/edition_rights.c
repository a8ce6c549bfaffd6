/* Closed by default: of a line that is not understood nothing is shown. */
#include "report/edition_rights.h"

#include "base/text.h"
#include "model/kinds.h"
#include "model/period.h"
#include "programme/edition_data.h"

/* On all days of the months: between two moving days nothing changes. */
static bool is_within_own(const struct qf_rights *rights, uint32_t scope, uint32_t first_month,
                          uint32_t last_month)
{
        const uint32_t first = qf_date_first_day(first_month * 100);
        const uint32_t last = qf_date_last_day(last_month * 100);
        uint32_t count = 0;
        const uint32_t *days =
                qf_programme_moving_days(rights->programme, (uint16_t)rights->organisations, &count);
        bool own = qf_rights_owns(rights, scope, first);

        for (uint32_t i = 0; i < count && days[i] <= last && own; i++)
                if (days[i] > first)
                        own = qf_rights_owns(rights, scope, days[i]);
        return own;
}

enum qf_edition_sight qf_edition_sight(const struct qf_rights *rights, const struct qf_from_reader *ask)
{
        const bool lines = !ask->file.len || qf_view_same(ask->file, QF_EDITION_DATA);
        if (rights->all)
                return QF_EDITION_WHOLE;
        if (!ask->scope.len)
                return lines ? QF_EDITION_BY_LINES : QF_EDITION_HIDDEN;
        if (rights->organisations == QF_DIMENSION_UNKNOWN)
                return QF_EDITION_HIDDEN;
        const uint16_t org = (uint16_t)rights->organisations;
        const uint32_t scope = qf_programme_find_member(rights->programme, org, ask->scope);
        if (scope == QF_MEMBER_UNKNOWN)
                return QF_EDITION_HIDDEN;
        if (is_within_own(rights, scope, ask->first_day / 100, ask->last_day / 100))
                return QF_EDITION_WHOLE;
        return lines && qf_rights_ever_sees(rights, org, scope) ? QF_EDITION_BY_LINES : QF_EDITION_HIDDEN;
}

/* cell DIMENSION MEMBER PERIOD ...: one of another dimension than the organisations is a total of the scope as well. */
static bool sees_cell(const struct qf_rights *rights, uint32_t scope, struct qf_view rest)
{
        struct qf_view dimension, member, period;
        uint64_t number;
        if (!qf_edition_field(&rest, &dimension) || !qf_edition_field(&rest, &member) ||
            !qf_edition_field(&rest, &period) || !qf_text_number(period, UINT32_MAX, &number))
                return false;
        const bool total = qf_view_same(dimension, QF_VIEW("total"));
        struct qf_cell_key key = {.period = (uint32_t)number};
        if (!total)
                key.dimension = qf_programme_find_dimension(rights->programme, dimension);
        if (key.dimension == QF_DIMENSION_UNKNOWN)
                return false;
        const struct qf_cell_key whole = {(uint16_t)rights->organisations, scope, key.period};
        if (key.dimension != rights->organisations && !qf_rights_sees_cell(rights, whole))
                return false;
        if (!total && member.len)
                key.member = qf_programme_find_member(rights->programme, key.dimension, member);
        return qf_rights_sees_cell(rights, key);
}

/* statement KIND PARTNER KEY DATE FIGURE ... DIMENSION=CODE ...: of organisations above only totals are read. */
static bool sees_statement(const struct qf_rights *rights, struct qf_view rest)
{
        struct qf_view kind, field, date;
        uint64_t number;
        if (!qf_edition_field(&rest, &kind) || !qf_edition_field(&rest, &field) ||
            !qf_edition_field(&rest, &field) || !qf_edition_field(&rest, &date) ||
            !qf_text_number(date, UINT32_MAX, &number) || !qf_kind_named(kind))
                return false;
        for (unsigned i = 0; i < qf_kind_named(kind)->figures_count; i++)
                if (!qf_edition_field(&rest, &field))
                        return false;
        while (qf_edition_field(&rest, &field)) {
                if (field.len <= 4 || memcmp(field.at, "org=", 4) != 0)
                        continue;
                const uint32_t member =
                        qf_programme_find_member(rights->programme, (uint16_t)rights->organisations,
                                                 (struct qf_view){field.at + 4, field.len - 4});
                return member != QF_MEMBER_UNKNOWN && qf_rights_owns(rights, member, (uint32_t)number);
        }
        return false;
}

static bool sees_waived(const struct qf_rights *rights, struct qf_view rest)
{
        const uint32_t member =
                qf_programme_find_member(rights->programme, (uint16_t)rights->organisations, rest);
        return member != QF_MEMBER_UNKNOWN &&
               qf_rights_ever_sees(rights, (uint16_t)rights->organisations, member);
}

static bool sees(const struct qf_rights *rights, uint32_t scope, struct qf_view line)
{
        static const struct qf_view open[] = {
                {"qf-edition", 10}, {"scope", 5},     {"period", 6},  {"edition", 7},   {"closed", 6},
                {"previous", 8},    {"programme", 9}, {"setting", 7}, {"dimension", 9}, {"member", 6}};
        struct qf_view word;
        if (!qf_edition_field(&line, &word))
                return false;
        for (size_t i = 0; i < sizeof(open) / sizeof(open[0]); i++)
                if (qf_view_same(word, open[i]))
                        return true;
        if (qf_view_same(word, QF_VIEW("cell")))
                return sees_cell(rights, scope, line);
        if (rights->organisations == QF_DIMENSION_UNKNOWN)
                return false;
        return qf_view_same(word, QF_VIEW("statement"))
                       ? sees_statement(rights, line)
                       : qf_view_same(word, QF_VIEW("waived")) && sees_waived(rights, line);
}

int qf_edition_sift(const struct qf_rights *rights, struct qf_view scope, struct qf_view data,
                    struct qf_buffer *ret_data, bool *ret_hidden)
{
        const uint32_t of = scope.len ? qf_programme_find_member(rights->programme,
                                                                 (uint16_t)rights->organisations, scope)
                                      : QF_MEMBER_NONE;
        struct qf_view line;
        int r = 0;
        *ret_hidden = false;
        while (r == 0 && qf_edition_line(&data, &line)) {
                if (!sees(rights, of, line)) {
                        *ret_hidden = true;
                        continue;
                }
                r = qf_buffer_append(ret_data, line.at, line.len);
                if (r == 0)
                        r = qf_buffer_append(ret_data, "\n", 1);
        }
        return r;
}
