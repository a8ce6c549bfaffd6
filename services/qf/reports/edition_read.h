/* Editions as commands speak of them: "2023-03", "2023Q1", "2021..2023" and a
 * number; their data fetched from reporting, checked by its digest, and read. */
#pragma once

#include "base/bytes.h"
#include "model/cell.h"
#include "programme/editions.h"
#include "qf/cli/asking.h"

enum { QF_PERIOD_TEXT_BYTES = 24 };

struct qf_period {            /* of whole months */
        uint32_t first, last; /* yyyymm */
};

/* 2023, 2023-03, 2023Q1, 2023H1, and two of them with ".." between. False: it is none of these. */
bool qf_period_parse(const char *text, struct qf_period *ret_period);
/* As short as it can be said: "2023-03", "2023Q1", "2021..2023". Written into ret_text. */
struct qf_view qf_period_text(struct qf_period period, char ret_text[QF_PERIOD_TEXT_BYTES]);
struct qf_period qf_edition_period(const struct qf_edition *edition);

/* A file of an edition from reporting; empty name: the data as it was frozen. *ret_restricted: lines are left out that this
 * key may not see; otherwise the bytes are those of the digest, which is given back (may be NULL). 0 or 1. */
QF_CHECK int qf_edition_fetch(struct qf_cli *cli, struct qf_asking *asking, const struct qf_edition *edition,
                              struct qf_view file, struct qf_buffer *ret_bytes, bool *ret_restricted,
                              uint8_t ret_digest[QF_SHA256_BYTES]);

/* Sum of the cells of a member over months; "total", "all": of all. Zero where there are none. */
struct qf_counts qf_edition_sum(struct qf_view data, struct qf_view dimension, struct qf_view member,
                                uint32_t first, uint32_t last);
/* Of each member of a dimension in one go: ret_sums, zeroed by the caller, has one more than the dimension has members,
 * of which the first is what is not stated. */
void qf_edition_sum_members(struct qf_view data, const struct qf_programme *programme, uint16_t dimension,
                            uint32_t first, uint32_t last, struct qf_counts *ret_sums);
/* With the members below it, as an organisation is asked for with those that belong to it. */
struct qf_counts qf_edition_sum_within(struct qf_view data, const struct qf_programme *programme,
                                       struct qf_view dimension, struct qf_view member, uint32_t first,
                                       uint32_t last);
/* The value of the first line "WORD …" or "setting NAME …"; empty: there is none. */
struct qf_view qf_edition_value(struct qf_view data, struct qf_view word, struct qf_view name);
/* The place of its close in the journal: who learns of an edition from reporting hears of it later than there. */
uint64_t qf_edition_position(struct qf_view data);
int64_t qf_edition_closed_ms(struct qf_view data); /* when, by the clock of the journal */

/* What its members were called when it was closed, found by their codes; of a code that stands in it twice the first.
 * The data must outlive it. 0 or -ENOMEM. */
struct qf_edition_names;
QF_CHECK int qf_edition_names_new(struct qf_view data, struct qf_edition_names **ret_names);
struct qf_edition_names *qf_edition_names_free(struct qf_edition_names *names); /* NULL */
/* The label of a member in the reader's language; its code where there is none. */
struct qf_view qf_edition_label(const struct qf_cli *cli, const struct qf_edition_names *names,
                                struct qf_view dimension, struct qf_view member);
