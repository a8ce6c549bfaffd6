/* Bytes of a text file → UTF-8, by what they are and never by what they may be. */
#pragma once

#include "base/bytes.h"
#include "base/error.h"

enum qf_encoding {
        QF_ENCODING_UTF8, /* with its mark or without */
        QF_ENCODING_UTF16,
        QF_ENCODING_GB18030, /* GBK and GB2312 too */
};

enum qf_encoding_outcome { QF_ENCODING_NONE = 1 }; /* no text in any of these */

/* By the mark (UTF-8, UTF-16 of either order); else strict UTF-8; else GB18030 without a character for private use.
 * ret_text: marks that nobody sees are gone, all line ends are \n. */
QF_CHECK int qf_encoding_decode(struct qf_view bytes, struct qf_buffer *ret_text,
                                enum qf_encoding *ret_encoding);

/* Takes marks that nobody sees out of UTF-8 (zero-width spaces, directions, controls), and makes all line ends \n. In
 * place; returns the new length. */
size_t qf_encoding_clean(char *text, size_t len);
