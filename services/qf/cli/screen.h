/* The terminal as a screen: another page than what was there, keys as they are pressed, and all put back at the end. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <termios.h>

enum qf_key {
        QF_KEY_NONE,
        QF_KEY_QUIT,
        QF_KEY_UP,
        QF_KEY_DOWN,
        QF_KEY_PAGE_UP,
        QF_KEY_PAGE_DOWN,
        QF_KEY_NEXT
};

struct qf_screen {
        bool entered, keys; /* standard input is a terminal too */
        bool colours;       /* NO_COLOR is not set */
        struct termios before;
};

/* Standard output must be a terminal. Ctrl-C still interrupts; Ctrl-Z does nothing meanwhile. */
void qf_screen_enter(struct qf_screen *screen);
void qf_screen_leave(struct qf_screen *screen); /* no harm when it was not entered */
void qf_screen_size(uint32_t *ret_columns, uint32_t *ret_rows);
/* The next key that waits; QF_KEY_NONE: none, or one that means nothing. */
enum qf_key qf_screen_key(const struct qf_screen *screen);
/* Pure: the first key of what a terminal sent; *at is moved behind it. */
enum qf_key qf_screen_key_of(const char *bytes, uint32_t len, uint32_t *at);
