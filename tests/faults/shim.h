/* The parts of qf_storage_shim, which is preloaded (LD_PRELOAD) into running
 * programs to break their storage, or to write down what it does.
 *
 *     shim_calls.c    stands before the storage calls of libc and asks ...
 *     shim_order.c    ... whether this is the one that goes wrong, and how
 *     shim_record.c   ... or notes it in a log, with the messages of ZeroMQ between
 *
 * QF_SHIM_PROGRAMS names the programs that are touched ("qf-ingest,qf-aggregate"),
 * so that one environment serves all daemons of an installation. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

enum { SHIM_PATH = 512 };

/* Finds the function that ours stands before. */
#define SHIM_NEXT(name)                                                                                      \
        static __typeof__(&name) next;                                                                       \
        if (!next)                                                                                           \
        *(void **)&next = dlsym(RTLD_NEXT, #name)

enum shim_how {
        SHIM_GO,   /* as if we were not there */
        SHIM_FAIL, /* nothing is done, errno says why */
        SHIM_HALF, /* a write does half of it and says so */
};

/* True in the programs that are meant. */
bool shim_meant(void);
/* The path behind a descriptor; "" when it has none. */
void shim_path_of(int fd, char ret_path[SHIM_PATH]);

/* Whether an order waits: nothing more need be asked when none does. */
bool shim_ordered(void);
/* Called before each storage call; halves says how half of it is done (NULL: it has no half), for what is torn.
 * Does not return when the program is to die here. */
enum shim_how shim_arrive(void (*halves)(void *ctx), void *ctx);

/* One record of the log: this, the name, the bytes. */
struct shim_record {
        uint8_t what; /* enum shim_what */
        uint8_t zero;
        uint16_t name_len;
        uint32_t bytes_len;
        uint64_t at; /* of a write: where; of a truncation: the new length */
};

enum shim_what { /* name; bytes */
                 SHIM_WRITE = 'W',
                 SHIM_WRITE_SYNCED = 'D', /* on disk when it returns */
                 SHIM_TRUNCATE = 'T',
                 SHIM_SYNC = 'S',
                 SHIM_MKDIR = 'M',
                 SHIM_RENAME = 'R',   /* from; to */
                 SHIM_REMOVE = 'U',   /* unlink or rmdir */
                 SHIM_ASKED = 'Q',    /* user; message of a partner */
                 SHIM_ANSWERED = 'A', /* program; message to a partner */
                 SHIM_TOLD = 'P',     /* program; message to a reader or consumer */
};

/* Whether QF_SHIM_LOG asks for a log. */
bool shim_records(void);
/* Appends a record; several programs share one log, whose order is the order in which things were done. */
void shim_note(enum shim_what what, const char *name, uint64_t at, const struct iovec *parts, int count);
