/* Verdicts are obeyed as aggregation obeys them; the revision is counted as ingest
 * counted it, since a correction that names it is refused when somebody was quicker. */
#include "qf/office/stood.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "qf/operator/journal_reader.h"

static bool is_merge(const struct qf_batch *batch, const struct qf_event *event)
{
        return event->action == QF_WITHDRAW && event->merged_into.len && batch->partner.len;
}

/* Whether the second is merged into the first: its word is kept then, whatever is said of the first since. */
static bool is_together(const struct qf_stood_reading *reading)
{
        const struct qf_stood *away = &reading->at[QF_STOOD_AWAY];

        return away->state == QF_HEAD_MERGED &&
               strcmp(away->merged_into, reading->at[QF_STOOD_KEEP].key) == 0;
}

/* To be called before what was said last of the first is overwritten. */
static int note_word(struct qf_stood_reading *reading, const struct qf_batch *batch,
                     const struct qf_event *event)
{
        struct qf_stood *keep = &reading->at[QF_STOOD_KEEP];
        const struct qf_kept_event was = reading->before;

        if (is_together(reading))
                return 0;
        reading->worded = batch->partner.len > 0;
        if (!reading->worded)
                return 0;
        reading->before = keep->last;
        keep->last = was;
        return qf_kept_event_set(&reading->word, batch, event);
}

uint32_t qf_stood_revision(uint32_t before, const struct qf_event *event)
{
        return event->revision ? event->revision : event->action == QF_CREATE ? 1 : before + 1;
}

static int take_statement(struct qf_stood_reading *reading, struct qf_stood *stood,
                          const struct qf_batch *batch, const struct qf_event *event)
{
        const bool withdraws = event->action == QF_WITHDRAW, keeps = stood == &reading->at[QF_STOOD_KEEP];

        if (!keeps && is_together(reading)) /* said back: that merge is over */
                reading->worded = false;
        stood->revision = qf_stood_revision(stood->revision, event);
        stood->state = !withdraws               ? QF_HEAD_LIVE
                       : is_merge(batch, event) ? QF_HEAD_MERGED
                                                : QF_HEAD_WITHDRAWN;
        free(stood->merged_into);
        stood->merged_into = NULL;
        if (stood->state == QF_HEAD_MERGED) {
                stood->merged_into = strndup(event->merged_into.at, event->merged_into.len);
                return stood->merged_into ? 0 : -ENOMEM;
        }
        if (withdraws)
                return 0;
        int r = keeps ? note_word(reading, batch, event) : 0;
        return r == 0 ? qf_kept_event_set(&stood->last, batch, event) : r;
}

static int take_event(struct qf_stood_reading *reading, const struct qf_entry *entry,
                      const struct qf_batch *batch, uint32_t at)
{
        const struct qf_event *event = &batch->events[at];
        const char *partner = qf_programme_partner_code(reading->names.programme, entry->partner);
        int r = 0;

        if (event->registered || event->kind != QF_KIND_ACTIVITY ||
            !qf_verdict_counts(qf_entry_verdict(entry, at)))
                return 0;
        for (uint32_t i = 0; i < QF_STOOD_COUNT && r == 0; i++) {
                struct qf_stood *stood = &reading->at[i];
                if (!qf_view_same(event->key, qf_view_of(stood->key)) ||
                    (stood->wanted && strcmp(stood->wanted, partner) != 0))
                        continue;
                if (!stood->partner || strcmp(stood->partner, partner) != 0)
                        stood->partners++;
                if (stood->partners > 1)
                        continue;
                stood->partner = partner;
                r = take_statement(reading, stood, batch, event);
        }
        if (is_merge(batch, event) && !is_together(reading) &&
            qf_view_same(event->merged_into, qf_view_of(reading->at[QF_STOOD_KEEP].key)))
                reading->worded = false; /* the word was that other merge's */
        return r;
}

static int take_record(void *ctx, const struct qf_record_head *head, struct qf_view record)
{
        struct qf_stood_reading *reading = ctx;
        struct qf_control control;
        struct qf_batch batch;
        struct qf_entry entry;
        size_t offset = 0;
        int r = 0;

        while (r == 0 && qf_record_next(record, &offset, &entry)) {
                if (entry.kind != QF_ENTRY_BATCH) {
                        r = qf_dump_take_control(&reading->names, head, &entry, &control);
                        continue;
                }
                r = qf_dump_take_batch(&reading->names, head, &entry, &batch);
                for (uint32_t at = entry.skip; at < entry.count && r == 0; at++)
                        r = take_event(reading, &entry, &batch, at);
        }
        return r;
}

/* 0, or 1: said. */
static int check_found(struct qf_cli *cli, const struct qf_stood *stood)
{
        if (stood->partners == 1)
                return 0;
        if (stood->partners == 0)
                qf_cli_fail(
                        cli, QF_EXIT_OTHER,
                        "没有编号“%s”。\n编号要与报送时完全一样：qf list activity 列出现有的。",
                        "there is no record \"%s\".\nA key is written as it was fed: qf list activity has them.",
                        stood->key);
        else
                qf_cli_fail(cli, QF_EXIT_OTHER, "编号“%s”不止一个单位有。\n写成 单位:编号。",
                            "more than one partner has a record \"%s\".\nWrite PARTNER:KEY.", stood->key);
        return 1;
}

int qf_stood_read(struct qf_cli *cli, struct qf_stood_reading *reading)
{
        int r = qf_dump_init(&reading->names);

        if (r < 0) {
                qf_cli_broke(cli, r, "journal");
                return 1;
        }
        if (qf_journal_read(cli, NULL, 0, take_record, reading) != 0)
                return 1;
        for (uint32_t i = 0; i < QF_STOOD_COUNT; i++)
                if (check_found(cli, &reading->at[i]) != 0)
                        return 1;
        return 0;
}

void qf_stood_deinit(struct qf_stood_reading *reading)
{
        for (uint32_t i = 0; i < QF_STOOD_COUNT; i++) {
                free(reading->at[i].merged_into);
                qf_kept_event_deinit(&reading->at[i].last);
        }
        qf_kept_event_deinit(&reading->word);
        qf_kept_event_deinit(&reading->before);
        qf_dump_deinit(&reading->names);
}
