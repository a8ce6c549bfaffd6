/* Files of keys and tokens, as people edit and copy them: what is read is what its text says, or a named fault. The first
 * byte says whose file it is. */
#include "fuzz/given.h"
#include "fuzz/target.h"

#include <string.h>

#include "base/bytes.h"
#include "wire/keys.h"
#include "wire/tokens.h"

static void check_key(int r, const uint8_t key[32])
{
        char text[QF_KEY_TEXT];
        uint8_t again[32];

        QF_ASSERT(r == 0 || r == QF_KEY_SHAPE);
        if (r != 0)
                return;
        qf_key_text(key, text);
        QF_ASSERT(qf_key_parse(text, again) && memcmp(key, again, sizeof again) == 0);
}

static void check_tokens(struct qf_view text)
{
        struct qf_tokens *tokens = NULL;
        struct qf_buffer line = {0};
        uint32_t at = 0;
        int r = qf_tokens_parse(text, &tokens, &at);

        QF_ASSERT(r == 0 || (r == QF_TOKENS_LINE && at > 0));
        if (r != 0)
                return;
        const struct qf_token *token = qf_tokens_find(tokens, text);
        if (token)
                QF_ASSERT(qf_tokens_find_digest(tokens, token->digest) && qf_token_print(token, &line) == 0);
        QF_ASSERT(qf_tokens_count(tokens) <= text.len);
        qf_buffer_deinit(&line);
        (void)qf_tokens_free(tokens);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
        uint8_t key[32] = {0}, other[32] = {0};
        struct qf_curve curve = {0};

        if (len == 0)
                return 0;
        const char *path = given_file(bytes + 1, len - 1);
        switch (bytes[0] % 5) {
        case 0: check_key(qf_key_read_secret(path, key, other), key); break;
        case 1: check_key(qf_key_read_public(path, key), key); break;
        case 2: check_key(qf_key_read_server(NULL, path, &curve), curve.secret_key); break;
        case 3: check_key(qf_key_read_servers(path, key, other), key); break;
        default: check_tokens((struct qf_view){(const char *)bytes + 1, (uint32_t)len - 1}); break;
        }
        return 0;
}
