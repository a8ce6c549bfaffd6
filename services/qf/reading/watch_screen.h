/* The screen of qf watch: figures in, one page of text for a terminal of this size out. Pure. */
#pragma once

#include "client/subscribe.h"
#include "qf/reading/watch_board.h"

struct qf_watch_page {
        const struct qf_cli *cli;
        const struct qf_programme *programme;
        const struct qf_board *board;
        const char *clock, *said; /* the time of day; the state in words */
        const char *why;          /* why it is so; "": nothing is said */
        enum qf_pulse_state state;
        bool doubted; /* something is said that makes them less than sound */
        uint64_t version;
        struct qf_counts began; /* when watching began */
        uint16_t dimension;     /* of the lower table; 0: none */
        uint32_t first;         /* of its rows; more than there are: the last page */
        uint64_t newest;        /* rows that changed after it are marked */
        uint32_t columns, rows;
        bool colours;
};

/* Appends the page, with the sequences that draw it over what is there. *ret_first: the first row that is shown.
 * *ret_shown: how many are. -ENOMEM. */
QF_CHECK int qf_watch_draw(const struct qf_watch_page *page, uint32_t *ret_first, uint32_t *ret_shown,
                           struct qf_buffer *ret_text);
