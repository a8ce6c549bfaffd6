/* Names and numbers go through FNV-1a with lengths between them; each value of a
 * dimension by itself, so that the order of ids does not matter. */
#include "programme/declared_digest.h"

static const uint64_t begin = UINT64_C(0xcbf29ce484222325);

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

static uint64_t digest_members(const struct qf_programme *programme, const struct qf_declared_said *said)
{
        uint64_t digest = 0;

        for (uint32_t i = 0; i < said->members_count; i++) {
                const struct qf_member_of of = said->members[i];
                const struct qf_dimension *dimension = qf_programme_dimension(programme, of.dimension);
                const struct qf_member *member = qf_programme_member(programme, of.dimension, of.member);

                if (dimension && member)
                        digest += scatter(add_text(add_text(begin, dimension->code), member->code));
        }
        return digest;
}

uint64_t qf_declared_digest_of(const struct qf_programme *programme, const struct qf_declared_said *said)
{
        uint64_t hash = add_bytes(begin, &said->kind, sizeof(said->kind));

        hash = add_text(add_text(hash, said->partner_code), said->key);
        hash = add_bytes(hash, &said->date, sizeof(said->date));
        hash = add_bytes(hash, &said->stated, sizeof(said->stated));
        for (unsigned i = 0; i < QF_FIGURES_MAX; i++)
                if (said->stated >> i & 1)
                        hash = add_bytes(hash, &said->figures[i], sizeof(said->figures[i]));
        return scatter(hash + digest_members(programme, said));
}
