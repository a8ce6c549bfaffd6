/* Why: names and keys are written once per batch, each as what it shares with
 * the one before and what differs. That is a decompressor, and so a bomb in the
 * wrong hands: the expanded size is added up and refused before a byte is
 * written. */
#include "wire/body_parts.h"

#include "base/text.h"

/* Whether a text may be cut at this place: not within a character. Both halves are then valid by themselves, so that
 * checking the joined suffixes once checks every expanded entry. */
static bool boundary(struct qf_view text, uint32_t at)
{
        return at >= text.len || ((uint8_t)text.at[at] & 0xc0) != 0x80;
}

static int check_sizes(const struct qf_body *body, struct qf_wire_fault *ret_fault)
{
        if (body->texts_count)
                return qf_wire_refuse(ret_fault, "texts both plain and packed", body->texts_count);
        if (body->shared_count && body->shared_count != body->lens_count)
                return qf_wire_refuse(ret_fault, "text_shared and text_len of different length",
                                      body->shared_count);
        uint64_t suffixes = 0, expanded = 0;
        for (uint32_t i = 0; i < body->lens_count; i++) {
                uint64_t shared = body->shared_count ? body->shared[i] : 0;
                uint64_t before =
                        i == 0 ? 0
                               : body->lens[i - 1] + (uint64_t)(body->shared_count ? body->shared[i - 1] : 0);
                if (shared > before)
                        return qf_wire_refuse(ret_fault, "a text shares more than the one before has",
                                              shared);
                if (shared + body->lens[i] > QF_TEXT_ENTRY_BYTES_MAX)
                        return qf_wire_refuse(ret_fault, "a text of more than 2048 bytes",
                                              shared + body->lens[i]);
                suffixes += body->lens[i];
                expanded += shared + body->lens[i];
        }
        if (suffixes != body->text_all.len)
                return qf_wire_refuse(ret_fault, "lengths of texts that do not add up", suffixes);
        if (expanded > QF_BODY_TEXT_BYTES_MAX)
                return qf_wire_refuse(ret_fault, "texts of more than 1 MiB once expanded", expanded);
        if (!qf_text_valid(body->text_all, false))
                return qf_wire_refuse(ret_fault, "a text that is not UTF-8, or holds NUL or controls", 0);
        return 0;
}

/* Entry i from its suffix and the entry before; room for shared + suffix bytes lies at *to when anything is shared. */
static struct qf_view join(struct qf_view before, uint32_t shared, struct qf_view suffix, char **to)
{
        if (shared == 0 || !before.at)
                return suffix;
        char *at = *to;
        memcpy(at, before.at, shared);
        if (suffix.len)
                memcpy(at + shared, suffix.at, suffix.len);
        *to = at + shared + suffix.len;
        return (struct qf_view){at, shared + suffix.len};
}

int qf_body_expand(struct qf_arena *arena, const struct qf_body *body, struct qf_batch *batch,
                   struct qf_wire_fault *ret_fault)
{
        if (body->lens_count == 0 && body->text_all.len == 0 && body->shared_count == 0) {
                batch->texts_count = body->texts_count;
                batch->texts = body->texts;
                return 0;
        }
        int r = check_sizes(body, ret_fault);
        if (r != 0)
                return r;
        size_t joined = 0;
        for (uint32_t i = 0; i < body->shared_count; i++)
                joined += body->shared[i] ? body->shared[i] + body->lens[i] : 0;
        struct qf_view *texts = qf_arena_take(arena, body->lens_count * sizeof *texts);
        char *to = qf_arena_take(arena, joined);
        if (!texts || !to)
                return qf_wire_refuse(ret_fault, "more than a message may take of memory", joined);
        struct qf_view before = {NULL, 0};
        const char *from = body->text_all.at ? body->text_all.at : ""; /* NULL takes no offset, not even 0 */
        for (uint32_t i = 0; i < body->lens_count; i++) {
                struct qf_view suffix = {from, body->lens[i]};
                uint32_t shared = body->shared_count ? body->shared[i] : 0;
                if (!boundary(suffix, 0) || !boundary(before, shared))
                        return qf_wire_refuse(ret_fault, "a text cut within a character", i);
                before = texts[i] = join(before, shared, suffix, &to);
                from += suffix.len;
        }
        batch->texts_count = body->lens_count;
        batch->texts = texts;
        return 0;
}
