/* MemorySanitizer does not see into Debian's libraries, and takes what they write for never written. Here libcrypto's
 * SHA-256 is libsodium's, which calls nothing that the sanitizer would stumble over, and what libsodium writes is told
 * to be written. The linker leads our code's calls here; tests/CMakeLists.txt lists them. */
#include <stdlib.h>

#include <openssl/evp.h>
#include <sanitizer/msan_interface.h>
#include <sodium.h>

EVP_MD *__wrap_EVP_MD_fetch(OSSL_LIB_CTX *library, const char *name, const char *properties);
EVP_MD *__wrap_EVP_MD_fetch(OSSL_LIB_CTX *library, const char *name, const char *properties)
{
        (void)library;
        (void)name;
        (void)properties;
        return malloc(1); /* only ever compared with NULL, and freed */
}

void __wrap_EVP_MD_free(EVP_MD *algorithm);
void __wrap_EVP_MD_free(EVP_MD *algorithm)
{
        free(algorithm);
}

EVP_MD_CTX *__wrap_EVP_MD_CTX_new(void);
EVP_MD_CTX *__wrap_EVP_MD_CTX_new(void)
{
        return calloc(1, sizeof(crypto_hash_sha256_state));
}

void __wrap_EVP_MD_CTX_free(EVP_MD_CTX *context);
void __wrap_EVP_MD_CTX_free(EVP_MD_CTX *context)
{
        free(context);
}

int __wrap_EVP_DigestInit_ex2(EVP_MD_CTX *context, const EVP_MD *algorithm, const OSSL_PARAM *parameters);
int __wrap_EVP_DigestInit_ex2(EVP_MD_CTX *context, const EVP_MD *algorithm, const OSSL_PARAM *parameters)
{
        (void)algorithm;
        (void)parameters;
        return crypto_hash_sha256_init((void *)context) == 0;
}

int __wrap_EVP_DigestUpdate(EVP_MD_CTX *context, const void *bytes, size_t len);
int __wrap_EVP_DigestUpdate(EVP_MD_CTX *context, const void *bytes, size_t len)
{
        __msan_check_mem_is_initialized(bytes, len);
        return crypto_hash_sha256_update((void *)context, bytes, len) == 0;
}

int __wrap_EVP_DigestFinal_ex(EVP_MD_CTX *context, unsigned char *ret_hash, unsigned *ret_len);
int __wrap_EVP_DigestFinal_ex(EVP_MD_CTX *context, unsigned char *ret_hash, unsigned *ret_len)
{
        (void)crypto_hash_sha256_final((void *)context, ret_hash);
        __msan_unpoison(ret_hash, crypto_hash_sha256_BYTES);
        *ret_len = crypto_hash_sha256_BYTES;
        return 1;
}

int __real_crypto_shorthash_siphashx24(unsigned char *ret_digest, const unsigned char *bytes,
                                       unsigned long long len, const unsigned char *key);
int __wrap_crypto_shorthash_siphashx24(unsigned char *ret_digest, const unsigned char *bytes,
                                       unsigned long long len, const unsigned char *key);
int __wrap_crypto_shorthash_siphashx24(unsigned char *ret_digest, const unsigned char *bytes,
                                       unsigned long long len, const unsigned char *key)
{
        __msan_check_mem_is_initialized(bytes, len);
        int r = __real_crypto_shorthash_siphashx24(ret_digest, bytes, len, key);
        __msan_unpoison(ret_digest, crypto_shorthash_siphashx24_BYTES);
        return r;
}

void __real_randombytes_buf(void *bytes, size_t len);
void __wrap_randombytes_buf(void *bytes, size_t len);
void __wrap_randombytes_buf(void *bytes, size_t len)
{
        __real_randombytes_buf(bytes, len);
        __msan_unpoison(bytes, len);
}
