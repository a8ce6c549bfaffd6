/* The forms of a document that need no library. */
#pragma once

#include "qf/reports/document.h"

/* One file with everything in it, without a script; prints on A4. */
QF_CHECK int qf_document_html(const struct qf_document *document, struct qf_buffer *ret_bytes,
                              struct qf_document_fault *ret_fault);
QF_CHECK int qf_document_markdown(const struct qf_document *document, struct qf_buffer *ret_bytes,
                                  struct qf_document_fault *ret_fault);

/* Words that all forms share. */
struct qf_document_words {
        const char *contents, *definitions, *definitions_lead, *name, *means, *adds, *sources, *nothing,
                *edition, *current;
};
const struct qf_document_words *qf_document_words(bool chinese);
