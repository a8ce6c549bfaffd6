/* A programme file (YAML) → register events. Only qf reads one. */
#pragma once

#include "base/bytes.h"
#include "base/error.h"
#include "model/event.h"

/* As many organisations as there may be (131,072), with their names in two languages and where they stand. */
enum { QF_PROGRAMME_FILE_BYTES_MAX = 64 * 1024 * 1024 };

struct qf_programme_file;

/* Reads, checks and compiles a file. -EFBIG: it is larger. Positive 1: the file is wrong; *ret_error (caller frees) says line, path in
 * the file and how to mend it. events: register events (kind, registered) in the order to send them. */
QF_CHECK int qf_programme_file_load(const char *path, struct qf_programme_file **ret_file, char **ret_error);
struct qf_programme_file *qf_programme_file_free(struct qf_programme_file *file);
const struct qf_event *qf_programme_file_events(const struct qf_programme_file *file, uint32_t *ret_count);
