/* Why: a subscriber's picture is kept, healed and resumed by client/subscribe; what
 * a program hears of it are names instead of ids, and whole versions. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "client/subscribe.h"
#include "qingfeng/parts.h"

_Static_assert((int)QINGFENG_EPOCH_BYTES == (int)QF_EPOCH_BYTES, "epochs are handed on as they come");
_Static_assert((int)QINGFENG_QUIET == (int)QF_PULSE_QUIET && (int)QINGFENG_LATE == (int)QF_PULSE_LATE &&
                       (int)QINGFENG_HALTED == (int)QF_PULSE_STOPPED &&
                       (int)QINGFENG_NOT_HEARD == (int)QF_PULSE_DEAD,
               "states are told as they are numbered");

struct qingfeng_subscription {
        struct qf_line line; /* its socket is the subscription's */
        struct qf_subscription *subscription;
        struct qingfeng_subscription_calls calls;
        struct qf_buffer say, names;
};

/* --- telling ------------------------------------------------------------ */

static int add_name(struct qf_buffer *names, struct qf_view name, size_t *ret_at)
{
        *ret_at = names->len;
        int r = qf_buffer_append(names, name.len ? name.at : "", name.len);
        return r ? r : qf_buffer_append(names, "", 1);
}

static int tell_cell(void *ctx, const struct qf_cell *cell)
{
        struct qingfeng_subscription *to = ctx;
        const struct qf_programme *programme = qf_subscription_programme(to->subscription);
        const struct qf_dimension *dimension = qf_programme_dimension(programme, cell->key.dimension);
        const struct qf_member *member =
                dimension && cell->key.member
                        ? qf_programme_member(programme, cell->key.dimension, cell->key.member)
                        : NULL;
        size_t dimension_at, member_at;
        if (!to->calls.cell)
                return 0;
        to->names.len = 0;
        int r = add_name(&to->names, dimension ? dimension->code : QF_VIEW("total"), &dimension_at);
        if (!r)
                r = add_name(&to->names,
                             member      ? member->code
                             : dimension ? QF_VIEW("")
                                         : QF_VIEW("all"),
                             &member_at);
        if (r)
                return r;
        const struct qingfeng_cell told = {
                .dimension = (const char *)to->names.at + dimension_at,
                .member = (const char *)to->names.at + member_at,
                .period = cell->key.period,
                .counts = qf_counts_told(&cell->counts),
        };
        to->calls.cell(to->calls.ctx, &told);
        return 0;
}

/* A picture that was made from nothing was not told cell by cell. */
static int tell_update(void *ctx, uint64_t version, bool anew)
{
        struct qingfeng_subscription *to = ctx;
        const struct qf_picture *picture = qf_subscription_picture(to->subscription);
        for (size_t i = 0; anew && i < qf_picture_cells(picture); i++) {
                int r = tell_cell(to, qf_picture_at(picture, i));
                if (r)
                        return r;
        }
        if (to->calls.update)
                to->calls.update(to->calls.ctx, qf_subscription_epoch(to->subscription), version, anew);
        return 0;
}

/* --- opening ------------------------------------------------------------ */

void qingfeng_subscription_close(struct qingfeng_subscription *subscription)
{
        if (!subscription)
                return;
        subscription->subscription = qf_subscription_close(subscription->subscription);
        qf_line_close(&subscription->line);
        qf_buffer_deinit(&subscription->say);
        qf_buffer_deinit(&subscription->names);
        free(subscription);
}

int qingfeng_subscription_open(const struct qingfeng_server *server, const char *const *prefixes,
                               uint32_t prefixes_count, const struct qingfeng_subscription_calls *calls,
                               struct qingfeng_subscription **ret_subscription)
{
        struct qingfeng_subscription *subscription = calloc(1, sizeof(*subscription));
        if (!subscription)
                return -ENOMEM;
        const struct qf_subscription_options options = {
                .want = QF_WANT_CELLS | QF_WANT_REGISTERS,
                .prefixes_count = prefixes_count,
                .prefixes = prefixes,
                .calls = {.ctx = subscription, .moved = tell_cell, .consistent = tell_update},
        };
        if (calls)
                subscription->calls = *calls;
        int r = qf_line_open(server, &subscription->line);
        if (!r)
                r = qf_subscription_open(&subscription->line.socket, &options, &subscription->subscription);
        if (r)
                qingfeng_subscription_close(subscription);
        else
                *ret_subscription = subscription;
        return r;
}

void qingfeng_subscription_resume(struct qingfeng_subscription *subscription,
                                  const uint8_t epoch[QINGFENG_EPOCH_BYTES], uint64_t version)
{
        qf_subscription_resume(subscription->subscription, epoch, version);
}

/* --- hearing ------------------------------------------------------------ */

int qingfeng_subscription_wait(struct qingfeng_subscription *subscription, int64_t timeout_ms)
{
        struct qf_subscription *of = subscription->subscription;
        int r = qf_subscription_wait(of, timeout_ms);
        if (r == QF_SUBSCRIPTION_DENIED)
                return qf_said(&subscription->say, qf_view_of(qf_subscription_say(of)), QINGFENG_REFUSED);
        if (r == QF_SUBSCRIPTION_TOO_LARGE)
                return qf_said(&subscription->say, QF_VIEW("more cells than fit: ask for less by prefixes"),
                               QINGFENG_OTHER);
        if (r == 0 && qf_socket_refused(qf_subscription_socket(of)))
                return qf_said(&subscription->say, QF_VIEW("the server does not know this key"),
                               QINGFENG_REFUSED);
        return r;
}

enum qingfeng_state qingfeng_subscription_state(const struct qingfeng_subscription *subscription)
{
        return (enum qingfeng_state)qf_subscription_state(subscription->subscription, qf_clock_mono_ms());
}

uint64_t qingfeng_subscription_version(const struct qingfeng_subscription *subscription)
{
        return qf_subscription_version(subscription->subscription);
}

const char *qingfeng_subscription_say(const struct qingfeng_subscription *subscription)
{
        return qf_sentence(&subscription->say);
}
