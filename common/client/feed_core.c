/* Why: exactly once rests on the client as much as on the server, so that what it
 * does is one pure machine which the simulator can drive through every order of
 * messages. It guarantees: nothing is sent before the server said where it
 * stands; after a refusal sending goes back to the number expected and on in
 * order; a lost answer is asked for again; what needs a human stops.
 *
 * After a pause one batch goes ahead alone: were all of the window sent again,
 * one full disk would be answered with a window of refusals each time. */
#include "client/feed_core.h"

#include "base/bytes.h"
#include "client/feed.h"

/* SplitMix64: good enough to spread clients in time. */
static uint64_t draw(struct qf_feed_core *core)
{
        uint64_t z = (core->random += 0x9e3779b97f4a7c15u);
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        return z ^ (z >> 31);
}

/* Between half of it and all of it. */
static int64_t jitter(struct qf_feed_core *core, uint32_t ms)
{
        return (int64_t)(ms / 2 + draw(core) % (ms / 2 + 1));
}

static uint32_t doubled(uint32_t ms, uint32_t most)
{
        return ms > most / 2 ? most : ms * 2;
}

static void forget_flight(struct qf_feed_core *core)
{
        core->flight_first = core->flight_count = core->flight_bytes = 0;
}

/* Batches that hold a number or lie above it are no longer under way. */
static void cut_flight(struct qf_feed_core *core, uint64_t number)
{
        while (core->flight_count > 0) {
                uint32_t last = (core->flight_first + core->flight_count - 1) % QF_FEED_WINDOW;
                if (core->flight[last].first + core->flight[last].count <= number)
                        return;
                core->flight_bytes -= core->flight[last].bytes;
                core->flight_count--;
        }
}

static void ask(struct qf_feed_core *core, int64_t at_ms)
{
        core->state = QF_FEED_ASKING;
        core->until_ms = at_ms;
        forget_flight(core);
}

static struct qf_feed_news halt(struct qf_feed_core *core, uint32_t alarm, uint64_t number, bool keep)
{
        core->state = QF_FEED_HALTED;
        forget_flight(core);
        return (struct qf_feed_news){.what = QF_NEWS_HALT, .alarm = alarm, .number = number, .keep = keep};
}

void qf_feed_core_init(struct qf_feed_core *core, const struct qf_outbox_standing *standing, uint64_t random,
                       int64_t mono_ms)
{
        *core = (struct qf_feed_core){
                .state = standing->stopped ? QF_FEED_HALTED : QF_FEED_ASKING,
                .send = standing->acked + 1,
                .window = QF_FEED_WINDOW,
                .window_bytes = QF_FEED_WINDOW_BYTES,
                .heard_ms = mono_ms,
                .until_ms = mono_ms,
                .backoff_ms = QF_FEED_BACKOFF_MS,
                .silence_ms = QF_FEED_SILENCE_MS,
                .random = random,
        };
        qf_feed_core_kept(core, standing);
}

void qf_feed_core_kept(struct qf_feed_core *core, const struct qf_outbox_standing *standing)
{
        core->next = standing->next;
        core->acked = standing->acked;
        core->first_kept = standing->first_kept;
}

void qf_feed_core_allow_skip(struct qf_feed_core *core)
{
        core->may_skip = true;
}

void qf_feed_core_learn(struct qf_feed_core *core)
{
        core->learning = true;
        core->learn_from = 0;
        core->learn_ms = INT64_MIN;
}

/* --- what to do now ----------------------------------------------------- */

static bool may_send(const struct qf_feed_core *core)
{
        uint32_t window = core->refused_at ? 1 : core->window;
        if (core->state != QF_FEED_GOING || core->send >= core->next || core->flight_count >= window)
                return false;
        return core->flight_bytes < core->window_bytes;
}

static struct qf_feed_step hello(struct qf_feed_core *core, int64_t mono_ms)
{
        core->until_ms = mono_ms + core->backoff_ms + jitter(core, core->backoff_ms);
        core->backoff_ms = doubled(core->backoff_ms, QF_FEED_BACKOFF_MAX_MS);
        return (struct qf_feed_step){.what = QF_STEP_HELLO};
}

/* When the oldest batch under way has waited too long, the way is asked for anew. */
static int64_t silent_at(const struct qf_feed_core *core)
{
        int64_t since = core->flight[core->flight_first].sent_ms;
        if (core->heard_ms > since)
                since = core->heard_ms;
        return since + core->silence_ms;
}

static void notice_time(struct qf_feed_core *core, int64_t mono_ms)
{
        if (core->state == QF_FEED_PAUSED && mono_ms >= core->until_ms)
                core->state = QF_FEED_GOING;
        if (core->state == QF_FEED_GOING && core->flight_count > 0 && mono_ms >= silent_at(core)) {
                core->silence_ms = doubled(core->silence_ms, QF_FEED_SILENCE_MAX_MS);
                ask(core, mono_ms);
        }
}

static int64_t wake_at(const struct qf_feed_core *core)
{
        int64_t at = INT64_MAX;
        if (core->state == QF_FEED_GOING)
                at = core->flight_count > 0 ? silent_at(core) : INT64_MAX;
        else if (core->state != QF_FEED_HALTED)
                at = core->until_ms;
        if (core->learning && core->learn_ms < at)
                at = core->learn_ms;
        return at;
}

/* Says what is lost, then asks the way: the answer to a Skip is a Welcome. */
static struct qf_feed_step skip(struct qf_feed_core *core, int64_t mono_ms)
{
        uint64_t first = core->gone, left = core->first_kept - first;
        uint64_t count = left < QF_FEED_SKIP_MOST ? left : QF_FEED_SKIP_MOST;
        core->gone = 0;
        core->until_ms = mono_ms + QF_FEED_SILENCE_MS;
        return (struct qf_feed_step){.what = QF_STEP_SKIP, .number = first, .through = first + count - 1};
}

struct qf_feed_step qf_feed_core_next(struct qf_feed_core *core, int64_t mono_ms)
{
        notice_time(core, mono_ms);
        if (core->learning && mono_ms >= core->learn_ms) {
                core->learn_ms = mono_ms + QF_FEED_LEARN_MS;
                return (struct qf_feed_step){.what = QF_STEP_LEARN, .number = core->learn_from};
        }
        if (core->state == QF_FEED_SEALING && mono_ms >= core->until_ms)
                return (struct qf_feed_step){.what = QF_STEP_SEAL, .number = core->beyond - 1};
        if (core->state == QF_FEED_ASKING && core->gone && core->may_skip)
                return skip(core, mono_ms);
        if (core->state == QF_FEED_ASKING && mono_ms >= core->until_ms)
                return hello(core, mono_ms);
        if (may_send(core))
                return (struct qf_feed_step){.what = QF_STEP_SEND, .number = core->send};
        return (struct qf_feed_step){.what = QF_STEP_WAIT, .until_ms = wake_at(core)};
}

void qf_feed_core_sent(struct qf_feed_core *core, uint64_t first, uint32_t count, uint32_t bytes,
                       int64_t mono_ms)
{
        uint32_t at = (core->flight_first + core->flight_count) % QF_FEED_WINDOW;
        core->flight[at] = (struct qf_feed_flight){first, count, bytes, mono_ms};
        core->flight_count++;
        core->flight_bytes += bytes;
        core->send = first + count;
}

void qf_feed_core_unsent(struct qf_feed_core *core, const struct qf_feed_step *step, int64_t mono_ms)
{
        int64_t again_ms = mono_ms + jitter(core, QF_FEED_UNSENT_MS);
        switch (step->what) {
        case QF_STEP_HELLO:
                core->backoff_ms = QF_FEED_BACKOFF_MS; /* nobody was there to be spared */
                core->until_ms = again_ms;
                break;
        case QF_STEP_SEND:
        case QF_STEP_SKIP: ask(core, again_ms); break;
        case QF_STEP_LEARN: core->learn_ms = again_ms; break;
        case QF_STEP_SEAL: core->until_ms = again_ms; break;
        case QF_STEP_WAIT: break;
        }
}

void qf_feed_core_reconnected(struct qf_feed_core *core, int64_t mono_ms)
{
        if (core->state == QF_FEED_GOING)
                ask(core, mono_ms);
        else if (core->state == QF_FEED_ASKING)
                core->until_ms = mono_ms;
}

/* --- what was heard ----------------------------------------------------- */

static uint32_t least(uint32_t offered, uint32_t ours)
{
        return offered > 0 && offered < ours ? offered : ours;
}

/* Everything this outbox made is answered, and the server has more under its name. */
static void seal_when_clear(struct qf_feed_core *core)
{
        if (!core->beyond || core->acked + 1 < core->next)
                return;
        core->state = QF_FEED_SEALING;
        core->until_ms = INT64_MIN; /* at once */
}

/* The rows of PROTOCOL.md 2.4. */
static struct qf_feed_news welcome(struct qf_feed_core *core, const struct qf_to_partner *message,
                                   enum qf_life_seen life, int64_t mono_ms)
{
        uint64_t expected = message->expected;
        struct qf_feed_news news = {.what = QF_NEWS_WELCOME, .number = expected};

        if (life == QF_LIFE_OTHER_JOURNAL)
                return halt(core, QF_ALARM_OTHER_JOURNAL, expected, true);
        if (life == QF_LIFE_RETURNED)
                return halt(core, QF_ALARM_TWO_SERVERS, expected, true);
        core->window = least(message->window, QF_FEED_WINDOW);
        core->window_bytes = least(message->window_bytes, QF_FEED_WINDOW_BYTES);
        core->state = QF_FEED_GOING;
        core->refused_at = 0;
        core->send = core->acked + 1;
        core->beyond = core->gone = 0;
        forget_flight(core);
        if (expected > core->next) {
                news.alarm = QF_ALARM_BEYOND;
                core->beyond = expected;
                seal_when_clear(core);
        } else if (expected <= core->acked) {
                news.alarm = life == QF_LIFE_SAME ? QF_ALARM_ROLLED_BACK : QF_ALARM_RESTORED;
                core->send = expected;
                if (expected < core->first_kept) {
                        news.alarm = QF_ALARM_GONE_HERE;
                        core->gone = expected;
                        ask(core, mono_ms + QF_FEED_BACKOFF_MAX_MS);
                }
        }
        return news;
}

/* The lowest number whose answer is to come. */
static uint64_t waited_for(const struct qf_feed_core *core)
{
        if (core->state == QF_FEED_ASKING)
                return core->acked + 1;
        return core->flight_count > 0 ? core->flight[core->flight_first].first : core->send;
}

bool qf_feed_core_may_forget(const struct qf_feed_core *core)
{
        return core->state == QF_FEED_GOING && waited_for(core) > core->acked;
}

static struct qf_feed_news answer(struct qf_feed_core *core, const struct qf_to_partner *message,
                                  int64_t mono_ms)
{
        uint64_t waits = waited_for(core);
        if (core->state == QF_FEED_HALTED || message->count == 0)
                return (struct qf_feed_news){.what = QF_NEWS_NONE};
        if (message->first > waits) { /* the answer before it was lost */
                if (core->state == QF_FEED_GOING)
                        ask(core, mono_ms);
                return (struct qf_feed_news){.what = QF_NEWS_NONE};
        }
        return (struct qf_feed_news){.what = QF_NEWS_ANSWER, .number = message->first};
}

static bool heard_already(const struct qf_feed_core *core, uint64_t expected, uint64_t first)
{
        if (core->refused_at != expected)
                return false;
        return core->state == QF_FEED_PAUSED || first > expected;
}

/* GAP and BUSY: go back to what is expected, after a while. */
static struct qf_feed_news step_back(struct qf_feed_core *core, const struct qf_to_partner *message,
                                     int64_t mono_ms)
{
        struct qf_feed_news news = {.what = QF_NEWS_NONE};
        uint64_t expected = message->expected ? message->expected : core->acked + 1;

        if (core->state == QF_FEED_ASKING) { /* to a Hello: later */
                core->until_ms = mono_ms + message->retry_ms + jitter(core, core->backoff_ms);
                return news;
        }
        if (core->state != QF_FEED_GOING && core->state != QF_FEED_PAUSED)
                return news;
        if (heard_already(core, expected, message->first))
                return news;
        if (expected < waited_for(core) || expected > core->send) { /* not where we thought it stands */
                ask(core, mono_ms + jitter(core, core->backoff_ms));
                return news;
        }
        cut_flight(core, expected);
        core->send = expected;
        core->refused_at = expected;
        core->state = QF_FEED_PAUSED;
        uint32_t wait_ms = message->retry_ms > core->backoff_ms ? message->retry_ms : core->backoff_ms;
        core->until_ms = mono_ms + wait_ms / 2 + jitter(core, wait_ms);
        core->backoff_ms = doubled(core->backoff_ms, QF_FEED_BACKOFF_MAX_MS);
        return news;
}

static struct qf_feed_news refused(struct qf_feed_core *core, const struct qf_to_partner *message,
                                   int64_t mono_ms)
{
        switch (message->why) {
        case QF_REFUSED_GAP:
        case QF_REFUSED_BUSY: return step_back(core, message, mono_ms);
        case QF_REFUSED_NOT_ALLOWED:
        case QF_REFUSED_VERSION: return halt(core, message->why, message->first, false);
        default: return halt(core, message->why, message->first, true);
        }
}

static struct qf_feed_news registers(struct qf_feed_core *core, const struct qf_to_partner *message)
{
        if (!core->learning || message->from != core->learn_from)
                return (struct qf_feed_news){.what = QF_NEWS_NONE};
        core->learn_from += message->events_count;
        core->learn_ms = INT64_MIN;
        if (core->learn_from >= message->total || message->events_count == 0)
                core->learning = false;
        return (struct qf_feed_news){.what = QF_NEWS_REGISTERS};
}

struct qf_feed_news qf_feed_core_heard(struct qf_feed_core *core, const struct qf_to_partner *message,
                                       enum qf_life_seen life, int64_t mono_ms)
{
        core->heard_ms = mono_ms;
        switch (message->what) {
        case QF_WELCOME:
                if (core->state != QF_FEED_ASKING)
                        break;
                core->backoff_ms = QF_FEED_BACKOFF_MS;
                return welcome(core, message, life, mono_ms);
        case QF_VERDICTS: return answer(core, message, mono_ms);
        case QF_REFUSED:
                if (core->state != QF_FEED_HALTED)
                        return refused(core, message, mono_ms);
                break;
        case QF_REGISTERS: return registers(core, message);
        }
        return (struct qf_feed_news){.what = QF_NEWS_NONE};
}

void qf_feed_core_stored(struct qf_feed_core *core, uint64_t upto, const struct qf_outbox_standing *standing)
{
        qf_feed_core_kept(core, standing);
        while (core->flight_count > 0) {
                const struct qf_feed_flight *oldest = &core->flight[core->flight_first];
                if (oldest->first + oldest->count > upto)
                        break;
                core->flight_bytes -= oldest->bytes;
                core->flight_first = (core->flight_first + 1) % QF_FEED_WINDOW;
                core->flight_count--;
        }
        if (core->refused_at && upto > core->refused_at)
                core->refused_at = 0;
        if (core->send < upto && core->state != QF_FEED_PAUSED)
                core->send = upto;
        core->silence_ms = QF_FEED_SILENCE_MS;
        core->backoff_ms = QF_FEED_BACKOFF_MS;
        if (core->state == QF_FEED_GOING)
                seal_when_clear(core);
}
