/* Why no ncurses: a page that is drawn whole needs none, and a dozen sequences are the same on every terminal of today. */
#include "qf/cli/screen.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { COLUMNS = 80, ROWS = 24, READ_BYTES = 8 };

void qf_screen_enter(struct qf_screen *screen)
{
        const char *no_colour = getenv("NO_COLOR");
        struct termios now;

        screen->colours = !no_colour || !no_colour[0];
        screen->keys = isatty(STDIN_FILENO) && tcgetattr(STDIN_FILENO, &screen->before) == 0;
        if (screen->keys) {
                now = screen->before;
                now.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
                now.c_cc[VMIN] = 0;
                now.c_cc[VTIME] = 0;
                now.c_cc[VSUSP] = _POSIX_VDISABLE;
                (void)tcsetattr(STDIN_FILENO, TCSANOW, &now);
        }
        (void)fputs("\033[?1049h\033[?25l\033[2J", stdout);
        screen->entered = true;
}

void qf_screen_leave(struct qf_screen *screen)
{
        if (!screen->entered)
                return;
        (void)fputs("\033[?1049l\033[?25h", stdout);
        (void)fflush(stdout);
        if (screen->keys)
                (void)tcsetattr(STDIN_FILENO, TCSADRAIN, &screen->before);
        screen->entered = false;
}

void qf_screen_size(uint32_t *ret_columns, uint32_t *ret_rows)
{
        struct winsize size = {0};

        (void)ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
        *ret_columns = size.ws_col ? size.ws_col : COLUMNS;
        *ret_rows = size.ws_row ? size.ws_row : ROWS;
}

enum qf_key qf_screen_key_of(const char *bytes, uint32_t len, uint32_t *at)
{
        static const struct {
                const char *bytes;
                enum qf_key key;
        } keys[] = {
                {"q", QF_KEY_QUIT},
                {"Q", QF_KEY_QUIT},
                {"\033[A", QF_KEY_UP},
                {"\033OA", QF_KEY_UP},
                {"k", QF_KEY_UP},
                {"\033[B", QF_KEY_DOWN},
                {"\033OB", QF_KEY_DOWN},
                {"j", QF_KEY_DOWN},
                {"\033[5~", QF_KEY_PAGE_UP},
                {"\033[6~", QF_KEY_PAGE_DOWN},
                {" ", QF_KEY_PAGE_DOWN},
                {"\t", QF_KEY_NEXT},
        };

        for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
                const uint32_t n = (uint32_t)strlen(keys[i].bytes);
                if (n > len - *at || memcmp(bytes + *at, keys[i].bytes, n) != 0)
                        continue;
                *at += n;
                return keys[i].key;
        }
        *at = bytes[*at] == '\033' ? len : *at + 1; /* of a sequence that is not known all is left out */
        return QF_KEY_NONE;
}

enum qf_key qf_screen_key(const struct qf_screen *screen)
{
        struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
        enum qf_key key = QF_KEY_NONE;
        char bytes[READ_BYTES];

        while (screen->keys && key == QF_KEY_NONE && poll(&input, 1, 0) == 1) {
                const ssize_t len = read(STDIN_FILENO, bytes, sizeof bytes);
                if (len <= 0)
                        return (input.revents & POLLHUP) != 0 ? QF_KEY_QUIT : QF_KEY_NONE;
                for (uint32_t at = 0; at < (uint32_t)len && key != QF_KEY_QUIT;) {
                        const enum qf_key next = qf_screen_key_of(bytes, (uint32_t)len, &at);
                        key = next != QF_KEY_NONE ? next : key;
                }
        }
        return key;
}
