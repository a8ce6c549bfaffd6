/* Sameness of two events in different batches: a resend may be cut differently,
 * so indices and order of tables differ while the names are the same. */
#include "model/event.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/kinds.h"

struct named {
        struct qf_view dimension, member;
};

static int order_named(const void *a, const void *b)
{
        const struct named *x = a, *y = b;
        int order = qf_view_order(x->dimension, y->dimension);

        return order ? order : qf_view_order(x->member, y->member);
}

static struct qf_view text_at(const struct qf_view *texts, uint32_t count, uint32_t at)
{
        return at < count ? texts[at] : (struct qf_view){0};
}

static void name_values(const struct qf_batch *batch, const struct qf_event *event, struct named *ret_named)
{
        for (uint32_t i = 0; i < event->values_count; i++) {
                const struct qf_value *value = &batch->values[event->values_first + i];

                ret_named[i].dimension =
                        text_at(batch->dimensions, batch->dimensions_count, value->dimension_at);
                ret_named[i].member = text_at(batch->texts, batch->texts_count, value->member_at);
        }
        if (event->values_count > 1)
                qsort(ret_named, event->values_count, sizeof(*ret_named), order_named);
}

static bool same_values(const struct qf_batch *a, const struct qf_event *ea, const struct qf_batch *b,
                        const struct qf_event *eb)
{
        struct named x[QF_VALUES_MAX], y[QF_VALUES_MAX];

        if (ea->values_count != eb->values_count || ea->values_count > QF_VALUES_MAX)
                return false;
        name_values(a, ea, x);
        name_values(b, eb, y);
        for (uint32_t i = 0; i < ea->values_count; i++)
                if (order_named(&x[i], &y[i]) != 0)
                        return false;
        return true;
}

static const struct {
        const char *name;
        size_t offset;
} words_of[QF_WORDS] = {
        {"title", offsetof(struct qf_words, title)},
        {"note", offsetof(struct qf_words, note)},
        {"reason", offsetof(struct qf_words, reason)},
        {"recorded_by", offsetof(struct qf_words, recorded_by)},
};

struct qf_view *qf_words_at(struct qf_words *words, unsigned word)
{
        return (struct qf_view *)(void *)((char *)words + words_of[word].offset);
}

struct qf_view qf_words_text(const struct qf_words *words, unsigned word)
{
        return *(const struct qf_view *)(const void *)((const char *)words + words_of[word].offset);
}

const char *qf_word_name(unsigned word)
{
        return words_of[word].name;
}

bool qf_words_say(const struct qf_words *words, unsigned word)
{
        if (!words)
                return false;
        return qf_words_text(words, word).len > 0 || (words->redacted && words->redacted->gone >> word & 1);
}

int qf_words_append(const struct qf_words *words, struct qf_buffer *buffer)
{
        int r = 0;

        for (unsigned word = 0; r == 0 && word < QF_WORDS; word++) {
                const struct qf_view text = words ? qf_words_text(words, word) : (struct qf_view){0};
                uint8_t len[4];
                qf_put_le32(len, text.len);
                r = qf_buffer_append(buffer, len, sizeof(len));
                if (r == 0 && text.len > 0)
                        r = qf_buffer_append(buffer, text.at, text.len);
        }
        return r;
}

static bool same_words(const struct qf_words *a, const struct qf_words *b)
{
        static const struct qf_words none;

        if (!a)
                a = &none;
        if (!b)
                b = &none;
        return qf_view_same(a->title, b->title) && qf_view_same(a->note, b->note) &&
               qf_view_same(a->reason, b->reason) && qf_view_same(a->recorded_by, b->recorded_by);
}

static bool same_views(const struct qf_view *a, uint32_t a_count, const struct qf_view *b, uint32_t b_count)
{
        if (a_count != b_count)
                return false;
        for (uint32_t i = 0; i < a_count; i++)
                if (!qf_view_same(a[i], b[i]))
                        return false;
        return true;
}

static bool same_pairs(const struct qf_pair *a, uint32_t a_count, const struct qf_pair *b, uint32_t b_count)
{
        if (a_count != b_count)
                return false;
        for (uint32_t i = 0; i < a_count; i++)
                if (!qf_view_same(a[i].dimension, b[i].dimension) || !qf_view_same(a[i].member, b[i].member))
                        return false;
        return true;
}

static bool same_moves(const struct qf_register *a, const struct qf_register *b)
{
        if (a->moves_count != b->moves_count)
                return false;
        for (uint32_t i = 0; i < a->moves_count; i++)
                if (a->moves[i].from != b->moves[i].from ||
                    !qf_view_same(a->moves[i].parent, b->moves[i].parent) ||
                    !qf_view_same(a->moves[i].zh, b->moves[i].zh) ||
                    !qf_view_same(a->moves[i].en, b->moves[i].en) ||
                    !same_pairs(a->moves[i].pairs, a->moves[i].pairs_count, b->moves[i].pairs,
                                b->moves[i].pairs_count))
                        return false;
        return true;
}

static bool same_keys(const struct qf_register *a, const struct qf_register *b)
{
        if (a->keys_count != b->keys_count)
                return false;
        for (uint32_t i = 0; i < a->keys_count; i++)
                if (memcmp(a->keys[i].public_key, b->keys[i].public_key, sizeof(a->keys[i].public_key)) !=
                            0 ||
                    a->keys[i].valid_from != b->keys[i].valid_from ||
                    a->keys[i].valid_to != b->keys[i].valid_to)
                        return false;
        return true;
}

static bool same_register(const struct qf_register *a, const struct qf_register *b)
{
        if (!a || !b)
                return a == b;
        return qf_view_same(a->code, b->code) && qf_view_same(a->zh, b->zh) && qf_view_same(a->en, b->en) &&
               qf_view_same(a->value, b->value) && qf_view_same(a->dimension, b->dimension) &&
               qf_view_same(a->groups, b->groups) && qf_view_same(a->parent, b->parent) &&
               qf_view_same(a->feeds, b->feeds) && qf_view_same(a->at, b->at) && a->multi == b->multi &&
               a->required == b->required && a->closed == b->closed && a->apart == b->apart &&
               a->most == b->most && a->order == b->order && a->cap == b->cap && a->roles == b->roles &&
               a->valid_from == b->valid_from && a->valid_to == b->valid_to &&
               same_views(a->aliases, a->aliases_count, b->aliases, b->aliases_count) &&
               same_views(a->orgs, a->orgs_count, b->orgs, b->orgs_count) &&
               same_pairs(a->pairs, a->pairs_count, b->pairs, b->pairs_count) && same_moves(a, b) &&
               same_keys(a, b);
}

static bool same_figures(const struct qf_event *a, const struct qf_event *b)
{
        if (qf_kind_is_declared(a->kind))
                return memcmp(a->figures, b->figures, sizeof(a->figures)) == 0;
        return a->sessions == b->sessions && a->attendances == b->attendances &&
               a->participants == b->participants && a->start == b->start && a->minutes == b->minutes &&
               a->evidence == b->evidence && a->amount == b->amount;
}

static bool same_numbers(const struct qf_event *a, const struct qf_event *b)
{
        return a->kind == b->kind && a->action == b->action && a->method == b->method &&
               a->stated == b->stated && a->revision == b->revision && a->date == b->date &&
               same_figures(a, b) && a->at_ms == b->at_ms;
}

bool qf_event_same_facts(const struct qf_batch *a, const struct qf_event *ea, const struct qf_batch *b,
                         const struct qf_event *eb)
{
        return same_numbers(ea, eb) && qf_view_same(ea->key, eb->key) &&
               qf_view_same(ea->counter, eb->counter) && qf_view_same(ea->merged_into, eb->merged_into) &&
               same_values(a, ea, b, eb) && same_register(ea->registered, eb->registered);
}

bool qf_event_same(const struct qf_batch *a, const struct qf_event *ea, const struct qf_batch *b,
                   const struct qf_event *eb)
{
        return qf_event_same_facts(a, ea, b, eb) && same_words(ea->words, eb->words);
}

/* Scope, months and number lie where a member has its code, days and order. */
struct qf_edition_said qf_edition_said(const struct qf_event *event)
{
        const struct qf_register *held = event->registered;
        return (struct qf_edition_said){
                .scope = held->code,
                .first = held->valid_from,
                .last = held->valid_to,
                .number = held->order,
                .by = held->zh,
                .reason = held->en,
                .waived_count = held->orgs_count,
                .waived = held->orgs,
                .file = held->feeds,
                .part = held->most,
                .parts = held->most,
                .data = held->value,
                .digest = held->value,
                .size = held->cap,
        };
}

struct qf_register qf_edition_register(const struct qf_edition_said *said)
{
        return (struct qf_register){
                .code = said->scope,
                .valid_from = said->first,
                .valid_to = said->last,
                .order = said->number,
                .zh = said->by,
                .en = said->reason,
                .orgs_count = said->waived_count,
                .orgs = said->waived,
                .feeds = said->file,
                .most = said->parts ? said->parts : said->part,
                .value = said->data.len ? said->data : said->digest,
                .cap = said->size,
        };
}

int qf_edition_key(uint8_t kind, const struct qf_edition_said *said, char *ret_key, size_t room)
{
        static const char *const words[] = {"close", "reopen", "part", "publish"};
        char file[QF_CODE_BYTES_MAX + 16] = "";

        if (kind == QF_KIND_EDITION_PART)
                (void)snprintf(file, sizeof(file), "/%.*s/%u", (int)said->file.len,
                               said->file.at ? said->file.at : "", said->part);
        else if (kind == QF_KIND_PUBLISH)
                (void)snprintf(file, sizeof(file), "/%.*s", (int)said->file.len,
                               said->file.at ? said->file.at : "");
        const int len = snprintf(ret_key, room, "%s/%.*s/%u-%u/%u%s", words[kind - QF_KIND_PERIOD_CLOSE],
                                 (int)said->scope.len, said->scope.at ? said->scope.at : "", said->first,
                                 said->last, said->number, file);
        return len < (int)room ? len : (int)room - 1;
}
