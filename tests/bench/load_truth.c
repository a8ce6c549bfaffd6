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

bool load_truth_holds(const struct load_truth *truth, const struct load_codes *codes,
                      const struct qf_subscription *subscription)
{
        for (unsigned member = 0; member <= LOAD_MEMBERS; member++) {
                struct qf_view dimension = member ? dimension_of(codes, member) : QF_VIEW("total");
                struct qf_view code = member ? load_member(codes, member) : QF_VIEW("all");
                for (uint32_t month = 1; month <= LOAD_MONTHS; month++) {
                        const struct load_cell *cell = &truth->cells[member][month];
                        struct qf_counts counts = {0};
                        uint32_t first = 20230001 + month * 100;
                        bool known = qf_subscription_sum(subscription, dimension, code, first, first + 30,
                                                         &counts);
                        if (known && counts.of[QF_ACTIVITIES] == cell->activities &&
                            counts.of[QF_ATTENDANCES] == cell->attendances)
                                continue;
                        fprintf(stderr,
                                "%.*s/%.*s, month %u: %" PRId64 " activities and %" PRId64
                                " attendances, not %" PRId64 " and %" PRId64 "\n",
                                (int)dimension.len, dimension.at, (int)code.len, code.at, month,
                                counts.of[QF_ACTIVITIES], counts.of[QF_ATTENDANCES], cell->activities,
                                cell->attendances);
                        return false;
                }
        }
        return true;
}
