/* Why: ZeroMQ connects in silence for as long as one likes to wait; who asks a service that was never started should hear
 * so at once. Systemd listens for an installation whether its daemons run or not, so there nobody is refused. */
#include "qf/cli/there.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/text.h"

enum { EVERY_MS = 1000 };

pid_t qf_there_up(const char *dir)
{
        char path[PATH_MAX], text[32] = "";
        struct flock lock = {.l_type = F_RDLCK, .l_whence = SEEK_SET};
        uint64_t pid = 0;

        (void)snprintf(path, sizeof path, "%s/run/up.lock", dir);
        QF_CLEANUP(qf_cleanup_close) int fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd < 0 || fcntl(fd, F_OFD_GETLK, &lock) < 0 || lock.l_type == F_UNLCK)
                return 0;
        ssize_t n = read(fd, text, sizeof text - 1);
        return n > 0 && qf_text_number(qf_view_of(text), INT_MAX, &pid) ? (pid_t)pid : 0;
}

bool qf_there_nobody(const struct qf_cli *cli, const char *endpoint)
{
        static const char ipc[] = "ipc://";
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        const char *path = endpoint + strlen(ipc);

        if (!cli->dir || strncmp(endpoint, ipc, strlen(ipc)) != 0 || strlen(path) >= sizeof address.sun_path)
                return false;
        memcpy(address.sun_path, path, strlen(path));
        QF_CLEANUP(qf_cleanup_close) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        return fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof address) < 0 &&
               (errno == ENOENT || errno == ECONNREFUSED) && !qf_there_up(cli->dir);
}

bool qf_there_in_vain(struct qf_there *there)
{
        const int64_t now_ms = qf_clock_mono_ms();

        if (there->look_ms == 0)
                there->look_ms = now_ms + QF_THERE_GRACE_MS;
        if (now_ms < there->look_ms)
                return false;
        there->look_ms = now_ms + EVERY_MS;
        return qf_there_nobody(there->cli, there->endpoint);
}

bool qf_there_wants_archive(const struct qf_cli *cli)
{
        char path[PATH_MAX];

        return cli->dir && qf_cli_beside(cli, "counts", ".wants-archive", path) == 0 &&
               access(path, F_OK) == 0;
}
