/* Text from outside: validity, numbers, hexadecimal, what goes to a log, keys in Z85. */
#include "fuzz/target.h"

#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "wire/keys.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
        char escaped[64], text[128];
        uint8_t raw[16], key[32];
        uint64_t value = 0;
        struct qf_view view = {(const char *)bytes, (uint32_t)len};

        if (qf_text_valid(view, true))
                QF_ASSERT(qf_text_characters(view) <= len);
        if (qf_text_number(view, 1000000, &value))
                QF_ASSERT(value <= 1000000);
        (void)qf_text_unhex(view, raw, sizeof(raw));
        QF_ASSERT(strlen(qf_text_escape(view, escaped, sizeof(escaped))) < sizeof(escaped));
        if (len < sizeof(text)) {
                memcpy(text, bytes, len);
                text[len] = '\0';
                (void)qf_key_parse(text, key);
        }
        return 0;
}
