/* Why: the same feed serves aggregation beside us and a backup far away; what
 * differs is who may come in, and that is decided here and not in consumers.c. */
#include "ingest/journal_door.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "ingest/consumers.h"
#include "ingest/kept.h"
#include "programme/admission.h"
#include "service/listening.h"

enum {
        SEND_HWM = 4096, /* the credit of a consumer in small records */
        HEARD_AT_ONCE = 64,
        SHOWN = 128,
};

struct qf_journal_door {
        struct qf_ingest *ingest;
        const char *directory;
        struct qf_socket *socket;
        struct qf_consumers *consumers;
        bool asked; /* a consumer gave credit or attached */
};

static int send_record(void *ctx, const struct qf_peer *peer, struct qf_view frame, struct qf_view record)
{
        const struct qf_journal_door *door = ctx;
        return qf_socket_send(door->socket, peer, frame, record);
}

static bool may_follow(void *ctx, struct qf_view user)
{
        const struct qf_journal_door *door = ctx;
        int64_t key_ms = qf_ingest_key_ms(door->ingest, qf_clock_wall_ms());
        return qf_admission_source(qf_ingest_programme(door->ingest), user, key_ms, QF_ROLE_ADMIN) != NULL;
}

static void note_kept(void *ctx, struct qf_view name, uint64_t position, const uint8_t hash[QF_SHA256_BYTES])
{
        const struct qf_journal_door *door = ctx;
        char shown[SHOWN];
        int result = qf_kept_note(door->directory, name, position, hash);
        if (result < 0)
                qf_log(QF_LOG_WARNING,
                       "how far a backup reaches cannot be noted: partners keep all backup=\"%s\" error=\"%s\"",
                       qf_text_escape(name, shown, sizeof shown), strerror(-result));
}

static int open_parts(struct qf_journal_door *door, struct qf_context *context,
                      const struct qf_journal_door_options *options)
{
        const struct qf_consumers_edges edges = {.ctx = door,
                                                 .send = send_record,
                                                 .may = options->curve ? may_follow : NULL,
                                                 .kept = note_kept};
        struct qf_socket_options how = {
                .type = QF_ROUTER, .server = true, .curve = options->curve, .send_hwm = SEND_HWM};
        int result = qf_consumers_new(qf_ingest_group(options->ingest), &edges, &door->consumers);
        if (result == 0)
                result = qf_listening_twice(options->endpoint, how.listening, &how.removes);
        return result == 0 ? qf_socket_bind(context, &how, options->endpoint, &door->socket) : result;
}

int qf_journal_door_open(struct qf_context *context, const struct qf_journal_door_options *options,
                         struct qf_journal_door **ret_door)
{
        struct qf_journal_door *door = calloc(1, sizeof *door);
        if (!door)
                return -ENOMEM;
        door->ingest = options->ingest;
        door->directory = options->directory;
        int result = open_parts(door, context, options);
        if (result < 0) {
                qf_log(QF_LOG_ERROR, "cannot bind endpoint=%s error=\"%s\"", options->endpoint,
                       strerror(-result));
                (void)qf_journal_door_close(door);
                return result;
        }
        if (options->curve)
                qf_log(QF_LOG_NOTICE, "backups follow the journal here endpoint=%s",
                       qf_socket_endpoint(door->socket));
        *ret_door = door;
        return 0;
}

struct qf_journal_door *qf_journal_door_close(struct qf_journal_door *door)
{
        if (!door)
                return NULL;
        (void)qf_socket_close(door->socket);
        (void)qf_consumers_free(door->consumers);
        free(door);
        return NULL;
}

void *qf_journal_door_handle(const struct qf_journal_door *door)
{
        return qf_socket_handle(door->socket);
}

struct qf_socket *qf_journal_door_socket(struct qf_journal_door *door)
{
        return door->socket;
}

void qf_journal_door_knock(struct qf_journal_door *door)
{
        door->asked = true;
}

/* Consumers are heard between groups: attaching reads the store. */
static int hear(struct qf_journal_door *door, bool *ret_more)
{
        struct qf_received received;
        door->asked = false;
        for (unsigned i = 0; i < HEARD_AT_ONCE; i++) {
                int result = qf_socket_receive(door->socket, &received);
                if (result != 0)
                        return result < 0 ? result : 0;
                if (received.frames == 1)
                        result = qf_consumers_take(door->consumers, &received.peer, received.user,
                                                   received.frame[0]);
                if (result < 0)
                        return result;
        }
        door->asked = *ret_more = true;
        return 0;
}

int qf_journal_door_serve(struct qf_journal_door *door, int64_t mono_ms, bool *ret_more)
{
        int result = door->asked ? hear(door, ret_more) : 0;
        return result == 0 ? qf_consumers_pump(door->consumers, mono_ms, ret_more) : result;
}

int qf_journal_door_beat(struct qf_journal_door *door, int64_t mono_ms, const struct qf_beat *beat)
{
        return qf_consumers_beat(door->consumers, mono_ms, beat);
}

uint32_t qf_journal_door_behind(const struct qf_journal_door *door)
{
        return qf_consumers_behind(door->consumers);
}

uint32_t qf_journal_door_count(const struct qf_journal_door *door)
{
        return qf_consumers_count(door->consumers);
}
