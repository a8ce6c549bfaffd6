/* Plain arrays and additions, so that there is nothing here that could be wrong in
 * the same way as what it checks. */
#include "bench/load_truth.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

struct load_cell {
        int64_t activities, attendances;
};

struct load_truth {
        struct load_cell cells[LOAD_MEMBERS + 1][LOAD_MONTHS + 1];
};

struct load_truth *load_truth_new(void)
{
        return calloc(1, sizeof(struct load_truth));
}

void load_truth_free(struct load_truth *truth)
{
        free(truth);
}

static void add(struct load_truth *truth, const struct load_event *event, int64_t activities,
                int64_t attendances)
{
        uint32_t month = event->date / 100 % 100;

        for (unsigned i = 0; i <= LOAD_DIMENSIONS; i++) {
                struct load_cell *cell = &truth->cells[i ? event->member[i - 1] : 0][month];
                cell->activities += activities;
                cell->attendances += attendances;
        }
}

void load_truth_add_activities(struct load_truth *truth, uint64_t count, bool stated)
{
        for (uint64_t number = 0; number < count; number++) {
                struct load_event event = load_make(number);
                add(truth, &event, 1, stated ? event.attendances : 0);
        }
}

void load_truth_add_ticks(struct load_truth *truth, uint64_t count)
{
        for (uint64_t number = 0; number < count; number++) {
                uint32_t amount;
                struct load_event event = load_make(load_ticked(number, &amount));
                add(truth, &event, 0, amount);
        }
}

/* The dimension that a member belongs to, by its number. */
static struct qf_view dimension_of(const struct load_codes *codes, unsigned member)
{
        static const unsigned last[LOAD_DIMENSIONS] = {100, 150, 210, 214, 222, 262, 282, 300};
        unsigned dimension = 0;

        while (last[dimension] < member)
                dimension++;
        return load_dimension(codes, dimension);
}

/* What the picture has for a member's month; zero when there is no cell. */
static struct load_cell held_cell(const struct qf_subscription *subscription, struct qf_view dimension,
                                  struct qf_view member, uint32_t month)
{
        const struct qf_programme *programme = qf_subscription_programme(subscription);
        struct qf_cell_key key = {.period = 20230000 + month * 100};

        if (member.at) {
                key.dimension = qf_programme_find_dimension(programme, dimension);
                key.member = qf_programme_find_member(programme, key.dimension, member);
        }
        const struct qf_cell *cell = qf_picture_find(qf_subscription_picture(subscription), key);
        if (!cell)
                return (struct load_cell){0};
        return (struct load_cell){cell->counts.of[QF_ACTIVITIES], cell->counts.of[QF_ATTENDANCES]};
}

bool load_truth_holds(const struct load_truth *truth, const struct load_codes *codes,
                      const struct qf_subscription *subscription)
{
        for (unsigned member = 0; member <= LOAD_MEMBERS; member++) {
                struct qf_view dimension = member ? dimension_of(codes, member) : QF_VIEW("total");
                struct qf_view code = member ? load_member(codes, member) : (struct qf_view){NULL, 0};
                for (uint32_t month = 1; month <= LOAD_MONTHS; month++) {
                        const struct load_cell *cell = &truth->cells[member][month];
                        struct load_cell held = held_cell(subscription, dimension, code, month);
                        if (held.activities == cell->activities && held.attendances == cell->attendances)
                                continue;
                        fprintf(stderr,
                                "%.*s member %u, month %u: %" PRId64 " activities and %" PRId64
                                " attendances, not %" PRId64 " and %" PRId64 "\n",
                                (int)dimension.len, dimension.at, member, month, held.activities,
                                held.attendances, cell->activities, cell->attendances);
                        return false;
                }
        }
        return true;
}
