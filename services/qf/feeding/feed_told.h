/* What the server told beside a verdict of what stands: "人次，以前 120，现在 150". */
#pragma once

#include "client/feed.h"
#include "client/feed_notes.h"

struct qf_told_list {          /* zero-initialised is empty */
        struct qf_buffer at;   /* struct qf_told */
        struct qf_buffer text; /* of all of them */
};

struct qf_told {
        uint64_t number;
        uint32_t text, text_len;
};

/* Whether a verdict tells what stands: a conflict, or a figure that only grows and is less now. */
bool qf_told_is(uint8_t kind, const struct qf_feed_verdict *verdict);
/* The note of any verdict with a code; kind 0: not known, as an activity. */
QF_CHECK int qf_told_verdict(uint8_t kind, const struct qf_feed_verdict *verdict, bool chinese,
                             struct qf_buffer *text, struct qf_note *ret_note);

QF_CHECK int qf_told_add(struct qf_told_list *list, uint8_t kind, const struct qf_feed_verdict *verdict,
                         bool chinese);
/* What was told of a number, when nothing is added any more; empty: nothing. */
struct qf_view qf_told_find(const struct qf_told_list *list, uint64_t number);
void qf_told_deinit(struct qf_told_list *list);
