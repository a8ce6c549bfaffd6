/* Parts of a zip archive in memory, each read whole and within bounds. */
#pragma once

#include "base/bytes.h"
#include "base/error.h"

enum { QF_ZIP_PART_MAX = 128 * 1024 * 1024, QF_ZIP_ALL_MAX = 256 * 1024 * 1024 };

enum qf_zip_outcome {
        QF_ZIP_NONE = 1,      /* no such part */
        QF_ZIP_DAMAGED = 2,   /* no archive, or this part of it can't be read */
        QF_ZIP_TOO_LARGE = 3, /* beyond the bounds, or packed as no document is (200 times and more) */
};

struct qf_zip;

/* bytes must outlive the archive. */
QF_CHECK int qf_zip_open(struct qf_view bytes, struct qf_zip **ret_zip);
struct qf_zip *qf_zip_close(struct qf_zip *zip);
/* Appends the part; names differ in more than capitals. */
QF_CHECK int qf_zip_read(struct qf_zip *zip, const char *name, struct qf_buffer *ret_part);
