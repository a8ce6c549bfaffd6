/* A fixed table, as of questions passed on: who asks for more waits for an answer. */
#include "report/recall.h"

#include <string.h>

struct qf_recall *qf_recall_place(struct qf_recalls *recalls, uint32_t source)
{
        struct qf_recall *free_place = NULL;
        uint32_t of_source = 0;

        for (uint32_t i = 0; i < QF_RECALLS_MAX; i++) {
                struct qf_recall *recall = &recalls->at[i];
                of_source += recall->fetch && recall->source == source;
                if (!recall->fetch && !free_place)
                        free_place = recall;
        }
        return of_source < QF_RECALLS_OF_SOURCE_MAX ? free_place : NULL;
}

static int keep(struct qf_recall *recall, const struct qf_from_reader *ask)
{
        const struct qf_view words[] = {ask->key, ask->partner, ask->verdict, ask->kind};
        struct qf_view *kept[] = {&recall->said.key, &recall->said.partner, &recall->said.verdict,
                                  &recall->said.kind};
        size_t at = 0;
        int r = 0;

        recall->words.len = 0;
        for (size_t i = 0; i < 4 && r == 0; i++)
                r = qf_buffer_append(&recall->words, words[i].at, words[i].len);
        for (size_t i = 0; i < 4 && r == 0; i++) {
                *kept[i] = (struct qf_view){(const char *)recall->words.at + at, words[i].len};
                at += words[i].len;
        }
        return r;
}

int qf_recall_take(struct qf_recalls *recalls, struct qf_recall *recall, const struct qf_from_reader *ask,
                   int64_t mono_ms)
{
        struct qf_buffer json = recall->said.json;

        json.len = 0;
        recall->said = (struct qf_said){
                .json = json,
                .limit = ask->limit && ask->limit < QF_SAID_ROWS_MAX ? ask->limit : QF_SAID_ROWS_MAX};
        recall->scanned = 0;
        recall->until_ms = mono_ms + QF_RECALL_MS;
        recall->from_ms = 0;
        if (!qf_said_place_read(ask->page, &recall->said.place))
                return 1;
        int r = keep(recall, ask);
        if (r < 0)
                return r;
        if (++recalls->last == 0)
                recalls->last = 1;
        recall->fetch = recalls->last;
        return 0;
}

struct qf_recall *qf_recall_find(struct qf_recalls *recalls, uint32_t fetch)
{
        for (uint32_t i = 0; i < QF_RECALLS_MAX && fetch; i++)
                if (recalls->at[i].fetch == fetch)
                        return &recalls->at[i];
        return NULL;
}

enum qf_recall_next qf_recall_next(const struct qf_recall *recall, const struct qf_journal_message *message)
{
        const struct qf_said *said = &recall->said;

        if (message->what == QF_RECORD)
                return said->full ? QF_RECALL_WAIT : QF_RECALL_LOOK;
        if (message->what == QF_DETACHED && message->why != QF_DETACHED_DAMAGED)
                return QF_RECALL_SENT_AWAY;
        if (message->what == QF_DETACHED)
                return QF_RECALL_DAMAGED;
        if (message->what != QF_FETCHED)
                return QF_RECALL_WAIT;
        if (said->place.position > message->last)
                return QF_RECALL_END;
        if (said->full || recall->scanned >= QF_RECALL_SCAN_BYTES)
                return QF_RECALL_PAGE;
        return said->place.position > recall->asked ? QF_RECALL_FETCH : QF_RECALL_STUCK;
}

struct qf_recall *qf_recall_due(struct qf_recalls *recalls, int64_t mono_ms)
{
        for (uint32_t i = 0; i < QF_RECALLS_MAX; i++) {
                struct qf_recall *recall = &recalls->at[i];

                if (!recall->fetch || recall->from_ms == 0 || mono_ms < recall->from_ms)
                        continue;
                recall->from_ms = 0;
                return recall;
        }
        return NULL;
}

struct qf_recall *qf_recall_overdue(struct qf_recalls *recalls, int64_t mono_ms)
{
        for (uint32_t i = 0; i < QF_RECALLS_MAX; i++)
                if (recalls->at[i].fetch && mono_ms >= recalls->at[i].until_ms)
                        return &recalls->at[i];
        return NULL;
}

void qf_recall_leave(struct qf_recall *recall)
{
        recall->fetch = 0;
        qf_buffer_deinit(&recall->said.json);
        recall->said.json = (struct qf_buffer){0};
}

void qf_recalls_deinit(struct qf_recalls *recalls)
{
        for (uint32_t i = 0; i < QF_RECALLS_MAX; i++) {
                qf_buffer_deinit(&recalls->at[i].said.json);
                qf_buffer_deinit(&recalls->at[i].words);
                qf_rights_deinit(&recalls->at[i].rights);
        }
}
