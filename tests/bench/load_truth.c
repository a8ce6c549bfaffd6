/* Plain arrays and additions, so that there is nothing here that could be wrong in
 * the same way as what it checks. */
#include "bench/load_truth.h"

#include <inttypes.h>
#include <stdlib.h>

struct load_cell {
        int64_t activities, attendances;
};

struct load_truth {
        const struct load_shape *shape;
        struct load_cell cells[LOAD_MEMBERS_MAX + 1][LOAD_YEARS_MAX][LOAD_MONTHS + 1];
};

void load_truth_free(struct load_truth *truth)
{
        free(truth);
}

static void add(struct load_truth *truth, const struct load_event *event, int64_t activities,
                int64_t attendances)
{
        uint32_t year = LOAD_LAST_YEAR - event->date / 10000, month = event->date / 100 % 100;

        for (unsigned i = 0; i <= truth->shape->dimensions; i++) {
                struct load_cell *cell = &truth->cells[i ? event->member[i - 1] : 0][year][month];
                cell->activities += activities;
                cell->attendances += attendances;
        }
}

static void add_ticks(struct load_truth *truth, uint64_t count)
{
        for (uint64_t number = 0; number < LOAD_TICKED; number++) {
                struct load_event event = load_make(truth->shape, number);
                add(truth, &event, 1, 0);
        }
        for (uint64_t number = 0; number < count; number++) {
                uint32_t amount;
                struct load_event event = load_make(truth->shape, load_ticked(number, &amount));
                add(truth, &event, 0, amount);
        }
}

/* Which event each activity stands as. */
static bool add_statements(struct load_truth *truth, enum load_workload workload, uint64_t count)
{
        uint64_t *stands = workload == LOAD_CORRECTED ? calloc(count + 1, sizeof *stands) : NULL;

        if (workload == LOAD_CORRECTED && !stands)
                return false;
        for (uint64_t number = 0; number < count; number++) {
                struct load_event event = load_make(truth->shape, number);
                uint64_t stated = load_stated(workload, number);
                if (stated != number) {
                        struct load_event before = load_make(truth->shape, stands[stated]);
                        add(truth, &before, -1, -(int64_t)before.attendances);
                }
                if (stands)
                        stands[stated] = number;
                add(truth, &event, 1, event.attendances);
        }
        free(stands);
        return true;
}

struct load_truth *load_truth_new(const struct load_shape *shape, enum load_workload workload,
                                  uint64_t events)
{
        struct load_truth *truth = calloc(1, sizeof *truth);

        if (!truth)
                return NULL;
        truth->shape = shape;
        if (workload == LOAD_TICKS) {
                add_ticks(truth, events);
        } else if (!add_statements(truth, workload, events)) {
                free(truth);
                return NULL;
        }
        return truth;
}

/* The dimension that a member belongs to, by its number. */
static struct qf_view dimension_of(const struct load_shape *shape, unsigned member)
{
        unsigned dimension = 0;

        while (shape->last[dimension] < member)
                dimension++;
        return shape->dimension[dimension];
}

/* What the picture has for a member's month; zero when there is no cell. */
static struct load_cell held_cell(const struct qf_subscription *subscription, struct qf_view dimension,
                                  struct qf_view member, uint32_t period)
{
        const struct qf_programme *programme = qf_subscription_programme(subscription);
        struct qf_cell_key key = {.period = period};

        if (member.at) {
                key.dimension = qf_programme_find_dimension(programme, dimension);
                key.member = qf_programme_find_member(programme, key.dimension, member);
        }
        const struct qf_cell *cell = qf_picture_find(qf_subscription_picture(subscription), key);
        if (!cell)
                return (struct load_cell){0};
        return (struct load_cell){cell->counts.of[QF_ACTIVITIES], cell->counts.of[QF_ATTENDANCES]};
}

static bool member_holds(const struct load_truth *truth, unsigned member,
                         const struct qf_subscription *subscription)
{
        const struct load_shape *shape = truth->shape;
        struct qf_view dimension = member ? dimension_of(shape, member) : QF_VIEW("total");
        struct qf_view code = member ? shape->member[member] : (struct qf_view){NULL, 0};

        for (uint32_t i = 0; i < shape->years * LOAD_MONTHS; i++) {
                uint32_t year = i / LOAD_MONTHS, month = 1 + i % LOAD_MONTHS;
                uint32_t period = (LOAD_LAST_YEAR - year) * 10000 + month * 100;
                const struct load_cell *cell = &truth->cells[member][year][month];
                struct load_cell held = held_cell(subscription, dimension, code, period);
                if (held.activities == cell->activities && held.attendances == cell->attendances)
                        continue;
                fprintf(stderr,
                        "%.*s %.*s, %u: %" PRId64 " activities and %" PRId64 " attendances, not %" PRId64
                        " and %" PRId64 "\n",
                        (int)dimension.len, dimension.at, (int)code.len, code.at ? code.at : "", period,
                        held.activities, held.attendances, cell->activities, cell->attendances);
                return false;
        }
        return true;
}

bool load_truth_holds(const struct load_truth *truth, const struct qf_subscription *subscription)
{
        for (unsigned member = 0; member <= load_members(truth->shape); member++)
                if (!member_holds(truth, member, subscription))
                        return false;
        return true;
}

int load_table_print(const struct load_shape *shape, uint64_t events, unsigned rows, unsigned columns,
                     unsigned filter, FILE *file)
{
        size_t width = load_members(shape) + 1;
        struct load_cell *cells = calloc(width * width, sizeof *cells);

        if (!cells)
                return 1;
        for (uint64_t number = 0; number < events; number++) {
                struct load_event event = load_make(shape, number);
                bool kept = false;
                for (unsigned i = 0; i < shape->dimensions; i++)
                        kept |= event.member[i] == filter;
                struct load_cell *cell = &cells[event.member[rows] * width + event.member[columns]];
                cell->activities += kept;
                cell->attendances += kept ? event.attendances : 0;
        }
        for (size_t i = 0; i < width * width; i++)
                if (cells[i].activities)
                        fprintf(file,
                                "{\"members\":[\"%.*s\",\"%.*s\"],\"activities\":%" PRId64
                                ",\"attendances\":%" PRId64 "}\n",
                                (int)shape->member[i / width].len, shape->member[i / width].at,
                                (int)shape->member[i % width].len, shape->member[i % width].at,
                                cells[i].activities, cells[i].attendances);
        free(cells);
        return 0;
}
