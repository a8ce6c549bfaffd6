/* Why: `qf doctor` names a unit that is missing, switched off or dead; systemd's own command tells, by properties, which
 * are made for programs. */
#include "qf/operator/units.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/bytes.h"

enum { TEXT_BYTES = 8192 };

static void take(const char *line, const char *name, char *to, size_t room)
{
        const size_t len = strlen(name);

        if (strncmp(line, name, len) == 0 && line[len] == '=')
                (void)snprintf(to, room, "%.*s", (int)strcspn(line + len + 1, "\n"), line + len + 1);
}

size_t qf_units_read(const char *text, struct qf_unit *ret_units, size_t room)
{
        size_t count = 0;
        bool within = false;

        for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
                if (*line == '\n') { /* between two units */
                        within = false;
                        continue;
                }
                if (!within && count == room)
                        break;
                if (!within)
                        ret_units[count++] = (struct qf_unit){0};
                within = true;
                struct qf_unit *unit = &ret_units[count - 1];
                take(line, "Id", unit->name, sizeof unit->name);
                take(line, "LoadState", unit->load, sizeof unit->load);
                take(line, "UnitFileState", unit->enabled, sizeof unit->enabled);
                take(line, "ActiveState", unit->active, sizeof unit->active);
        }
        return count;
}

/* All that a program prints, as far as there is room. 0, -errno, or -ENOSYS when it did not end well. */
static int hear(const char *const argv[], char *ret_text, size_t room)
{
        posix_spawn_file_actions_t actions;
        int ends[2], status = 0;
        size_t len = 0;
        pid_t child;

        if (pipe2(ends, O_CLOEXEC) < 0)
                return -errno;
        int r = posix_spawn_file_actions_init(&actions);
        if (!r) {
                r = posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
                if (!r)
                        r = posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY,
                                                             0);
                if (!r)
                        r = posix_spawnp(&child, argv[0], &actions, NULL, (char *const *)(uintptr_t)argv,
                                         environ);
                (void)posix_spawn_file_actions_destroy(&actions);
        }
        (void)close(ends[1]);
        for (ssize_t n = 1; !r && n > 0; len += n > 0 ? (size_t)n : 0)
                n = read(ends[0], ret_text + len, room - 1 - len);
        (void)close(ends[0]);
        ret_text[len] = '\0';
        if (r)
                return -r;
        while (waitpid(child, &status, 0) < 0)
                if (errno != EINTR)
                        return -errno;
        return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -ENOSYS;
}

int qf_units_look(const char (*names)[QF_UNIT_NAME_BYTES], size_t count, struct qf_unit *ret_units,
                  size_t *ret_count)
{
        const char *argv[QF_UNITS_LOOKED + 5] = {"systemctl", "show", "-p",
                                                 "Id,LoadState,UnitFileState,ActiveState"};
        char text[TEXT_BYTES] = "";

        QF_ASSERT(count <= QF_UNITS_LOOKED);
        for (size_t i = 0; i < count; i++)
                argv[4 + i] = names[i];
        const int r = hear(argv, text, sizeof text);
        if (r == 0)
                *ret_count = qf_units_read(text, ret_units, count);
        return r;
}
