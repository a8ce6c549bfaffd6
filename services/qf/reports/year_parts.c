/* Why: an office that closes month by month has published the year as well: in
 * twelve editions, whose months add up and never overlap. */
#include "qf/reports/year_parts.h"

#include "base/cleanup.h"

static bool is_public(const struct qf_edition *edition)
{
        return !edition->scope.len && qf_edition_file(edition, QF_EDITION_DATA);
}

static const struct qf_edition *find_one(const struct qf_programme *programme, uint32_t first, uint32_t last,
                                         uint32_t number)
{
        const struct qf_edition *found = NULL;
        for (uint32_t id = 1; id <= qf_programme_editions(programme); id++) {
                const struct qf_edition *edition = qf_programme_edition(programme, id);
                if (!is_public(edition) || edition->first > first || edition->last < last ||
                    (number && edition->number != number))
                        continue;
                const uint32_t span = edition->last - edition->first;
                if (!found || span < found->last - found->first ||
                    (span == found->last - found->first && edition->number > found->number))
                        found = edition;
        }
        return found;
}

/* That begins with the month: the longest that ends in time, and of its editions the last up to number. */
static const struct qf_edition *find_part(const struct qf_programme *programme, uint32_t month, uint32_t last,
                                          uint32_t number)
{
        const struct qf_edition *found = NULL;
        for (uint32_t id = 1; id <= qf_programme_editions(programme); id++) {
                const struct qf_edition *edition = qf_programme_edition(programme, id);
                if (!is_public(edition) || edition->first != month || edition->last > last ||
                    (number && edition->number > number))
                        continue;
                if (!found || edition->last > found->last ||
                    (edition->last == found->last && edition->number > found->number))
                        found = edition;
        }
        return found;
}

static uint32_t month_after(uint32_t month)
{
        return month % 100 < 12 ? month + 1 : (month / 100 + 1) * 100 + 1;
}

void qf_year_parts_find(const struct qf_programme *programme, uint32_t first, uint32_t last, uint32_t number,
                        struct qf_year_parts *ret_parts)
{
        bool exact = !number;
        *ret_parts = (struct qf_year_parts){.at = {find_one(programme, first, last, number)}};
        if (ret_parts->at[0]) {
                ret_parts->count = 1;
                return;
        }
        while (first <= last && ret_parts->count < QF_YEAR_PARTS_MAX) {
                const struct qf_edition *part = find_part(programme, first, last, number);
                if (!part)
                        break;
                exact |= part->number == number;
                ret_parts->at[ret_parts->count++] = part;
                first = month_after(part->last);
        }
        if (first <= last || !exact)
                ret_parts->count = 0;
}

int qf_year_parts_fetch(struct qf_cli *cli, struct qf_asking *asking, struct qf_year_parts *parts,
                        struct qf_buffer *ret_data)
{
        QF_CLEANUP(qf_buffer_deinit) struct qf_buffer part = {0};
        bool restricted;
        for (uint32_t i = parts->count; i-- > 0;) {
                if (qf_edition_fetch(cli, asking, parts->at[i], QF_EDITION_DATA, &part, &restricted, NULL))
                        return 1;
                parts->closed[i] =
                        qf_edition_position((struct qf_view){(const char *)part.at, (uint32_t)part.len});
                parts->restricted |= restricted;
                int r = qf_buffer_append(ret_data, part.at, part.len);
                if (r < 0)
                        return qf_cli_broke(cli, r, "edition");
        }
        return 0;
}

bool qf_year_parts_cut(const struct qf_year_parts *parts)
{
        for (uint32_t i = 0; i < parts->count; i++)
                if (parts->at[i]->first % 100 != 1 || parts->at[i]->last % 100 != 12)
                        return true;
        return false;
}
