/* Why: nobody may hear of a number before it is on disk, and nobody may hear
 * "taken" of a group that was not. So answers wait here, in the order of the
 * questions, and are worded when the group's fate is known. */
#include "ingest/answers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ingest/kept.h"

enum {
        JOINED_EXCEPTIONS_MAX = 8192, /* one answer stays below the frame's limit */
        DETAIL_BYTES_MAX = 16 * 1024,
        REGISTER_BYTES_MAX = 160 * 1024,
        REGISTERS_MAX = 4096,
        OUTBOXES_SHOWN_MAX = 1000, /* as many as may live */
        RETRY_MS = 250,
        VERSION = 1,
};

struct qf_answers {
        qf_answers_send send;
        void *ctx;
        struct qf_answer *list;
        uint32_t count, room;
        struct qf_buffer message;
        struct qf_buffer texts;           /* register events of one answer */
        struct qf_exception *exceptions;  /* JOINED_EXCEPTIONS_MAX of joined answers */
        struct qf_detail_text *details;   /* QF_DETAILS_MAX */
        struct qf_outbox_state *outboxes; /* OUTBOXES_SHOWN_MAX */
        struct qf_view *events;           /* REGISTERS_MAX */
        uint32_t *event_ends;
        struct qf_answers_said said;
};

int qf_answers_new(qf_answers_send send, void *ctx, struct qf_answers **ret_answers)
{
        struct qf_answers *answers = calloc(1, sizeof *answers);
        if (!answers)
                return -ENOMEM;
        answers->send = send;
        answers->ctx = ctx;
        answers->exceptions = calloc(JOINED_EXCEPTIONS_MAX, sizeof *answers->exceptions);
        answers->details = calloc(QF_DETAILS_MAX, sizeof *answers->details);
        answers->outboxes = calloc(OUTBOXES_SHOWN_MAX, sizeof *answers->outboxes);
        answers->events = calloc(REGISTERS_MAX, sizeof *answers->events);
        answers->event_ends = calloc(REGISTERS_MAX, sizeof *answers->event_ends);
        if (!answers->exceptions || !answers->details || !answers->outboxes || !answers->events ||
            !answers->event_ends) {
                (void)qf_answers_free(answers);
                return -ENOMEM;
        }
        *ret_answers = answers;
        return 0;
}

struct qf_answers *qf_answers_free(struct qf_answers *answers)
{
        if (!answers)
                return NULL;
        free(answers->list);
        free(answers->exceptions);
        free(answers->details);
        free(answers->outboxes);
        free(answers->events);
        free(answers->event_ends);
        qf_buffer_deinit(&answers->message);
        qf_buffer_deinit(&answers->texts);
        free(answers);
        return NULL;
}

/* --- gathering ---------------------------------------------------------- */

static bool same_asker(const struct qf_asker *a, const struct qf_asker *b)
{
        return a->door == b->door && a->peer.len == b->peer.len &&
               memcmp(a->peer.id, b->peer.id, a->peer.len) == 0;
}

/* Known numbers lead an answer, so a later one may be joined when it has none or all before it are known. */
static bool can_join(const struct qf_answer *head, const struct qf_answer *answer)
{
        return same_asker(&head->asker, &answer->asker) && head->first + head->count == answer->first &&
               (answer->known == 0 || head->known == head->count) &&
               head->count + answer->count >= head->count &&
               head->joined_exceptions + answer->exceptions_count <= JOINED_EXCEPTIONS_MAX;
}

static void join(struct qf_answers *answers, struct qf_answer *answer)
{
        uint32_t index = answers->count; /* where it will be, plus one */
        struct qf_sender *sender = answer->sender;
        answer->joined_exceptions = answer->exceptions_count;
        answer->last = index;
        if (sender->last_answer != 0) {
                struct qf_answer *before = &answers->list[sender->last_answer - 1];
                uint32_t head_index = before->head ? before->head : sender->last_answer;
                struct qf_answer *head = &answers->list[head_index - 1];
                if (can_join(head, answer)) {
                        answer->head = head_index;
                        before->next = index;
                        head->last = index;
                        head->count += answer->count;
                        head->known += answer->known;
                        head->joined_exceptions += answer->exceptions_count;
                }
        }
        sender->last_answer = index;
}

int qf_answers_add(struct qf_answers *answers, const struct qf_answer *answer)
{
        if (answers->count == answers->room) {
                uint32_t room = answers->room ? answers->room * 2 : 64;
                struct qf_answer *grown = realloc(answers->list, room * sizeof *grown);
                if (!grown)
                        return -ENOMEM;
                answers->list = grown;
                answers->room = room;
        }
        struct qf_answer *added = &answers->list[answers->count++];
        *added = *answer;
        if (answer->what == QF_VERDICTS)
                join(answers, added);
        return 0;
}

void qf_answers_withdraw(struct qf_answers *answers)
{
        for (uint32_t i = 0; i < answers->count; i++) {
                struct qf_answer *answer = &answers->list[i];
                answer->head = answer->next = 0;
                bool depends =
                        answer->what == QF_VERDICTS || (answer->what == QF_REFUSED && !answer->stands_alone);
                if (!depends)
                        continue;
                answer->what = QF_REFUSED;
                answer->why = QF_REFUSED_BUSY;
                answer->say = QF_VIEW("no room: nothing of this batch was taken");
        }
}

/* --- wording ------------------------------------------------------------ */

static uint32_t gather_exceptions(struct qf_answers *answers, const struct qf_answer *head,
                                  const struct qf_findings *findings)
{
        uint32_t count = 0;
        for (const struct qf_answer *answer = head; answer;
             answer = answer->next ? &answers->list[answer->next - 1] : NULL) {
                uint32_t shift = (uint32_t)(answer->first - head->first);
                for (uint32_t i = 0; i < answer->exceptions_count; i++) {
                        struct qf_exception *to = &answers->exceptions[count++];
                        *to = findings->exceptions[answer->exceptions_from + i];
                        to->at += shift;
                }
        }
        return count;
}

static struct qf_view text_of(const struct qf_findings *findings, uint32_t at, uint32_t len)
{
        return (struct qf_view){len ? (const char *)findings->texts.at + at : NULL, len};
}

static uint32_t gather_details(struct qf_answers *answers, const struct qf_answer *head,
                               const struct qf_findings *findings)
{
        uint32_t count = 0, bytes = 0;
        for (const struct qf_answer *answer = head; answer;
             answer = answer->next ? &answers->list[answer->next - 1] : NULL) {
                uint32_t shift = (uint32_t)(answer->first - head->first);
                for (uint32_t i = 0; i < answer->details_count; i++) {
                        const struct qf_found_detail *from = &findings->details[answer->details_from + i];
                        struct qf_view field = qf_view_of(from->field);
                        struct qf_view say = qf_view_of(qf_code_text(from->code)->zh);
                        bytes += field.len + say.len + from->got_len + from->near_len + 24;
                        if (count == QF_DETAILS_MAX || bytes > DETAIL_BYTES_MAX)
                                return count;
                        answers->details[count++] = (struct qf_detail_text){
                                .at = from->at + shift,
                                .field = field,
                                .got = text_of(findings, from->got_at, from->got_len),
                                .say = say,
                                .near = text_of(findings, from->near_at, from->near_len)};
                }
        }
        return count;
}

static void word_verdicts(struct qf_answers *answers, const struct qf_answer *head,
                          const struct qf_answers_about *about, struct qf_to_partner *message)
{
        const struct qf_answer *last = &answers->list[head->last - 1];
        struct qf_view record;
        message->first = head->first;
        message->count = head->count;
        message->known = head->known;
        message->position = last->position;
        message->keep_from = qf_kept_from(about->group, head->sender, about->kept);
        memcpy(message->hash, last->hash, sizeof message->hash);
        if (last->in_group)
                (void)qf_tail_get(qf_group_tail(about->group), last->position, false, &record, message->hash);
        if (head->next) {
                message->exceptions_count = gather_exceptions(answers, head, about->findings);
                message->exceptions = answers->exceptions;
        } else {
                message->exceptions_count = head->exceptions_count;
                message->exceptions = qf_findings_from(about->findings, head->exceptions_from);
        }
        message->details_count = gather_details(answers, head, about->findings);
        message->details = answers->details;
}

/* Those that live from the front, those that are sealed from the back, whose place a living one takes when it is wanted.
 * How many there are, from the front on. */
static uint32_t list_outboxes(struct qf_answers *answers, uint32_t source, const struct qf_outboxes *outboxes)
{
        struct qf_outbox_state *list = answers->outboxes;
        uint32_t live = 0, sealed = 0, at = 0;
        for (const struct qf_sender *sender;
             live < OUTBOXES_SHOWN_MAX && (sender = qf_outboxes_next(outboxes, &at));) {
                const struct qf_journal_outbox *row = &sender->row;
                const bool full = live + sealed == OUTBOXES_SHOWN_MAX;
                if (row->source != source || row->ref == 0 || (row->sealed && full))
                        continue;
                sealed -= full;
                struct qf_outbox_state *state = &list[row->sealed ? OUTBOXES_SHOWN_MAX - ++sealed : live++];
                *state = (struct qf_outbox_state){.last = row->last,
                                                  .cursor = {(const char *)row->cursor, row->cursor_len},
                                                  .sealed = row->sealed};
                memcpy(state->outbox, row->id, sizeof state->outbox);
        }
        memmove(&list[live], &list[OUTBOXES_SHOWN_MAX - sealed], sealed * sizeof *list);
        return live + sealed;
}

static void word_welcome(struct qf_answers *answers, const struct qf_answer *answer,
                         const struct qf_answers_about *about, struct qf_to_partner *message)
{
        struct qf_sender *sender = qf_outboxes_find(about->outboxes, answer->source, answer->outbox);
        const struct qf_journal_state *state = qf_group_committed(about->group);
        const struct qf_source *source = qf_programme_source(about->programme, answer->source);
        message->version = VERSION;
        message->source = source ? source->name : (struct qf_view){0}; /* its registration was taken back */
        message->expected = sender ? sender->row.last + 1 : 1;
        memcpy(message->life, state->life, sizeof message->life);
        memcpy(message->journal, state->journal, sizeof message->journal);
        message->keep_from = sender ? qf_kept_from(about->group, sender, about->kept) : 1;
        message->window = QF_FEED_WINDOW;
        message->window_bytes = QF_FEED_WINDOW_BYTES;
        message->body_bytes = QF_BODY_BYTES_MAX;
        message->batch_events = QF_BATCH_EVENTS_MAX;
        message->now_ms = about->now_ms;
        message->registers_position = state->registers_position;
        message->outboxes_count = list_outboxes(answers, answer->source, about->outboxes);
        message->outboxes = answers->outboxes;
}

static void word_refused(const struct qf_answer *answer, struct qf_to_partner *message)
{
        message->first = answer->first;
        message->why = answer->why;
        message->say = answer->say;
        message->expected = answer->sender ? answer->sender->row.last + 1 : 1;
        if (answer->why == QF_REFUSED_BUSY)
                message->retry_ms = answer->retry_ms ? answer->retry_ms : RETRY_MS;
}

/* Copies register events from an index on, as many as one answer holds. */
static int copy_registers(struct qf_answers *answers, struct qf_txn *txn, uint32_t from, uint32_t total,
                          uint32_t *ret_count)
{
        uint32_t count = 0;
        answers->texts.len = 0;
        for (uint32_t i = from; i < total && count < REGISTERS_MAX; i++) {
                struct qf_view event;
                uint64_t position;
                int result = qf_register_row_get(txn, i, &position, &event);
                if (result != 0)
                        return result < 0 ? result : -EBADMSG;
                if (answers->texts.len + event.len > REGISTER_BYTES_MAX && count > 0)
                        break;
                result = qf_buffer_append(&answers->texts, event.at, event.len);
                if (result < 0)
                        return result;
                answers->event_ends[count++] = (uint32_t)answers->texts.len;
        }
        *ret_count = count;
        return 0;
}

static int word_registers(struct qf_answers *answers, const struct qf_answer *answer,
                          const struct qf_answers_about *about, struct qf_to_partner *message)
{
        const struct qf_journal_state *state = qf_group_committed(about->group);
        struct qf_txn *txn = NULL;
        int result = qf_group_read(about->group, &txn);
        if (result == 0)
                result = copy_registers(answers, txn, answer->from, state->registers, &message->events_count);
        qf_txn_abort(&txn);
        if (result != 0)
                return result < 0 ? result : -EIO;
        uint32_t at = 0;
        for (uint32_t i = 0; i < message->events_count; i++) {
                answers->events[i] =
                        (struct qf_view){(const char *)answers->texts.at + at, answers->event_ends[i] - at};
                at = answers->event_ends[i];
        }
        message->registers_position = state->registers_position;
        message->from = answer->from;
        message->total = state->registers;
        message->events = answers->events;
        return 0;
}

static void count_said(struct qf_answers_said *said, const struct qf_to_partner *message)
{
        if (message->what == QF_REFUSED && message->why < QF_REFUSED_END)
                said->refused[message->why]++;
        if (message->what != QF_VERDICTS)
                return;
        said->verdicts[QF_ACCEPTED] += message->count - message->known;
        for (uint32_t i = 0; i < message->exceptions_count; i++) {
                const struct qf_exception *exception = &message->exceptions[i];
                if (exception->at < message->known || exception->verdict.class > QF_REJECTED)
                        continue;
                said->verdicts[QF_ACCEPTED] -= exception->len;
                said->verdicts[exception->verdict.class] += exception->len;
        }
}

const struct qf_answers_said *qf_answers_said(const struct qf_answers *answers)
{
        return &answers->said;
}

static int send_answer(struct qf_answers *answers, const struct qf_answer *answer,
                       const struct qf_answers_about *about)
{
        struct qf_to_partner message = {.what = answer->what};
        int result = 0;
        memcpy(message.outbox, answer->outbox, sizeof message.outbox);
        switch (answer->what) {
        case QF_VERDICTS: word_verdicts(answers, answer, about, &message); break;
        case QF_WELCOME: word_welcome(answers, answer, about, &message); break;
        case QF_REFUSED: word_refused(answer, &message); break;
        case QF_REGISTERS: result = word_registers(answers, answer, about, &message); break;
        }
        count_said(&answers->said, &message);
        answers->message.len = 0;
        if (result == 0)
                result = qf_to_partner_encode(&message, &answers->message);
        if (result == 0)
                answers->send(
                        answers->ctx, &answer->asker,
                        (struct qf_view){(const char *)answers->message.at, (uint32_t)answers->message.len});
        return result;
}

int qf_answers_flush(struct qf_answers *answers, const struct qf_answers_about *about)
{
        int result = 0;
        for (uint32_t i = 0; i < answers->count; i++) {
                struct qf_answer *answer = &answers->list[i];
                if (answer->sender)
                        answer->sender->last_answer = 0;
                if (result == 0 && answer->head == 0)
                        result = send_answer(answers, answer, about);
        }
        answers->count = 0;
        return result;
}
