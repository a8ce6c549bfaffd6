/* A document as a workbook: an overview, a sheet for each section with its charts, and one of definitions and sources.
 * Numbers are numbers; text is never a formula. Same document, same bytes. Positive 1: *ret_fault says why not. */
#pragma once

#include "qf/reports/document.h"

QF_CHECK int qf_render_xlsx(const struct qf_document *document, struct qf_buffer *ret_bytes,
                            struct qf_document_fault *ret_fault);
