/* The counts of one journal: records in, cells, standings and registers on disk,
 * without sockets or clocks. What is in memory runs ahead of the disk by one open
 * group; others may read it only when its place is on disk (qf_counting_showable). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "aggregate/cells.h"
#include "aggregate/editions.h"
#include "aggregate/records.h"
#include "aggregate/registers.h"
#include "client/apply.h"
#include "client/follow.h"
#include "model/picture.h"
#include "store/counts_tables.h"
#include "store/environment.h"
#include "store/record.h"
#include "wire/totals_messages.h"

struct qf_counting_options {
        const char *directory;
        uint64_t map_bytes, map_bytes_max; /* 0: 256 MiB, 1 TiB */
        uint64_t disk_floor_bytes;
        size_t cache_bytes;  /* of standings; 0: 16 MiB */
        bool beside;         /* read only, while another process has them open */
        bool distrusted;     /* the last process died in them: set aside before they are looked at */
        uint64_t check_rows; /* standings checked at open, the rest by qf_counting_check_on; 0: all */
        /* Not NULL: not 0 while what is on disk is read or written (store/environment.h). */
        volatile uint32_t *inside;
        void (*goes_on)(
                void); /* told now and then while a period is closed, which may take seconds; NULL: nobody */
};

/* Read by publishing and the daemon; written here alone. */
struct qf_counting {
        struct qf_environment *environment;
        struct qf_picture *picture;
        struct qf_cell_months *months;
        struct qf_records *records;
        struct qf_registers *registers;
        struct qf_editions *editions;
        struct qf_apply apply; /* programme, tally, arena; apply.why says what stopped it */
        struct qf_sha256 *sha;
        struct qf_counts_meta meta; /* as of the last record applied */
        struct qf_counts_past past; /* with it; what is on disk of it was all that was shown */
        uint64_t committed;         /* position of the counts on disk */
        uint64_t shown;             /* position that readers may be shown: committed, or noted since */
        uint8_t epoch[QF_EPOCH_BYTES];
        uint64_t group_bytes; /* of records in the open group */
        bool froze;           /* a period was closed in it */
        void (*goes_on)(void);
        bool blank;     /* at open: nothing is on disk, not even what was counted before */
        bool made_anew; /* at open: what stood could not be used and was set aside */
        bool checked;   /* the standings are those that were written */
        uint64_t check_rows;
        volatile uint32_t *inside;
};

enum { QF_CHECK_ROWS = 32 * 1024 }; /* as the daemon has it: some milliseconds */
enum qf_counting_outcome { QF_COUNTING_IN_USE = 1, QF_COUNTING_FULL = 2 };

/* Opens or makes the counts in a directory. Counts of other rules, or that do not add up, are set aside (renamed to
 * DIRECTORY.set-aside, of which one is kept) and begin anew from the journal's first record. What begins anew takes over
 * the past of what was set aside, on disk before anything is counted; -ENOSPC: no room for that, or to make any. */
QF_CHECK int qf_counting_open(const struct qf_counting_options *options, struct qf_counting **ret_counting);
struct qf_counting *qf_counting_close(struct qf_counting *counting);

/* Reads all counts of a directory as opening does, beside whoever has it open, and changes nothing. 0; -EBADMSG: they
 * are not what was written. May die of a damaged file: to be called in a process of its own. */
QF_CHECK int qf_counting_check(const char *directory);

/* Cells are checked before counts open, standings may be so many that readers would wait for seconds: then they see
 * cells, and neither are standings told of nor records applied before all were read, a slice with each call. 0: goes on,
 * or qf_counting_checked; QF_STORE_DAMAGED: close, set aside, count again; other negative. */
QF_CHECK int qf_counting_check_on(struct qf_counting *counting);
bool qf_counting_checked(const struct qf_counting *counting);

/* Applies the record after the last one. -EBADMSG: it can't be applied, apply.why says in which way: stop here.
 * -EOVERFLOW, -ENOMEM, -errno. After any of them the counts in memory are void: close without a commit. */
QF_CHECK int qf_counting_apply(struct qf_counting *counting, const struct qf_record_head *head,
                               struct qf_view record);
/* Whether the open group is to be committed before the next record: it is large, or closing a period took long enough. */
bool qf_counting_crowded(const struct qf_counting *counting);
/* Puts all that was applied on disk. 0; QF_COUNTING_FULL: nothing was written, try again later; negative: end.
 * changed: told of each row, packed, that changed and was not told of yet (may be NULL). */
QF_CHECK int qf_counting_commit(struct qf_counting *counting, qf_records_changed changed, void *ctx);
/* Lets readers see all that was applied: its place alone goes on disk, and the counts with a later commit. Results and
 * changed as above. While it counts again what was shown already this does nothing. */
QF_CHECK int qf_counting_show(struct qf_counting *counting, qf_records_changed changed, void *ctx);
/* Of settled counts: takes the past of other counts, unless these know one themselves. -ENOSPC: no room for that. */
QF_CHECK int qf_counting_remember(struct qf_counting *counting, const struct qf_counts_past *past);
/* Of settled counts: that nobody was shown any of them. Whoever opens them in the place of others takes over their past.
 * QF_COUNTING_FULL. */
QF_CHECK int qf_counting_forget(struct qf_counting *counting);
/* Of settled counts: the journal has another life; what was counted of the others is over, and not to be shown again. 0 also
 * when there is no room: then it is on disk with the next commit. */
QF_CHECK int qf_counting_end_lives(struct qf_counting *counting);
/* The journal has the last record that was counted. A checkpoint may be of a life that was never shown: from here on it may
 * be, also when no record follows. QF_COUNTING_FULL: it may not be yet, try again later. */
QF_CHECK int qf_counting_confirm(struct qf_counting *counting);
/* Of the last record applied; of the furthest one that the journal must have, also before the counts were made anew. */
struct qf_place qf_counting_place(const struct qf_counting *counting);
struct qf_place qf_counting_furthest(const struct qf_counting *counting);
struct qf_follow_past qf_counting_past(struct qf_counting *const *counting); /* of whichever stands there */
bool qf_counting_is_behind(
        const struct qf_counting *counting); /* counts again, and did not come by there yet */
bool qf_counting_settled(const struct qf_counting *counting);  /* all that was applied is on disk */
bool qf_counting_showable(const struct qf_counting *counting); /* all that was applied may be shown */
