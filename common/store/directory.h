/* A directory that belongs to one process, and is either not there or complete:
 * what is put into it first is written beside it, synced and renamed. What root makes,
 * directory, lock or mark, belongs to the owner and the group of the folder that it is in. */
#pragma once

#include <limits.h>
#include <stdbool.h>

#include "base/error.h"

enum qf_directory_outcome {
        QF_DIRECTORY_IN_USE = 1,   /* another has locked it */
        QF_DIRECTORY_MISSING = 2,  /* its data file is not there */
        QF_DIRECTORY_EMPTY = 3,    /* its data file has no bytes */
        QF_DIRECTORY_UNFILLED = 4, /* fill gave a positive outcome: *ret_outcome */
        QF_DIRECTORY_MARKED = 5    /* the mark is there */
};

#define QF_DIRECTORY_ASIDE ".set-aside" /* what stood there before, DIRECTORY followed by this */

/* Locks DIRECTORY.lock until the descriptor is closed: one that writes, or several that share. */
QF_CHECK int qf_directory_lock(const char *directory, bool shared, int *ret_fd);
/* Opens DIRECTORY/data.mdb for reading. */
QF_CHECK int qf_directory_find(const char *directory, int *ret_fd);
/* Makes DIRECTORY.new (after removing what an unfinished creation left), calls fill with its path, syncs data.mdb and
 * the directory, renames it to DIRECTORY, which may exist when it is empty, and syncs the parent. What failed before it
 * had that name is removed. */
typedef int (*qf_directory_fill)(const void *ctx, const char *path);
QF_CHECK int qf_directory_create(const char *directory, qf_directory_fill fill, const void *ctx,
                                 int *ret_outcome);
/* Moves a directory that nobody has open to DIRECTORY.set-aside, in place of the one set aside before. 0 also when
 * there is none. */
QF_CHECK int qf_directory_set_aside(const char *directory);
/* Where that is. -ENAMETOOLONG. */
QF_CHECK int qf_directory_aside(const char *directory, char ret_path[PATH_MAX]);

/* What was made takes the directory's place, at one stroke, and what stood there that of what was made. -errno. Where the
 * file system can't exchange, by three renames: killed between them, nothing stands in the place, what stood there is
 * DIRECTORY.set-aside and what was made is where it was, or what was made stands and the other is DIRECTORY.set-aside. */
QF_CHECK int qf_directory_exchange(const char *directory, const char *made);
/* Puts made, a whole directory beside it, in place of a directory that nobody has open, at one stroke where the file
 * system can; what stood there, if anything did, becomes DIRECTORY.set-aside. The parent is synced. -errno. Where the file
 * system can't exchange it is two renames: killed between them, nothing stands in the place. */
QF_CHECK int qf_directory_replace(const char *directory, const char *made);
/* Puts made, a whole directory, in the place of one that nobody has open, which is removed. The parent is synced. */
QF_CHECK int qf_directory_move(const char *made, const char *directory);
/* Makes an environment's directory anew as a copy of the one beside it, DIRECTORY followed by a suffix, which nobody has
 * open. 0 also when there is none to copy. */
QF_CHECK int qf_directory_copy(const char *directory, const char *suffix);

/* A mark is an empty file beside the directory, DIRECTORY followed by its name: how a command asks something of a
 * daemon, whether it runs or not, and a daemon tells one. 0: not there, or QF_DIRECTORY_MARKED. */
QF_CHECK int qf_directory_marked(const char *directory, const char *mark);
QF_CHECK int qf_directory_mark(const char *directory, const char *mark);
QF_CHECK int qf_directory_unmark(const char *directory, const char *mark); /* 0 also when it is gone */
/* Removes an environment's directory, which holds data.mdb and lock.mdb and nothing else; 0 also when it is not there. */
QF_CHECK int qf_directory_remove(const char *directory);
/* The directory that a path lies in is on disk, and with it the path's name. */
QF_CHECK int qf_directory_sync_parent(const char *path);
/* The same of one beside it, DIRECTORY followed by a suffix, and of its lock. */
QF_CHECK int qf_directory_forget(const char *directory, const char *suffix);
