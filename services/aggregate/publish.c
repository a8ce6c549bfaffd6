/* Guarantees: only what may be shown (qf_counting_showable) is sent; a subscriber
 * never sees end of a version whose registers, rows or cells it was not sent; one
 * that stops reading costs its queue and at most half a second of counting, and is
 * dropped when five pulses in a row did not reach it (it subscribes again when it
 * hears nothing).
 *
 *     show ─► turn ─► for each subscriber: queue ─► send while credit lasts
 *                                          ▲ fill when empty and something is newer */
#include "aggregate/publish.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "aggregate/answers.h"
#include "aggregate/frames.h"
#include "aggregate/ring.h"
#include "aggregate/subscriber.h"
#include "base/arena.h"

enum {
        SUBSCRIBERS_MAX = 64,
        DEAF_PULSES = 5,
        SCANS_PER_TURN =
                4, /* of the table of rows; what is sent is bounded by credit, a scan may find nothing */
        ITEMS_FREE = 8000,   /* cells and rows; a larger transfer is followed by a rest, */
        ITEMS_PER_MS = 1000, /* the longer the larger it was, in which changes run together; */
        REST_MOST_MS = 500,  /* but no longer than this */
        LAG_MOST_MS = 500,   /* without a frame taken: then it is waited for no more */
        LOOK_MOST_MS = 50,   /* of that, between two looks: in a long commit nobody could take any */
        ARENA_BYTES = 256 * 1024,
};

enum denied { DENIED_VERSION = 1, DENIED_TOO_MANY = 2, DENIED_PREFIX = 3, DENIED_QUERY = 4 };

struct qf_publish {
        qf_publish_send send;
        void *ctx;
        struct qf_counting *counting;
        uint8_t epoch[QF_EPOCH_BYTES];  /* spoken of last */
        uint8_t opened[QF_EPOCH_BYTES]; /* of the counts when they were opened: subscribers are held to it */
        struct qf_ring *ring;
        struct qf_frames *frames;
        struct qf_cell **cells;
        struct qf_arena *arena;
        struct qf_buffer message;
        struct qf_standing row;
        bool catching_up;  /* and nobody was told yet that it ended */
        int64_t looked_ms; /* at the subscribers */
        struct qf_subscriber subscribers[SUBSCRIBERS_MAX];
};

int qf_publish_new(qf_publish_send send, void *ctx, struct qf_publish **ret_publish)
{
        struct qf_publish *publish = calloc(1, sizeof(*publish));

        if (!publish)
                return -ENOMEM;
        publish->send = send;
        publish->ctx = ctx;
        publish->cells = malloc(QF_FILL_CELLS * sizeof(struct qf_cell *));
        int r = publish->cells ? qf_ring_new(&publish->ring) : -ENOMEM;
        if (r == 0)
                r = qf_frames_new(&publish->frames);
        if (r == 0)
                r = qf_arena_new(ARENA_BYTES, &publish->arena);
        if (r < 0) {
                qf_publish_free(publish);
                return r;
        }
        *ret_publish = publish;
        return 0;
}

static void drop(struct qf_subscriber *subscriber)
{
        qf_buffer_deinit(&subscriber->queue);
        *subscriber = (struct qf_subscriber){.used = false};
}

struct qf_publish *qf_publish_free(struct qf_publish *publish)
{
        if (!publish)
                return NULL;
        for (size_t i = 0; i < SUBSCRIBERS_MAX; i++)
                drop(&publish->subscribers[i]);
        qf_buffer_deinit(&publish->message);
        qf_arena_free(publish->arena);
        qf_frames_free(publish->frames);
        qf_ring_free(publish->ring);
        free(publish->cells);
        free(publish);
        return NULL;
}

static struct qf_fill fill_of(struct qf_publish *publish, const struct qf_publish_facts *facts)
{
        return (struct qf_fill){.counting = publish->counting,
                                .ring = publish->ring,
                                .frames = publish->frames,
                                .cells = publish->cells,
                                .row = &publish->row,
                                .facts = facts};
}

/* Whether there is a picture to speak of: a journal has its life in its first record. What is counted again is not, before
 * all that was shown is: on the way there it speaks of lives that are over, whose journal may have gone on otherwise. */
static bool has_picture(const struct qf_publish *publish)
{
        const struct qf_counting *counting = publish->counting;

        return counting && counting->shown > 0 && !qf_counting_is_behind(counting);
}

/* Before the first epoch nobody was told anything: whoever subscribes then may well go on from what it has. */
static bool has_spoken(const struct qf_publish *publish)
{
        static const uint8_t none[QF_EPOCH_BYTES];

        return memcmp(publish->epoch, none, sizeof(none)) != 0;
}

void qf_publish_bind(struct qf_publish *publish, struct qf_counting *counting)
{
        struct qf_fill fill;

        publish->counting = counting;
        if (!counting)
                return;
        qf_ring_forget(publish->ring, counting->committed);
        memcpy(publish->opened, counting->epoch, sizeof(publish->opened));
        if (has_picture(publish) && !has_spoken(publish))
                memcpy(publish->epoch, counting->epoch, sizeof(publish->epoch));
        fill = fill_of(publish, NULL);
        for (size_t i = 0; i < SUBSCRIBERS_MAX; i++) {
                struct qf_subscriber *subscriber = &publish->subscribers[i];
                /* Who was owed rows has none that it may go on from. */
                if (subscriber->used)
                        qf_subscriber_begin(subscriber, &fill, subscriber->have,
                                            subscriber->have == 0 || subscriber->rows_owed);
        }
}

int qf_publish_row(void *ctx, uint32_t partner, struct qf_view key, uint32_t row, struct qf_view packed)
{
        struct qf_publish *publish = ctx;

        qf_ring_add(publish->ring, publish->counting->meta.position, partner, key, row, packed);
        return 0;
}

uint32_t qf_publish_subscribers(const struct qf_publish *publish)
{
        uint32_t count = 0;

        for (size_t i = 0; i < SUBSCRIBERS_MAX; i++)
                count += publish->subscribers[i].used;
        return count;
}

/* --- sending -------------------------------------------------------------------- */

static int send_message(struct qf_publish *publish, const struct qf_peer *peer, struct qf_to_reader *message)
{
        publish->message.len = 0;
        int r = qf_to_reader_encode(message, &publish->message);
        if (r < 0)
                return r;
        return publish->send(
                publish->ctx, peer,
                (struct qf_view){(const char *)publish->message.at, (uint32_t)publish->message.len});
}

static int deny(struct qf_publish *publish, const struct qf_peer *peer, uint32_t id, enum denied why,
                const char *say)
{
        struct qf_to_reader message = {.what = QF_DENIED, .id = id, .why = why, .say = qf_view_of(say)};
        int r = send_message(publish, peer, &message);

        return r < 0 ? r : 0;
}

static int pulse(struct qf_publish *publish, struct qf_subscriber *subscriber,
                 const struct qf_publish_facts *facts)
{
        struct qf_to_reader message = {
                .what = QF_PULSE,
                .id = subscriber->id,
                .version = publish->counting ? publish->counting->shown : 0,
                .journal_last = facts->journal_last,
                .complete_at_ms = facts->complete_at_ms,
                .catching_up = facts->catching_up || !has_picture(publish),
                .stopped = facts->stopped,
                .say = qf_view_of(facts->say),
                .ingest = facts->ingest,
                .aggregate = facts->aggregate,
        };
        memcpy(message.epoch, publish->epoch, sizeof(message.epoch));
        int r = send_message(publish, &subscriber->peer, &message);
        if (r < 0)
                return r;
        subscriber->deaf = r == 0 ? 0 : subscriber->deaf + 1;
        if (subscriber->deaf >= DEAF_PULSES)
                drop(subscriber);
        return 0;
}

int qf_publish_pulse(struct qf_publish *publish, const struct qf_publish_facts *facts)
{
        int r = 0;

        for (size_t i = 0; i < SUBSCRIBERS_MAX && r == 0; i++)
                if (publish->subscribers[i].used)
                        r = pulse(publish, &publish->subscribers[i], facts);
        return r;
}

/* Whoever waits for all to be counted hears it at once and not a second later. */
static int pulse_when_caught_up(struct qf_publish *publish, const struct qf_publish_facts *facts)
{
        if (!publish->catching_up || facts->catching_up)
                return 0;
        publish->catching_up = false;
        return qf_publish_pulse(publish, facts);
}

/* Sends queued frames while credit lasts and the peer takes them. */
static int flush(struct qf_publish *publish, struct qf_subscriber *subscriber, int64_t mono_ms)
{
        struct qf_buffer *queue = &subscriber->queue;

        while (subscriber->queue_at < queue->len && subscriber->sent < subscriber->credit) {
                uint32_t len = qf_get_le32(queue->at + subscriber->queue_at);
                struct qf_view frame = {(const char *)queue->at + subscriber->queue_at + 4, len};
                int r = publish->send(publish->ctx, &subscriber->peer, frame);
                if (r != 0)
                        return r < 0 ? r : 0;
                subscriber->queue_at += 4 + (size_t)len;
                subscriber->sent += len;
                subscriber->sent_ms = mono_ms;
        }
        if (subscriber->queue_at == queue->len)
                queue->len = subscriber->queue_at = 0;
        return 0;
}

static bool flushed(const struct qf_subscriber *subscriber)
{
        return subscriber->queue.len == 0;
}

/* --- turns ------------------------------------------------------------------------ */

static int64_t rest_after(uint64_t items)
{
        uint64_t rest = items > ITEMS_FREE ? items / ITEMS_PER_MS : 0;

        return rest < REST_MOST_MS ? (int64_t)rest : REST_MOST_MS;
}

static int serve(struct qf_publish *publish, struct qf_subscriber *subscriber, const struct qf_fill *fill,
                 int64_t mono_ms, bool *ret_more)
{
        int r = flush(publish, subscriber, mono_ms);

        for (unsigned fills = 0; r == 0 && flushed(subscriber) && qf_subscriber_due(subscriber, fill);
             fills++) {
                if (mono_ms < subscriber->next_ms && !qf_subscriber_pressed(subscriber, fill))
                        break;
                if (fills >= SCANS_PER_TURN && subscriber->rows_scanning) {
                        *ret_more = true;
                        break;
                }
                r = qf_subscriber_fill(subscriber, fill);
                if (r == 0 && !subscriber->moving) {
                        int64_t rest = rest_after(subscriber->items), every = subscriber->every_ms;
                        subscriber->next_ms = mono_ms + (rest > every ? rest : every);
                }
                if (r == 0)
                        r = flush(publish, subscriber, mono_ms);
        }
        return r;
}

/* What we were busy with ourselves is nobody's silence. */
static void look(struct qf_publish *publish, int64_t mono_ms)
{
        const int64_t away_ms = mono_ms - publish->looked_ms - LOOK_MOST_MS;

        for (size_t i = 0; i < SUBSCRIBERS_MAX && away_ms > 0; i++)
                publish->subscribers[i].sent_ms += away_ms;
        publish->looked_ms = mono_ms;
}

bool qf_publish_lags(struct qf_publish *publish, int64_t mono_ms)
{
        const struct qf_fill fill = fill_of(publish, NULL);

        look(publish, mono_ms);
        for (size_t i = 0; i < SUBSCRIBERS_MAX; i++) {
                const struct qf_subscriber *subscriber = &publish->subscribers[i];
                if (subscriber->used && mono_ms - subscriber->sent_ms < LAG_MOST_MS &&
                    qf_subscriber_lags(subscriber, &fill))
                        return true;
        }
        return false;
}

/* Another life: what subscribers have is of another history. */
static void follow_epoch(struct qf_publish *publish, const struct qf_fill *fill)
{
        const uint8_t *known = has_spoken(publish) ? publish->epoch : publish->opened;
        const bool same = memcmp(known, publish->counting->epoch, sizeof(publish->epoch)) == 0;

        memcpy(publish->epoch, publish->counting->epoch, sizeof(publish->epoch));
        if (same)
                return;
        for (size_t i = 0; i < SUBSCRIBERS_MAX; i++)
                if (publish->subscribers[i].used)
                        qf_subscriber_begin(&publish->subscribers[i], fill, 0, true);
}

int qf_publish_turn(struct qf_publish *publish, int64_t mono_ms, const struct qf_publish_facts *facts,
                    int64_t *ret_next_ms, bool *ret_more)
{
        struct qf_fill fill = fill_of(publish, facts);

        look(publish, mono_ms);
        *ret_next_ms = INT64_MAX;
        *ret_more = false;
        publish->catching_up |= facts->catching_up;
        if (!has_picture(publish) || !qf_counting_showable(publish->counting))
                return 0;
        qf_records_rest(publish->counting->records);
        follow_epoch(publish, &fill);
        int r = pulse_when_caught_up(publish, facts);
        if (r < 0)
                return r;
        for (size_t i = 0; i < SUBSCRIBERS_MAX; i++) {
                struct qf_subscriber *subscriber = &publish->subscribers[i];
                if (!subscriber->used)
                        continue;
                r = serve(publish, subscriber, &fill, mono_ms, ret_more);
                if (r < 0)
                        return r;
                if (flushed(subscriber) && qf_subscriber_due(subscriber, &fill) &&
                    subscriber->next_ms < *ret_next_ms)
                        *ret_next_ms = subscriber->next_ms;
        }
        return 0;
}

/* --- messages from readers ----------------------------------------------------------- */

static bool same_peer(const struct qf_peer *a, const struct qf_peer *b)
{
        return a->len == b->len && memcmp(a->id, b->id, a->len) == 0;
}

/* The subscription of that peer and id; NULL: none. */
static struct qf_subscriber *find(struct qf_publish *publish, const struct qf_peer *peer, uint32_t id)
{
        for (size_t i = 0; i < SUBSCRIBERS_MAX; i++) {
                struct qf_subscriber *subscriber = &publish->subscribers[i];
                if (subscriber->used && subscriber->id == id && same_peer(&subscriber->peer, peer))
                        return subscriber;
        }
        return NULL;
}

static struct qf_subscriber *find_free(struct qf_publish *publish)
{
        for (size_t i = 0; i < SUBSCRIBERS_MAX; i++)
                if (!publish->subscribers[i].used)
                        return &publish->subscribers[i];
        return NULL;
}

static int begin(struct qf_publish *publish, struct qf_subscriber *subscriber, const struct qf_peer *peer,
                 const struct qf_from_reader *message, const struct qf_publish_facts *facts)
{
        const uint8_t *epoch = publish->counting ? publish->counting->epoch : publish->epoch;
        bool same = message->have > 0 && memcmp(message->epoch, epoch, QF_EPOCH_BYTES) == 0;
        struct qf_fill fill = fill_of(publish, facts);

        drop(subscriber);
        subscriber->used = true;
        subscriber->peer = *peer;
        subscriber->id = message->id;
        subscriber->want = message->want ? message->want : QF_WANT_CELLS | QF_WANT_REGISTERS;
        subscriber->every_ms = message->every_ms;
        subscriber->credit = message->credit;
        qf_subscriber_begin(subscriber, &fill, message->have, !same);
        return pulse(publish, subscriber, facts);
}

static int take_subscribe(struct qf_publish *publish, const struct qf_peer *peer,
                          const struct qf_from_reader *message, const struct qf_publish_facts *facts)
{
        if (message->version != 1)
                return deny(publish, peer, message->id, DENIED_VERSION, "this server speaks version 1");
        if (message->prefixes_count)
                return deny(publish, peer, message->id, DENIED_PREFIX, "prefixes are served by reporting");
        struct qf_subscriber *subscriber = find(publish, peer, message->id);
        if (!subscriber)
                subscriber = find_free(publish);
        if (!subscriber)
                return deny(publish, peer, message->id, DENIED_TOO_MANY, "too many subscribers");
        return begin(publish, subscriber, peer, message, facts);
}

static int take_query(struct qf_publish *publish, const struct qf_peer *peer,
                      const struct qf_from_reader *message, const struct qf_publish_facts *facts)
{
        struct qf_to_reader answer = {.what = QF_ANSWER, .id = message->id};
        struct qf_buffer json = {0};
        int r = 0;

        if (!publish->counting)
                return deny(publish, peer, message->id, DENIED_QUERY, "the counts are being made anew");
        /* It is the disk that is asked, but for a status: that says what waited up to a second ago. */
        if (message->query != QF_QUERY_STATUS)
                r = qf_counting_commit(publish->counting, qf_publish_row, publish);
        if (r < 0)
                return r;
        if (message->query == QF_QUERY_STATUS)
                r = qf_answer_status(publish->counting, facts, qf_publish_subscribers(publish), &json);
        else if (message->query == QF_QUERY_WAITING)
                r = qf_answer_waiting(publish->counting, message->limit, &json);
        else if (message->query == QF_QUERY_EDITION)
                r = qf_answer_edition(publish->counting, message, &answer, &json);
        else
                return deny(publish, peer, message->id, DENIED_QUERY, "reporting answers this");
        memcpy(answer.epoch, publish->counting->epoch, sizeof(answer.epoch));
        answer.version = publish->counting->committed;
        answer.complete_at_ms = facts->complete_at_ms;
        *(message->query == QF_QUERY_EDITION ? &answer.data : &answer.json) =
                (struct qf_view){(const char *)json.at, (uint32_t)json.len};
        if (r == 0)
                r = send_message(publish, peer, &answer);
        qf_buffer_deinit(&json);
        return r < 0 ? r : 0;
}

int qf_publish_take(struct qf_publish *publish, const struct qf_peer *peer, struct qf_view message,
                    const struct qf_publish_facts *facts)
{
        struct qf_from_reader taken;
        struct qf_wire_fault fault;
        struct qf_subscriber *subscriber;

        qf_arena_reset(publish->arena);
        int r = qf_from_reader_decode(publish->arena, message, &taken, &fault);
        if (r != 0)
                return r < 0 ? r : 0;
        switch (taken.what) {
        case QF_SUBSCRIBE: return take_subscribe(publish, peer, &taken, facts);
        case QF_QUERY: return take_query(publish, peer, &taken, facts);
        case QF_MORE:
                subscriber = find(publish, peer, taken.id);
                if (subscriber && subscriber->credit < taken.credit)
                        subscriber->credit = taken.credit;
                return 0;
        case QF_LEAVE:
                subscriber = find(publish, peer, taken.id);
                if (subscriber)
                        drop(subscriber);
                return 0;
        }
        return 0;
}
