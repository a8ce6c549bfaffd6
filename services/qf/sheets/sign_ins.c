/* Why: a sign-in page exports names and telephone numbers, and the programme wants
 * two integers. A number is only ever compared, so what is kept of it is a digest
 * under a key that is drawn for this run and never written. */
#include "qf/sheets/sign_ins.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/random.h"
#include "model/personal.h"
#include "qf/sheets/feed_fill.h"
#include "qf/sheets/feed_map.h"
#include "qf/sheets/feed_ordinals.h"

enum { KEY_BYTES = 32 };

struct qf_sign_ins {
        uint8_t key[KEY_BYTES];
        struct qf_sha256 *sha;
        struct qf_ordinals *people, *activities;
        struct qf_buffer counts; /* struct qf_signed */
};

#define HEADERS(...) ((const char *const[]){__VA_ARGS__, NULL})

static const struct qf_map_column columns[] = {
        {.headers = HEADERS("手机号", "phone", "手机", "手机号码", "联系电话", "电话", "联系方式", "mobile"),
         .field = QF_FIELD_PHONE,
         .optional = true},
        {.headers = HEADERS("姓名", "name", "签到人", "人员", "参加人"),
         .field = QF_FIELD_PERSON,
         .optional = true},
        {.headers = HEADERS("签到时间", "signed_at", "时间", "签到日期", "扫码时间", "time"),
         .field = QF_FIELD_DATE,
         .optional = true},
        {.headers = HEADERS("活动编号", "activity_no", "台账号"), .field = QF_FIELD_KEY, .optional = true},
};

static const struct qf_map map = {.columns_count = sizeof(columns) / sizeof(columns[0]), .columns = columns};

int qf_sign_ins_new(struct qf_sign_ins **ret_sign_ins)
{
        struct qf_sign_ins *sign_ins = calloc(1, sizeof(*sign_ins));
        if (!sign_ins)
                return -ENOMEM;
        qf_random(sign_ins->key, sizeof(sign_ins->key));
        int result = qf_sha256_new(&sign_ins->sha);
        if (result == 0)
                result = qf_ordinals_new(&sign_ins->people);
        if (result == 0)
                result = qf_ordinals_new(&sign_ins->activities);
        if (result) {
                qf_sign_ins_free(sign_ins);
                return result;
        }
        *ret_sign_ins = sign_ins;
        return 0;
}

struct qf_sign_ins *qf_sign_ins_free(struct qf_sign_ins *sign_ins)
{
        if (sign_ins) {
                qf_sha256_free(sign_ins->sha);
                qf_ordinals_free(sign_ins->people);
                qf_ordinals_free(sign_ins->activities);
                qf_buffer_deinit(&sign_ins->counts);
                explicit_bzero(sign_ins->key, sizeof(sign_ins->key));
                free(sign_ins);
        }
        return NULL;
}

const struct qf_signed *qf_sign_ins_counts(const struct qf_sign_ins *sign_ins, uint32_t *ret_count)
{
        *ret_count = (uint32_t)(sign_ins->counts.len / sizeof(struct qf_signed));
        return (const struct qf_signed *)(const void *)sign_ins->counts.at;
}

/* --- rows ----------------------------------------------------------------- */

/* The activity of a number, made when it is new. */
static int find_count(struct qf_sign_ins *sign_ins, struct qf_view key, struct qf_signed **ret_count)
{
        const struct qf_signed fresh = {.key = key};
        struct qf_ordinal ordinal;
        uint8_t hash[QF_SHA256_BYTES];
        qf_sha256_begin(sign_ins->sha);
        qf_sha256_add(sign_ins->sha, key.at, key.len);
        qf_sha256_end(sign_ins->sha, hash);
        int result = qf_ordinals_next(sign_ins->activities, hash,
                                      (uint32_t)(sign_ins->counts.len / sizeof(fresh)), &ordinal);
        if (result == 0 && ordinal.seen == 1)
                result = qf_buffer_append(&sign_ins->counts, &fresh, sizeof(fresh));
        if (result == 0)
                *ret_count = (struct qf_signed *)(void *)sign_ins->counts.at + ordinal.first;
        return result;
}

/* One person once in each activity. */
static int take_phone(struct qf_sign_ins *sign_ins, struct qf_view phone, struct qf_signed *count)
{
        char digits[QF_MOBILE_DIGITS];
        uint8_t hash[QF_SHA256_BYTES];
        struct qf_ordinal ordinal;
        if (!qf_personal_mobile(phone, digits)) {
                count->no_phone++;
                return 0;
        }
        qf_sha256_begin(sign_ins->sha);
        qf_sha256_add(sign_ins->sha, sign_ins->key, sizeof(sign_ins->key));
        qf_sha256_add(sign_ins->sha, digits, sizeof(digits));
        qf_sha256_add(sign_ins->sha, count->key.at, count->key.len);
        qf_sha256_end(sign_ins->sha, hash);
        int result = qf_ordinals_next(sign_ins->people, hash, 0, &ordinal);
        count->phones += result == 0 && ordinal.seen == 1;
        explicit_bzero(digits, sizeof(digits));
        return result;
}

static void take_date(const struct qf_grid *grid, struct qf_view cell, struct qf_signed *count)
{
        uint32_t date = 0;
        if (count->days || qf_grid_date_is_twofold(grid, cell) || qf_cell_date(cell, QF_ORDER_YMD, &date) ||
            date % 100 == 0)
                return;
        count->days = count->date != 0 && count->date != date;
        count->date = count->days ? 0 : date;
}

static struct qf_view cell_of(const struct qf_grid *grid, const struct qf_binding *binding, uint32_t row,
                              enum qf_field field)
{
        int32_t column = binding->by_field[field];
        return column < 0 ? QF_VIEW("") : qf_grid_cell(grid, row, (uint32_t)column);
}

/* With what a merged cell above holds: the activity, the day. */
static struct qf_view filled(const struct qf_fill *fill, enum qf_field field)
{
        int32_t column = fill->binding->by_field[field];
        enum qf_fill_how how;
        return column < 0 ? QF_VIEW("") : qf_fill_cell(fill, (uint32_t)column, &how);
}

static bool is_header_of(const struct qf_grid *grid, const struct qf_binding *binding, struct qf_view cell,
                         enum qf_field field)
{
        return cell.len > 0 && qf_cell_same(cell, qf_map_header(grid, binding->header_row,
                                                                (uint32_t)binding->by_field[field]));
}

/* 填表人：张三, and neither a number nor a time. */
static bool is_footer(struct qf_view first, struct qf_view phone, struct qf_view when)
{
        char digits[QF_MOBILE_DIGITS];
        uint32_t date;
        bool is_person = qf_personal_mobile(phone, digits) || qf_cell_date(when, QF_ORDER_YMD, &date) == 0;
        explicit_bzero(digits, sizeof(digits));
        return !is_person && qf_cell_is_label(first);
}

/* What is remarked of a row that is counted. */
static int take_remarks(const struct qf_grid *grid, uint32_t row, uint32_t *next, struct qf_notes_list *notes)
{
        uint32_t count;
        const struct qf_grid_remark *remarks = qf_grid_remarks(grid, &count);
        bool hidden = false, swallowed = false;
        for (; *next < count && remarks[*next].row <= row; ++*next) {
                hidden |= remarks[*next].row == row && remarks[*next].mark == QF_MARK_HIDDEN;
                swallowed |= remarks[*next].row == row && remarks[*next].mark == QF_MARK_SWALLOWED;
        }
        struct qf_note note = {.code = QF_NOTE_HIDDEN, .line = row + 1};
        int result = hidden ? qf_notes_list_add(notes, &note) : 0;
        note.code = QF_NOTE_SWALLOWED;
        return result == 0 && swallowed ? qf_notes_list_add(notes, &note) : result;
}

/* A line with a serial number and nobody's name is a line that nobody signed. */
static int add_row(struct qf_sign_ins *sign_ins, const struct qf_fill *fill, uint32_t *next_remark,
                   struct qf_notes_list *notes)
{
        const struct qf_grid *grid = fill->grid;
        const struct qf_binding *binding = fill->binding;
        const uint32_t row = fill->row;
        struct qf_view phone = cell_of(grid, binding, row, QF_FIELD_PHONE);
        struct qf_view person = cell_of(grid, binding, row, QF_FIELD_PERSON);
        struct qf_view when = cell_of(grid, binding, row, QF_FIELD_DATE);
        struct qf_signed *count = NULL;
        uint32_t column;
        struct qf_view first = qf_grid_first_text(grid, row, &column);
        if ((phone.len == 0 && person.len == 0 && when.len == 0) ||
            is_header_of(grid, binding, phone, QF_FIELD_PHONE) ||
            is_header_of(grid, binding, person, QF_FIELD_PERSON) || qf_cell_total(first) != QF_TOTAL_NONE ||
            qf_cell_total(person) != QF_TOTAL_NONE)
                return 0;
        if (is_footer(first, phone, when)) {
                const struct qf_note note = {.code = QF_NOTE_NO_RECORD, .line = row + 1};
                return qf_notes_list_add(notes, &note);
        }
        int result = find_count(sign_ins, filled(fill, QF_FIELD_KEY), &count);
        if (result == 0)
                result = take_remarks(grid, row, next_remark, notes);
        if (result)
                return result;
        count->sign_ins++;
        take_date(grid, filled(fill, QF_FIELD_DATE), count);
        return take_phone(sign_ins, phone, count);
}

int qf_sign_ins_add(struct qf_sign_ins *sign_ins, const struct qf_grid *grid, struct qf_notes_list *notes)
{
        struct qf_binding binding = {0};
        struct qf_fill fill = {0};
        struct qf_view missing, near;
        uint32_t next_remark = 0;
        int result = qf_map_bind(&map, grid, NULL, &binding, &missing, &near);
        if (result == 0 && binding.by_field[QF_FIELD_PHONE] < 0 && binding.by_field[QF_FIELD_PERSON] < 0)
                result = QF_BIND_NO_HEADER;
        if (result == 0)
                result = qf_fill_init(&fill, grid, &binding);
        for (uint32_t row = binding.header_row + 1; result == 0 && row < qf_grid_rows(grid); row++) {
                qf_fill_row(&fill, row);
                result = add_row(sign_ins, &fill, &next_remark, notes);
        }
        qf_fill_deinit(&fill);
        qf_binding_deinit(&binding);
        return result > 0 ? QF_SIGN_INS_NO_HEADER : result;
}
