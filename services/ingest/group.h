/* The open group: one write transaction over the journal and all that follows
 * from it, cut into records. It is committed or taken back as a whole, in the
 * store and in memory. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/digest.h"
#include "ingest/outboxes.h"
#include "ingest/tail.h"
#include "store/environment.h"
#include "store/heads.h"
#include "store/journal_tables.h"
#include "store/record.h"

struct qf_group;

/* Opens the journal in a directory and reads where it stands. 0, negative, or QF_STORE_IN_USE, QF_STORE_FORMAT. */
QF_CHECK int qf_group_open(const char *directory, const struct qf_environment_options *options,
                           struct qf_group **ret_group);
struct qf_group *qf_group_close(struct qf_group *group);

/* Where the journal stands, the open group included. life_number 0: nothing was ever written. */
struct qf_journal_state *qf_group_state(struct qf_group *group);
const struct qf_journal_state *qf_group_committed(const struct qf_group *group);
const struct qf_tail *qf_group_tail(const struct qf_group *group);
struct qf_heads *qf_group_heads(const struct qf_group *group); /* while it is open */
void qf_group_facts(const struct qf_group *group, struct qf_environment_facts *ret_facts);
void qf_group_set_floor(struct qf_group *group, uint64_t disk_floor_bytes);
QF_CHECK int qf_group_check_readers(struct qf_group *group);

/* Makes sure that a group and a record are open. now_ms: wall clock; a record takes the time of its first entry, or
 * the last record's when the clock went back. 0, QF_STORE_FULL or negative. */
QF_CHECK int qf_group_begin(struct qf_group *group, int64_t now_ms);
/* More than five minutes behind the journal, and nobody accepted that. */
bool qf_group_clock_is_behind(struct qf_group *group, int64_t now_ms);
/* The time to judge the dates of keys by, and to tell consumers: the journal's while our clock is so far behind it. */
int64_t qf_group_key_ms(struct qf_group *group, int64_t now_ms);
struct qf_txn *qf_group_txn(const struct qf_group *group);
int64_t qf_group_received_ms(const struct qf_group *group); /* of the open record */
uint64_t qf_group_position(const struct qf_group *group);   /* of the open record */
uint32_t qf_group_entry(const struct qf_group *group);      /* that the next entry gets */

/* To be called before a sender's row is changed: keeps it for taking it back, and writes it at the commit. -ENOMEM. */
QF_CHECK int qf_group_touch(struct qf_group *group, struct qf_sender *sender);
/* Adds an entry; a batch's new numbers become known of the sender. Closes the record when it is large. */
QF_CHECK int qf_group_add(struct qf_group *group, const struct qf_entry *entry,
                          const struct qf_exception *exceptions, struct qf_sender *sender);

/* Ends the open record here: whoever replays a journal ends records where they ended. 0, QF_STORE_FULL or negative. */
QF_CHECK int qf_group_end_record(struct qf_group *group);
/* From now on records are chained and counted, but not kept: for making the other tables alone. */
void qf_group_forget_records(struct qf_group *group);

/* The record that holds a number, from the group or the store; the view lives until the group is written to again.
 * 0, QF_STORE_NONE (it was declared lost), QF_STORE_FULL, negative, QF_GROUP_DAMAGED, or QF_GROUP_TRIMMED: it was taken,
 * and *ret_head.position says where, but the record is no longer here. */
enum { QF_GROUP_DAMAGED = 100, QF_GROUP_TRIMMED = 101 };
QF_CHECK int qf_group_find(struct qf_group *group, const struct qf_sender *sender, uint64_t number,
                           struct qf_record_head *ret_head, struct qf_view *ret_record);

/* A copy of a whole record of an earlier group. What its reading meets, damage for one, does not touch the open one. 0,
 * QF_STORE_NONE (trimmed, not whole, or of the open group) or negative. */
QF_CHECK int qf_group_copy_record(struct qf_group *group, uint64_t position, struct qf_buffer *buffer);

/* 0: on disk. QF_STORE_FULL: taken back. Negative: nobody knows, the process must end. */
QF_CHECK int qf_group_commit(struct qf_group *group);
void qf_group_undo(struct qf_group *group);

/* Between groups: copies whole records from a position on, about most_bytes of them, each behind its length u32 le.
 * 0 (also when there is none) or negative; QF_STORE_DAMAGED only of the first. No transaction is open afterwards. */
QF_CHECK int qf_group_copy_records(struct qf_group *group, uint64_t from, size_t most_bytes,
                                   struct qf_buffer *buffer);
/* Between groups: the hash of the record at a position, also of the last one that was trimmed. false in *ret_found: there
 * is none that can be read. */
QF_CHECK int qf_group_hash_at(struct qf_group *group, uint64_t position, uint8_t ret_hash[QF_SHA256_BYTES],
                              bool *ret_found);
/* Between groups: a read transaction for whoever must read rows; end it with qf_txn_abort. */
QF_CHECK int qf_group_read(struct qf_group *group, struct qf_txn **ret_txn);
