/* Names and numbers go through FNV-1a with lengths between them; each value of a
 * dimension by itself, so that the order of ids does not matter. */
#include "programme/declared_digest.h"

static uint64_t add_bytes(uint64_t hash, const void *bytes, size_t len)
{
        const uint8_t *at = bytes;

        for (size_t i = 0; i < len; i++)
                hash = (hash ^ at[i]) * UINT64_C(0x100000001b3);
        return hash;
}

static uint64_t add_text(uint64_t hash, struct qf_view text)
{
        hash = add_bytes(hash, &text.len, sizeof(text.len));
        return add_bytes(hash, text.at, text.len);
}

static uint64_t scatter(uint64_t hash)
{
        hash ^= hash >> 33;
        hash *= UINT64_C(0xff51afd7ed558ccd);
        hash ^= hash >> 33;
        hash *= UINT64_C(0xc4ceb9fe1a85ec53);
        return hash ^ hash >> 33;
}

uint64_t qf_declared_digest_of(const struct qf_programme *programme, uint8_t kind,
                               struct qf_view partner_code, struct qf_view key, uint32_t date, uint8_t stated,
                               const uint32_t figures[QF_FIGURES_MAX], const struct qf_member_of *members,
                               uint32_t members_count)
{
        const uint64_t begin = UINT64_C(0xcbf29ce484222325);
        uint64_t hash = add_bytes(begin, &kind, sizeof(kind)), values = 0;

        hash = add_text(add_text(hash, partner_code), key);
        hash = add_bytes(hash, &date, sizeof(date));
        hash = add_bytes(hash, &stated, sizeof(stated));
        for (unsigned i = 0; i < QF_FIGURES_MAX; i++)
                if (stated >> i & 1)
                        hash = add_bytes(hash, &figures[i], sizeof(figures[i]));
        for (uint32_t i = 0; i < members_count; i++) {
                const struct qf_dimension *dimension =
                        qf_programme_dimension(programme, members[i].dimension);
                const struct qf_member *member =
                        qf_programme_member(programme, members[i].dimension, members[i].member);

                if (dimension && member)
                        values += scatter(add_text(add_text(begin, dimension->code), member->code));
        }
        return scatter(hash + values);
}
