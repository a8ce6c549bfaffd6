/* Editions: which figures were frozen, for whom and when, learnt from the journal
 * like the registers. An edition is of a scope (an organisation with all that
 * stands below it on a record's date, or everything) and of whole months; closing
 * it freezes it, reopening lets the next one begin, publishing makes it public.
 * What is frozen is aggregation's to keep. Source: PROTOCOL.md 5.5. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/error.h"
#include "model/event.h"
#include "model/verdict.h"
#include "programme/programme.h"

enum { QF_EDITIONS_MAX = 65536, QF_EDITION_FILES_MAX = 64 };

/* The file that publishing is about; all others were printed from it. */
#define QF_EDITION_DATA QF_VIEW("data")

struct qf_edition_file {
        struct qf_view name;
        uint8_t digest[QF_SHA256_BYTES];
        uint32_t parts, size;
        uint64_t position; /* from which on it is public */
};

struct qf_edition {
        struct qf_view scope; /* code; empty: everything */
        uint32_t first, last; /* yyyymm */
        uint32_t number;      /* 1 .. within scope and period */
        uint64_t closed;      /* position of its close, where registers are learnt from the journal itself */
        uint64_t reopened;    /* 0: it stands closed */
        struct qf_view by, reason; /* who closed it; why it was reopened */
        uint32_t waived_count;
        const struct qf_view *waived;
        uint32_t files_count;
        const struct qf_edition_file *files;
};

uint32_t qf_programme_editions(
        const struct qf_programme *programme); /* ids 1 .. so many, by order of closing */
const struct qf_edition *qf_programme_edition(const struct qf_programme *programme, uint32_t id);
/* number 0: the last of its scope and period. 0: there is none. */
uint32_t qf_programme_find_edition(const struct qf_programme *programme, struct qf_view scope, uint32_t first,
                                   uint32_t last, uint32_t number);
/* NULL: it has no such file. */
const struct qf_edition_file *qf_edition_file(const struct qf_edition *edition, struct qf_view name);

/* Whether a record of this date and lead organisation belongs to it: all days that it may be of lie within. */
bool qf_edition_holds(const struct qf_programme *programme, const struct qf_edition *edition, uint32_t date,
                      uint32_t lead_org);
/* An edition that stands closed and holds such a record; NULL: none. */
const struct qf_edition *qf_programme_closed(const struct qf_programme *programme, uint32_t date,
                                             uint32_t lead_org);

/* For the files of this folder: as qf_programme_check_register and qf_programme_apply, of the kinds of editions. */
struct qf_verdict qf_edition_check(const struct qf_programme *programme, const struct qf_event *event,
                                   struct qf_detail *ret_detail);
QF_CHECK int qf_edition_apply(struct qf_programme *programme, const struct qf_event *event,
                              uint64_t position);
