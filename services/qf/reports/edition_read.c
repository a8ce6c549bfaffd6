/* Why: what was published is believed because whoever fetches it computes its
 * digest again, and compares it with the one that is in the journal. */
#include "qf/reports/edition_read.h"

#include <errno.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "client/feed_cell.h"
#include "model/period.h"
#include "programme/edition_data.h"

static void free_sha(struct qf_sha256 **sha)
{
        *sha = qf_sha256_free(*sha);
}

/* --- periods ------------------------------------------------------------------ */

/* "2023Q1", "2023H2", or a month or a year as a cell of a table may have it. */
static bool parse_one(const char *text, struct qf_period *ret_period)
{
        uint32_t first, date;
        uint64_t year;
        const size_t len = strlen(text);
        if (len == 6 && (text[4] == 'Q' || text[4] == 'H')) {
                const uint32_t months = text[4] == 'Q' ? 3 : 6, place = (uint32_t)(text[5] - '1');
                if (!qf_text_number((struct qf_view){text, 4}, 2999, &year) || place >= 12 / months)
                        return false;
                first = (uint32_t)year * 100 + place * months + 1;
                *ret_period = (struct qf_period){first, first + months - 1};
                return qf_date_valid(first * 100);
        }
        if (qf_cell_date(qf_view_of(text), QF_ORDER_YMD, &date) || date % 100)
                return false;
        *ret_period = (struct qf_period){qf_date_first_day(date) / 100, qf_date_last_day(date) / 100};
        return true;
}

bool qf_period_parse(const char *text, struct qf_period *ret_period)
{
        const char *dots = strstr(text, "..");
        struct qf_period first, last;
        char begin[8] = "";
        if (!dots)
                return parse_one(text, ret_period);
        if ((size_t)(dots - text) >= sizeof(begin))
                return false;
        memcpy(begin, text, (size_t)(dots - text));
        if (!parse_one(begin, &first) || !parse_one(dots + 2, &last) || first.first > last.last)
                return false;
        *ret_period = (struct qf_period){first.first, last.last};
        return true;
}

struct qf_view qf_period_text(struct qf_period period, char ret_text[QF_PERIOD_TEXT_BYTES])
{
        const uint32_t year = period.first / 100, month = period.first % 100, to = period.last % 100;
        const bool whole = month == 1 && to == 12;
        if (whole && year == period.last / 100)
                (void)snprintf(ret_text, QF_PERIOD_TEXT_BYTES, "%04u", year % 10000);
        else if (whole)
                (void)snprintf(ret_text, QF_PERIOD_TEXT_BYTES, "%04u..%04u", year % 10000,
                               period.last / 100 % 10000);
        else if (period.first == period.last)
                (void)snprintf(ret_text, QF_PERIOD_TEXT_BYTES, "%04u-%02u", year % 10000, month);
        else if (year == period.last / 100 && month % 3 == 1 && to == month + 2)
                (void)snprintf(ret_text, QF_PERIOD_TEXT_BYTES, "%04uQ%u", year % 10000, to / 3 % 10);
        else if (year == period.last / 100 && month % 6 == 1 && to == month + 5)
                (void)snprintf(ret_text, QF_PERIOD_TEXT_BYTES, "%04uH%u", year % 10000, to / 6 % 10);
        else
                (void)snprintf(ret_text, QF_PERIOD_TEXT_BYTES, "%04u-%02u..%04u-%02u", year % 10000, month,
                               period.last / 100 % 10000, to);
        return qf_view_of(ret_text);
}

struct qf_period qf_edition_period(const struct qf_edition *edition)
{
        return (struct qf_period){edition->first, edition->last};
}

/* --- fetching ------------------------------------------------------------------- */

static int check_digest(struct qf_cli *cli, const struct qf_buffer *bytes, const uint8_t *wanted)
{
        QF_CLEANUP(free_sha) struct qf_sha256 *sha = NULL;
        uint8_t digest[QF_SHA256_BYTES];
        int r = qf_sha256_new(&sha);
        if (r < 0)
                return qf_cli_broke(cli, r, "edition");
        qf_sha256_begin(sha);
        qf_sha256_add(sha, bytes->at, bytes->len);
        qf_sha256_end(sha, digest);
        if (memcmp(digest, wanted, sizeof(digest)) == 0)
                return 0;
        return qf_cli_fail(
                cli, QF_EXIT_OTHER,
                "收到的内容与日志里的 SHA-256 不符，没有采用。\n请运行 qf verify，并告诉管理员。",
                "what came has another SHA-256 than the journal says; it was not used.\nRun qf verify, and tell "
                "the operator.");
}

int qf_edition_fetch(struct qf_cli *cli, struct qf_asking *asking, const struct qf_edition *edition,
                     struct qf_view file, struct qf_buffer *ret_bytes, bool *ret_restricted,
                     uint8_t ret_digest[QF_SHA256_BYTES])
{
        struct qf_from_reader query = {.query = QF_QUERY_EDITION,
                                       .scope = edition->scope,
                                       .edition = edition->number,
                                       .file = file,
                                       .first_day = edition->first * 100 + 1,
                                       .last_day = qf_date_last_day(edition->last * 100)};
        struct qf_to_reader answer;
        *ret_restricted = false;
        ret_bytes->len = 0;
        do {
                if (qf_asking_query(asking, query, &answer))
                        return 1;
                int r = qf_buffer_append(ret_bytes, answer.data.at, answer.data.len);
                if (r < 0)
                        return qf_cli_broke(cli, r, "edition");
                *ret_restricted |= answer.notes_count > 0;
                if (answer.offset <= query.offset && answer.offset < answer.size)
                        return qf_cli_broke(cli, -EPROTO, "edition");
                query.offset = answer.offset;
        } while (query.offset < answer.size);
        if (ret_digest)
                memcpy(ret_digest, answer.digest, QF_SHA256_BYTES);
        return *ret_restricted ? 0 : check_digest(cli, ret_bytes, answer.digest);
}

/* --- reading ---------------------------------------------------------------------- */

/* The fields of a line, as many as there is room for; the rest is left out. */
static unsigned fields_of(struct qf_view line, struct qf_view *fields, unsigned room)
{
        unsigned count = 0;
        while (count < room && qf_edition_field(&line, &fields[count]))
                count++;
        return count;
}

/* Itself, or below the other one in the tree at that time; what may have several members of a dimension is not added up. */
static bool is_within(const struct qf_programme *programme, struct qf_view dimension, struct qf_view member,
                      struct qf_view wanted, uint32_t date)
{
        const uint16_t id =
                programme ? qf_programme_find_dimension(programme, dimension) : QF_DIMENSION_UNKNOWN;
        const struct qf_dimension *of = programme ? qf_programme_dimension(programme, id) : NULL;
        if (qf_view_same(member, wanted) || !of || of->multi || !member.len)
                return qf_view_same(member, wanted);
        const uint32_t below = qf_programme_find_member(programme, id, member),
                       above = qf_programme_find_member(programme, id, wanted);
        return below != QF_MEMBER_UNKNOWN && above != QF_MEMBER_UNKNOWN &&
               qf_programme_within(programme, id, below, above, date);
}

struct cell { /* one line */
        struct qf_view dimension, member;
        uint32_t month;
        struct qf_counts counts;
};

/* Goes on to the next cell of whole months between these; false: no more. */
static bool next_cell(struct qf_view *rest, uint32_t first, uint32_t last, struct cell *ret_cell)
{
        enum { FIELDS = 4 + QF_MEASURES };
        struct qf_view line, fields[FIELDS];
        while (qf_edition_line(rest, &line)) {
                uint64_t number, month;
                if (fields_of(line, fields, FIELDS) != FIELDS || !qf_view_same(fields[0], QF_VIEW("cell")) ||
                    !qf_text_number(fields[3], UINT32_MAX, &month) ||
                    qf_date_first_day((uint32_t)month) / 100 < first ||
                    qf_date_last_day((uint32_t)month) / 100 > last)
                        continue;
                *ret_cell =
                        (struct cell){.dimension = fields[1], .member = fields[2], .month = (uint32_t)month};
                for (unsigned i = 0; i < QF_MEASURES; i++)
                        if (qf_text_number(fields[4 + i], INT64_MAX, &number))
                                ret_cell->counts.of[i] = (int64_t)number;
                return true;
        }
        return false;
}

/* programme NULL: of the member alone. */
static struct qf_counts sum_cells(struct qf_view data, const struct qf_programme *programme,
                                  struct qf_view dimension, struct qf_view member, uint32_t first,
                                  uint32_t last)
{
        struct qf_counts sum = {{0}};
        struct cell cell;
        while (next_cell(&data, first, last, &cell))
                if (qf_view_same(cell.dimension, dimension) &&
                    is_within(programme, dimension, cell.member, member, cell.month) &&
                    !qf_counts_add(&sum, &cell.counts, 1))
                        break;
        return sum;
}

void qf_edition_sum_members(struct qf_view data, const struct qf_programme *programme, uint16_t dimension,
                            uint32_t first, uint32_t last, struct qf_counts *ret_sums)
{
        const struct qf_dimension *of = qf_programme_dimension(programme, dimension);
        struct cell cell;
        while (next_cell(&data, first, last, &cell)) {
                if (!qf_view_same(cell.dimension, of->code))
                        continue;
                const uint32_t member =
                        cell.member.len ? qf_programme_find_member(programme, dimension, cell.member) : 0;
                if (member <= of->members && !qf_counts_add(&ret_sums[member], &cell.counts, 1))
                        break;
        }
}

struct qf_counts qf_edition_sum(struct qf_view data, struct qf_view dimension, struct qf_view member,
                                uint32_t first, uint32_t last)
{
        return sum_cells(data, NULL, dimension, member, first, last);
}

struct qf_counts qf_edition_sum_within(struct qf_view data, const struct qf_programme *programme,
                                       struct qf_view dimension, struct qf_view member, uint32_t first,
                                       uint32_t last)
{
        return sum_cells(data, programme, dimension, member, first, last);
}

struct qf_view qf_edition_value(struct qf_view data, struct qf_view word, struct qf_view name)
{
        struct qf_view line, fields[3];
        while (qf_edition_line(&data, &line)) {
                const unsigned count = fields_of(line, fields, 3);
                if (count && qf_view_same(fields[0], word) && !name.len)
                        return (struct qf_view){line.at + word.len + 1,
                                                line.len > word.len ? line.len - word.len - 1 : 0};
                if (count == 3 && qf_view_same(fields[0], word) && qf_view_same(fields[1], name))
                        return fields[2];
        }
        return QF_VIEW("");
}

uint64_t qf_edition_position(struct qf_view data)
{
        struct qf_view closed = qf_edition_value(data, QF_VIEW("closed"), QF_VIEW("")), position;
        uint64_t number;
        return qf_edition_field(&closed, &position) && qf_text_number(position, UINT64_MAX, &number) ? number
                                                                                                     : 0;
}

int64_t qf_edition_closed_ms(struct qf_view data)
{
        struct qf_view closed = qf_edition_value(data, QF_VIEW("closed"), QF_VIEW("")), fields[2];
        uint64_t ms;
        return fields_of(closed, fields, 2) == 2 && qf_text_number(fields[1], INT64_MAX, &ms) ? (int64_t)ms
                                                                                              : 0;
}

/* --- names -------------------------------------------------------------------------- */

struct name {
        struct qf_view dimension, member, zh, en;
};

struct qf_edition_names {
        void *tree; /* of struct name */
};

static int order_names(const void *a, const void *b)
{
        const struct name *left = a, *right = b;
        const int order = qf_view_order(left->dimension, right->dimension);
        return order ? order : qf_view_order(left->member, right->member);
}

static int add_name(struct qf_edition_names *names, const struct name *said)
{
        struct name *name = malloc(sizeof(*name));
        if (!name)
                return -ENOMEM;
        *name = *said;
        struct name *const *there = tsearch(name, &names->tree, order_names);
        if (!there || *there != name)
                free(name);
        return there ? 0 : -ENOMEM;
}

int qf_edition_names_new(struct qf_view data, struct qf_edition_names **ret_names)
{
        struct qf_edition_names *names = calloc(1, sizeof(*names));
        struct qf_view line, fields[5];
        int r = names ? 0 : -ENOMEM;
        while (!r && qf_edition_line(&data, &line))
                if (fields_of(line, fields, 5) == 5 && qf_view_same(fields[0], QF_VIEW("member")))
                        r = add_name(names, &(struct name){fields[1], fields[2], fields[3], fields[4]});
        if (r)
                names = qf_edition_names_free(names);
        else
                *ret_names = names;
        return r;
}

struct qf_edition_names *qf_edition_names_free(struct qf_edition_names *names)
{
        if (names)
                tdestroy(names->tree, free);
        free(names);
        return NULL;
}

struct qf_view qf_edition_label(const struct qf_cli *cli, const struct qf_edition_names *names,
                                struct qf_view dimension, struct qf_view member)
{
        const struct name wanted = {.dimension = dimension, .member = member};
        struct name *const *found = tfind(&wanted, &names->tree, order_names);
        if (!found)
                return member;
        const struct qf_view first = cli->chinese ? (*found)->zh : (*found)->en,
                             second = cli->chinese ? (*found)->en : (*found)->zh;
        return first.len ? first : second.len ? second : member;
}
