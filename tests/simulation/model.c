/* Why: see model.h. Slow and plain on purpose: a record's contribution is taken out
 * of the cells and put in again, whatever changed. */
#include "simulation/model.h"

#include <stdlib.h>
#include <string.h>

#include "model/kinds.h"
#include "model/statement.h"
#include "simulation/world.h"

enum {
        DIMENSIONS = 24,
        MEMBERS = 32,
        RECORDS = 256 * 2,
        STATED = 16,
        CELLS = 32768,
        CODE = 32,
        KEY = 24,
        METHODS = 6, /* 1 is the best, 5: not stated */
};

struct dimension {
        char code[CODE];
        bool multi, counted;
        uint32_t members;
        char member[MEMBERS][CODE]; /* from 1 on */
};

struct record {
        uint32_t partner;
        char key[KEY];
        bool live, states_attendances;
        uint32_t date, sessions, attendances;
        uint8_t method;
        struct qf_member_of members[STATED];
        uint32_t members_count;
        bool claims[METHODS];
        uint32_t claimed[METHODS];
        int64_t ticks;
        uint64_t tick_events;
        bool by_office, merged; /* who said the last of it; and that it was another record */
};

struct version {
        uint64_t position;
        struct qf_counts counts;
};

struct cell {
        struct qf_cell_key key;
        bool used;
        struct version *versions;
        uint32_t count, room;
};

struct stood {
        uint64_t position;
        bool live;
        uint8_t stated;
        uint32_t date, figures[QF_FIGURES_MAX];
};

struct declared {
        uint32_t partner;
        uint8_t kind;
        char key[KEY];
        struct stood *versions;
        uint32_t count, room;
};

enum { EDITIONS = 24, PARTS = 24 };

struct sim_model {
        struct dimension dimensions[DIMENSIONS + 1]; /* from 1 on */
        uint16_t dimensions_count;
        struct record records[RECORDS];
        uint32_t records_count;
        struct declared declared[RECORDS];
        uint32_t declared_count;
        struct cell cells[CELLS];
        uint32_t used[CELLS];
        uint32_t used_count;
        struct sim_edition editions[EDITIONS];
        uint32_t editions_count;
        struct sim_part parts[PARTS];
        uint32_t parts_count;
};

struct sim_model *sim_model_new(void)
{
        return sim_new(sizeof(struct sim_model));
}

struct sim_model *sim_model_free(struct sim_model *model)
{
        for (uint32_t i = 0; model && i < model->used_count; i++)
                sim_free(model->cells[model->used[i]].versions);
        for (uint32_t i = 0; model && i < model->declared_count; i++)
                sim_free(model->declared[i].versions);
        sim_free(model);
        return NULL;
}

static bool is_text(struct qf_view view, const char *text)
{
        return qf_view_same(view, qf_view_of(text));
}

static void keep_text(struct qf_view view, char *room, size_t size)
{
        QF_ASSERT(view.len < size);
        if (view.len)
                memcpy(room, view.at, view.len);
        room[view.len] = '\0';
}

/* --- cells ------------------------------------------------------------------------------- */

static bool same_key(struct qf_cell_key a, struct qf_cell_key b)
{
        return a.dimension == b.dimension && a.member == b.member && a.period == b.period;
}

static uint32_t place_of(const struct sim_model *model, struct qf_cell_key key)
{
        uint32_t at = (key.dimension * 7919u + key.member * 104729u + key.period * 2654435761u) % CELLS;

        while (model->cells[at].used && !same_key(model->cells[at].key, key))
                at = (at + 1) % CELLS;
        return at;
}

static void add_to_cell(struct sim_model *model, struct qf_cell_key key, const struct qf_counts *counts,
                        int sign, uint64_t position)
{
        uint32_t at = place_of(model, key);
        struct cell *cell = &model->cells[at];

        if (!cell->used) {
                QF_ASSERT(model->used_count < CELLS / 2);
                cell->used = true;
                cell->key = key;
                model->used[model->used_count++] = at;
        }
        if (cell->count == cell->room) {
                cell->room = cell->room ? cell->room * 2 : 16;
                cell->versions = sim_resize(cell->versions, cell->room * sizeof(*cell->versions));
        }
        struct version next = {.position = position};
        if (cell->count > 0)
                next.counts = cell->versions[cell->count - 1].counts;
        for (int i = 0; i < QF_MEASURES; i++)
                next.counts.of[i] += sign * counts->of[i];
        if (cell->count > 0 && cell->versions[cell->count - 1].position == position)
                cell->count--;
        cell->versions[cell->count++] = next;
}

static struct qf_counts at_version(const struct cell *cell, uint64_t version)
{
        uint32_t low = 0, high = cell->count;

        while (low < high) {
                uint32_t middle = (low + high) / 2;
                if (cell->versions[middle].position <= version)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low ? cell->versions[low - 1].counts : (struct qf_counts){{0}};
}

bool sim_counts_are_zero(const struct qf_counts *counts)
{
        static const struct qf_counts zero;

        return memcmp(counts, &zero, sizeof(zero)) == 0;
}

struct qf_counts sim_model_at(const struct sim_model *model, struct qf_cell_key key, uint64_t version)
{
        return at_version(&model->cells[place_of(model, key)], version);
}

bool sim_model_cell(const struct sim_model *model, uint32_t i, uint64_t version, struct qf_cell_key *ret_key,
                    struct qf_counts *ret_counts)
{
        if (i >= model->used_count)
                return false;
        *ret_key = model->cells[model->used[i]].key;
        *ret_counts = at_version(&model->cells[model->used[i]], version);
        return true;
}

uint32_t sim_model_cells(const struct sim_model *model, uint16_t dimension, uint64_t version)
{
        static const struct qf_counts zero;
        uint32_t count = 0;

        for (uint32_t i = 0; i < model->used_count; i++) {
                const struct cell *cell = &model->cells[model->used[i]];
                struct qf_counts counts = at_version(cell, version);
                if ((dimension == UINT16_MAX || cell->key.dimension == dimension) &&
                    memcmp(&counts, &zero, sizeof(zero)) != 0)
                        count++;
        }
        return count;
}

/* --- what a record counts ------------------------------------------------------------------ */

static bool best_claim(const struct record *record, int64_t *ret_attendances)
{
        for (int rank = 1; rank < METHODS; rank++) {
                if (record->claims[rank]) {
                        *ret_attendances = record->claimed[rank];
                        return true;
                }
                if (record->states_attendances && record->method == rank) {
                        *ret_attendances = record->attendances;
                        return true;
                }
        }
        *ret_attendances = record->ticks;
        return record->tick_events > 0;
}

static void count_members(struct sim_model *model, const struct record *record, uint16_t dimension,
                          uint32_t period, const struct qf_counts *counts, int sign, uint64_t position)
{
        bool stated = false;

        for (uint32_t i = 0; i < record->members_count; i++) {
                if (record->members[i].dimension != dimension)
                        continue;
                stated = true;
                add_to_cell(model, (struct qf_cell_key){dimension, record->members[i].member, period}, counts,
                            sign, position);
        }
        if (!stated)
                add_to_cell(model, (struct qf_cell_key){dimension, 0, period}, counts, sign, position);
}

static struct qf_counts worth_of(const struct record *record)
{
        struct qf_counts counts = {{1, record->sessions, 0, 0, 0}};

        if (!best_claim(record, &counts.of[QF_ATTENDANCES])) {
                counts.of[QF_RECORDS_UNKNOWN] = 1;
                counts.of[QF_ACTIVITIES_UNKNOWN] = record->sessions;
        }
        return counts;
}

/* Of one dimension; 0 is the total. */
static void count_record(struct sim_model *model, const struct record *record, uint16_t dimension, int sign,
                         uint64_t position)
{
        uint32_t month = record->date / 100 % 100 ? record->date / 100 * 100 : record->date;

        if (!record->live)
                return;
        const struct qf_counts counts = worth_of(record);
        count_members(model, record, dimension, record->date, &counts, sign, position);
        if (month != record->date)
                count_members(model, record, dimension, month, &counts, sign, position);
}

static void count_everywhere(struct sim_model *model, const struct record *record, int sign,
                             uint64_t position)
{
        for (uint16_t i = 0; i <= model->dimensions_count; i++)
                if (i == 0 || model->dimensions[i].counted)
                        count_record(model, record, i, sign, position);
}

/* --- registers --------------------------------------------------------------------------------- */

static uint16_t find_dimension(const struct sim_model *model, struct qf_view code)
{
        for (uint16_t i = 1; i <= model->dimensions_count; i++)
                if (is_text(code, model->dimensions[i].code))
                        return i;
        return UINT16_MAX;
}

uint16_t sim_model_dimension(const struct sim_model *model, const char *code)
{
        return find_dimension(model, qf_view_of(code));
}

bool sim_model_is_single(const struct sim_model *model, uint16_t dimension)
{
        return dimension != 0 && dimension <= model->dimensions_count &&
               !model->dimensions[dimension].multi && model->dimensions[dimension].counted;
}

static uint32_t find_member(const struct dimension *dimension, struct qf_view code)
{
        for (uint32_t i = 1; i <= dimension->members; i++)
                if (is_text(code, dimension->member[i]))
                        return i;
        return 0;
}

uint32_t sim_model_member(const struct sim_model *model, uint16_t dimension, struct qf_view code)
{
        uint32_t member = code.len ? find_member(&model->dimensions[dimension], code) : 0;

        return code.len && member == 0 ? UINT32_MAX : member;
}

static void take_dimension(struct sim_model *model, const struct qf_register *about, uint64_t position)
{
        uint16_t known = find_dimension(model, about->code);

        if (known != UINT16_MAX) {
                model->dimensions[known].multi = about->multi;
                return;
        }
        QF_ASSERT(model->dimensions_count < DIMENSIONS);
        struct dimension *dimension = &model->dimensions[++model->dimensions_count];
        keep_text(about->code, dimension->code, sizeof(dimension->code));
        dimension->multi = about->multi;
        dimension->counted = about->groups.len == 0;
        for (uint32_t i = 0; dimension->counted && i < model->records_count; i++)
                count_record(model, &model->records[i], model->dimensions_count, 1, position);
}

static void take_member(struct sim_model *model, const struct qf_register *about)
{
        struct dimension *dimension = &model->dimensions[find_dimension(model, about->dimension)];

        if (find_member(dimension, about->code) == 0) {
                QF_ASSERT(dimension->members + 1 < MEMBERS);
                keep_text(about->code, dimension->member[++dimension->members], CODE);
        }
}

/* --- statements ---------------------------------------------------------------------------------- */

static struct record *record_of(struct sim_model *model, uint32_t partner, struct qf_view key)
{
        for (uint32_t i = 0; i < model->records_count; i++)
                if (model->records[i].partner == partner && is_text(key, model->records[i].key))
                        return &model->records[i];
        QF_ASSERT(model->records_count < RECORDS);
        struct record *record = &model->records[model->records_count++];
        record->partner = partner;
        keep_text(key, record->key, sizeof(record->key));
        return record;
}

static void state_members(const struct sim_model *model, struct record *record, const struct qf_batch *batch,
                          const struct qf_event *event)
{
        record->members_count = 0;
        for (uint32_t i = 0; i < event->values_count; i++) {
                const struct qf_value *value = &batch->values[event->values_first + i];
                uint16_t dimension = find_dimension(model, batch->dimensions[value->dimension_at]);
                uint32_t member = find_member(&model->dimensions[dimension], batch->texts[value->member_at]);
                bool known = false;
                for (uint32_t j = 0; j < record->members_count; j++)
                        known |= record->members[j].dimension == dimension &&
                                 record->members[j].member == member;
                QF_ASSERT(record->members_count < STATED);
                if (!known)
                        record->members[record->members_count++] = (struct qf_member_of){dimension, member};
        }
}

static uint8_t rank_of(uint8_t method)
{
        return method == QF_METHOD_NONE ? METHODS - 1 : method;
}

static void state(struct sim_model *model, struct record *record, const struct qf_batch *batch,
                  const struct qf_event *event)
{
        uint8_t rank = rank_of(event->method);
        bool withdraws = event->action == QF_WITHDRAW, states = event->stated & QF_STATED_ATTENDANCES;
        bool office = batch->partner.len > 0;

        switch (event->kind) {
        case QF_KIND_ACTIVITY:
                if (office)
                        SIM_PROBE("office spoke for a partner");
                if (office && withdraws && event->merged_into.len)
                        SIM_PROBE("record merged away");
                if (office && record->merged && !withdraws)
                        SIM_PROBE("merge taken back by the office");
                if (!office && record->by_office)
                        SIM_PROBE("partner corrected what the office said");
                record->by_office = office;
                record->merged = office && withdraws && event->merged_into.len > 0;
                record->live = !withdraws;
                record->date = event->date;
                record->sessions = event->sessions;
                record->states_attendances = states && !withdraws;
                record->attendances = event->attendances;
                record->method = rank;
                state_members(model, record, batch, event);
                break;
        case QF_KIND_ATTENDANCE:
                record->claims[rank] = states && !withdraws;
                record->claimed[rank] = event->attendances;
                break;
        case QF_KIND_TICK:
                record->ticks += event->amount;
                record->tick_events++;
                break;
        default: break;
        }
}

/* --- declared kinds --------------------------------------------------------------------------------- */

static struct declared *find_declared(const struct sim_model *model, uint32_t partner, uint8_t kind,
                                      struct qf_view key)
{
        for (uint32_t i = 0; i < model->declared_count; i++) {
                const struct declared *declared = &model->declared[i];
                if (declared->partner == partner && declared->kind == kind && is_text(key, declared->key))
                        return (struct declared *)(uintptr_t)declared;
        }
        return NULL;
}

/* A withdrawal says nothing but that it stands no more. */
static void take_declared(struct sim_model *model, const struct qf_event *event, uint32_t partner,
                          uint64_t position)
{
        struct declared *declared = find_declared(model, partner, event->kind, event->key);

        if (!declared) {
                QF_ASSERT(model->declared_count < RECORDS);
                declared = &model->declared[model->declared_count++];
                declared->partner = partner;
                declared->kind = event->kind;
                keep_text(event->key, declared->key, sizeof(declared->key));
        }
        if (declared->count == declared->room) {
                declared->room = declared->room ? declared->room * 2 : 8;
                declared->versions =
                        sim_resize(declared->versions, declared->room * sizeof(*declared->versions));
        }
        struct stood next = declared->count ? declared->versions[declared->count - 1] : (struct stood){0};
        next.position = position;
        next.live = event->action != QF_WITHDRAW;
        if (next.live) {
                next.stated = event->stated;
                next.date = event->date;
                memcpy(next.figures, event->figures, sizeof(next.figures));
        }
        declared->versions[declared->count++] = next;
}

static const struct stood *stood_at(const struct declared *declared, uint64_t version)
{
        uint32_t at = declared->count;

        while (at > 0 && declared->versions[at - 1].position > version)
                at--;
        return at ? &declared->versions[at - 1] : NULL;
}

bool sim_model_stands(const struct sim_model *model, struct qf_view key, const struct qf_standing *standing,
                      uint64_t version)
{
        const struct declared *declared =
                find_declared(model, standing->partner, standing->kind, qf_standing_key_plain(key));
        const struct stood *stood = declared ? stood_at(declared, version) : NULL;

        return stood && stood->live == (standing->state == QF_HEAD_LIVE) && stood->date == standing->date &&
               stood->stated == standing->stated &&
               memcmp(stood->figures, standing->figures, sizeof(stood->figures)) == 0;
}

uint32_t sim_model_declared(const struct sim_model *model, uint32_t partner, uint64_t version)
{
        uint32_t count = 0;

        for (uint32_t i = 0; i < model->declared_count; i++)
                count += model->declared[i].partner == partner && stood_at(&model->declared[i], version);
        return count;
}

/* --- editions ---------------------------------------------------------------------------------------- */

/* In this world nothing stands below "district" but the organisations, and it has no records of its own. */
static bool holds(const struct sim_model *model, const struct sim_edition *edition,
                  const struct record *record)
{
        uint32_t year = record->date / 10000 * 100, month = record->date / 100 % 100;
        uint16_t org = find_dimension(model, QF_VIEW("org"));

        if (!record->live || year + (month ? month : 1) < edition->first ||
            year + (month ? month : 12) > edition->last)
                return false;
        for (uint32_t i = 0; i < record->members_count; i++)
                if (record->members[i].dimension == org &&
                    strcmp(model->dimensions[org].member[record->members[i].member], edition->scope) == 0)
                        return true;
        return edition->scope[0] == '\0' || strcmp(edition->scope, "district") == 0;
}

static struct qf_counts *total_of(struct sim_edition *edition, uint32_t period)
{
        uint32_t i = 0;

        while (i < edition->totals_count && edition->totals[i].period != period)
                i++;
        QF_ASSERT(i < SIM_EDITION_PERIODS);
        if (i == edition->totals_count)
                edition->totals[edition->totals_count++].period = period;
        return &edition->totals[i].counts;
}

/* What stands now, in the middle of a record of the journal. */
static void close_period(struct sim_model *model, const struct qf_edition_said *said, uint64_t position)
{
        QF_ASSERT(model->editions_count < EDITIONS);
        struct sim_edition *edition = &model->editions[model->editions_count++];

        if (model->editions_count > 1 && edition[-1].position == position)
                SIM_PROBE("two closes in one record");
        *edition = (struct sim_edition){
                .position = position, .first = said->first, .last = said->last, .number = said->number};
        keep_text(said->scope, edition->scope, sizeof(edition->scope));
        for (uint32_t i = 0; i < model->records_count; i++) {
                const struct record *record = &model->records[i];
                if (!holds(model, edition, record))
                        continue;
                struct qf_counts worth = worth_of(record);
                QF_ASSERT(qf_counts_add(total_of(edition, record->date / 100 * 100), &worth, 1));
        }
}

static uint32_t edition_of(const struct sim_model *model, const struct qf_edition_said *said)
{
        uint32_t id = 0;

        while (id < model->editions_count &&
               (!is_text(said->scope, model->editions[id].scope) ||
                model->editions[id].first != said->first || model->editions[id].last != said->last ||
                model->editions[id].number != said->number))
                id++;
        return id + 1;
}

static void take_part(struct sim_model *model, const struct qf_edition_said *said, uint64_t position)
{
        QF_ASSERT(model->parts_count < PARTS);
        struct sim_part *part = &model->parts[model->parts_count++];

        *part = (struct sim_part){
                .position = position, .edition = edition_of(model, said), .part = said->part};
        keep_text(said->file, part->file, sizeof(part->file));
        keep_text(said->data, part->data, sizeof(part->data));
}

const struct sim_edition *sim_model_edition(const struct sim_model *model, uint32_t id, uint64_t version)
{
        return id >= 1 && id <= model->editions_count && model->editions[id - 1].position <= version
                       ? &model->editions[id - 1]
                       : NULL;
}

const struct sim_part *sim_model_part(const struct sim_model *model, uint32_t i, uint64_t version)
{
        return i < model->parts_count && model->parts[i].position <= version ? &model->parts[i] : NULL;
}

void sim_model_take(struct sim_model *model, const struct qf_batch *batch, const struct qf_event *event,
                    struct qf_verdict verdict, uint32_t partner, uint64_t position)
{
        if (!qf_verdict_counts(verdict))
                return;
        if (event->kind == QF_KIND_DIMENSION) {
                take_dimension(model, event->registered, position);
        } else if (event->kind == QF_KIND_MEMBER) {
                take_member(model, event->registered);
        } else if (event->kind == QF_KIND_PERIOD_CLOSE || event->kind == QF_KIND_EDITION_PART) {
                const struct qf_edition_said said = qf_edition_said(event);
                if (event->kind == QF_KIND_PERIOD_CLOSE)
                        close_period(model, &said, position);
                else
                        take_part(model, &said, position);
        } else if (qf_kind_is_declared(event->kind)) {
                take_declared(model, event, partner, position);
        } else if (event->kind < QF_KIND_SETTING) {
                struct record *record = record_of(model, partner, event->key);
                count_everywhere(model, record, -1, position);
                state(model, record, batch, event);
                count_everywhere(model, record, 1, position);
        }
}
