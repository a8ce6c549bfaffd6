/* What `qf export` printed, line by line, into a backup. */
#pragma once

#include <stdint.h>
#include <stdio.h>

#include "base/so_far.h"
#include "store/backup.h"

struct qf_imported {
        uint64_t position, entries; /* of the last record that was added; of all its entries */
        uint64_t line;              /* the last that was read */
        const char *zh, *en;        /* why it is not taken; static */
};

/* so_far: told of bytes, of those of a file; may be NULL. backup: empty and resumed. 0: all is in it and on disk; positive 1: a line is not what it must be; negative. */
QF_CHECK int qf_import(FILE *stream, struct qf_backup *backup, const struct qf_so_far *so_far,
                       struct qf_imported *ret_imported);
