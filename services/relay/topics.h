/* Which topics are published when, apart from any socket: changes at most once a
 * second, everything every five, what somebody just subscribed to first, and all
 * of it when counting stops or reporting is away, and when that ends. Only topics
 * that somebody wants are made; and each prefix that somebody wants is answered,
 * if nothing is under it by itself with an empty value.
 *
 * Topic: t/measure/dimension/member/period/ with the last slash, so that 2023 is
 * no prefix of 20231. Period: 20230506 a day (of the total only), 20230500 a
 * whole month, 20230000 what is known to the year only, 2023 the year's sum. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"
#include "client/subscribe.h"
#include "model/picture.h"
#include "programme/programme.h"

enum { QF_TOPIC_BYTES = 128, QF_TOPICS_CHANGES_MS = 1000 /* between two rounds of changes */ };

struct qf_topics;

struct qf_topics_source { /* what is published: one consistent version */
        const struct qf_programme *programme;
        const struct qf_picture *picture;
        uint64_t version;
        enum qf_pulse_state state;
};

/* Negative stops. */
typedef int (*qf_topics_publish)(void *ctx, struct qf_view topic, struct qf_view value);

QF_CHECK int qf_topics_new(qf_topics_publish publish, void *ctx, struct qf_topics **ret_topics);
struct qf_topics *qf_topics_free(struct qf_topics *topics);
/* Somebody subscribes to a prefix, or does no more. -ENOMEM. */
QF_CHECK int qf_topics_subscribe(struct qf_topics *topics, struct qf_view prefix);
void qf_topics_unsubscribe(struct qf_topics *topics, struct qf_view prefix);
void qf_topics_forget(struct qf_topics *topics);     /* all subscriptions are gone */
void qf_topics_begin_anew(struct qf_topics *topics); /* the picture is another one */
/* Whether a cell is in any topic: others need not be held. A province has ten times as many days as months. */
bool qf_topics_keeps(struct qf_cell_key key);
/* Publishes what is due. To be called every 50 ms or so. */
QF_CHECK int qf_topics_step(struct qf_topics *topics, const struct qf_topics_source *source, int64_t mono_ms);
