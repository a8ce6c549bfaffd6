/* Why: forty kilobytes of zip can hold forty gigabytes, so what an entry says of
 * its size is not believed: bytes are counted as they come, part by part and in all. */
#include "qf/sheets/feed_zip.h"

#include <errno.h>
#include <stdlib.h>
#include <zip.h>

enum { STEP_BYTES = 256 * 1024, FREE_BYTES = 8 * 1024 * 1024, RATIO_MAX = 200 };

struct qf_zip {
        zip_t *archive;
        uint64_t read; /* of all parts */
};

static int outcome_of(const zip_error_t *error)
{
        return zip_error_code_zip(error) == ZIP_ER_MEMORY ? -ENOMEM : QF_ZIP_DAMAGED;
}

int qf_zip_open(struct qf_view bytes, struct qf_zip **ret_zip)
{
        zip_error_t error;
        struct qf_zip *zip = calloc(1, sizeof(*zip));
        if (!zip)
                return -ENOMEM;
        zip_error_init(&error);
        zip_source_t *source = zip_source_buffer_create(bytes.at, bytes.len, 0, &error);
        if (source)
                zip->archive = zip_open_from_source(source, ZIP_RDONLY, &error);
        int result = zip->archive ? 0 : outcome_of(&error);
        if (source && !zip->archive)
                zip_source_free(source); /* else the archive owns it */
        zip_error_fini(&error);
        if (result) {
                free(zip);
                return result;
        }
        *ret_zip = zip;
        return 0;
}

struct qf_zip *qf_zip_close(struct qf_zip *zip)
{
        if (zip) {
                zip_discard(zip->archive);
                free(zip);
        }
        return NULL;
}

/* What is unpacked so far is too much for what it was packed in. */
static bool is_bomb(const struct qf_zip *zip, uint64_t unpacked, uint64_t packed)
{
        return unpacked > QF_ZIP_PART_MAX || zip->read + unpacked > QF_ZIP_ALL_MAX ||
               (unpacked > FREE_BYTES && unpacked / RATIO_MAX > packed);
}

static int unpack(struct qf_zip *zip, zip_file_t *file, uint64_t packed, struct qf_buffer *part)
{
        size_t begin = part->len;
        for (;;) {
                int result = qf_buffer_reserve(part, STEP_BYTES);
                if (result)
                        return result;
                zip_int64_t got = zip_fread(file, part->at + part->len, STEP_BYTES);
                if (got < 0)
                        return outcome_of(zip_file_get_error(file));
                part->len += (size_t)got;
                if (is_bomb(zip, part->len - begin, packed))
                        return QF_ZIP_TOO_LARGE;
                if (got == 0)
                        break;
        }
        zip->read += part->len - begin;
        return 0;
}

int qf_zip_read(struct qf_zip *zip, const char *name, struct qf_buffer *ret_part)
{
        zip_stat_t status;
        zip_int64_t index = zip_name_locate(zip->archive, name, ZIP_FL_NOCASE);
        if (index < 0)
                return QF_ZIP_NONE;
        if (zip_stat_index(zip->archive, (zip_uint64_t)index, 0, &status) ||
            !(status.valid & ZIP_STAT_COMP_SIZE))
                return QF_ZIP_DAMAGED;
        zip_file_t *file = zip_fopen_index(zip->archive, (zip_uint64_t)index, 0);
        if (!file)
                return outcome_of(zip_get_error(zip->archive));
        int result = unpack(zip, file, status.comp_size, ret_part);
        (void)zip_fclose(file);
        return result;
}
