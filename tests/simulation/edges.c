/* Why: the small things that a process asks the machine for: what time it is,
 * chance, keys in files, large memory, a line in the log, the note of whom it was
 * judging. Here the world answers. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/crash_note.h"
#include "base/log.h"
#include "base/pages.h"
#include "base/random.h"
#include "service/listening.h"
#include "service/process.h"
#include "simulation/network.h"
#include "simulation/world.h"
#include "wire/keys.h"

int64_t qf_clock_mono_ns(void)
{
        return SIM_SECOND + sim_local_ns(); /* a machine has been up for a while when a daemon starts */
}

int64_t qf_clock_mono_ms(void)
{
        return qf_clock_mono_ns() / SIM_MS;
}

int64_t qf_clock_wall_ms(void)
{
        const struct sim_process *process = sim.running;

        return sim_wall_ms(sim_local_ns()) + (process ? process->machine->wall_offset_ms : 0);
}

/* What a process takes of this machine is no two times the same. */
void qf_process_facts(struct qf_process_facts *ret_facts)
{
        *ret_facts = (struct qf_process_facts){.descriptors = -1, .resident_bytes = -1};
}

void qf_random(void *bytes, size_t len)
{
        sim_random_bytes(bytes, len);
}

void qf_log_open(const char *program, enum qf_log_level most, const char *journal)
{
        (void)program;
        (void)most;
        (void)journal;
}

/* Nobody may find damage: none is ever done here. */
void qf_log(enum qf_log_level level, const char *format, ...)
{
        char line[1024];
        va_list args;

        va_start(args, format);
        (void)vsnprintf(line, sizeof(line), format, args);
        va_end(args);
        if (strstr(line, "damaged") || strstr(line, "could not be used"))
                sim_fail("%s: %s", sim.running->name, line);
        sim.counting_stopped |= strstr(line, "counting stopped") != NULL;
        sim_say("%s %s", level <= QF_LOG_ERROR ? "!" : level == QF_LOG_WARNING ? "?" : " ", line);
}

void *qf_pages_take(size_t bytes)
{
        return calloc(1, bytes);
}

void *qf_pages_grow(void *at, size_t bytes, size_t wanted)
{
        char *grown = realloc(at, wanted);

        if (grown)
                memset(grown + bytes, 0, wanted - bytes);
        return grown;
}

void qf_pages_give(void *at, size_t bytes)
{
        (void)bytes;
        free(at);
}

/* A path of a key is "key:NUMBER". */
int qf_key_read_secret(const char *path, uint8_t ret_secret[32], uint8_t ret_public[32])
{
        unsigned number = 0;

        if (sscanf(path, "key:%u", &number) != 1)
                return QF_KEY_SHAPE;
        sim_key(number, ret_public, ret_secret);
        return 0;
}

int qf_key_read_public(const char *path, uint8_t ret_public[32])
{
        uint8_t secret[32];

        return qf_key_read_secret(path, secret, ret_public);
}

int qf_key_read_servers(const char *path, uint8_t ret_key[32], uint8_t ret_other[32])
{
        memset(ret_other, 0, 32);
        return qf_key_read_public(path, ret_key);
}

int qf_key_read_server(const char *now, const char *path, struct qf_curve *ret_curve)
{
        (void)now;
        return qf_key_read_secret(path, ret_curve->secret_key, ret_curve->public_key);
}

const char *qf_key_server_file(const char *now, const char *path)
{
        (void)now;
        return path;
}

const char *qf_key_why(int fault)
{
        (void)fault;
        return "it is no key of the world";
}

void qf_key_marks(const struct qf_curve *curve, char ret_text[QF_KEY_MARKS])
{
        (void)curve;
        ret_text[0] = '\0';
}

/* Nobody hands sockets over, and none of this machine is made: a process that crashed would leave it open. */
int qf_listening_find(const char *endpoint)
{
        (void)endpoint;
        return 0;
}

int qf_listening_twice(const char *endpoint, int ret_listening[2], bool *ret_removes)
{
        (void)endpoint;
        ret_listening[0] = ret_listening[1] = 0;
        *ret_removes = false;
        return 0;
}

int qf_listening_open(const char *endpoint, int *ret_fd)
{
        (void)endpoint;
        *ret_fd = -1;
        return -ENOSYS; /* nobody here has a browser */
}

bool qf_listening_is_local(const char *endpoint)
{
        (void)endpoint;
        return true;
}

bool qf_listening_is_local_name(const char *host)
{
        (void)host;
        return true;
}

/* The note of crashes is about faults of memory, of which there are none here. */
struct qf_crash_note {
        uint32_t doing;
        _Alignas(16) uint8_t page[];
};

int qf_crash_note_open(const char *path, size_t bytes, struct qf_crash_note **ret_note, uint32_t *ret_crashed)
{
        (void)path;
        *ret_crashed = 0;
        *ret_note = calloc(1, sizeof(**ret_note) + bytes);
        return *ret_note ? 0 : -ENOMEM;
}

struct qf_crash_note *qf_crash_note_close(struct qf_crash_note *note)
{
        free(note);
        return NULL;
}

volatile uint32_t *qf_crash_note_doing(struct qf_crash_note *note)
{
        return &note->doing;
}

void *qf_crash_note_more(struct qf_crash_note *note)
{
        return note->page;
}

int qf_crash_note_watch(struct qf_crash_note *note, uint32_t bus, uint32_t own)
{
        (void)own;
        (void)note;
        (void)bus;
        return 0;
}
