/* Why the control entry says all that is kept of a text: a backup that was made before
 * has the record as it was, and whoever restores it takes out the same bytes. */
#include "ingest/redaction.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "wire/body.h"

struct qf_redacting {
        struct qf_record_writer *writer;
        struct qf_sha256 *sha;
        struct qf_arena *arena;
        struct qf_buffer texts[2]; /* of an entry, before and after one of its redactions */
};

int qf_redactions_add(struct qf_redactions *redactions, const struct qf_redaction *redaction)
{
        if (redactions->count == redactions->room) {
                uint32_t room = redactions->room ? redactions->room * 2 : 16;
                struct qf_redaction *grown = realloc(redactions->list, room * sizeof *grown);
                if (!grown)
                        return -ENOMEM;
                redactions->list = grown;
                redactions->room = room;
        }
        redactions->list[redactions->count++] = *redaction;
        return 0;
}

void qf_redactions_deinit(struct qf_redactions *redactions)
{
        free(redactions->list);
        *redactions = (struct qf_redactions){0};
}

int qf_redactions_collect(struct qf_redactions *redactions, struct qf_arena *arena, struct qf_view record)
{
        struct qf_wire_fault fault;
        struct qf_control control;
        struct qf_entry entry;
        int result = 0;
        for (size_t offset = 0; result == 0 && qf_record_next(record, &offset, &entry);) {
                qf_arena_reset(arena);
                if (entry.kind != QF_ENTRY_CONTROL)
                        continue;
                int decoded = qf_control_decode(arena, entry.facts, &control, &fault);
                if (decoded < 0)
                        return decoded;
                if (decoded > 0 || control.what != QF_CONTROL_REDACTION)
                        continue;
                struct qf_redaction said = {
                        .position = control.position, .entry = control.entry, .redacted = control.redacted};
                memcpy(said.texts, control.texts, sizeof said.texts);
                result = qf_redactions_add(redactions, &said);
        }
        return result;
}

/* --- a record without them ---------------------------------------------------------- */

static void cleanup_redacting(struct qf_redacting **redacting)
{
        (void)qf_redacting_free(*redacting);
}

int qf_redacting_new(struct qf_redacting **ret_redacting)
{
        QF_CLEANUP(cleanup_redacting) struct qf_redacting *redacting = calloc(1, sizeof *redacting);
        if (!redacting)
                return -ENOMEM;
        int result = qf_record_writer_new(&redacting->writer);
        if (result == 0)
                result = qf_sha256_new(&redacting->sha);
        if (result == 0)
                result = qf_arena_new(QF_DECODE_ARENA_BYTES, &redacting->arena);
        if (result < 0)
                return result;
        *ret_redacting = QF_TAKE(redacting);
        return 0;
}

struct qf_redacting *qf_redacting_free(struct qf_redacting *redacting)
{
        if (!redacting)
                return NULL;
        (void)qf_record_writer_free(redacting->writer);
        (void)qf_sha256_free(redacting->sha);
        (void)qf_arena_free(redacting->arena);
        for (unsigned i = 0; i < 2; i++)
                qf_buffer_deinit(&redacting->texts[i]);
        free(redacting);
        return NULL;
}

static void digest(struct qf_sha256 *sha, struct qf_view texts, uint8_t ret_digest[QF_SHA256_BYTES])
{
        qf_sha256_begin(sha);
        qf_sha256_add(sha, texts.at, texts.len);
        qf_sha256_end(sha, ret_digest);
}

static bool is_of(const struct qf_redaction *redaction, uint64_t position, uint32_t entry)
{
        return redaction->position == position && redaction->entry == entry;
}

static int redact_entry(struct qf_redacting *redacting, struct qf_redactions *redactions, uint64_t position,
                        uint32_t number, struct qf_entry *entry)
{
        struct qf_wire_fault fault;
        unsigned turn = 0;
        for (uint32_t i = 0; i < redactions->count; i++) {
                const struct qf_redaction *redaction = &redactions->list[i];
                struct qf_buffer *to = &redacting->texts[turn];
                if (!is_of(redaction, position, number) || entry->texts_length == 0)
                        continue;
                qf_arena_reset(redacting->arena);
                to->len = 0;
                int result =
                        qf_texts_redact(redacting->arena, entry->texts, &redaction->redacted, to, &fault);
                if (result != 0)
                        return result < 0 ? result : -EBADMSG;
                entry->texts = (struct qf_view){(const char *)to->at, (uint32_t)to->len};
                entry->redacted = true;
                turn = !turn;
        }
        for (uint32_t i = 0; entry->redacted && i < redactions->count; i++)
                if (is_of(&redactions->list[i], position, number))
                        digest(redacting->sha, entry->texts, redactions->list[i].texts);
        return 0;
}

int qf_redacting_record(struct qf_redacting *redacting, struct qf_redactions *redactions,
                        const struct qf_record_head *head, struct qf_view record, struct qf_view *ret_record)
{
        struct qf_record_head made = *head;
        struct qf_entry entry;
        uint32_t number = 0;
        int result = 0;
        bool any = false;
        for (uint32_t i = 0; i < redactions->count && !any; i++)
                any = redactions->list[i].position == head->position;
        *ret_record = record;
        if (!any)
                return 0;
        qf_record_begin(redacting->writer);
        for (size_t offset = 0; result == 0 && qf_record_next(record, &offset, &entry); number++) {
                result = redact_entry(redacting, redactions, head->position, number, &entry);
                if (result == 0)
                        result = qf_record_add(redacting->writer, &entry, NULL);
        }
        if (result == 0)
                result = qf_record_end(redacting->writer, redacting->sha, &made, ret_record);
        if (result == 0)
                QF_ASSERT(memcmp(made.hash, head->hash, sizeof made.hash) == 0);
        return result;
}

/* --- whether somebody said so --------------------------------------------------------- */

int qf_redactions_see(struct qf_redactions *seen, struct qf_sha256 *sha, uint64_t position,
                      struct qf_view record)
{
        struct qf_redaction found = {.position = position};
        struct qf_entry entry;
        int result = 0;
        for (size_t offset = 0; result == 0 && qf_record_next(record, &offset, &entry); found.entry++) {
                if (!entry.redacted)
                        continue;
                digest(sha, entry.texts, found.texts);
                result = qf_redactions_add(seen, &found);
        }
        return result;
}

bool qf_redactions_prove(struct qf_redactions *seen, const struct qf_redaction *said)
{
        for (uint32_t i = 0; i < seen->count; i++) {
                struct qf_redaction *found = &seen->list[i];
                if (!is_of(found, said->position, said->entry))
                        continue;
                found->proven = memcmp(found->texts, said->texts, sizeof found->texts) == 0;
                return true;
        }
        return false;
}
