/* Why: a key file is what keeps strangers out, so it is read with suspicion (mode,
 * owner, kind of file, shape) and written so that it is never readable by others
 * and never lost by a power cut after its public half was given away.
 *
 *     # Qingfeng secret key. Whoever has it feeds in your name.
 *     D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs
 */
#include "wire/keys.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zmq.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/text.h"

enum { FILE_BYTES_MAX = 4096, TEXT_LEN = QF_KEY_TEXT - 1, MARK_BYTES = 4 };

static const uint8_t no_key[32];

/* Two letters of the alphabet make trouble at the beginning: "#" looks like a comment to scripts that read the file,
 * "-" like an option wherever a key is pasted. */
static bool begins_well(const char *text)
{
        return text[0] != '#' && text[0] != '-';
}

int qf_key_make(uint8_t ret_public[32], uint8_t ret_secret[32])
{
        char public_text[QF_KEY_TEXT], secret_text[QF_KEY_TEXT];

        do
                if (zmq_curve_keypair(public_text, secret_text) != 0)
                        return -errno;
        while (!begins_well(public_text) || !begins_well(secret_text));
        bool fits = qf_key_parse(public_text, ret_public) && qf_key_parse(secret_text, ret_secret);
        explicit_bzero(secret_text, sizeof secret_text);
        return fits ? 0 : -EIO;
}

void qf_key_text(const uint8_t key[32], char ret_text[QF_KEY_TEXT])
{
        (void)zmq_z85_encode(ret_text, key, 32);
}

/* libzmq's decoder looks up any byte in a table of 96, so the alphabet is checked first. */
bool qf_key_parse(const char *text, uint8_t ret_key[32])
{
        static const char alphabet[] =
                "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";

        if (strlen(text) != TEXT_LEN || strspn(text, alphabet) != TEXT_LEN)
                return false;
        return zmq_z85_decode(ret_key, text) != NULL;
}

const char *qf_key_why(int fault)
{
        switch (fault) {
        case QF_KEY_MODE: return "others can read it: chmod 600";
        case QF_KEY_SHAPE: return "it holds no key";
        default: return strerror(-fault);
        }
}

void qf_key_marks(const struct qf_curve *curve, char ret_text[QF_KEY_MARKS])
{
        qf_text_hex(curve->public_key, MARK_BYTES, ret_text);
        if (memcmp(curve->former_public_key, no_key, sizeof no_key) == 0)
                return;
        ret_text[2 * MARK_BYTES] = ',';
        qf_text_hex(curve->former_public_key, MARK_BYTES, ret_text + 2 * MARK_BYTES + 1);
}

/* --- writing ---------------------------------------------------------------- */

static int write_whole(int fd, const char *text, size_t len)
{
        while (len > 0) {
                ssize_t n = write(fd, text, len);
                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return -errno;
                text += n;
                len -= (size_t)n;
        }
        return fsync(fd) == 0 ? 0 : -errno;
}

static int sync_folder(const char *path)
{
        char folder[PATH_MAX];

        if (strlen(path) >= sizeof folder)
                return -ENAMETOOLONG;
        memcpy(folder, path, strlen(path) + 1);
        QF_CLEANUP(qf_cleanup_close) int fd = open(dirname(folder), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0)
                return -errno;
        return fsync(fd) == 0 ? 0 : -errno;
}

static int fill_file(const char *path, mode_t mode, const char *text, size_t len)
{
        QF_CLEANUP(qf_cleanup_close)
        int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);

        return fd < 0 ? -errno : write_whole(fd, text, len);
}

/* Written and synced beside its place first: a crash leaves a whole key there or none, never an empty file that no
 * daemon would start with. A link takes no name that is taken, a rename does. */
static int write_keys(const char *path, bool replace, mode_t mode, const char *comment, const uint8_t key[32],
                      const uint8_t former[32])
{
        char text[QF_KEY_TEXT], former_text[QF_KEY_TEXT] = "", file[256], beside[PATH_MAX];

        if (snprintf(beside, sizeof beside, "%s.%ld.new", path, (long)getpid()) >= (int)sizeof beside)
                return -ENAMETOOLONG;
        qf_key_text(key, text);
        if (memcmp(former, no_key, sizeof no_key) != 0)
                qf_key_text(former, former_text);
        int len = snprintf(file, sizeof file, "# %s\n%s\n%s%s", comment, text, former_text,
                           former_text[0] ? "\n" : "");
        (void)unlink(beside);
        int r = fill_file(beside, mode, file, (size_t)len);
        if (r == 0 && (replace ? rename(beside, path) : link(beside, path)) != 0)
                r = -errno;
        (void)unlink(beside);
        explicit_bzero(text, sizeof text);
        explicit_bzero(former_text, sizeof former_text);
        explicit_bzero(file, sizeof file);
        return r < 0 ? r : sync_folder(path);
}

static const char secret_comment[] =
        "Qingfeng secret key. Whoever has it feeds in your name: give it to nobody.",
                  public_comment[] = "Qingfeng public key. It may be given to anybody.";
int qf_key_write_secret(const char *path, const uint8_t secret[32])
{
        return write_keys(path, false, 0600, secret_comment, secret, no_key);
}

int qf_key_write_public(const char *path, const uint8_t public_key[32])
{
        return write_keys(path, true, 0644, public_comment, public_key, no_key);
}

int qf_key_write_servers(const char *path, const uint8_t key[32], const uint8_t other[32])
{
        return write_keys(path, true, 0644, public_comment, key, other);
}

int qf_key_write_server(const char *path, const struct qf_curve *curve)
{
        return write_keys(path, true, 0600, secret_comment, curve->secret_key, curve->former_secret_key);
}

/* --- reading ---------------------------------------------------------------- */

/* Finds the lines that are neither empty nor comments: one, or up to most. The rest of the keys is zeros. */
static bool find_keys(char *file, uint8_t (*ret_keys)[32], uint32_t most)
{
        uint32_t found = 0;

        memset(ret_keys, 0, most * sizeof *ret_keys);
        for (char *line = strsep(&file, "\r\n"); line; line = strsep(&file, "\r\n")) {
                /* '#' may begin a key as well: it is in the alphabet, but a space is not. */
                if (line[0] == '\0' || (line[0] == '#' && (line[1] == ' ' || line[1] == '\0')))
                        continue;
                if (found == most || !qf_key_parse(line, ret_keys[found]))
                        return false;
                found++;
        }
        return found > 0;
}

static int read_file(int fd, char *file, size_t room)
{
        size_t used = 0;

        for (;;) {
                ssize_t n = read(fd, file + used, room - 1 - used);
                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return -errno;
                used += (size_t)n;
                if (n == 0 || used == room - 1)
                        break;
        }
        file[used] = '\0';
        return used == room - 1 || strlen(file) != used ? QF_KEY_SHAPE : 0;
}

static int read_keys(const char *path, bool secret, uint8_t (*ret_keys)[32], uint32_t most)
{
        char file[FILE_BYTES_MAX];
        struct stat status;
        QF_CLEANUP(qf_cleanup_close) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

        if (fd < 0 || fstat(fd, &status) != 0)
                return -errno;
        if (!S_ISREG(status.st_mode))
                return QF_KEY_SHAPE;
        if (secret && ((status.st_mode & 077) != 0 || (status.st_uid != geteuid() && status.st_uid != 0)))
                return QF_KEY_MODE;
        int r = read_file(fd, file, sizeof file);
        if (r == 0 && !find_keys(file, ret_keys, most))
                r = QF_KEY_SHAPE;
        explicit_bzero(file, sizeof file);
        return r;
}

static int public_of(const uint8_t secret[32], uint8_t ret_public[32])
{
        char secret_text[QF_KEY_TEXT], public_text[QF_KEY_TEXT];

        qf_key_text(secret, secret_text);
        bool fits = zmq_curve_public(public_text, secret_text) == 0 && qf_key_parse(public_text, ret_public);
        explicit_bzero(secret_text, sizeof secret_text);
        return fits ? 0 : QF_KEY_SHAPE;
}

int qf_key_read_secret(const char *path, uint8_t ret_secret[32], uint8_t ret_public[32])
{
        uint8_t found[1][32];
        int r = read_keys(path, true, found, 1);

        if (r != 0)
                return r;
        memcpy(ret_secret, found[0], sizeof found[0]);
        explicit_bzero(found, sizeof found);
        return public_of(ret_secret, ret_public);
}

const char *qf_key_server_file(const char *now, const char *path)
{
        return now && (access(now, F_OK) == 0 || errno != ENOENT) ? now : path;
}

int qf_key_read_server(const char *now, const char *path, struct qf_curve *ret_curve)
{
        struct qf_curve curve = {0};
        uint8_t found[2][32];
        int r = read_keys(qf_key_server_file(now, path), true, found, 2);

        if (r == 0)
                r = public_of(found[0], curve.public_key);
        if (r == 0 && memcmp(found[1], no_key, sizeof no_key) != 0)
                r = public_of(found[1], curve.former_public_key);
        if (r == 0) {
                memcpy(curve.secret_key, found[0], sizeof found[0]);
                memcpy(curve.former_secret_key, found[1], sizeof found[1]);
                *ret_curve = curve;
        }
        explicit_bzero(found, sizeof found);
        explicit_bzero(&curve, sizeof curve);
        return r;
}

int qf_key_read_public(const char *path, uint8_t ret_public[32])
{
        uint8_t found[1][32];
        int r = read_keys(path, false, found, 1);

        if (r == 0)
                memcpy(ret_public, found[0], sizeof found[0]);
        return r;
}

int qf_key_read_servers(const char *path, uint8_t ret_key[32], uint8_t ret_other[32])
{
        uint8_t found[2][32];
        int r = read_keys(path, false, found, 2);

        if (r != 0)
                return r;
        memcpy(ret_key, found[0], sizeof found[0]);
        memcpy(ret_other, found[1], sizeof found[1]);
        return 0;
}
