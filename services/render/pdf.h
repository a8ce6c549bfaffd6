/* A document as a PDF for A4: cover, contents, sections, definitions, sources; with an outline. Same document, same
 * bytes, on a machine with the same fonts. Positive 1: no font has Chinese, *ret_fault says what to install. */
#pragma once

#include "qf/reports/document.h"

QF_CHECK int qf_render_pdf(const struct qf_document *document, struct qf_buffer *ret_bytes,
                           struct qf_document_fault *ret_fault);
