/* report/query: cells and table give the same answers, rows that do not add up are
 * said to, and nobody reads other organisations. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "support/office.h"

/* ---- asking ---- */

static struct qf_to_reader ask_as(struct office *office, const struct qf_rights *rights,
                                  struct qf_from_reader ask)
{
        struct qf_to_reader answer = {.what = QF_ANSWER};
        struct qf_view *by = calloc(4, sizeof(*by)); /* outlives the call, as a message would */

        for (uint32_t i = 0; i < ask.by_count; i++)
                by[i] = ask.by[i];
        ask.by = by;
        ask.query = QF_QUERY_TOTALS;
        assert_int_equal(office_ask(office, rights, &ask, &answer), 0);
        free(by);
        answer.by = NULL;
        return answer;
}

#define ASK(...) ask_as(office, &office->all, (struct qf_from_reader){.what = QF_QUERY, __VA_ARGS__})
#define ASK_EAST(...) ask_as(office, &office->east, (struct qf_from_reader){.what = QF_QUERY, __VA_ARGS__})
#define CHECK ((const struct qf_from_reader){.what = QF_QUERY, .query = QF_QUERY_CHECK})
#define NAMES(...)                                                                                           \
        (const struct qf_view[])                                                                             \
        {                                                                                                    \
                __VA_ARGS__                                                                                  \
        }
#define V(text)                                                                                              \
        {                                                                                                    \
                text, sizeof(text) - 1                                                                       \
        }

static int64_t value(const struct qf_to_reader *answer, const char *first, const char *second,
                     enum qf_measure measure)
{
        for (uint32_t i = 0; i < answer->answer_rows_count; i++) {
                const struct qf_answer_row *row = &answer->answer_rows[i];

                if (qf_view_same(row->members[0], qf_view_of(first)) &&
                    (!second || qf_view_same(row->members[1], qf_view_of(second))))
                        return row->counts.of[measure];
        }
        return -1;
}

static bool has_note(const struct qf_to_reader *answer, const char *note)
{
        for (uint32_t i = 0; i < answer->notes_count; i++)
                if (qf_view_same(answer->notes[i], qf_view_of(note)))
                        return true;
        return false;
}

/* ---- the district of these tests: 7 activities ---- */

static int filled(void **state)
{
        struct office *office;
        int r = office_setup(state);

        if (r != 0)
                return r;
        office = *state;
        r |= office_activity(office, 20230506, 1, 120, OFFICE_EAST, 0x1);
        r |= office_activity(office, 20230507, 2, 50, OFFICE_WEST, 0x3);
        r |= office_activity(office, 20230500, 1, 30, OFFICE_EAST_SCHOOL, 0x2);
        r |= office_activity(office, 20230000, 1, 10, OFFICE_DISTRICT, 0);
        r |= office_activity(office, 20230601, 3, -1, OFFICE_EAST, 0x1);
        r |= office_activity(office, 20220101, 1, 7, OFFICE_WEST, 0x1);
        r |= office_activity(office, 20221231, 1, 8, OFFICE_EAST, 0x2);
        return r;
}

static void the_total_counts_everything_once(void **state)
{
        struct office *office = *state;
        struct qf_to_reader answer = ASK(.limit = 0);

        assert_int_equal(answer.code, 0);
        assert_int_equal(answer.answer_rows_count, 0);
        assert_int_equal(answer.all.counts.of[QF_RECORDS], 7);
        assert_int_equal(answer.all.counts.of[QF_ACTIVITIES], 10);
        assert_int_equal(answer.all.counts.of[QF_ATTENDANCES], 225);
        assert_int_equal(answer.all.counts.of[QF_RECORDS_UNKNOWN], 1);
        assert_int_equal(answer.all.counts.of[QF_ACTIVITIES_UNKNOWN], 3);
        assert_true(has_note(&answer, "attendance_unknown"));
}

static void rows_of_a_multi_valued_dimension_are_said_not_to_add_up(void **state)
{
        struct office *office = *state;
        struct qf_to_reader answer = ASK(.by_count = 1, .by = NAMES(V("content")));

        assert_int_equal(value(&answer, "politics", NULL, QF_ACTIVITIES), 7);
        assert_int_equal(value(&answer, "law", NULL, QF_ACTIVITIES), 4);
        assert_int_equal(value(&answer, "", NULL, QF_ACTIVITIES), 1);
        assert_int_equal(answer.all.counts.of[QF_ACTIVITIES], 10);
        assert_true(has_note(&answer, "not_additive content"));
        answer = ASK(.by_count = 1, .by = NAMES(V("org")));
        assert_false(has_note(&answer, "not_additive org"));
}

static void days_and_undated_add_up_to_the_month(void **state)
{
        struct office *office = *state;
        struct qf_to_reader answer =
                ASK(.by_count = 1, .by = NAMES(V("day")), .first_day = 20230500, .last_day = 20230500);

        assert_int_equal(answer.answer_rows_count, 3);
        assert_int_equal(value(&answer, "20230506", NULL, QF_ATTENDANCES), 120);
        assert_int_equal(value(&answer, "20230507", NULL, QF_ATTENDANCES), 50);
        assert_int_equal(value(&answer, "", NULL, QF_ATTENDANCES), 30);
        assert_int_equal(answer.all.counts.of[QF_ATTENDANCES], 200);
        assert_true(has_note(&answer, "undated"));
        assert_true(has_note(&answer, "undated_excluded")); /* the one known to 2023 only */
}

static void months_and_undated_add_up_to_the_year(void **state)
{
        struct office *office = *state;
        struct qf_to_reader answer =
                ASK(.by_count = 1, .by = NAMES(V("month")), .first_day = 20230000, .last_day = 20230000);

        assert_int_equal(value(&answer, "202305", NULL, QF_ATTENDANCES), 200);
        assert_int_equal(value(&answer, "202306", NULL, QF_ACTIVITIES), 3);
        assert_int_equal(value(&answer, "", NULL, QF_ATTENDANCES), 10);
        assert_int_equal(answer.all.counts.of[QF_ATTENDANCES], 210);
        assert_false(has_note(&answer, "undated_excluded"));
        answer = ASK(.by_count = 1, .by = NAMES(V("year")));
        assert_int_equal(value(&answer, "2023", NULL, QF_ATTENDANCES), 210);
        assert_int_equal(value(&answer, "2022", NULL, QF_ATTENDANCES), 15);
        assert_false(has_note(&answer, "undated"));
}

static void a_range_that_cuts_a_month_leaves_its_undated_out(void **state)
{
        struct office *office = *state;
        struct qf_to_reader answer = ASK(.first_day = 20230507, .last_day = 20230610);

        assert_int_equal(answer.all.counts.of[QF_RECORDS], 2);
        assert_int_equal(answer.all.counts.of[QF_ATTENDANCES], 50);
        assert_true(has_note(&answer, "undated_excluded"));
        answer = ASK(.first_day = 20230501, .last_day = 20230630);
        assert_true(has_note(&answer, "undated_excluded"));
        /* Withdrawn: its cells stay, and there is nothing in them to leave out. */
        const struct qf_member_of district = {OFFICE_ORG, OFFICE_DISTRICT};
        const struct qf_contribution was = {20230000, {{1, 1, 10}}, 1, &district};
        assert_int_equal(
                qf_picture_move(office->picture, &was, NULL, qf_programme_counted(office->programme), 99), 0);
        answer = ASK(.first_day = 20230501, .last_day = 20230630);
        assert_false(has_note(&answer, "undated_excluded"));
}

static void a_filter_takes_the_member_and_all_below_it(void **state)
{
        struct office *office = *state;
        struct qf_to_reader answer = ASK(.where_count = 1, .where = NAMES(V("org=east")));

        assert_int_equal(answer.all.counts.of[QF_ATTENDANCES], 158);
        answer = ASK(.where_count = 1, .where = NAMES(V("org=district")));
        assert_int_equal(answer.all.counts.of[QF_RECORDS], 7);
        answer = ASK(.where_count = 2, .where = NAMES(V("org=east"), V("content=law")));
        assert_int_equal(answer.all.counts.of[QF_ATTENDANCES], 38);
        answer = ASK(.where_count = 2, .where = NAMES(V("org=west"), V("org=east_school")));
        assert_int_equal(answer.all.counts.of[QF_ATTENDANCES], 87);
        answer = ASK(.where_count = 1, .where = NAMES(V("org_kind=school")));
        assert_int_equal(answer.all.counts.of[QF_ATTENDANCES], 30);
        answer = ASK(.where_count = 1, .where = NAMES(V("content=")));
        assert_int_equal(answer.all.counts.of[QF_ATTENDANCES], 10);
}

static void crossings_and_groups_come_from_the_table(void **state)
{
        struct office *office = *state;
        struct qf_to_reader answer = ASK(.by_count = 2, .by = NAMES(V("content"), V("org")));

        assert_int_equal(value(&answer, "politics", "west", QF_ACTIVITIES), 3);
        assert_int_equal(value(&answer, "law", "west", QF_ACTIVITIES), 2);
        assert_int_equal(value(&answer, "", "district", QF_ACTIVITIES), 1);
        assert_int_equal(answer.all.counts.of[QF_ACTIVITIES], 10);
        answer = ASK(.by_count = 2, .by = NAMES(V("year"), V("org_kind")));
        assert_int_equal(value(&answer, "2023", "town", QF_ATTENDANCES), 170);
        assert_int_equal(value(&answer, "2023", "", QF_ATTENDANCES), 10);
        assert_int_equal(value(&answer, "2022", "town", QF_ATTENDANCES), 15);
}

static void cells_and_table_agree_on_every_question(void **state)
{
        static const struct qf_view periods[] = {{"day", 3}, {"month", 5}, {"year", 4}};
        static const struct qf_view dimensions[] = {{"org", 3}, {"content", 7}, {"co_org", 6}};
        static const uint32_t ranges[][2] = {{0, 0},
                                             {20230000, 20230000},
                                             {20230507, 20230610},
                                             {20221231, 20230531},
                                             {20230500, 20230500}};
        struct office *office = *state;

        srand(7);
        for (int i = 0; i < 500; i++)
                assert_int_equal(
                        office_activity(office,
                                        (uint32_t)(20220000 + rand() % 2 * 10000 +
                                                   (rand() % 9 ? rand() % 12 * 100 + 100 + rand() % 29 : 0)),
                                        1 + (uint32_t)(rand() % 3), rand() % 4 ? rand() % 90 : -1,
                                        (uint32_t)(rand() % 5), (uint32_t)(rand() % 4)),
                        0);
        for (size_t range = 0; range < 5; range++)
                for (size_t d = 0; d < 4; d++)
                        for (size_t p = 0; p < 4; p++) {
                                struct qf_view by[2];
                                uint32_t count = 0;
                                struct qf_to_reader cells, table;

                                if (d < 3)
                                        by[count++] = dimensions[d];
                                if (p < 3)
                                        by[count++] = periods[p];
                                cells = ASK(.by_count = count, .by = by, .first_day = ranges[range][0],
                                            .last_day = ranges[range][1]);
                                table = ASK(.by_count = count, .by = by, .first_day = ranges[range][0],
                                            .last_day = ranges[range][1], .where_count = 5,
                                            .where = NAMES(V("content=politics"), V("content=law"),
                                                           V("content="), V("org="), V("org=district")));
                                assert_memory_equal(&cells.all.counts, &table.all.counts,
                                                    sizeof(struct qf_counts));
                                assert_int_equal(cells.answer_rows_count, table.answer_rows_count);
                                assert_int_equal(cells.notes_count, table.notes_count);
                                for (uint32_t i = 0; i < cells.answer_rows_count; i++) {
                                        for (uint32_t k = 0; k < count; k++)
                                                assert_true(qf_view_same(cells.answer_rows[i].members[k],
                                                                         table.answer_rows[i].members[k]));
                                        assert_memory_equal(&cells.answer_rows[i].counts,
                                                            &table.answer_rows[i].counts,
                                                            sizeof(struct qf_counts));
                                }
                                qf_arena_reset(office->arena);
                        }
}

static int64_t value_of_all(struct office *office, const char *dimension, const char *member)
{
        struct qf_to_reader answer = ASK(.by_count = 1, .by = NAMES(qf_view_of(dimension)));

        return value(&answer, member, NULL, QF_ACTIVITIES);
}

static void other_organisations_are_not_read(void **state)
{
        struct office *office = *state;
        struct qf_to_reader answer = ASK_EAST(.by_count = 1, .by = NAMES(V("org")));

        assert_int_equal(value(&answer, "east", NULL, QF_ACTIVITIES), 5);
        assert_int_equal(value(&answer, "east_school", NULL, QF_ACTIVITIES), 1);
        assert_int_equal(value(&answer, "district", NULL, QF_ACTIVITIES), 1); /* above: its own total */
        assert_int_equal(value(&answer, "west", NULL, QF_ACTIVITIES), -1);
        assert_int_equal(answer.all.counts.of[QF_ACTIVITIES], 10);
        assert_true(has_note(&answer, "restricted"));
        answer = ASK_EAST(.by_count = 2, .by = NAMES(V("org"), V("content")));
        assert_int_equal(value(&answer, "west", "law", QF_ACTIVITIES), -1);
        assert_true(has_note(&answer, "restricted"));
        answer = ASK_EAST(.where_count = 1, .where = NAMES(V("org=west")));
        assert_int_equal(answer.code, QF_QUERY_NOT_YOURS);
        /* A group may have one organisation: grouped, it is not read either. */
        answer = ASK_EAST(.by_count = 1, .by = NAMES(V("org_kind")));
        assert_int_equal(value(&answer, "school", NULL, QF_ACTIVITIES), 1);
        assert_true(value(&answer, "town", NULL, QF_ACTIVITIES) < value_of_all(office, "org_kind", "town"));
        assert_true(has_note(&answer, "restricted"));
        answer = ASK_EAST(.where_count = 1, .where = NAMES(V("org_kind=town")));
        assert_int_equal(answer.code, QF_QUERY_NOT_YOURS);
        answer = ASK_EAST(.where_count = 1, .where = NAMES(V("org=east_school")));
        assert_int_equal(answer.all.counts.of[QF_ATTENDANCES], 30);
}

/* ---- organisations that move ---- */

/* The school leaves the east for the west on 7 May 2023, and is a town's from then on. */
static int moved(void **state)
{
        struct office *office;
        int r = office_setup(state);

        if (r != 0)
                return r;
        office = *state;
        r |= office_moves(office, "east_school", "east", "school", 20230507, "west", "town");
        r |= office_activity(office, 20230506, 1, 1, OFFICE_EAST_SCHOOL, 0x1);
        r |= office_activity(office, 20230507, 1, 2, OFFICE_EAST_SCHOOL, 0x1);
        r |= office_activity(office, 20230500, 1, 4, OFFICE_EAST_SCHOOL, 0x2); /* as on 1 May */
        r |= office_activity(office, 20230600, 1, 8, OFFICE_EAST_SCHOOL, 0x2);
        r |= office_activity(office, 20230000, 1, 16, OFFICE_EAST_SCHOOL, 0); /* as on 1 January */
        r |= office_activity(office, 20220101, 1, 32, OFFICE_EAST_SCHOOL, 0);
        r |= office_activity(office, 20240000, 1, 64, OFFICE_EAST_SCHOOL, 0);
        r |= office_activity(office, 20230510, 1, 128, OFFICE_EAST, 0);
        r |= qf_rights_renew(&office->east, office->programme, 2, qf_programme_source(office->programme, 1));
        return r;
}

static void records_count_where_the_organisation_stood(void **state)
{
        struct office *office = *state;
        struct qf_to_reader answer = ASK(.where_count = 1, .where = NAMES(V("org=east")));

        assert_int_equal(answer.all.counts.of[QF_ATTENDANCES], 1 + 4 + 16 + 32 + 128);
        answer = ASK(.where_count = 1, .where = NAMES(V("org=west")));
        assert_int_equal(answer.all.counts.of[QF_ATTENDANCES], 2 + 8 + 64);
        answer = ASK(.where_count = 1, .where = NAMES(V("org=district")));
        assert_int_equal(answer.all.counts.of[QF_ATTENDANCES], 255);
        answer = ASK(.where_count = 2, .where = NAMES(V("org=west"), V("org=east")));
        assert_int_equal(answer.all.counts.of[QF_ATTENDANCES], 255);
        answer = ASK(.by_count = 1, .by = NAMES(V("month")), .where_count = 1, .where = NAMES(V("org=east")),
                     .first_day = 20230000, .last_day = 20230000);
        assert_int_equal(value(&answer, "202305", NULL, QF_ATTENDANCES), 1 + 4 + 128);
        assert_int_equal(value(&answer, "202306", NULL, QF_ATTENDANCES), -1);
        assert_int_equal(value(&answer, "", NULL, QF_ATTENDANCES), 16);
        answer = ASK(.by_count = 1, .by = NAMES(V("org")), .where_count = 1, .where = NAMES(V("org=west")));
        assert_int_equal(value(&answer, "east_school", NULL, QF_ATTENDANCES), 2 + 8 + 64);
        answer = ASK(.by_count = 1, .by = NAMES(V("org_kind")));
        assert_int_equal(value(&answer, "school", NULL, QF_ATTENDANCES), 1 + 4 + 16 + 32);
        assert_int_equal(value(&answer, "town", NULL, QF_ATTENDANCES), 2 + 8 + 64 + 128);
        answer = ASK(.by_count = 2, .by = NAMES(V("org_kind"), V("org")), .where_count = 1,
                     .where = NAMES(V("org_kind=school")));
        assert_int_equal(answer.answer_rows_count, 1);
        assert_int_equal(value(&answer, "school", "east_school", QF_ATTENDANCES), 1 + 4 + 16 + 32);
}

static void moving_moves_no_cell(void **state)
{
        struct office *office = *state;
        struct qf_to_reader answer = ASK(.by_count = 1, .by = NAMES(V("org")));
        const int64_t school = value(&answer, "east_school", NULL, QF_ATTENDANCES);

        assert_int_equal(office_moves(office, "east_school", "west", "school", 20220101, "", "town"), 0);
        answer = ASK(.by_count = 1, .by = NAMES(V("org")));
        assert_int_equal(value(&answer, "east_school", NULL, QF_ATTENDANCES), school);
        answer = ASK(.where_count = 1, .where = NAMES(V("org=district")));
        assert_int_equal(answer.all.counts.of[QF_ATTENDANCES], 128);
}

static void what_was_another_s_on_the_day_is_not_read(void **state)
{
        struct office *office = *state;
        struct qf_to_reader answer = ASK_EAST(.by_count = 1, .by = NAMES(V("org")));

        assert_int_equal(value(&answer, "east_school", NULL, QF_ATTENDANCES), 1 + 4 + 16 + 32);
        assert_int_equal(answer.all.counts.of[QF_ATTENDANCES], 255);
        assert_true(has_note(&answer, "restricted"));
        answer = ASK_EAST(.by_count = 2, .by = NAMES(V("org"), V("month")));
        assert_int_equal(value(&answer, "east_school", "202305", QF_ATTENDANCES), 5);
        assert_int_equal(value(&answer, "east_school", "202306", QF_ATTENDANCES), -1);
        answer = ASK_EAST(.where_count = 1, .where = NAMES(V("org=east_school")));
        assert_int_equal(answer.code, 0);
        assert_int_equal(answer.all.counts.of[QF_ATTENDANCES], 1 + 4 + 16 + 32);
        assert_true(has_note(&answer, "restricted"));
        answer = ASK_EAST(.where_count = 1, .where = NAMES(V("org=west")));
        assert_int_equal(answer.code, QF_QUERY_NOT_YOURS);
}

static void cells_are_read_by_the_days_of_their_period(void **state)
{
        struct office *office = *state;
        static const struct {
                uint32_t period;
                bool east, school_reads_east;
        } rows[] = {{20230506, true, true},   {20230507, false, false}, {20230400, true, true},
                    {20230500, false, false}, {20230600, false, false}, {20230000, false, false},
                    {20220000, true, true},   {20240000, false, false}};
        const struct qf_view own[] = {QF_VIEW("east_school")};
        const struct qf_source school = {.roles = QF_ROLE_READ, .orgs_count = 1, .orgs = own};
        struct qf_rights rights = {0};

        assert_int_equal(qf_rights_renew(&rights, office->programme, 2, &school), 0);
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                const struct qf_cell_key key = {OFFICE_ORG, OFFICE_EAST_SCHOOL, rows[i].period};
                const struct qf_cell_key host = {OFFICE_HOST, OFFICE_EAST_SCHOOL, rows[i].period};
                const struct qf_cell_key east = {OFFICE_ORG, OFFICE_EAST, rows[i].period};

                if (qf_rights_sees_cell(&office->east, key) != rows[i].east ||
                    qf_rights_sees_cell(&office->east, host) != rows[i].east)
                        fail_msg("%u: the school by the east", rows[i].period);
                if (qf_rights_sees_cell(&rights, east) != rows[i].school_reads_east)
                        fail_msg("%u: the east by the school", rows[i].period);
                assert_true(qf_rights_sees_cell(&rights, key));
                assert_true(qf_rights_sees_cell(&office->all, key));
        }
        assert_true(
                qf_rights_sees_cell(&rights, (struct qf_cell_key){OFFICE_ORG, OFFICE_DISTRICT, 20230500}));
        assert_true(qf_rights_ever_sees(&rights, OFFICE_ORG, OFFICE_WEST));
        assert_false(qf_rights_ever_sees(&office->east, OFFICE_ORG, OFFICE_WEST));
        qf_rights_deinit(&rights);
}

/* Any history against the plainest reading of it: parents[] by day, from the last to the first. */
enum { RANDOM_ORGS = 12, RANDOM_ROWS = 300 };

struct history {
        uint32_t count, from[4], parent[4]; /* ids; of the first place from is 0 */
};

static bool stood_within(const struct history *histories, uint32_t member, uint32_t wanted, uint32_t day)
{
        while (member && member != wanted) {
                uint32_t i = histories[member].count - 1;

                while (histories[member].from[i] > day)
                        i--;
                member = histories[member].parent[i];
        }
        return member == wanted;
}

static void tell_history(struct office *office, struct history *histories, uint32_t member)
{
        struct history *history = &histories[member];
        char codes[5][8];
        struct qf_move moves[4];

        (void)snprintf(codes[4], sizeof(codes[4]), "r%u", member);
        history->count = 1 + (uint32_t)rand() % 4;
        for (uint32_t i = 0; i < history->count; i++) {
                history->from[i] =
                        i ? 20230000 + i * 300 + (uint32_t)rand() % 3 * 100 + 1 + (uint32_t)rand() % 28 : 0;
                history->parent[i] = (uint32_t)rand() % member; /* of lower number: no circle */
                (void)snprintf(codes[i], sizeof(codes[i]), history->parent[i] ? "r%u" : "%.0u",
                               history->parent[i]);
                moves[i] = (struct qf_move){.from = history->from[i], .parent = qf_view_of(codes[i])};
        }
        assert_int_equal(office_tell(office, QF_KIND_MEMBER,
                                     (struct qf_register){.dimension = QF_VIEW("org"),
                                                          .code = qf_view_of(codes[4]),
                                                          .parent = qf_view_of(codes[0]),
                                                          .moves_count = history->count - 1,
                                                          .moves = &moves[1]}),
                         0);
}

static void any_history_is_answered_by_its_days(void **state)
{
        struct office *office = *state;
        struct history histories[RANDOM_ORGS + 1] = {{0}};
        uint32_t dates[RANDOM_ROWS], orgs[RANDOM_ROWS];
        const uint32_t before = OFFICE_EAST_SCHOOL;
        char where[16];

        srand(11);
        for (uint32_t member = 1; member <= RANDOM_ORGS; member++)
                tell_history(office, histories, member);
        for (uint32_t i = 0; i < RANDOM_ROWS; i++) {
                dates[i] = 20230000 + (uint32_t)rand() % 13 * 100;
                dates[i] += dates[i] % 10000 && rand() % 8 ? 1 + (uint32_t)rand() % 28 : 0;
                orgs[i] = 1 + (uint32_t)rand() % RANDOM_ORGS;
                assert_int_equal(office_activity(office, dates[i], 1, 1, before + orgs[i], 0), 0);
        }
        for (uint32_t wanted = 1; wanted <= RANDOM_ORGS; wanted++) {
                int64_t months[13] = {0};
                struct qf_to_reader answer;

                (void)snprintf(where, sizeof(where), "org=r%u", wanted);
                answer = ASK(.by_count = 1, .by = NAMES(V("month")), .where_count = 1,
                             .where = NAMES(qf_view_of(where)));
                for (uint32_t i = 0; i < RANDOM_ROWS; i++) {
                        uint32_t day = dates[i] + (dates[i] % 10000 ? 0 : 100);

                        months[dates[i] / 100 % 100] +=
                                stood_within(histories, orgs[i], wanted, day + (day % 100 ? 0 : 1));
                }
                for (uint32_t month = 0; month <= 12; month++) {
                        char code[8];
                        int64_t got;

                        code[0] = '\0';
                        if (month)
                                (void)snprintf(code, sizeof(code), "%u", 202300 + month);
                        got = value(&answer, code, NULL, QF_RECORDS);
                        assert_int_equal(got < 0 ? 0 : got, months[month]);
                }
        }
}

static void what_is_not_known_is_said(void **state)
{
        struct office *office = *state;

        assert_int_equal(ASK(.by_count = 1, .by = NAMES(V("colour"))).code, QF_QUERY_UNKNOWN_NAME);
        assert_int_equal(ASK(.by_count = 1, .by = NAMES(V("total"))).code, QF_QUERY_UNKNOWN_NAME);
        assert_int_equal(ASK(.where_count = 1, .where = NAMES(V("org=north"))).code, QF_QUERY_UNKNOWN_NAME);
        assert_int_equal(ASK(.where_count = 1, .where = NAMES(V("org"))).code, QF_QUERY_UNKNOWN_NAME);
        assert_int_equal(ASK(.first_day = 20230230).code, QF_QUERY_UNKNOWN_NAME);
        assert_int_equal(ASK(.by_count = 3, .by = NAMES(V("org"), V("content"), V("org_kind"))).code,
                         QF_QUERY_TOO_MUCH);
        assert_int_equal(ASK(.by_count = 2, .by = NAMES(V("day"), V("month"))).code, QF_QUERY_TOO_MUCH);
}

static void a_limit_says_that_rows_are_missing(void **state)
{
        struct office *office = *state;
        struct qf_to_reader answer = ASK(.by_count = 1, .by = NAMES(V("org")), .limit = 2);

        assert_int_equal(answer.answer_rows_count, 2);
        assert_true(has_note(&answer, "cut"));
        assert_true(qf_view_same(answer.answer_rows[0].members[0], qf_view_of("district")));
}

static void growth_compares_two_years_or_the_same_days_of_them(void **state)
{
        struct office *office = *state;
        struct qf_from_reader ask = {.what = QF_QUERY, .query = QF_QUERY_GROWTH, .year = 2023, .base = 2022};
        struct qf_to_reader answer = {.what = QF_ANSWER};

        assert_int_equal(office_ask(office, &office->all, &ask, &answer), 0);
        assert_int_equal(value(&answer, "2023", NULL, QF_ACTIVITIES), 8);
        assert_int_equal(value(&answer, "2022", NULL, QF_ACTIVITIES), 2);
        ask.last_day = 20230630;
        answer = (struct qf_to_reader){.what = QF_ANSWER};
        assert_int_equal(office_ask(office, &office->all, &ask, &answer), 0);
        assert_int_equal(value(&answer, "2023", NULL, QF_ACTIVITIES), 7);
        assert_int_equal(value(&answer, "2022", NULL, QF_ACTIVITIES), 1);
        assert_true(has_note(&answer, "same_days"));

        /* One year has attendances that are not known, the other a month that the range cuts: both are said. */
        assert_int_equal(office_activity(office, 20240401, 1, -1, OFFICE_EAST, 0), 0);
        assert_int_equal(office_activity(office, 20180600, 1, 10, OFFICE_EAST, 0), 0);
        ask.year = 2024;
        ask.base = 2018;
        ask.first_day = 20240201;
        ask.last_day = 20240615;
        answer = (struct qf_to_reader){.what = QF_ANSWER};
        assert_int_equal(office_ask(office, &office->all, &ask, &answer), 0);
        assert_true(has_note(&answer, "attendance_unknown") && has_note(&answer, "undated_excluded"));
        ask = (struct qf_from_reader){
                .what = QF_QUERY, .query = QF_QUERY_GROWTH, .year = 20230, .base = 2022};
        answer = (struct qf_to_reader){.what = QF_ANSWER};
        assert_int_equal(office_ask(office, &office->all, &ask, &answer), 0);
        assert_int_equal(answer.code, QF_QUERY_UNKNOWN_NAME);
}

static void check_finds_the_cell_that_differs(void **state)
{
        struct office *office = *state;
        struct qf_to_reader answer = {.what = QF_ANSWER};
        struct qf_cell *cell;

        assert_int_equal(office_ask(office, &office->all, &CHECK, &answer), 0);
        assert_int_equal(answer.code, 0);
        cell = qf_picture_find(office->picture, (struct qf_cell_key){OFFICE_ORG, OFFICE_WEST, 20230500});
        cell->counts.of[QF_ATTENDANCES]++;
        assert_int_equal(office_ask(office, &office->all, &CHECK, &answer), 0);
        assert_int_equal(answer.code, QF_QUERY_DIFFERENT);
        assert_non_null(strstr(answer.say.at, "org"));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(the_total_counts_everything_once, filled, office_teardown),
                cmocka_unit_test_setup_teardown(rows_of_a_multi_valued_dimension_are_said_not_to_add_up,
                                                filled, office_teardown),
                cmocka_unit_test_setup_teardown(days_and_undated_add_up_to_the_month, filled,
                                                office_teardown),
                cmocka_unit_test_setup_teardown(months_and_undated_add_up_to_the_year, filled,
                                                office_teardown),
                cmocka_unit_test_setup_teardown(a_range_that_cuts_a_month_leaves_its_undated_out, filled,
                                                office_teardown),
                cmocka_unit_test_setup_teardown(a_filter_takes_the_member_and_all_below_it, filled,
                                                office_teardown),
                cmocka_unit_test_setup_teardown(crossings_and_groups_come_from_the_table, filled,
                                                office_teardown),
                cmocka_unit_test_setup_teardown(cells_and_table_agree_on_every_question, office_setup,
                                                office_teardown),
                cmocka_unit_test_setup_teardown(other_organisations_are_not_read, filled, office_teardown),
                cmocka_unit_test_setup_teardown(records_count_where_the_organisation_stood, moved,
                                                office_teardown),
                cmocka_unit_test_setup_teardown(moving_moves_no_cell, moved, office_teardown),
                cmocka_unit_test_setup_teardown(what_was_another_s_on_the_day_is_not_read, moved,
                                                office_teardown),
                cmocka_unit_test_setup_teardown(cells_are_read_by_the_days_of_their_period, moved,
                                                office_teardown),
                cmocka_unit_test_setup_teardown(any_history_is_answered_by_its_days, office_setup,
                                                office_teardown),
                cmocka_unit_test_setup_teardown(what_is_not_known_is_said, filled, office_teardown),
                cmocka_unit_test_setup_teardown(a_limit_says_that_rows_are_missing, filled, office_teardown),
                cmocka_unit_test_setup_teardown(growth_compares_two_years_or_the_same_days_of_them, filled,
                                                office_teardown),
                cmocka_unit_test_setup_teardown(check_finds_the_cell_that_differs, filled, office_teardown),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
