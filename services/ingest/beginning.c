/* Why: a journal must say who it is before it holds anything, and must have
 * somebody who may bring it the programme: the source "office", whose key comes
 * from ingest's configuration. Both are entries, so that whoever reads the journal
 * knows as much as ingest. */
#include "ingest/beginning.h"

#include <string.h>

int qf_control_add(struct qf_group *group, struct qf_buffer *buffer, const struct qf_control *control,
                   const struct qf_entry *about, struct qf_sender *sender)
{
        struct qf_entry entry = *about;
        buffer->len = 0;
        int result = qf_control_encode(control, buffer);
        if (result < 0)
                return result;
        entry.kind = QF_ENTRY_CONTROL;
        entry.flags = 1;
        entry.facts = (struct qf_view){(const char *)buffer->at, (uint32_t)buffer->len};
        return qf_group_add(group, &entry, NULL, sender);
}

static int begin_life(struct qf_group *group, struct qf_buffer *buffer, const struct qf_beginning *beginning)
{
        struct qf_journal_state *state = qf_group_state(group);
        struct qf_control life = {.what = QF_CONTROL_LIFE, .number = 1, .reason = QF_VIEW("made new")};
        struct qf_entry about = {0};
        beginning->random(state->journal, sizeof state->journal);
        beginning->random(state->life, sizeof state->life);
        beginning->random(state->digest_key, sizeof state->digest_key);
        state->life_number = 1;
        state->life_begins = 1;
        memcpy(life.nonce, state->life, sizeof life.nonce);
        memcpy(life.digest_key, state->digest_key, sizeof life.digest_key);
        return qf_control_add(group, buffer, &life, &about, NULL);
}

static int name_office(struct qf_group *group, struct qf_judge *judge, struct qf_buffer *buffer,
                       const uint8_t key[32])
{
        struct qf_source_key office_key = {0};
        struct qf_register office = {.code = QF_VIEW("office"),
                                     .roles = QF_ROLE_FEED | QF_ROLE_READ | QF_ROLE_ADMIN,
                                     .keys_count = 1,
                                     .keys = &office_key};
        struct qf_control control = {.what = QF_CONTROL_OFFICE,
                                     .office = {.kind = QF_KIND_SOURCE, .registered = &office}};
        struct qf_entry about = {0};
        memcpy(office_key.public_key, key, sizeof office_key.public_key);
        memcpy(qf_group_state(group)->office_key, key, 32);
        int result = qf_judge_apply(judge, &control.office);
        return result == 0 ? qf_control_add(group, buffer, &control, &about, NULL) : result;
}

int qf_beginning_write(struct qf_group *group, struct qf_judge *judge, const struct qf_beginning *beginning)
{
        const struct qf_journal_state *state = qf_group_state(group);
        struct qf_buffer buffer = {0};
        bool fresh = state->life_number == 0;
        if (!fresh && memcmp(state->office_key, beginning->office_key, 32) == 0)
                return 0;
        int result = qf_group_begin(group, beginning->now_ms);
        if (result == 0 && fresh)
                result = begin_life(group, &buffer, beginning);
        if (result == 0)
                result = name_office(group, judge, &buffer, beginning->office_key);
        if (result == 0)
                result = qf_group_commit(group);
        if (result == 0)
                qf_judge_settle(judge);
        qf_buffer_deinit(&buffer);
        return result;
}

static int add_life(struct qf_group *group, const struct qf_beginning *beginning, struct qf_view reason,
                    struct qf_buffer *buffer)
{
        struct qf_journal_state *state = qf_group_state(group);
        const struct qf_entry about = {0};
        uint32_t before =
                state->life_number > beginning->life_above ? state->life_number : beginning->life_above;
        struct qf_control life = {.what = QF_CONTROL_LIFE,
                                  .number = state->life_number = before + 1,
                                  .previous_last = state->last,
                                  .reason = reason};
        memcpy(life.previous_hash, state->hash, sizeof life.previous_hash);
        beginning->random(state->life, sizeof state->life);
        memcpy(life.nonce, state->life, sizeof life.nonce);
        state->life_begins = qf_group_position(group);
        return qf_control_add(group, buffer, &life, &about, NULL);
}

int qf_beginning_new_life(struct qf_group *group, const struct qf_beginning *beginning, struct qf_view reason)
{
        struct qf_buffer buffer = {0};
        int result = qf_group_begin(group, beginning->now_ms);
        if (result == 0)
                result = add_life(group, beginning, reason, &buffer);
        if (result == 0)
                result = qf_group_commit(group);
        qf_buffer_deinit(&buffer);
        return result;
}

int qf_beginning_accept_clock(struct qf_group *group, int64_t now_ms, struct qf_view reason)
{
        struct qf_journal_state *state = qf_group_state(group);
        struct qf_control control = {.what = QF_CONTROL_CLOCK,
                                     .journal_ms = state->received_at_ms,
                                     .clock_ms = now_ms,
                                     .reason = reason};
        const struct qf_entry about = {0};
        struct qf_buffer buffer = {0};
        int result = qf_group_begin(group, now_ms);
        if (result == 0) {
                state->clock_accepted_ms = control.journal_ms;
                result = qf_control_add(group, &buffer, &control, &about, NULL);
        }
        if (result == 0)
                result = qf_group_commit(group);
        qf_buffer_deinit(&buffer);
        return result;
}
