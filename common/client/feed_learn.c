/* Why: whoever feeds has to know the programme, also when the server is away: what
 * was learnt is kept in the outbox and taken from there, whole or not at all. */
#include "base/bytes.h"
#include "base/clock.h"
#include "client/feed_parts.h"
#include "wire/body.h"

/* A part of the registers: Event bytes behind their lengths. Positions that differ between parts: from the start. */
int qf_feed_hear_registers(struct qf_feed *feed, const struct qf_to_partner *message)
{
        if (message->from == 0) {
                feed->registers.len = 0;
                feed->registers_position = message->registers_position;
        } else if (message->registers_position != feed->registers_position) {
                qf_feed_core_learn(&feed->core);
                return 0;
        }
        for (uint32_t i = 0; i < message->events_count; i++) {
                uint8_t len[4];
                qf_put_le32(len, message->events[i].len);
                int result = qf_buffer_append(&feed->registers, len, sizeof(len));
                if (result == 0)
                        result = qf_buffer_append(&feed->registers, message->events[i].at,
                                                  message->events[i].len);
                if (result)
                        return result;
        }
        if (feed->core.learning)
                return 0;
        return qf_feed_outcome(qf_outbox_set_registers(feed->outbox, feed->registers_position,
                                                       qf_buffer_view(&feed->registers)));
}

/* --- from the cache ---------------------------------------------------------- */

static int apply_registers(struct qf_feed *feed, struct qf_view bytes, struct qf_programme *programme)
{
        uint64_t position = qf_outbox_standing(feed->outbox)->registers;
        uint32_t at = 0;
        while (bytes.len - at >= 4) {
                struct qf_event event;
                struct qf_wire_fault fault;
                uint32_t len = qf_get_le32((const uint8_t *)bytes.at + at);
                if (len > bytes.len - at - 4)
                        return QF_FEED_FORMAT;
                qf_arena_reset(feed->arena);
                int result = qf_register_decode(feed->arena, (struct qf_view){bytes.at + at + 4, len}, &event,
                                                &fault);
                if (result == 0)
                        result = qf_programme_apply(programme, &event, position);
                if (result)
                        return result < 0 ? result : QF_FEED_FORMAT;
                at += 4 + len;
        }
        return 0;
}

/* Positive 1: nothing is cached. */
static int programme_from_cache(struct qf_feed *feed)
{
        struct qf_programme *programme = NULL;
        int result = qf_outbox_registers(feed->outbox, &feed->registers);
        if (result)
                return result == QF_STORE_NONE ? 1 : result;
        result = qf_programme_new(&programme);
        if (result == 0)
                result = apply_registers(feed, qf_buffer_view(&feed->registers), programme);
        if (result) {
                qf_programme_free(programme);
                return result < 0 ? result : 1;
        }
        qf_programme_free(feed->programme);
        feed->programme = programme;
        return 0;
}

/* Where this outbox stands is not known yet. That matters before numbers are given: one that was copied or set back
 * goes on under a new name first. */
static bool is_unsettled(const struct qf_feed_core *core)
{
        return core->state == QF_FEED_SEALING || (core->state == QF_FEED_ASKING && core->gone == 0);
}

static int pump_while(struct qf_feed *feed, bool (*waits)(const struct qf_feed_core *core),
                      int64_t deadline_ms)
{
        while (waits(&feed->core)) {
                int64_t left_ms = deadline_ms - qf_clock_mono_ms();
                if (left_ms <= 0)
                        return 0;
                int result = qf_feed_pump(feed, left_ms);
                if (result)
                        return result;
        }
        return 0;
}

static bool is_learning(const struct qf_feed_core *core)
{
        return core->learning;
}

/* What is kept here is what the server has: same last register event, and no new life since (outbox). */
static bool knows_all(const struct qf_feed *feed)
{
        return feed->welcomed && feed->welcome.registers_position > 0 &&
               feed->welcome.registers_position == qf_outbox_standing(feed->outbox)->registers;
}

static int learn_from_server(struct qf_feed *feed, int64_t timeout_ms, bool anew, bool *ret_fresh)
{
        int64_t deadline_ms = qf_clock_mono_ms() + timeout_ms;
        if (!feed->socket)
                return 0;
        int result = pump_while(feed, is_unsettled, deadline_ms);
        if (result)
                return result;
        if (anew || !knows_all(feed)) {
                qf_feed_core_learn(&feed->core);
                result = pump_while(feed, is_learning, deadline_ms);
                if (result)
                        return result;
                *ret_fresh = !feed->core.learning;
                feed->core.learning = false;
                return 0;
        }
        *ret_fresh = true;
        return 0;
}

static int learn(struct qf_feed *feed, int64_t timeout_ms, bool anew,
                 const struct qf_programme **ret_programme, bool *ret_fresh)
{
        bool fresh = false;
        const int learnt = learn_from_server(feed, timeout_ms, anew, &fresh);
        if (learnt < 0 || learnt == QF_FEED_ANOTHERS)
                return learnt;
        int result = programme_from_cache(feed);
        if (result)
                return result > 0 && learnt == QF_FEED_REFUSED ? learnt : result;
        *ret_programme = feed->programme;
        if (ret_fresh)
                *ret_fresh = fresh;
        return learnt == QF_FEED_REFUSED ? learnt : 0;
}

int qf_feed_learn(struct qf_feed *feed, int64_t timeout_ms, const struct qf_programme **ret_programme,
                  bool *ret_fresh)
{
        return learn(feed, timeout_ms, false, ret_programme, ret_fresh);
}

int qf_feed_learn_anew(struct qf_feed *feed, int64_t timeout_ms, const struct qf_programme **ret_programme)
{
        return learn(feed, timeout_ms, true, ret_programme, NULL);
}
