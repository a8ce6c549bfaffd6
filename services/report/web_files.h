/* The files of the board as they were built: read once at start, so that nothing
 * that is asked for is ever looked up in a folder. index.html, other files beside
 * it, and assets/, whose names change with their content. */
#pragma once

#include <stdbool.h>

#include "base/bytes.h"
#include "base/error.h"

enum { QF_WEB_ETAG = 24, QF_WEB_VERSION = 65, QF_WEB_FOLDER = 1000 };

struct qf_web_file {
        char *path;                     /* "/", "/icon.svg", "/assets/board-1a2b.js" */
        const char *type;               /* static */
        struct qf_buffer plain, zipped; /* zipped: empty where there is none */
        char etag[QF_WEB_ETAG];         /* with its quotes */
        bool for_ever;                  /* its name says its content */
};

struct qf_web;

/* Reads a folder; one that is not there is no error: *ret_web then has no files. At most 128 files, 16 MiB.
 * Logs what cannot be used. -errno. */
QF_CHECK int qf_web_open(const char *folder, struct qf_web **ret_web);
struct qf_web *qf_web_free(struct qf_web *web);
const struct qf_web_file *qf_web_find(const struct qf_web *web, const char *path); /* NULL: none */
const char *qf_web_version(const struct qf_web *web); /* of the file "version"; "": none */
/* The folder that is configured; NULL: ../share/qingfeng/web beside this program's own folder. -errno. */
QF_CHECK int qf_web_folder(const char *configured, char ret_folder[QF_WEB_FOLDER]);
