/* Three things arrive in one stream and must become visible at one moment: cells
 * (kept by the subscription itself), register events and activities (kept here).
 * Until a version is complete its activities wait, packed; a picture that begins
 * anew gets a table and a log of its own, which take the place of the old ones. */
#include "report/upstream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "programme/admission.h"

enum {
        CREDIT_BYTES = 8 * 1024 * 1024,
        CELLS_MAX = 50 * 1000 * 1000,
        PENDING_KEPT_BYTES = 64 * 1024 * 1024,
        RECEIVE_HWM = 256,
};

/* A packed row: this, its key behind it, and the next where it may lie. */
struct packed {
        uint32_t row, date, sessions, attendances, values_count, partner, key_len;
        struct qf_table_value values[];
};

static size_t packed_bytes(uint32_t values_count, uint32_t key_len)
{
        const size_t align = _Alignof(struct packed);

        return (sizeof(struct packed) + values_count * sizeof(struct qf_table_value) + key_len + align - 1) /
               align * align;
}

static const struct packed *packed_at(const struct qf_buffer *buffer, size_t at)
{
        return (const void *)(buffer->at + at);
}

static bool comes_after(struct qf_member_of a, struct qf_member_of b)
{
        return a.dimension != b.dimension ? a.dimension > b.dimension : a.member > b.member;
}

static void sort_members(struct qf_member_of *members, uint32_t count)
{
        for (uint32_t i = 1; i < count; i++) {
                struct qf_member_of kept = members[i];
                uint32_t at = i;

                for (; at > 0 && comes_after(members[at - 1], kept); at--)
                        members[at] = members[at - 1];
                members[at] = kept;
        }
}

/* Text indices → ids and codes, each name looked up once a frame. A text may name a dimension and members of several. */
struct names {
        const struct qf_programme *programme;
        const struct qf_rows_part *rows;
        struct qf_table *table;
        uint16_t org;
        uint16_t *dimensions; /* by text */
        struct name {
                uint16_t dimension;
                uint32_t member;
                uint32_t code; /* of the set of it alone; 0: not asked yet */
        } * members;           /* by text: the last found */
        struct qf_member_of sorted[QF_VALUES_MAX];
};

static void free_names(struct names *names)
{
        free(names->dimensions);
        free(names->members);
}

static int begin_names(struct names *names)
{
        uint32_t count = names->rows->texts_count;

        names->dimensions = calloc((size_t)count + 1, sizeof(*names->dimensions));
        names->members = calloc((size_t)count + 1, sizeof(*names->members));
        return names->dimensions && names->members ? 0 : -ENOMEM;
}

static inline struct name *find_member(struct names *names, uint16_t dimension, uint32_t text)
{
        struct name *name = &names->members[text];

        if (name->dimension != dimension)
                *name = (struct name){
                        dimension,
                        qf_programme_find_member(names->programme, dimension, names->rows->texts[text]), 0};
        return name->member == QF_MEMBER_UNKNOWN ? NULL : name;
}

/* NULL: not known. */
static inline struct name *find_name(struct names *names, uint32_t value)
{
        const uint32_t text = names->rows->dimension[value];
        uint16_t *dimension = &names->dimensions[text];

        if (*dimension == 0)
                *dimension = qf_programme_find_dimension(names->programme, names->rows->texts[text]);
        if (*dimension == QF_DIMENSION_UNKNOWN || *dimension == QF_DIMENSION_TOTAL)
                return NULL;
        return find_member(names, *dimension, names->rows->member[value]);
}

/* Who fed a row is an organisation of the registers, or nobody that is known here. */
static uint32_t partner_of(struct names *names, uint32_t i)
{
        const struct name *name = find_member(names, names->org, names->rows->partner[i]);

        return name ? name->member : 0;
}

/* Members out of order, or several of one dimension. */
static int pack_sets(struct names *names, uint32_t first, uint32_t count, struct packed *packed)
{
        struct qf_member_of *sorted = names->sorted;

        for (uint32_t k = 0; k < count; k++) {
                const struct name *name = find_name(names, first + k);
                if (!name)
                        return 1;
                sorted[k] = (struct qf_member_of){name->dimension, name->member};
        }
        sort_members(sorted, count);
        packed->values_count = 0;
        for (uint32_t at = 0, next; at < count; at = next) {
                struct qf_table_value *value = &packed->values[packed->values_count++];
                for (next = at + 1; next < count && sorted[next].dimension == sorted[at].dimension;)
                        next++;
                value->dimension = sorted[at].dimension;
                int r = qf_table_code_of(names->table, value->dimension, &sorted[at], next - at,
                                         &value->code);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int code_alone(struct names *names, struct name *name)
{
        const struct qf_member_of member = {name->dimension, name->member};

        return name->code ? 0 : qf_table_code_of(names->table, member.dimension, &member, 1, &name->code);
}

/* Nearly all rows have one member in each dimension, in the order of these. */
static int pack_values(struct names *names, uint32_t first, uint32_t count, struct packed *packed)
{
        for (uint32_t k = 0, last = 0; k < count; k++) {
                struct name *name = find_name(names, first + k);
                if (!name)
                        return 1;
                if (name->dimension <= last)
                        return pack_sets(names, first, count, packed);
                last = name->dimension;
                int r = code_alone(names, name);
                if (r < 0)
                        return r;
                packed->values[k] = (struct qf_table_value){name->dimension, name->code};
        }
        packed->values_count = count;
        return 0;
}

static int pack_mark(struct names *names, struct qf_member_of mark, struct packed *packed)
{
        struct qf_table_value *value = &packed->values[packed->values_count++];

        value->dimension = mark.dimension;
        return qf_table_code_of(names->table, mark.dimension, &mark, 1, &value->code);
}

static int pack_row(struct names *names, uint32_t i, uint32_t first, struct qf_buffer *buffer)
{
        enum { MARKS = 2 };
        const struct qf_rows_part *rows = names->rows;
        const struct qf_view key = rows->key[i];
        const uint32_t mark = rows->mark ? rows->mark[i] : 0, values = rows->values[i];

        if (values > QF_VALUES_MAX)
                return 1;
        int r = qf_buffer_reserve(buffer, packed_bytes(values + MARKS, key.len));
        if (r < 0)
                return r;
        struct packed *packed = (void *)(buffer->at + buffer->len);
        *packed = (struct packed){.row = rows->row[i],
                                  .date = rows->date[i],
                                  .sessions = rows->sessions[i],
                                  .attendances = rows->attendances[i],
                                  .partner = partner_of(names, i),
                                  .key_len = key.len};
        r = pack_values(names, first, values, packed);
        if (r == 0 && mark % QF_MARK_LATE)
                r = pack_mark(names, (struct qf_member_of){QF_TABLE_METHOD, mark % QF_MARK_LATE}, packed);
        if (r == 0 && mark & QF_MARK_LATE)
                r = pack_mark(names, (struct qf_member_of){QF_TABLE_LATE, 1}, packed);
        if (r != 0)
                return r;
        if (key.len)
                memcpy(&packed->values[packed->values_count], key.at, key.len);
        buffer->len += packed_bytes(packed->values_count, key.len);
        return 0;
}

int qf_upstream_pack_rows(const struct qf_programme *programme, const struct qf_rows_part *rows,
                          struct qf_table *table, struct qf_buffer *buffer)
{
        struct names names = {.programme = programme,
                              .rows = rows,
                              .table = table,
                              .org = qf_programme_find_dimension(programme, QF_VIEW("org"))};
        uint32_t first = 0;
        int r = begin_names(&names);

        for (uint32_t i = 0; i < rows->count && r == 0; i++) {
                r = pack_row(&names, i, first, buffer);
                first += rows->values[i];
        }
        free_names(&names);
        return r;
}

static int apply_row(struct qf_table *table, const struct packed *packed)
{
        const struct qf_table_row row = {
                .row = packed->row,
                .date = packed->date,
                .sessions = packed->sessions,
                .attendances = packed->attendances,
                .partner = packed->partner,
                .key = {(const char *)&packed->values[packed->values_count], packed->key_len}};

        return qf_table_put(table, &row, packed->values, packed->values_count);
}

static size_t behind(const struct packed *packed, size_t at)
{
        return at + packed_bytes(packed->values_count, packed->key_len);
}

int qf_upstream_apply_rows(struct qf_table *table, const struct qf_buffer *packed)
{
        int r = 0;

        for (size_t at = 0; at < packed->len && r == 0; at = behind(packed_at(packed, at), at))
                r = apply_row(table, packed_at(packed, at));
        return r;
}

static void give_up_arriving(struct qf_upstream *upstream)
{
        upstream->arriving_table = qf_table_free(upstream->arriving_table);
        upstream->arriving_declared = qf_declared_free(upstream->arriving_declared);
        qf_register_log_deinit(&upstream->arriving_log);
}

static void drop_arriving(struct qf_upstream *upstream)
{
        give_up_arriving(upstream);
        upstream->pending.len = upstream->pending_declared.len = 0;
}

/* Whether what arrives belongs to a picture that begins anew. One that was cut is given up as soon as frames go on
 * from the picture held: its table must not swallow them. */
static bool arrives_anew(struct qf_upstream *upstream)
{
        const struct qf_subscription *subscription = upstream->subscription;

        if (!qf_subscription_rows_follow(subscription) &&
            qf_subscription_arriving(subscription) == qf_subscription_programme(subscription))
                give_up_arriving(upstream);
        return upstream->arriving_table != NULL;
}

static int begins(void *ctx)
{
        struct qf_upstream *upstream = ctx;

        drop_arriving(upstream);
        int r = qf_table_new(&upstream->arriving_table);
        return r < 0 ? r : qf_declared_new(&upstream->arriving_declared);
}

static int registered(void *ctx, struct qf_view event)
{
        struct qf_upstream *upstream = ctx;

        const struct qf_subscription *subscription = upstream->subscription;
        const bool anew = arrives_anew(upstream) &&
                          qf_subscription_arriving(subscription) != qf_subscription_programme(subscription);

        upstream->stamp++;
        return qf_register_log_add(anew ? &upstream->arriving_log : &upstream->log, event);
}

/* Rows of a new picture go straight into its table, which nobody reads yet. */
static int take_rows(void *ctx, const struct qf_rows_part *rows)
{
        struct qf_upstream *upstream = ctx;
        bool anew = arrives_anew(upstream);
        int r = qf_upstream_pack_rows(qf_subscription_arriving(upstream->subscription), rows,
                                      anew ? upstream->arriving_table : upstream->table, &upstream->pending);

        if (r == 0 && anew) {
                r = qf_upstream_apply_rows(upstream->arriving_table, &upstream->pending);
                upstream->pending.len = 0;
        }
        if (r > 0) {
                qf_log(QF_LOG_ERROR, "aggregation names what its registers do not have rows=%u", rows->count);
                return -EBADMSG;
        }
        return r;
}

static int take_declared(void *ctx, const struct qf_declared_row *rows, uint32_t count)
{
        struct qf_upstream *upstream = ctx;
        bool anew = arrives_anew(upstream);
        int r = qf_declared_pack(qf_subscription_arriving(upstream->subscription), rows, count,
                                 &upstream->pending_declared);

        if (r == 0 && anew) {
                r = qf_declared_apply(upstream->arriving_declared, &upstream->pending_declared);
                upstream->pending_declared.len = 0;
        }
        if (r > 0) {
                qf_log(QF_LOG_ERROR, "aggregation names what its registers do not have statements=%u", count);
                return -EBADMSG;
        }
        return r;
}

static void row_changes(void *ctx, uint32_t row)
{
        const struct qf_upstream *upstream = ctx;

        upstream->calls.changes(upstream->calls.ctx, QF_QUERY_OF_ROWS, row);
}

static void statement_changes(void *ctx, uint32_t row)
{
        const struct qf_upstream *upstream = ctx;

        upstream->calls.changes(upstream->calls.ctx, QF_QUERY_OF_STATEMENTS, row);
}

static void cell_changes(void *ctx, const struct qf_cell *cell)
{
        const struct qf_upstream *upstream = ctx;

        upstream->calls.changes(
                upstream->calls.ctx, QF_QUERY_OF_CELLS,
                (uint32_t)qf_picture_number(qf_subscription_picture(upstream->subscription), cell));
}

static void watch(struct qf_upstream *upstream)
{
        qf_table_watch(upstream->table, row_changes, upstream);
        qf_table_watch(upstream->declared->table, statement_changes, upstream);
}

static void replace_log(struct qf_upstream *upstream)
{
        qf_register_log_deinit(&upstream->log);
        upstream->log = upstream->arriving_log;
        upstream->arriving_log = (struct qf_register_log){0};
}

static void replace_tables(struct qf_upstream *upstream)
{
        (void)qf_table_free(upstream->table);
        (void)qf_declared_free(upstream->declared);
        upstream->declared = upstream->arriving_declared;
        upstream->arriving_declared = NULL;
        upstream->table = upstream->arriving_table;
        upstream->arriving_table = NULL;
        watch(upstream);
        upstream->recent = (struct qf_recent){0};
        upstream->stamp++;
}

static uint32_t date_of(const struct qf_table *table, uint32_t row)
{
        const struct qf_table_columns columns = qf_table_columns(table);

        return row < columns.rows ? columns.date[row] : 0;
}

/* Rows are many megabytes: they are read once. What stands before one is applied tells what becomes of it. */
static int apply_pending_rows(struct qf_upstream *upstream, int64_t now_ms)
{
        int r = 0;

        for (size_t at = 0; at < upstream->pending.len && r == 0;) {
                const struct packed *row = packed_at(&upstream->pending, at);
                qf_recent_add(&upstream->recent, now_ms, false, row->row, date_of(upstream->table, row->row),
                              row->date);
                r = apply_row(upstream->table, row);
                at = behind(row, at);
        }
        return r;
}

static int apply_pending_declared(struct qf_upstream *upstream, int64_t now_ms)
{
        uint32_t row, date;

        for (size_t at = 0; qf_declared_packed_next(&upstream->pending_declared, &at, &row, &date);)
                qf_recent_add(&upstream->recent, now_ms, true, row, date_of(upstream->declared->table, row),
                              date);
        return qf_declared_apply(upstream->declared, &upstream->pending_declared);
}

static int apply_pending(struct qf_upstream *upstream)
{
        const int64_t now_ms = qf_clock_wall_ms();
        int r = apply_pending_rows(upstream, now_ms);

        if (r == 0)
                r = apply_pending_declared(upstream, now_ms);
        upstream->pending.len = upstream->pending_declared.len = 0;
        if (upstream->pending.room > PENDING_KEPT_BYTES)
                qf_buffer_deinit(&upstream->pending);
        return r;
}

static int consistent(void *ctx, uint64_t version, bool begun_anew)
{
        struct qf_upstream *upstream = ctx;
        const uint8_t *epoch = qf_subscription_epoch(upstream->subscription);
        const bool rows_follow = qf_subscription_rows_follow(upstream->subscription);
        int r = 0;

        if (begun_anew && upstream->arriving_table) {
                replace_log(upstream);
                upstream->stamp++;
                upstream->begun_anew = true;
                upstream->another_epoch |= memcmp(upstream->epoch, epoch, QF_EPOCH_BYTES) != 0;
                memcpy(upstream->epoch, epoch, QF_EPOCH_BYTES);
        }
        if (!rows_follow && upstream->arriving_table)
                replace_tables(upstream);
        else if (!rows_follow)
                r = apply_pending(upstream);
        upstream->whole = !rows_follow;
        qf_register_log_settle(&upstream->log, version);
        return r;
}

static int pulsed(void *ctx, const struct qf_to_reader *pulse)
{
        const struct qf_upstream *upstream = ctx;
        int r = qf_measured_take(upstream->measured, pulse->ingest);

        return r < 0 ? r : qf_measured_take(upstream->measured, pulse->aggregate);
}

struct qf_upstream *qf_upstream_close(struct qf_upstream *upstream)
{
        if (!upstream)
                return NULL;
        (void)qf_subscription_close(upstream->subscription);
        drop_arriving(upstream);
        (void)qf_table_free(upstream->table);
        (void)qf_declared_free(upstream->declared);
        qf_register_log_deinit(&upstream->log);
        qf_buffer_deinit(&upstream->pending);
        qf_buffer_deinit(&upstream->pending_declared);
        (void)qf_measured_free(upstream->measured);
        free(upstream);
        return NULL;
}

static int open_subscription(struct qf_upstream *upstream, struct qf_context *context, const char *endpoint)
{
        const struct qf_socket_options socket_options = {.type = QF_DEALER, .receive_hwm = RECEIVE_HWM};
        const struct qf_subscription_options options = {
                .want = QF_WANT_CELLS | QF_WANT_ROWS | QF_WANT_REGISTERS | QF_WANT_ROWS_BEHIND,
                .credit_bytes = CREDIT_BYTES,
                .cells_max = CELLS_MAX,
                .calls = {.ctx = upstream,
                          .begins = begins,
                          .registered = registered,
                          .rows = take_rows,
                          .declared = take_declared,
                          .moves = cell_changes,
                          .consistent = consistent,
                          .pulsed = pulsed},
        };
        struct qf_socket *socket = NULL;
        int r = qf_socket_connect(context, &socket_options, endpoint, &socket);

        return r < 0 ? r : qf_subscription_open(&socket, &options, &upstream->subscription);
}

int qf_upstream_open(struct qf_context *context, const char *endpoint, const struct qf_upstream_calls *calls,
                     struct qf_upstream **ret_upstream)
{
        struct qf_upstream *upstream = calloc(1, sizeof(*upstream));
        int r = upstream ? qf_table_new(&upstream->table) : -ENOMEM;

        if (r == 0)
                r = qf_declared_new(&upstream->declared);
        if (r == 0)
                r = qf_measured_new(&upstream->measured);
        if (r == 0) {
                upstream->calls = *calls;
                watch(upstream);
                r = open_subscription(upstream, context, endpoint);
        }
        if (r < 0) {
                (void)qf_upstream_close(upstream);
                return r;
        }
        *ret_upstream = upstream;
        return 0;
}

int qf_upstream_turn(struct qf_upstream *upstream, int64_t mono_ms)
{
        int r = qf_subscription_turn(upstream->subscription, mono_ms);

        if (r == QF_SUBSCRIPTION_DENIED) {
                qf_log(QF_LOG_ERROR, "aggregation refuses the subscription");
                return -EACCES;
        }
        if (r == QF_SUBSCRIPTION_TOO_LARGE) {
                qf_log(QF_LOG_ERROR, "there are more cells than reporting can hold");
                return -E2BIG;
        }
        return r;
}

bool qf_upstream_held(const struct qf_upstream *upstream)
{
        return qf_subscription_held(upstream->subscription);
}

bool qf_upstream_whole(const struct qf_upstream *upstream)
{
        return qf_upstream_held(upstream) && upstream->whole;
}

struct qf_published qf_upstream_published(const struct qf_upstream *upstream)
{
        const struct qf_subscription *subscription = upstream->subscription;
        const struct qf_pulse *pulse = qf_subscription_pulse(subscription);
        struct qf_published now = {
                .programme = qf_subscription_programme(subscription),
                .picture = qf_subscription_picture(subscription),
                .log = &upstream->log,
                .version = qf_subscription_version(subscription),
                .stamp = upstream->stamp,
                .now_ms = qf_admission_now(qf_clock_wall_ms(), pulse->complete_at_ms),
                .catching_up = pulse->catching_up,
        };

        memcpy(now.epoch, upstream->epoch, sizeof(now.epoch));
        return now;
}
