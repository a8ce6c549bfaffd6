/* Sorted rows of bytes whose past is cheap to keep: a root stays as it is while
 * another, made from it, changes. A transaction is a root that is thrown away or
 * kept, a backup is a root, the history of a directory is a list of them. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

struct sim_node;
struct sim_rows {
        struct sim_node *root;
        uint64_t count;
};

struct sim_rows sim_rows_share(const struct sim_rows *rows);
void sim_rows_drop(struct sim_rows *rows);

/* The views of values live until their row is put again or removed, and this root changed or dropped. */
bool sim_rows_get(const struct sim_rows *rows, struct qf_view key, struct qf_view *ret_value);
/* Room for the value, to be written by the caller. */
uint8_t *sim_rows_put(struct sim_rows *rows, struct qf_view key, size_t size);
bool sim_rows_remove(struct sim_rows *rows, struct qf_view key);
/* First row at or, after, beyond a key; last row at or before it; last row of all. */
bool sim_rows_seek(const struct sim_rows *rows, struct qf_view from, bool after, struct qf_view *ret_key,
                   struct qf_view *ret_value);
bool sim_rows_seek_back(const struct sim_rows *rows, struct qf_view upto, struct qf_view *ret_key,
                        struct qf_view *ret_value);
bool sim_rows_last(const struct sim_rows *rows, struct qf_view *ret_key, struct qf_view *ret_value);
