/* Why in memory: the sandbox then has one folder to open and only at start, a path
 * is a row of a table and not a path, and a rebuild never mixes two versions. */
#include "report/web_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/log.h"
#include "base/text.h"

enum { FILES_MAX = 128, ALL_BYTES_MAX = 16 * 1024 * 1024, PATH_BYTES = 300, TAG_BYTES = 8 };

struct qf_web {
        struct qf_web_file files[FILES_MAX];
        uint32_t count;
        size_t bytes;
        char version[QF_WEB_VERSION];
};

static const struct {
        const char *ending, *type;
} types[] = {
        {".html", "text/html; charset=utf-8"},
        {".js", "text/javascript; charset=utf-8"},
        {".css", "text/css; charset=utf-8"},
        {".svg", "image/svg+xml"},
        {".png", "image/png"},
        {".woff2", "font/woff2"},
        {".txt", "text/plain; charset=utf-8"},
        {".webmanifest", "application/manifest+json"},
};

static bool ends_with(const char *name, const char *ending)
{
        size_t len = strlen(name), ending_len = strlen(ending);

        return len > ending_len && strcmp(name + len - ending_len, ending) == 0;
}

static const char *type_of(const char *name)
{
        for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
                if (ends_with(name, types[i].ending))
                        return types[i].type;
        return NULL;
}

/* --- reading ---------------------------------------------------------------- */

/* A regular file as a whole. -EFBIG: all of them are too much. */
static int read_all(struct qf_web *web, int folder, const char *name, struct qf_buffer *ret_bytes)
{
        struct stat is;
        int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW), r = 0;

        if (fd < 0)
                return -errno;
        if (fstat(fd, &is) != 0 || !S_ISREG(is.st_mode))
                r = -EINVAL;
        else if (is.st_size > ALL_BYTES_MAX || web->bytes + (size_t)is.st_size > ALL_BYTES_MAX)
                r = -EFBIG;
        else
                r = qf_buffer_reserve(ret_bytes, (size_t)is.st_size + 1);
        while (r == 0) {
                ssize_t got = read(fd, ret_bytes->at + ret_bytes->len, ret_bytes->room - ret_bytes->len);

                if (got <= 0) {
                        r = got < 0 ? -errno : 0;
                        break;
                }
                ret_bytes->len += (size_t)got;
                if (ret_bytes->len == ret_bytes->room)
                        r = -EFBIG; /* it grew while it was read */
        }
        web->bytes += ret_bytes->len;
        (void)close(fd);
        return r;
}

static int tag(struct qf_web_file *file)
{
        uint8_t hash[QF_SHA256_BYTES];
        char hex[2 * TAG_BYTES + 1];
        struct qf_sha256 *sha;
        int r = qf_sha256_new(&sha);

        if (r < 0)
                return r;
        qf_sha256_begin(sha);
        qf_sha256_add(sha, file->plain.at, file->plain.len);
        qf_sha256_end(sha, hash);
        (void)qf_sha256_free(sha);
        qf_text_hex(hash, TAG_BYTES, hex);
        (void)snprintf(file->etag, sizeof(file->etag), "\"%s\"", hex);
        return 0;
}

static int add_file(struct qf_web *web, int folder, const char *prefix, const char *name, const char *type)
{
        struct qf_web_file *file = &web->files[web->count];
        char path[PATH_BYTES], zipped[PATH_BYTES];
        int r;

        (void)snprintf(path, sizeof(path), "%s%s", prefix,
                       *prefix && !prefix[1] && strcmp(name, "index.html") == 0 ? "" : name);
        (void)snprintf(zipped, sizeof(zipped), "%s.gz", name);
        if (web->count == FILES_MAX)
                return -EFBIG;
        *file = (struct qf_web_file){.path = strdup(path), .type = type, .for_ever = prefix[1] != '\0'};
        if (!file->path)
                return -ENOMEM;
        web->count++;
        r = read_all(web, folder, name, &file->plain);
        if (r == 0)
                r = tag(file);
        if (r == 0)
                r = read_all(web, folder, zipped, &file->zipped);
        return r == -ENOENT && file->etag[0] ? 0 : r;
}

static int take_version(struct qf_web *web, int folder)
{
        struct qf_buffer text = {0};
        int r = read_all(web, folder, "version", &text);

        for (size_t i = 0;
             r == 0 && i < text.len && i + 1 < sizeof(web->version) && text.at[i] > ' ' && text.at[i] < 0x7f;
             i++)
                web->version[i] = (char)text.at[i];
        qf_buffer_deinit(&text);
        return r;
}

static int add_folder(struct qf_web *web, int folder, const char *prefix)
{
        DIR *listing = fdopendir(folder);
        int r = listing ? 0 : -errno;

        if (!listing) {
                (void)close(folder);
                return r;
        }
        for (const struct dirent *entry; r == 0 && (entry = readdir(listing));) {
                const char *type = type_of(entry->d_name);
                if (entry->d_name[0] == '.')
                        continue;
                if (type)
                        r = add_file(web, dirfd(listing), prefix, entry->d_name, type);
                else if (prefix[1] == '\0' && strcmp(entry->d_name, "version") == 0)
                        r = take_version(web, dirfd(listing));
        }
        (void)closedir(listing);
        return r;
}

static int read_web(struct qf_web *web, const char *folder)
{
        int top = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        int assets = top < 0 ? -1 : openat(top, "assets", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
        int r = top < 0 ? -errno : add_folder(web, top, "/");

        if (assets >= 0 && r == 0)
                r = add_folder(web, assets, "/assets/");
        else if (assets >= 0)
                (void)close(assets);
        return r == -ENOENT && top < 0 ? 0 : r;
}

/* --- the table ---------------------------------------------------------------- */

int qf_web_open(const char *folder, struct qf_web **ret_web)
{
        struct qf_web *web = calloc(1, sizeof(*web));
        int r = web ? read_web(web, folder) : -ENOMEM;

        if (r < 0) {
                qf_log(QF_LOG_ERROR, "the board's files cannot be used folder=\"%s\" error=\"%s\"", folder,
                       strerror(-r));
                (void)qf_web_free(web);
                return r;
        }
        qf_log(web->count ? QF_LOG_NOTICE : QF_LOG_INFO,
               "files of the board folder=\"%s\" count=%u version=%s", folder, web->count,
               web->version[0] ? web->version : "none");
        *ret_web = web;
        return 0;
}

struct qf_web *qf_web_free(struct qf_web *web)
{
        for (uint32_t i = 0; web && i < web->count; i++) {
                free(web->files[i].path);
                qf_buffer_deinit(&web->files[i].plain);
                qf_buffer_deinit(&web->files[i].zipped);
        }
        free(web);
        return NULL;
}

const struct qf_web_file *qf_web_find(const struct qf_web *web, const char *path)
{
        for (uint32_t i = 0; web && i < web->count; i++)
                if (strcmp(web->files[i].path, path) == 0)
                        return &web->files[i];
        return NULL;
}

const char *qf_web_version(const struct qf_web *web)
{
        return web ? web->version : "";
}

int qf_web_folder(const char *configured, char ret_folder[QF_WEB_FOLDER])
{
        static const char beside[] = "/../share/qingfeng/web";

        if (configured)
                return snprintf(ret_folder, QF_WEB_FOLDER, "%s", configured) < QF_WEB_FOLDER ? 0
                                                                                             : -ENAMETOOLONG;
        ssize_t len = readlink("/proc/self/exe", ret_folder, QF_WEB_FOLDER - sizeof(beside));

        if (len < 0 || len == (ssize_t)(QF_WEB_FOLDER - sizeof(beside)))
                return len < 0 ? -errno : -ENAMETOOLONG;
        while (len > 0 && ret_folder[len - 1] != '/')
                len--;
        (void)snprintf(ret_folder + (len > 0 ? len - 1 : 0), sizeof(beside), "%s", beside);
        return 0;
}
