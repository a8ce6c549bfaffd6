/* What has arrived of the next version of a subscriber's picture, set aside until
 * it is whole: cells as they came and, when a picture begins from nothing, a
 * programme of its own. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "model/picture.h"
#include "programme/programme.h"
#include "wire/totals_messages.h"

struct qf_held { /* the picture that is shown */
        struct qf_programme *programme;
        struct qf_picture *picture;
        uint64_t version;
};

struct qf_arrived {
        struct qf_cell_key key;
        struct qf_counts counts;
        uint64_t changed;
};

struct qf_arriving {
        struct qf_programme *programme; /* NULL: goes on with the one held */
        struct qf_arrived *cells;       /* a cell that came twice stands twice */
        size_t count, room;
        size_t cells_max;                      /* of the picture */
        bool (*keeps)(struct qf_cell_key key); /* other cells are passed over; NULL: all are kept */
};

enum qf_arriving_outcome {
        QF_ARRIVING_STRANGE = 1, /* speaks of names that were not told, or of impossible periods */
        QF_ARRIVING_TOO_LARGE = 2,
};

void qf_arriving_init(struct qf_arriving *arriving, size_t cells_max, bool (*keeps)(struct qf_cell_key key));
void qf_arriving_deinit(struct qf_arriving *arriving);
/* Forgets what has arrived; anew: the picture begins from nothing. */
QF_CHECK int qf_arriving_begin(struct qf_arriving *arriving, bool anew);

/* The programme that frames speak of now. */
struct qf_programme *qf_arriving_programme(const struct qf_arriving *arriving, const struct qf_held *held);
QF_CHECK int qf_arriving_register(struct qf_arriving *arriving, struct qf_held *held, struct qf_arena *arena,
                                  struct qf_view event, uint64_t position);
QF_CHECK int qf_arriving_cells(struct qf_arriving *arriving, const struct qf_held *held,
                               struct qf_arena *arena, const struct qf_cells_part *cells);

/* All may be NULL. Negative stops. */
struct qf_arriving_calls {
        void *ctx;
        void (*moves)(void *ctx, const struct qf_cell *cell); /* is about to change */
        int (*moved)(void *ctx, const struct qf_cell *cell);  /* has changed */
};

/* All of a version has arrived: moves the held picture there, or replaces it. Calls are for each cell that changes, in
 * no order; not when the picture is new. */
QF_CHECK int qf_arriving_settle(struct qf_arriving *arriving, struct qf_held *held, uint64_t version,
                                const struct qf_arriving_calls *calls);
