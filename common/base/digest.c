/* Why: three checks for three dangers, each by the fastest well-kept
 * implementation: OpenSSL's SHA-256 (SHA-NI), libsodium's SipHash, and CRC32C by
 * the processor's own instruction where it has one. */
#include "base/digest.h"

#include <errno.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

struct qf_sha256 {
        EVP_MD *algorithm;
        EVP_MD_CTX *context;
};

int qf_sha256_new(struct qf_sha256 **ret_sha)
{
        struct qf_sha256 *sha = calloc(1, sizeof *sha);
        if (!sha)
                return -ENOMEM;
        sha->algorithm = EVP_MD_fetch(NULL, "SHA256", NULL);
        sha->context = EVP_MD_CTX_new();
        if (!sha->algorithm || !sha->context) {
                qf_sha256_free(sha);
                return -ENOMEM;
        }
        *ret_sha = sha;
        return 0;
}

struct qf_sha256 *qf_sha256_free(struct qf_sha256 *sha)
{
        if (sha) {
                EVP_MD_CTX_free(sha->context);
                EVP_MD_free(sha->algorithm);
        }
        free(sha);
        return NULL;
}

void qf_sha256_begin(struct qf_sha256 *sha)
{
        QF_ASSERT(EVP_DigestInit_ex2(sha->context, sha->algorithm, NULL) == 1);
}

void qf_sha256_add(struct qf_sha256 *sha, const void *bytes, size_t len)
{
        QF_ASSERT(EVP_DigestUpdate(sha->context, bytes, len) == 1);
}

void qf_sha256_end(struct qf_sha256 *sha, uint8_t ret_hash[QF_SHA256_BYTES])
{
        unsigned len = 0;
        QF_ASSERT(EVP_DigestFinal_ex(sha->context, ret_hash, &len) == 1);
        QF_ASSERT(len == QF_SHA256_BYTES);
}

/* One table for processors without the instruction; made once. */
static uint32_t crc_table[256];
static pthread_once_t crc_once = PTHREAD_ONCE_INIT;

static void crc_make_table(void)
{
        for (uint32_t i = 0; i < 256; i++) {
                uint32_t crc = i;
                for (int bit = 0; bit < 8; bit++)
                        crc = crc & 1 ? crc >> 1 ^ 0x82f63b78u : crc >> 1;
                crc_table[i] = crc;
        }
}

static uint32_t crc_by_table(uint32_t crc, const uint8_t *at, size_t len)
{
        (void)pthread_once(&crc_once, crc_make_table);
        for (size_t i = 0; i < len; i++)
                crc = crc >> 8 ^ crc_table[(crc ^ at[i]) & 0xff];
        return crc;
}

#if defined(__x86_64__)
/* Words are loaded in place, which no call of another file could do; the end by halves instead of bytes: most of what
 * is summed are rows of some fifty bytes. */
__attribute__((target("sse4.2"))) static uint32_t crc_by_instruction(uint32_t crc, const uint8_t *at,
                                                                     size_t len)
{
        uint64_t wide = crc;
        for (; len >= sizeof wide; at += sizeof wide, len -= sizeof wide) {
                uint64_t word;
                memcpy(&word, at, sizeof word);
                wide = __builtin_ia32_crc32di(wide, word);
        }
        crc = (uint32_t)wide;
        if (len & 4) {
                uint32_t word;
                memcpy(&word, at, sizeof word);
                crc = __builtin_ia32_crc32si(crc, word);
                at += sizeof word;
        }
        if (len & 2) {
                uint16_t word;
                memcpy(&word, at, sizeof word);
                crc = __builtin_ia32_crc32hi(crc, word);
                at += sizeof word;
        }
        return len & 1 ? __builtin_ia32_crc32qi(crc, *at) : crc;
}
#endif

uint32_t qf_crc32c(const void *bytes, size_t len)
{
#if defined(__x86_64__)
        if (__builtin_cpu_supports("sse4.2"))
                return ~crc_by_instruction(~0u, bytes, len);
#endif
        return ~crc_by_table(~0u, bytes, len);
}

void qf_content_digest(const uint8_t key[16], const void *bytes, size_t len,
                       uint8_t ret_digest[QF_CONTENT_BYTES])
{
        (void)crypto_shorthash_siphashx24(ret_digest, bytes, len, key);
}
