/* Why: who listens has neither key nor library, and sees one value at a time: so each
 * is held to the replay by itself, at the version that is said with it. */
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

/* Few of all topics, so that most of a seed's time is spent on other things. */
static const char *const prefixes[] = {"t/attendances/total/all/2026", "t/records/org/HX/"};
enum { PREFIXES = sizeof(prefixes) / sizeof(prefixes[0]) };

struct qf_publisher {
        struct sim_process *process;
        unsigned told; /* of the prefixes */
};

static struct sim_listener *listener_of(const struct qf_publisher *publisher)
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
        listener_of(publisher)->heard = false; /* it is another connection: whoever listens begins anew */
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
        if (publisher->told == PREFIXES && sim_chance(FLOODS)) {
                SIM_PROBE("subscriptions thrown away");
                publisher->told = 0;
                return QF_PUBLISHER_FLOODED;
        }
        if (publisher->told == PREFIXES)
                return QF_PUBLISHER_NOTHING;
        *ret_prefix = qf_view_of(prefixes[publisher->told++]);
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

static void hear(struct sim_listener *listener, struct qf_view topic, struct qf_view value,
                 struct qf_view remark)
{
        struct sim_published published = {0};
        char number[32] = "";

        if (value.len < sizeof(number))
                memcpy(number, value.at, value.len);
        published.value = strtoll(number, NULL, 10);
        if (!read_topic(topic, &published) || !read_remark(remark, &published)) {
                sim_fail("a topic is not as it should be: %.*s", (int)topic.len, topic.at);
                return;
        }
        if (listener->heard && memcmp(listener->epoch, published.epoch, 16) == 0 &&
            published.version < listener->version)
                sim_fail("who listens went back from version %llu to %llu",
                         (unsigned long long)listener->version, (unsigned long long)published.version);
        if (listener->heard && memcmp(listener->epoch, published.epoch, 16) != 0)
                SIM_PROBE("who listens met another epoch");
        sim_oracle_published(&published);
        listener->heard = true;
        listener->version = published.version;
        memcpy(listener->epoch, published.epoch, 16);
}

int qf_publisher_send(struct qf_publisher *publisher, struct qf_view topic, struct qf_view value,
                      struct qf_view remark)
{
        struct sim_process *process = sim_step_aside();

        hear(listener_of(publisher), topic, value, remark);
        sim_step_back(process);
        return 0;
}
