/* Why: who listens has neither key nor library, and sees one value at a time: so each
 * is held to the replay by itself, at the version that is said with it; and what a
 * listener holds in the end, whatever it missed, to the replay of the journal as it is. */
#include "simulation/listener.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "model/cell.h"
#include "simulation/oracle.h"
#include "wire/publisher.h"

enum { FLOODS = 300, FIELDS = 6 /* t, measure, dimension, member, period, and the last slash */ };

/* Few of all topics, so that most of a seed's time is spent on other things: cut in the middle of a period, a member's,
 * and one alone. */
static const struct {
        const char *prefix, *dimension, *member, *period;
} wishes[SIM_LISTENERS] = {
        {"t/attendances/total/all/2026", "total", "all", "2026"},
        {"t/records/org/HX/", "org", "HX", ""},
        {"t/activities/total/all/20260501/", "total", "all", "20260501/"},
};

struct qf_publisher {
        struct sim_process *process;
        unsigned told; /* of the prefixes */
};

static struct sim_listener *listeners_of(const struct qf_publisher *publisher)
{
        return ((struct sim_daemon *)publisher->process->role)->more;
}

bool qf_publisher_is_local(const char *endpoint)
{
        (void)endpoint;
        return true;
}

int qf_publisher_open(struct qf_context *context, const char *endpoint, struct qf_publisher **ret_publisher)
{
        struct qf_publisher *publisher = calloc(1, sizeof(*publisher));

        (void)context;
        (void)endpoint;
        if (!publisher)
                return -ENOMEM;
        publisher->process = sim.running;
        *ret_publisher = publisher;
        return 0;
}

struct qf_publisher *qf_publisher_close(struct qf_publisher *publisher)
{
        free(publisher);
        return NULL;
}

int qf_publisher_next(struct qf_publisher *publisher, struct qf_view *ret_prefix, bool *ret_begins)
{
        if (publisher->told == SIM_LISTENERS && sim_chance(FLOODS)) {
                SIM_PROBE("subscriptions thrown away");
                publisher->told = 0;
                return QF_PUBLISHER_FLOODED;
        }
        if (publisher->told == SIM_LISTENERS)
                return QF_PUBLISHER_NOTHING;
        *ret_prefix = qf_view_of(wishes[publisher->told++].prefix);
        *ret_begins = true;
        return 0;
}

/* t/MEASURE/DIMENSION/MEMBER/PERIOD/ */
static bool split(struct qf_view topic, struct qf_view ret_fields[FIELDS])
{
        unsigned count = 0;

        ret_fields[0] = (struct qf_view){topic.at, 0};
        for (uint32_t i = 0; i < topic.len && count < FIELDS; i++) {
                if (topic.at[i] == '/' && ++count < FIELDS)
                        ret_fields[count] = (struct qf_view){topic.at + i + 1, 0};
                else if (topic.at[i] != '/')
                        ret_fields[count].len++;
        }
        return count == FIELDS - 1;
}

static bool read_topic(struct qf_view topic, struct sim_published *ret_published)
{
        struct qf_view fields[FIELDS];
        uint64_t period;
        int measure = 0;

        if (!split(topic, fields) || !qf_text_number(fields[4], UINT32_MAX, &period))
                return false;
        while (measure < QF_MEASURES &&
               !qf_view_same(fields[1], qf_view_of(qf_measure_code((enum qf_measure)measure))))
                measure++;
        ret_published->measure = measure;
        ret_published->dimension = fields[2];
        ret_published->member = fields[3];
        ret_published->period = (uint32_t)period;
        return measure < QF_MEASURES;
}

/* EPOCH VERSION */
static bool read_remark(struct qf_view remark, struct sim_published *ret_published)
{
        char text[96];
        unsigned long long version;

        if (remark.len >= sizeof(text))
                return false;
        memcpy(text, remark.at, remark.len);
        text[remark.len] = '\0';
        for (int i = 0; i < 16; i++) {
                unsigned byte;
                if (sscanf(text + 2 * i, "%2x", &byte) != 1)
                        return false;
                ret_published->epoch[i] = (uint8_t)byte;
        }
        if (sscanf(text + 32, " %llu", &version) != 1)
                return false;
        ret_published->version = version;
        return true;
}

static bool begins_with(struct qf_view topic, struct qf_view prefix)
{
        return prefix.len <= topic.len && memcmp(topic.at, prefix.at, prefix.len) == 0;
}

/* Nothing is under this prefix any more. */
static void let_go(struct sim_listener *listener, struct qf_view prefix)
{
        uint32_t kept = 0;

        for (uint32_t i = 0; i < listener->held_count; i++)
                if (!begins_with(qf_view_of(listener->held[i].topic), prefix))
                        listener->held[kept++] = listener->held[i];
        if (kept < listener->held_count)
                sim_fail("who listens was told of a topic, and then of none, in one epoch");
        listener->held_count = kept;
}

static void keep(struct sim_listener *listener, struct qf_view topic, int64_t value)
{
        uint32_t i = 0;

        while (i < listener->held_count && !qf_view_same(topic, qf_view_of(listener->held[i].topic)))
                i++;
        if (i == listener->held_room) {
                listener->held_room = listener->held_room ? listener->held_room * 2 : 16;
                listener->held = sim_resize(listener->held, listener->held_room * sizeof(*listener->held));
        }
        if (i == listener->held_count)
                listener->held_count++;
        QF_ASSERT(topic.len < SIM_TOPIC);
        memcpy(listener->held[i].topic, topic.at, topic.len);
        listener->held[i].topic[topic.len] = '\0';
        listener->held[i].value = value;
}

/* As the protocol tells a client: another epoch ends all that is held. */
static void hear(struct sim_listener *listener, struct qf_view topic, struct qf_view value,
                 const struct sim_published *published)
{
        const bool same = listener->heard && memcmp(listener->epoch, published->epoch, 16) == 0;

        if (same && published->version < listener->version)
                sim_fail("who listens went back from version %llu to %llu",
                         (unsigned long long)listener->version, (unsigned long long)published->version);
        if (listener->heard && !same) {
                SIM_PROBE("who listens met another epoch");
                if (listener->held_count && value.len == 0)
                        SIM_PROBE("who listens was told that nothing is left");
                listener->held_count = 0;
        }
        listener->heard = true;
        listener->version = published->version;
        memcpy(listener->epoch, published->epoch, 16);
        if (value.len)
                keep(listener, topic, published->value);
        else
                let_go(listener, topic);
}

static bool read_wish(struct qf_view topic, struct sim_published *ret_published, const char **ret_period)
{
        unsigned i = 0;

        while (i < SIM_LISTENERS && !qf_view_same(topic, qf_view_of(wishes[i].prefix)))
                i++;
        if (i == SIM_LISTENERS)
                return false;
        ret_published->dimension = qf_view_of(wishes[i].dimension);
        ret_published->member = qf_view_of(wishes[i].member);
        *ret_period = wishes[i].period;
        return true;
}

/* A value is that of the replay at its version; and nothing is said of a prefix only where the replay has nothing. */
static void check(struct qf_view topic, struct qf_view value, struct qf_view remark,
                  struct sim_published *ret_published)
{
        const char *period = NULL;
        char number[32] = "";
        bool right = read_remark(remark, ret_published) && value.len < sizeof(number);

        if (right && value.len) {
                memcpy(number, value.at, value.len);
                ret_published->value = strtoll(number, NULL, 10);
                right = read_topic(topic, ret_published);
        } else if (right) {
                right = read_wish(topic, ret_published, &period);
        }
        if (!right)
                sim_fail("a topic is not as it should be: %.*s", (int)topic.len, topic.at);
        else if (period)
                sim_oracle_unpublished(ret_published, period);
        else
                sim_oracle_published(ret_published);
}

int qf_publisher_send(struct qf_publisher *publisher, struct qf_view topic, struct qf_view value,
                      struct qf_view remark)
{
        struct sim_listener *listeners = listeners_of(publisher);
        struct sim_published published = {0};
        bool missed[SIM_LISTENERS];

        for (unsigned i = 0; i < SIM_LISTENERS; i++)
                missed[i] = sim_chance(sim.rates.lose);
        struct sim_process *process = sim_step_aside();
        check(topic, value, remark, &published);
        for (unsigned i = 0; i < SIM_LISTENERS && !sim.violated; i++)
                if (missed[i])
                        SIM_PROBE("topic not heard");
                else if (begins_with(topic, qf_view_of(wishes[i].prefix)))
                        hear(&listeners[i], topic, value, &published);
        sim_step_back(process);
        return 0;
}

bool sim_listener_is_at(const struct sim_listener *listener, const uint8_t epoch[16], uint64_t version)
{
        if (!listener->heard || listener->version != version || memcmp(listener->epoch, epoch, 16) != 0)
                return false;
        for (uint32_t i = 0; i < listener->held_count; i++) {
                struct sim_published held = {.version = version, .value = listener->held[i].value};
                memcpy(held.epoch, epoch, 16);
                if (!read_topic(qf_view_of(listener->held[i].topic), &held) ||
                    !sim_oracle_is_published(&held))
                        return false;
        }
        return true;
}

void sim_listener_end(struct sim_listener *listener)
{
        sim_free(listener->held);
        *listener = (struct sim_listener){0};
}
