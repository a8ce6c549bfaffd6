/* qf/feed_map: map files, what they say and what is wrong with them; the library's
 * own file by its map; client/feed_json: lines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/cleanup.h"
#include "client/feed_json.h"
#include "qf/sheets/feed_map.h"
#include "qf/sheets/feed_rows.h"
#include "qf/sheets/feed_sheet.h"
#include "support/programme_fixture.h"
#include "support/temporary.h"

enum { TODAY = 20240401 };

struct sums {
        uint32_t events, returned, activities, attendances, unknown, unknown_activities, hashed, identical;
        uint32_t months[13];
        struct qf_row_event last;
        char last_key[QF_KEY_BYTES_MAX + 1];
};

static void write_file(const struct temporary *temporary, const char *name, const char *text, char path[128])
{
        FILE *file = fopen(temporary_in(temporary, name, path, 128), "w");
        assert_non_null(file);
        assert_true(fputs(text, file) >= 0);
        assert_int_equal(fclose(file), 0);
}

static void add_row(struct sums *sums, const struct qf_row_event *row)
{
        const struct qf_event *event = &row->event;
        sums->events++;
        sums->activities += event->sessions;
        sums->months[event->date / 100 % 100] += event->sessions;
        if (event->stated & QF_STATED_ATTENDANCES) {
                sums->attendances += event->attendances;
        } else {
                sums->unknown++;
                sums->unknown_activities += event->sessions;
        }
        sums->last = *row;
        (void)snprintf(sums->last_key, sizeof sums->last_key, "%.*s", (int)event->key.len, event->key.at);
}

/* Reads a table by a map; what could not be bound is the result. */
static int read_grid(const struct qf_map *map, const struct qf_programme *programme,
                     const struct qf_grid *grid, struct sums *ret_sums)
{
        struct qf_binding binding = {0};
        struct qf_rows *rows = NULL;
        struct qf_view missing, near;
        struct qf_row_event row;
        int outcome;

        *ret_sums = (struct sums){0};
        int result = qf_map_bind(map, grid, programme, &binding, &missing, &near);
        if (result == 0) {
                struct qf_rows_options options = {
                        .grid = grid,
                        .map = map,
                        .binding = &binding,
                        .programme = programme,
                        .source = qf_programme_source(programme, qf_programme_sources(programme)),
                        .today = TODAY,
                };
                assert_int_equal(qf_rows_new(&options, &rows), 0);
                while ((outcome = qf_rows_next(rows, &row)) != QF_ROW_END) {
                        if (outcome == QF_ROW_EVENT)
                                add_row(ret_sums, &row);
                        else
                                ret_sums->returned++;
                }
                ret_sums->hashed = qf_rows_hashed(rows);
                ret_sums->identical = qf_rows_identical(rows);
        }
        qf_rows_free(rows);
        qf_binding_deinit(&binding);
        return result;
}

static int read_by(const struct qf_map *map, const struct qf_programme *programme, struct qf_view bytes,
                   struct sums *ret_sums)
{
        struct qf_sheet sheet;
        assert_int_equal(qf_sheet_read(bytes, NULL, &sheet), 0);
        int result = read_grid(map, programme, sheet.grid, ret_sums);
        qf_sheet_deinit(&sheet);
        return result;
}

static struct qf_buffer read_bytes(const char *path)
{
        struct qf_buffer bytes = {0};
        FILE *file = fopen(path, "r");
        assert_non_null(file);
        for (size_t got = 1; got > 0; bytes.len += got) {
                assert_int_equal(qf_buffer_reserve(&bytes, 65536), 0);
                got = fread(bytes.at + bytes.len, 1, 65536, file);
        }
        (void)fclose(file);
        return bytes;
}

/* --- the library's file --------------------------------------------------- */

static void library_file_gives_its_published_figures(void **state)
{
        static const uint32_t months[13] = {0, 107, 119, 109, 100, 94, 165, 242, 269, 264, 240, 238, 248};
        struct qf_programme *programme = programme_of_file("library.yaml", "library", "TRL");
        struct qf_map_file *map = NULL;
        struct sums sums;
        (void)state;
        QF_CLEANUP(qf_buffer_deinit)
        struct qf_buffer bytes = read_bytes(QF_SOURCE_DIR "/tests/data/timberland-2021-programs.csv");
        assert_int_equal(qf_map_load(QF_SOURCE_DIR "/deploy/programmes/library.map.yaml", false, &map), 0);
        assert_int_equal(read_by(qf_map_of(map), programme,
                                 (struct qf_view){(const char *)bytes.at, (uint32_t)bytes.len}, &sums),
                         0);
        assert_int_equal(sums.events, 1308);
        assert_int_equal(sums.returned, 0);
        assert_int_equal(sums.activities, 2195);
        assert_int_equal(sums.attendances, 28527);
        assert_int_equal(sums.unknown, 435);
        assert_int_equal(sums.unknown_activities, 1226);
        assert_int_equal(sums.hashed, 1308);
        assert_int_equal(sums.identical, 0);
        assert_memory_equal(sums.months, months, sizeof months);
        qf_map_free(map);
        qf_programme_free(programme);
}

/* --- map files ------------------------------------------------------------ */

static const char rich_map[] =
        "columns:\n"
        "  - {column: When, field: date, order: dmy}\n"
        "  - {column: Branch, field: org, fill_down: true, values: [{from: HQ, to: TRL}]}\n"
        "  - {column: Kinds, field: category, split: \"|;\", optional: true}\n"
        "  - {column: Came, field: attendances}\n"
        "  - {column: Id, field: ignore}\n"
        "  - {column: Part, field: ignore}\n"
        "constants:\n"
        "  - {field: method, value: headcount}\n"
        "  - {field: age_group, value: Family}\n"
        "key: [Id, Part]\n"
        "missing: [\"?\", n/a]\n";

/* Of a file, which is gone again. */
static struct qf_map_file *map_of(const char *text)
{
        struct qf_map_file *map = NULL;
        struct temporary temporary;
        char path[128];
        temporary_make(&temporary);
        write_file(&temporary, "map.yaml", text, path);
        assert_int_equal(qf_map_load(path, false, &map), 0);
        temporary_remove(temporary.path, 2);
        return map;
}

static void map_with_everything_is_obeyed(void **state)
{
        struct qf_programme *programme = programme_of_file("library.yaml", "library", "TRL");
        struct qf_map_file *map = map_of(rich_map);
        struct sums sums;
        (void)state;
        assert_int_equal(read_by(qf_map_of(map), programme,
                                 QF_VIEW("Id,Part,When,Branch,Kinds,Came\n"
                                         "7,a,06/05/2021,HQ,STEAM|Arts & Culture;STEAM,12\n"),
                                 &sums),
                         0);
        assert_int_equal(sums.events, 1);
        assert_string_equal(sums.last_key, "7/a");
        assert_int_equal(sums.last.event.date, 20210506);
        assert_int_equal(sums.last.event.method, QF_HEADCOUNT);
        assert_int_equal(sums.last.values_count, 4);
        assert_true(qf_view_same(sums.last.values[0].member, QF_VIEW("TRL")));
        assert_true(qf_view_same(sums.last.values[1].member, QF_VIEW("steam")));
        assert_true(qf_view_same(sums.last.values[2].member, QF_VIEW("arts")));
        assert_true(qf_view_same(sums.last.values[3].member, QF_VIEW("family")));
        assert_int_equal(
                read_by(qf_map_of(map), programme,
                        QF_VIEW("Id,Part,When,Branch,Came\n7,a,6/5/2021,Yelm,?\n,b,6/5/2021,Yelm,1\n"),
                        &sums),
                0);
        assert_int_equal(sums.events, 1);
        assert_int_equal(sums.unknown, 1);
        assert_int_equal(sums.last.event.method, QF_METHOD_NONE);
        assert_int_equal(sums.returned, 1); /* half a key is none */
        assert_int_equal(
                read_by(qf_map_of(map), programme,
                        QF_VIEW("Id,Part,When,Branch,Came\n7/a,b,6/5/2021,Yelm,1\n7,a/b,6/5/2021,Yelm,1\n"),
                        &sums),
                0);
        assert_string_equal(sums.last_key, "7/a／b"); /* another than 7／a/b */
        assert_int_equal(sums.events, 2);
        assert_int_equal(read_by(qf_map_of(map), programme, QF_VIEW("Id,When,Branch,Came\n"), &sums),
                         QF_BIND_NO_COLUMN);
        qf_map_free(map);
        qf_programme_free(programme);
}

/* A workbook whose first column is one cell for the rows below the header. */
static struct qf_grid *merged_grid(const char *const (*cells)[5], uint32_t rows)
{
        struct qf_grid *grid = NULL;
        assert_int_equal(qf_grid_new(&grid), 0);
        for (uint32_t row = 0; row < rows; row++)
                for (uint32_t i = 0; i < 5; i++)
                        assert_int_equal(qf_grid_put(grid, row, i, qf_view_of(cells[row][i])), 0);
        assert_int_equal(qf_grid_merge(grid, &(struct qf_grid_merge){1, rows - 1, 0}), 0);
        return grid;
}

static void number_in_a_merged_cell_is_of_all_rows_as_a_part_of_a_key(void **state)
{
        static const char *const cells[][5] = {{"Id", "Part", "When", "Branch", "Came"},
                                               {"7", "a", "06/05/2021", "Yelm", "12"},
                                               {"", "b", "06/05/2021", "Yelm", "13"}};
        struct qf_programme *programme = programme_of_file("library.yaml", "library", "TRL");
        struct qf_map_file *parts = map_of(rich_map), *whole;
        struct qf_grid *grid = merged_grid(cells, 3);
        struct sums sums;
        (void)state;
        assert_int_equal(read_grid(qf_map_of(parts), programme, grid, &sums), 0);
        assert_int_equal(sums.events, 2);
        assert_string_equal(sums.last_key, "7/b");
        whole = map_of("columns:\n"
                       "  - {column: Id, field: ignore}\n"
                       "  - {column: When, field: date, order: dmy}\n"
                       "  - {column: Branch, field: org}\n"
                       "  - {column: Came, field: attendances}\n"
                       "key: [Id]\n");
        assert_int_equal(read_grid(qf_map_of(whole), programme, grid, &sums), 0);
        assert_int_equal(sums.events, 0);
        assert_int_equal(sums.returned, 2);
        qf_grid_free(grid);
        qf_map_free(parts);
        qf_map_free(whole);
        qf_programme_free(programme);
}

static void key_of_row(const struct qf_map *map, const char *bytes, char ret_key[64])
{
        struct qf_programme *opened = programme_of_file("integrity-123n.yaml", "clerk", "HG");
        struct sums sums;
        assert_int_equal(read_by(map, opened, qf_view_of(bytes), &sums), 0);
        assert_int_equal(sums.hashed, 1);
        assert_true(strlen(sums.last_key) < 64);
        (void)snprintf(ret_key, 64, "%.63s", sums.last_key);
        qf_programme_free(opened);
}

/* As a program saves a workbook as text: dates, times and numbers as they look. */
static void row_without_a_number_is_the_same_in_another_saving(void **state)
{
        static const char *const heads[] = {"主办单位,活动日期,方式,参加人次,开始时间\n",
                                            "主办单位,活动日期,方式,参加人次,填报日期,经费\n",
                                            "lead_org,date,start,views,title\n"};
        static const char *const alike[][2] = {
                {"HG,2023-05-06,研学,1200,09:30\n", "HG,2023/5/6,研学,\"1,200\",9:30:00\n"},
                {"HG,2023-05-06,研学,1,2023-05-09,1200\n", "HG,2023/5/6,研学,1,2023/5/9,\"1,200\"\n"},
                {"HG,2023-05-06,09:30,12340,x\n", "HG,2023/5/6,9:30,\"12,340\",x\n"},
        };
        struct qf_kind_map *broadcasts = qf_map_of_kind(qf_kind_spec(QF_KIND_BROADCAST));
        char keys[2][64], bytes[256];
        (void)state;
        assert_non_null(broadcasts);
        for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
                for (size_t k = 0; k < 2; k++) {
                        (void)snprintf(bytes, sizeof(bytes), "%s%s", heads[i], alike[i][k]);
                        key_of_row(i < 2 ? qf_map_template() : qf_kind_map_of(broadcasts), bytes, keys[k]);
                }
                assert_string_equal(keys[0], keys[1]);
        }
        /* What names something is another with a 0 before it. */
        key_of_row(qf_map_template(), "主办单位,活动日期,方式,参加人次,批次\nHG,2023-05-06,研学,1,12\n",
                   keys[0]);
        key_of_row(qf_map_template(), "主办单位,活动日期,方式,参加人次,批次\nHG,2023-05-06,研学,1,012\n",
                   keys[1]);
        assert_string_not_equal(keys[0], keys[1]);
        qf_kind_map_free(broadcasts);
}

/* What stands behind the day of a broadcast is when it began. */
static void time_behind_a_date_is_a_start(void **state)
{
        static const char *const dates[] = {"2023-05-06 19:30", "2023/5/6 下午7:30", "2023-05-06T19:30:00",
                                            "2023年5月6日　7:30 PM"};
        struct qf_programme *programme = programme_of_file("integrity-123n.yaml", "clerk", "HG");
        struct qf_kind_map *broadcasts = qf_map_of_kind(qf_kind_spec(QF_KIND_BROADCAST));
        const int start = qf_kind_figure(qf_kind_spec(QF_KIND_BROADCAST), QF_VIEW("start"));
        struct sums sums;
        char bytes[256];
        (void)state;
        for (size_t i = 0; i < sizeof dates / sizeof dates[0]; i++) {
                (void)snprintf(bytes, sizeof bytes, "lead_org,date,views,title\nHG,%s,12340,x\n", dates[i]);
                assert_int_equal(read_by(qf_kind_map_of(broadcasts), programme, qf_view_of(bytes), &sums), 0);
                assert_int_equal(sums.events, 1);
                assert_int_equal(sums.last.event.date, 20230506);
                assert_true(sums.last.event.stated >> start & 1);
                assert_int_equal(sums.last.event.figures[start], 1170);
        }
        qf_kind_map_free(broadcasts);
        qf_programme_free(programme);
}

static void expect_key(const char *columns, const char *row, const char *key)
{
        struct qf_programme *programme = programme_of_file("library.yaml", "library", "TRL");
        struct qf_map_file *map = map_of(columns);
        struct sums sums;
        char bytes[256];
        (void)snprintf(bytes, sizeof(bytes), "When,Room,Branch,Came\n%s,TRL,1\n", row);
        assert_int_equal(read_by(qf_map_of(map), programme, qf_view_of(bytes), &sums), 0);
        assert_string_equal(sums.last_key, key);
        qf_map_free(map);
        qf_programme_free(programme);
}

/* Another program's saving of the same table has the date in other figures; what is not read is a name. */
static void key_is_made_of_what_its_columns_mean(void **state)
{
#define TWELVE "abcdefghijkl"
#define LONGEST TWELVE TWELVE TWELVE TWELVE TWELVE TWELVE TWELVE TWELVE
#define COLUMNS                                                                                              \
        "columns:\n  - {column: When, field: date}\n  - {column: Room, field: ignore}\n"                     \
        "  - {column: Branch, field: org}\n  - {column: Came, field: attendances}\n"
        (void)state;
        expect_key(COLUMNS "key: [When, Room]\n", "2021-05-06,9/1", "2021-05-06/9／1");
        expect_key(COLUMNS "key: [When, Room]\n", "2021/5/6,9/1", "2021-05-06/9／1");
        expect_key(COLUMNS "key: [Room]\n", "2021-05-06,9/1", "9/1");
        expect_key(COLUMNS "key: [Room]\n", "2021-05-06,1.0", "1.0");
        expect_key(COLUMNS "key: [Room]\n", "2021-05-06," LONGEST, LONGEST);
#undef COLUMNS
#undef LONGEST
#undef TWELVE
}

static void map_with_a_dimension_that_is_none_is_refused(void **state)
{
        struct qf_programme *programme = programme_of_file("library.yaml", "library", "TRL");
        static const char *const wrong[] = {
                "columns:\n  - {column: A, field: date}\n  - {column: B, field: colour}\n",
                "columns:\n  - {column: A, field: date}\nconstants:\n  - {field: colour, value: red}\n",
        };
        (void)state;
        for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
                struct qf_map_file *map = map_of(wrong[i]);
                struct sums sums;
                assert_int_equal(read_by(qf_map_of(map), programme, QF_VIEW("A,B\n2021,red\n"), &sums),
                                 QF_BIND_NO_DIMENSION);
                qf_map_free(map);
        }
        qf_programme_free(programme);
}

static void map_that_is_wrong_is_refused(void **state)
{
        static const char *const wrong[] = {
                "",
                "columns: []\n",
                "columns:\n  - {column: A}\n",
                "columns:\n  - {column: A, field: date, colour: red}\n",
                "columns:\n  - {column: A, field: date, order: ydm}\n",
                "columns:\n  - {column: A, field: title}\n",
                "columns:\n  - {column: A, field: date}\nkey: [B]\n",
        };
        struct temporary temporary;
        char path[128];
        (void)state;
        temporary_make(&temporary);
        for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
                struct qf_map_file *map = NULL;
                write_file(&temporary, "map.yaml", wrong[i], path);
                assert_int_equal(qf_map_load(path, i % 2 == 0, &map), 1);
                assert_null(map);
        }
        temporary_remove(temporary.path, 2);
}

static void year_and_month_columns_make_a_date(void **state)
{
        static const struct {
                const char *row;
                uint32_t date; /* 0: returned */
        } rows[] = {
                {"2021,5,6,Yelm", 20210506}, {"2021,5,,Yelm", 20210500}, {"2021,,,Yelm", 20210000},
                {"2021,13,,Yelm", 0},        {"2021,2,30,Yelm", 0},      {",5,6,Yelm", 0},
                {"2021,May,,Yelm", 0},       {"2021年,5月,,Yelm", 0},    {"2021,,6,Yelm", 0},
                {"2021,,6th,Yelm", 0},       {"2021,5,6th,Yelm", 0},     {"2021,0,6,Yelm", 0},
        };
        struct qf_programme *programme = programme_of_file("library.yaml", "library", "TRL");
        struct qf_map_file *map = NULL;
        struct temporary temporary;
        char path[128], text[128];
        (void)state;
        temporary_make(&temporary);
        write_file(&temporary, "map.yaml",
                   "columns:\n  - {column: Y, field: year}\n  - {column: M, field: month}\n"
                   "  - {column: D, field: day}\n  - {column: B, field: org}\n",
                   path);
        assert_int_equal(qf_map_load(path, false, &map), 0);
        for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
                struct sums sums;
                (void)snprintf(text, sizeof text, "Y,M,D,B\n%s\n", rows[i].row);
                assert_int_equal(read_by(qf_map_of(map), programme, qf_view_of(text), &sums), 0);
                assert_int_equal(sums.events, rows[i].date ? 1 : 0);
                assert_int_equal(sums.last.event.date, rows[i].date);
        }
        qf_map_free(map);
        qf_programme_free(programme);
}

/* --- lines of JSON -------------------------------------------------------- */

static void json_lines_become_events(void **state)
{
        struct qf_programme *programme = programme_of_file("integrity-123n.yaml", "clerk", "HG");
        struct qf_json_event event;
        (void)state;
        assert_int_equal(
                qf_json_event_read(QF_VIEW("{\"key\":\"A1\",\"date\":\"2023-05-06\",\"org\":\"福州海关\","
                                           "\"content\":[\"PL\",\"党纪法规\"],\"attendances\":120,"
                                           "\"sessions\":2,\"title\":\"示例\",\"start\":\"09:30\"}"),
                                   programme, &event),
                0);
        assert_int_equal(event.event.kind, QF_KIND_ACTIVITY);
        assert_int_equal(event.event.action, QF_CREATE);
        assert_int_equal(event.event.date, 20230506);
        assert_int_equal(event.event.sessions, 2);
        assert_int_equal(event.event.attendances, 120);
        assert_int_equal(event.event.start, 570);
        assert_int_equal(event.values_count, 3);
        assert_true(qf_view_same(event.values[0].member, QF_VIEW("HG")));
        assert_true(qf_view_same(event.values[2].member, QF_VIEW("DL")));
        assert_true(qf_view_same(event.event.words->title, QF_VIEW("示例")));
        qf_json_event_deinit(&event);
        assert_int_equal(
                qf_json_event_read(QF_VIEW("{\"kind\":\"broadcast\",\"key\":\"B1\",\"date\":\"2023-05-06\","
                                           "\"org\":\"HG\",\"start\":570}"),
                                   programme, &event),
                0);
        qf_json_event_deinit(&event);
        assert_int_equal(
                qf_json_event_read(QF_VIEW("{\"kind\":\"broadcast\",\"key\":\"B1\",\"date\":\"2023-05-06\","
                                           "\"org\":\"HG\",\"start\":6030}"),
                                   programme, &event),
                1); /* not half past midnight */
        qf_json_event_deinit(&event);
        static const struct {
                const char *points;
                uint32_t thousandths;
        } points[] = {{"92.1", 92100}, {"59.999", 59999}, {"60.0", 60000}, {"7", 7000}, {"0.001", 1}};
        for (size_t i = 0; i < sizeof points / sizeof points[0]; i++) {
                char line[64];
                (void)snprintf(line, sizeof line, "{\"kind\":\"score\",\"key\":\"S1\",\"points\":%s}",
                               points[i].points);
                assert_int_equal(qf_json_event_read(qf_view_of(line), programme, &event), 0);
                assert_int_equal(event.event.figures[0], points[i].thousandths);
                qf_json_event_deinit(&event);
        }
        assert_int_equal(
                qf_json_event_read(
                        QF_VIEW("{\"kind\":\"tick\",\"key\":\"A1\",\"counter\":\"sign_in\",\"at_ms\":5}"),
                        programme, &event),
                0);
        assert_int_equal(event.event.kind, QF_KIND_TICK);
        assert_int_equal(event.event.amount, 1);
        assert_true(event.event.stated & QF_STATED_AT);
        qf_json_event_deinit(&event);
        assert_int_equal(
                qf_json_event_read(QF_VIEW("{\"kind\":\"attendance\",\"key\":\"A1\",\"attendances\":97,"
                                           "\"method\":\"signed_in\",\"action\":\"replace\",\"revision\":3}"),
                                   NULL, &event),
                0);
        assert_int_equal(event.event.kind, QF_KIND_ATTENDANCE);
        assert_int_equal(event.event.method, QF_SIGNED_IN);
        assert_int_equal(event.event.action, QF_REPLACE);
        assert_int_equal(event.event.revision, 3);
        qf_json_event_deinit(&event);
        qf_programme_free(programme);
}

static void json_line_that_is_wrong_is_returned(void **state)
{
        static const struct {
                const char *line, *code;
        } rows[] = {
                {"", "E120"},
                {"[]", "E120"},
                {"{\"key\":\"a\",\"key\":\"b\"}", "E120"},
                {"{\"kind\":\"picnic\",\"key\":\"a\"}", "E120"},
                {"{\"date\":\"2023-05-06\"}", "E109"},
                {"{\"key\":\"\"}", "E109"},
                {"{\"key\":5}", "E109"},
                {"{\"key\":\"a\",\"date\":\"5.6\"}", "E102"},
                {"{\"key\":\"a\",\"date\":\"2023.1\"}", "E102"},
                {"{\"key\":\"a\",\"date\":20230230}", "E102"},
                {"{\"kind\":\"finding\",\"key\":\"a\",\"date\":\"2023-02\",\"due\":\"2023-06\"}", "E102"},
                {"{\"kind\":\"finding\",\"key\":\"a\",\"due\":\"2023-02-30\"}", "E105"},
                {"{\"key\":\"a\",\"date\":\"2023-02-30\"}", "E105"},
                {"{\"key\":\"a\",\"attendances\":-1}", "E101"},
                {"{\"key\":\"a\",\"attendances\":1.5}", "E101"},
                {"{\"key\":\"a\",\"sessions\":0}", "E101"},
                {"{\"key\":\"a\",\"org\":\"海关福州\"}", "E104"},
                {"{\"key\":\"a\",\"mode\":[\"看书\"]}", "E104"},
                {"{\"key\":\"a\",\"mode\":[7]}", "E120"},
                {"{\"key\":\"a\",\"colour\":\"red\"}", "E120"},
                {"{\"key\":\"a\",\"action\":\"destroy\"}", "E110"},
                {"{\"key\":\"a\",\"action\":3}", "E110"}, /* it was no correction, but a new one */
                {"{\"key\":\"a\",\"method\":true}", "E110"},
                {"{\"kind\":\"score\",\"key\":\"a\",\"points\":\" \"}", "E101"},
                {"{\"kind\":\"score\",\"key\":\"a\",\"points\":59.9996}", "E101"}, /* is not 60 */
                {"{\"kind\":\"score\",\"key\":\"a\",\"points\":-0.0001}", "E101"},
                {"{\"kind\":\"score\",\"key\":\"a\",\"points\":1e300}", "E101"},
                {"{\"kind\":\"broadcast\",\"key\":\"a\",\"views\":120.0001}", "E101"},
                {"{\"key\":\"a\",\"title\":\"a\\u0000b\"}", "E120"},
                {"{\"kind\":\"tick\",\"key\":\"a\",\"amount\":1001}", "E101"},
                {"{\"kind\":\"tick\",\"key\":\"a\",\"org\":\"HG\"}", "E120"},
        };
        struct qf_programme *programme = programme_of_file("integrity-123n.yaml", "clerk", "HG");
        (void)state;
        for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
                struct qf_json_event event;
                print_message("%s\n", rows[i].line);
                assert_int_equal(qf_json_event_read(qf_view_of(rows[i].line), programme, &event), 1);
                assert_string_equal(qf_note_name(&event.note), rows[i].code);
                assert_true(qf_note_returns(&event.note));
                qf_json_event_deinit(&event);
        }
        qf_programme_free(programme);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(library_file_gives_its_published_figures),
                cmocka_unit_test(map_with_everything_is_obeyed),
                cmocka_unit_test(number_in_a_merged_cell_is_of_all_rows_as_a_part_of_a_key),
                cmocka_unit_test(row_without_a_number_is_the_same_in_another_saving),
                cmocka_unit_test(time_behind_a_date_is_a_start),
                cmocka_unit_test(key_is_made_of_what_its_columns_mean),
                cmocka_unit_test(map_with_a_dimension_that_is_none_is_refused),
                cmocka_unit_test(map_that_is_wrong_is_refused),
                cmocka_unit_test(year_and_month_columns_make_a_date),
                cmocka_unit_test(json_lines_become_events),
                cmocka_unit_test(json_line_that_is_wrong_is_returned),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
