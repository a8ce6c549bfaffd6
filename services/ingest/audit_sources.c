/* Why: who looks after damage wants to know whose records it took, so that those partners are asked to send again. The
 * names stand in other tables than the records do, so they are mostly still there. */
#include "ingest/audit_worker.h"

#include <errno.h>
#include <stdio.h>

#include "programme/programme.h"
#include "store/journal_tables.h"
#include "wire/body.h"

static int load_names(struct qf_txn *txn, struct qf_arena *arena, struct qf_programme *programme)
{
        struct qf_wire_fault fault;
        struct qf_event event;
        struct qf_view row;
        uint64_t position;
        int result = 0;
        for (uint32_t i = 0; result == 0; i++) {
                qf_arena_reset(arena);
                result = qf_register_row_get(txn, i, &position, &row);
                if (result == 0)
                        result = qf_register_decode(arena, row, &event, &fault);
                if (result == 0)
                        result = qf_programme_apply(programme, &event, position);
        }
        return result == -ENOMEM ? result : 0; /* what was read is what can be named */
}

static void name_source(const struct qf_audit_job *job, struct qf_txn *txn,
                        const struct qf_programme *programme, uint32_t outbox, size_t wanted)
{
        struct qf_audit_message message = {.what = QF_AUDIT_SAYS_SOURCE, .wanted = wanted};
        struct qf_journal_outbox row;
        int result = qf_journal_outbox_next(txn, NULL, &row);
        while (result == 0 && row.ref != outbox)
                result = qf_journal_outbox_next(txn, &row, &row);
        if (result != 0)
                return;
        if (row.source == 0 || row.source > qf_programme_sources(programme)) {
                (void)snprintf(message.name, sizeof message.name, "source %u", row.source);
        } else {
                struct qf_view name = qf_programme_source(programme, row.source)->name;
                (void)snprintf(message.name, sizeof message.name, "%.*s", (int)name.len, name.at);
        }
        qf_audit_send(job, &message);
}

/* Of which finding a record is; wanted_count: of none. */
static size_t find_wanted(const struct qf_audit_job *job, uint64_t position)
{
        size_t i = 0;
        while (i < job->wanted_count &&
               (position < job->wanted[i].position || position > job->wanted[i].through))
                i++;
        return i;
}

int qf_audit_name_sources(const struct qf_audit_job *job, struct qf_txn *txn, struct qf_arena *arena)
{
        struct qf_programme *programme = NULL;
        struct qf_view key = {"", 0}, value;
        uint32_t named = 0; /* outbox, with the finding: its runs lie together */
        size_t named_for = 0;
        int result = qf_programme_new(&programme);
        if (result == 0)
                result = load_names(txn, arena, programme);
        if (result == 0)
                result = qf_txn_seek(txn, QF_TABLE_RUNS, key, false, &key, &value);
        while (result == 0) {
                struct qf_journal_run run;
                uint32_t outbox;
                if (qf_journal_run_read(key, value, &outbox, &run)) {
                        size_t wanted = find_wanted(job, run.position);
                        if (wanted < job->wanted_count && (outbox != named || wanted != named_for))
                                name_source(job, txn, programme, outbox, wanted);
                        named = wanted < job->wanted_count ? outbox : 0;
                        named_for = wanted;
                }
                result = qf_txn_seek(txn, QF_TABLE_RUNS, key, true, &key, &value);
        }
        (void)qf_programme_free(programme);
        return result == -ENOMEM ? result : 0; /* of damaged tables what could be read */
}
