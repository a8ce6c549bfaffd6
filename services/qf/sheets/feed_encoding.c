/* Why: a spreadsheet saves in whatever its country and version had, and says so
 * seldom. UTF-8 is hardly ever anything else by chance, so it is tried first;
 * what is neither that nor GB18030 is returned, not guessed. */
#include "qf/sheets/feed_encoding.h"

#include <errno.h>
#include <iconv.h>
#include <string.h>

#include "base/text.h"

enum { STEP_BYTES = 64 * 1024 };

/* Positive QF_ENCODING_NONE: not in that encoding, to the last byte. */
static int convert(const char *from, struct qf_view bytes, struct qf_buffer *ret_text)
{
        iconv_t converter = iconv_open("UTF-8", from);
        if (converter == (iconv_t)-1)
                return -errno;
        char *in = (char *)(uintptr_t)bytes.at; /* iconv does not write there */
        size_t left = bytes.len;
        int result = 0;
        while (left > 0 && result == 0) {
                result = qf_buffer_reserve(ret_text, STEP_BYTES);
                if (result)
                        break;
                char *out = (char *)ret_text->at + ret_text->len;
                size_t room = ret_text->room - ret_text->len, before = room;
                if (iconv(converter, &in, &left, &out, &room) == (size_t)-1 && errno != E2BIG)
                        result = QF_ENCODING_NONE;
                ret_text->len += before - room;
        }
        (void)iconv_close(converter);
        return result;
}

/* U+E000 … U+F8FF: what GB18030 makes of bytes that it has no character for. */
static bool has_private(const struct qf_buffer *text)
{
        for (size_t i = 0; i + 1 < text->len; i++)
                if (text->at[i] == 0xee ||
                    (text->at[i] == 0xef && text->at[i + 1] < 0xa4 && text->at[i + 1] >= 0x80))
                        return true;
        return false;
}

static bool begins(struct qf_view bytes, const char *mark, uint32_t len)
{
        return bytes.len >= len && memcmp(bytes.at, mark, len) == 0;
}

static int decode(struct qf_view bytes, struct qf_buffer *text, enum qf_encoding *ret_encoding)
{
        bool little = begins(bytes, "\xff\xfe", 2);
        if (little || begins(bytes, "\xfe\xff", 2)) {
                *ret_encoding = QF_ENCODING_UTF16;
                bytes.at += 2;
                bytes.len -= 2;
                return bytes.len % 2 ? QF_ENCODING_NONE
                                     : convert(little ? "UTF-16LE" : "UTF-16BE", bytes, text);
        }
        *ret_encoding = QF_ENCODING_UTF8;
        int result = convert("UTF-8", bytes, text);
        if (result != QF_ENCODING_NONE || begins(bytes, "\xef\xbb\xbf", 3))
                return result;
        text->len = 0;
        *ret_encoding = QF_ENCODING_GB18030;
        result = convert("GB18030", bytes, text);
        return result == 0 && has_private(text) ? QF_ENCODING_NONE : result;
}

/* U+200B and U+2060, which word processors leave behind; BOMs, directions and controls are no text at all. */
static bool is_seen(struct qf_view character)
{
        if (character.len == 3 &&
            (memcmp(character.at, "\xe2\x80\x8b", 3) == 0 || memcmp(character.at, "\xe2\x81\xa0", 3) == 0))
                return false;
        return qf_text_valid(character, true);
}

size_t qf_encoding_clean(char *text, size_t len)
{
        size_t used = 0;
        for (size_t at = 0; at < len;) {
                uint8_t lead = (uint8_t)text[at];
                uint32_t bytes = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
                if (bytes > len - at)
                        break; /* of text that is cut */
                if (lead == '\r') {
                        if (at + 1 == len || text[at + 1] != '\n')
                                text[used++] = '\n';
                } else if (is_seen((struct qf_view){text + at, bytes})) {
                        memmove(text + used, text + at, bytes);
                        used += bytes;
                }
                at += bytes;
        }
        return used;
}

int qf_encoding_decode(struct qf_view bytes, struct qf_buffer *ret_text, enum qf_encoding *ret_encoding)
{
        int result = decode(bytes, ret_text, ret_encoding);
        if (result == 0 && ret_text->len > 0 && memchr(ret_text->at, '\0', ret_text->len))
                result = QF_ENCODING_NONE;
        if (result == 0)
                ret_text->len = qf_encoding_clean((char *)ret_text->at, ret_text->len);
        return result;
}
