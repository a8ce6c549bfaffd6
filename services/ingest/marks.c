/* Why by comparing: register events come by batches, retries and restores; what they
 * make of a source is one thing to look at, and only after it is on disk. Who said it
 * is in the journal, at the position that the line names. */
#include "ingest/marks.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "programme/editions.h"

enum { FIELDS = 200, KEY_MARK = 4, ROLES_BYTES = 24 };

static uint64_t mix(uint64_t hash, const void *bytes, size_t len)
{
        const uint8_t *at = bytes;

        for (size_t i = 0; i < len; i++)
                hash = (hash ^ at[i]) * UINT64_C(1099511628211);
        return hash;
}

static uint64_t mark_of(const struct qf_source *source)
{
        uint64_t hash = mix(UINT64_C(14695981039346656037), &source->roles, sizeof source->roles);

        for (uint32_t i = 0; i < source->keys_count; i++) {
                const struct qf_source_key *key = &source->keys[i];
                hash = mix(hash, key->public_key, sizeof key->public_key);
                hash = mix(hash, &key->valid_from, sizeof key->valid_from);
                hash = mix(hash, &key->valid_to, sizeof key->valid_to);
        }
        for (uint32_t i = 0; i < source->orgs_count; i++)
                hash = mix(mix(hash, source->orgs[i].at, source->orgs[i].len), "", 1);
        return hash;
}

/* Keys by their first bytes, as User-Ids show them. */
static void print_keys(const struct qf_source *source, char *text, size_t room)
{
        size_t len = 0;

        for (uint32_t i = 0; i < source->keys_count && len + 2 * KEY_MARK + 2 < room; i++) {
                if (i > 0)
                        text[len++] = ',';
                qf_text_hex(source->keys[i].public_key, KEY_MARK, text + len);
                len += 2 * KEY_MARK;
        }
        text[len] = '\0';
}

/* "feed,read". */
static char *print_roles(unsigned roles, char ret_text[ROLES_BYTES])
{
        const size_t len =
                (size_t)snprintf(ret_text, ROLES_BYTES, "%s%s%s", roles & QF_ROLE_FEED ? "feed," : "",
                                 roles & QF_ROLE_READ ? "read," : "", roles & QF_ROLE_ADMIN ? "admin," : "");

        ret_text[len ? len - 1 : 0] = '\0';
        return ret_text;
}

static void tell(struct qf_logbook *book, const struct qf_source *source, uint64_t position)
{
        char name[FIELDS], org[FIELDS], keys[64] = "", roles[ROLES_BYTES];
        struct qf_view first = source->orgs_count ? source->orgs[0] : QF_VIEW("");

        print_keys(source, keys, sizeof keys);
        qf_logbook_note(
                book, "source-changed", "source=\"%s\" roles=%s keys=%s org=\"%s\" orgs=%u position=%llu",
                qf_text_escape(source->name, name, sizeof name), print_roles(source->roles, roles), keys,
                qf_text_escape(first, org, sizeof org), source->orgs_count, (unsigned long long)position);
}

/* What was said of an edition since a position; gives how many lines. */
static uint32_t tell_edition(struct qf_logbook *book, const struct qf_edition *edition, uint64_t since)
{
        char scope[FIELDS], by[FIELDS], reason[FIELDS], hex[2 * QF_SHA256_BYTES + 1];
        uint32_t told = 0;

        qf_text_escape(edition->scope, scope, sizeof scope);
        if (edition->closed > since && ++told)
                qf_logbook_note(book, "period-closed",
                                "period=%u-%u scope=\"%s\" edition=%u by=\"%s\" waived=%u position=%llu",
                                edition->first, edition->last, scope, edition->number,
                                qf_text_escape(edition->by, by, sizeof by), edition->waived_count,
                                (unsigned long long)edition->closed);
        if (edition->reopened > since && ++told)
                qf_logbook_note(book, "period-reopened",
                                "period=%u-%u scope=\"%s\" edition=%u reason=\"%s\" position=%llu",
                                edition->first, edition->last, scope, edition->number,
                                qf_text_escape(edition->reason, reason, sizeof reason),
                                (unsigned long long)edition->reopened);
        for (uint32_t i = 0; i < edition->files_count; i++) {
                const struct qf_edition_file *file = &edition->files[i];
                if (file->position <= since)
                        continue;
                qf_text_hex(file->digest, sizeof file->digest, hex);
                qf_logbook_note(book, "edition-published",
                                "period=%u-%u scope=\"%s\" edition=%u file=%.*s sha256=%s position=%llu",
                                edition->first, edition->last, scope, edition->number, (int)file->name.len,
                                file->name.at, hex, (unsigned long long)file->position);
                told++;
        }
        return told;
}

int qf_marks_look(struct qf_marks *marks, const struct qf_programme *programme, struct qf_logbook *book)
{
        uint64_t position = qf_programme_position(programme);
        uint32_t count = qf_programme_sources(programme), told = 0;

        if (!book || (marks->of && position == marks->position))
                return 0;
        bool first = !marks->of;
        uint64_t *of = realloc(marks->of, (count + 1) * sizeof *of);
        if (!of)
                return -ENOMEM;
        for (uint32_t ref = 1; ref <= count; ref++) {
                const struct qf_source *source = qf_programme_source(programme, ref);
                uint64_t mark = mark_of(source);
                if (!first && (ref > marks->count || of[ref - 1] != mark)) {
                        tell(book, source, position);
                        told++;
                }
                of[ref - 1] = mark;
        }
        for (uint32_t id = 1; !first && id <= qf_programme_editions(programme); id++)
                told += tell_edition(book, qf_programme_edition(programme, id), marks->position);
        if (!first && told == 0)
                qf_logbook_note(book, "registers-changed", "position=%llu", (unsigned long long)position);
        *marks = (struct qf_marks){position, count, of};
        return 0;
}

void qf_marks_journal(const struct qf_journal_state *state, struct qf_logbook *book)
{
        char hash[2 * QF_SHA256_BYTES + 1];

        qf_text_hex(state->hash, sizeof state->hash, hash);
        qf_logbook_note(book, "journal", "life=%u position=%llu hash=%s", state->life_number,
                        (unsigned long long)state->last, hash);
}

void qf_marks_deinit(struct qf_marks *marks)
{
        free(marks->of);
        *marks = (struct qf_marks){0};
}
