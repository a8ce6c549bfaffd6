/* What the three handles of libqingfeng share; nobody else includes it. */
#pragma once

#include "base/bytes.h"
#include "base/error.h"
#include "model/cell.h"
#include "qingfeng/qingfeng.h"
#include "wire/socket.h"

/* A connection of its own, with its keys read. -EPERM and -EINVAL stand for what keys.h says of a key file. */
struct qf_line {
        struct qf_context *context;
        struct qf_socket *socket;
};
QF_CHECK int qf_line_open(const struct qingfeng_server *server, struct qf_line *ret_line);
void qf_line_close(struct qf_line *line);

/* Sets the sentence of the handle and gives the outcome back. A sentence that no memory is left for is empty. */
int qf_said(struct qf_buffer *say, struct qf_view sentence, int outcome);
const char *qf_sentence(const struct qf_buffer *say);

struct qingfeng_counts qf_counts_told(const struct qf_counts *counts);
