/* The counting rules once more, written from PROTOCOL.md 5 and not from the code
 * that they check: what is accepted counts, in the order of the journal, once. It
 * keeps what each cell was at every position, so that anybody who claims to show
 * version v can be held to it. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "model/cell.h"
#include "model/event.h"
#include "model/tally.h"
#include "model/verdict.h"

struct sim_model;

struct sim_model *sim_model_new(void);
struct sim_model *sim_model_free(struct sim_model *model);
/* An event of the journal with its verdict; the batch is decoded, names are not resolved. */
void sim_model_take(struct sim_model *model, const struct qf_batch *batch, const struct qf_event *event,
                    struct qf_verdict verdict, uint32_t partner, uint64_t position);

bool sim_counts_are_zero(const struct qf_counts *counts);
/* The cell at a version; zeros when it was never touched. */
struct qf_counts sim_model_at(const struct sim_model *model, struct qf_cell_key key, uint64_t version);
/* The cells that were ever touched, from 0 on; false: there are no more. */
bool sim_model_cell(const struct sim_model *model, uint32_t i, uint64_t version, struct qf_cell_key *ret_key,
                    struct qf_counts *ret_counts);
/* How many cells were not zero at a version; of one dimension, or of all (dimension UINT16_MAX). */
uint32_t sim_model_cells(const struct sim_model *model, uint16_t dimension, uint64_t version);
/* Whether a statement of a declared kind stands so at a version; how many of a partner had ever stood by then. */
bool sim_model_stands(const struct sim_model *model, struct qf_view key, const struct qf_standing *standing,
                      uint64_t version);
uint32_t sim_model_declared(const struct sim_model *model, uint32_t partner, uint64_t version);
uint16_t sim_model_dimension(const struct sim_model *model, const char *code); /* UINT16_MAX: unknown */
/* The member of a dimension, 0 with no code; UINT32_MAX: unknown. */
uint32_t sim_model_member(const struct sim_model *model, uint16_t dimension, struct qf_view code);
bool sim_model_is_single(const struct sim_model *model, uint16_t dimension);

/* An edition as its close found the world: the total of each of its months, and of what is known to the year only. */
enum { SIM_EDITION_PERIODS = 32, SIM_EDITION_TEXT = 32, SIM_PART_BYTES = 64 };
struct sim_edition {
        uint64_t position; /* of the close */
        char scope[SIM_EDITION_TEXT];
        uint32_t first, last, number;
        uint32_t totals_count;
        struct {
                uint32_t period;
                struct qf_counts counts;
        } totals[SIM_EDITION_PERIODS];
};
struct sim_part { /* of a file that is published */
        uint64_t position;
        uint32_t edition, part;
        char file[SIM_EDITION_TEXT], data[SIM_PART_BYTES];
};
/* By order of closing from 1 on; NULL: there were not so many by then. */
const struct sim_edition *sim_model_edition(const struct sim_model *model, uint32_t id, uint64_t version);
const struct sim_part *sim_model_part(const struct sim_model *model, uint32_t i,
                                      uint64_t version); /* from 0 on */
