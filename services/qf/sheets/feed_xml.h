/* XML of an office document, element by element. Names come without their namespace. */
#pragma once

#include <stdbool.h>

#include "base/bytes.h"
#include "base/error.h"

enum qf_xml_outcome { QF_XML_DAMAGED = 1 }; /* not well-formed, or with a DTD, which no document needs */

struct qf_xml_reader { /* each may end the reading by returning other than 0 or 1; NULL: not asked */
        void *ctx;
        int (*begin)(void *ctx, const char *name, const char *const *attributes);
        int (*end)(void *ctx, const char *name);
        int (*text)(void *ctx, struct qf_view text); /* in pieces */
};

QF_CHECK int qf_xml_read(struct qf_view bytes, const struct qf_xml_reader *reader);
/* NULL: not there. */
const char *qf_xml_attribute(const char *const *attributes, const char *name);
bool qf_xml_is_true(const char *attribute); /* "1", "true"; not NULL */
