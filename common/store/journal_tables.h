/* Ingest's tables as typed rows: the journal and what is a pure function of it.
 * Keys are big-endian bytes, values little-endian structs that begin with a
 * version byte; both are laid out, with examples, in journal_tables.c.
 *
 * All functions return 0, negative, or the outcomes of store/environment.h
 * (FULL: the transaction is void). A row that cannot be read is -EBADMSG. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "model/event.h"
#include "model/statement.h"
#include "store/environment.h"

#define QF_JOURNAL_FORMAT "qf-journal-5"

enum qf_journal_table {
        QF_TABLE_JOURNAL,  /* position → record */
        QF_TABLE_OUTBOX,   /* source, outbox id → where it stands */
        QF_TABLE_RUNS,     /* outbox, first number → record */
        QF_TABLE_HEAD,     /* partner, key → what stands */
        QF_TABLE_HIST,     /* what stood: by the event that took its place, or by partner, key and revision */
        QF_TABLE_TICKKEY,  /* partner, key of ticks without a head → position; partner → how many */
        QF_TABLE_ASIDE,    /* partner, key of what is quarantined → position, source; source → how many */
        QF_TABLE_REGISTER, /* index → register event, in the order they were accepted */
        QF_TABLE_META,
};

extern const char *const qf_journal_tables[];
/* What all that open a journal say in struct qf_environment_options; a record checks itself. */
#define QF_JOURNAL_OPTIONS                                                                                   \
        .format = QF_JOURNAL_FORMAT, .tables = qf_journal_tables, .plain = 1u << QF_TABLE_JOURNAL

#define QF_CHANGES_NEVER UINT64_MAX

/* --- where the journal stands ------------------------------------------- */

struct qf_journal_state {
        uint8_t journal[16], life[16], digest_key[16];
        uint32_t life_number;
        uint64_t life_begins;        /* position of its record */
        uint32_t outboxes;           /* refs given */
        uint32_t registers;          /* rows of QF_TABLE_REGISTER */
        uint64_t registers_position; /* of the last of them */
        uint8_t office_key[32];
        int64_t clock_accepted_ms; /* up to this time of the journal a clock that is behind it is accepted */
        uint64_t heads_through;    /* QF_TABLE_HEAD has the changes up to this record (store/heads.h) */
        uint64_t changes_from; /* first record whose changes of heads are rows of their own; those before it
                                    * were made in place, what stood under key and revision; QF_CHANGES_NEVER: of format 3 */
        /* Not in the row, which seldom changes, but in the first and last record: */
        uint64_t first; /* position of the first record that is kept: above 1 what is before was trimmed */
        uint8_t before[32];     /* hash of the record before that one */
        uint64_t last;          /* its position */
        uint8_t hash[32];       /* its hash */
        uint64_t events;        /* in all records */
        int64_t received_at_ms; /* never goes back */
};

/* Reads the row and the last record. NONE: a new journal; -EBADMSG: the last record is damaged. */
QF_CHECK int qf_journal_state_get(struct qf_txn *txn, struct qf_sha256 *sha,
                                  struct qf_journal_state *ret_state);
QF_CHECK int qf_journal_state_put(struct qf_txn *txn, const struct qf_journal_state *state);
/* Of the row alone: also where the last record is damaged. */
QF_CHECK int qf_journal_changes_from(struct qf_txn *txn, uint64_t *ret_from);
/* Whether their rows are the same, so that nothing need be written. */
bool qf_journal_state_same(const struct qf_journal_state *a, const struct qf_journal_state *b);

/* --- records ------------------------------------------------------------ */

QF_CHECK int qf_journal_append(struct qf_txn *txn, uint64_t position, struct qf_view record);
QF_CHECK int qf_journal_get(struct qf_txn *txn, uint64_t position, struct qf_view *ret_record);

/* --- outboxes ----------------------------------------------------------- */

enum { QF_OUTBOX_CURSOR_MAX = 64 };

struct qf_journal_outbox {
        uint32_t source;
        uint8_t id[16];
        uint32_t ref;
        bool sealed;
        uint64_t last;   /* number */
        uint64_t holder; /* highest seen */
        uint64_t first_position, last_position;
        uint8_t cursor_len;
        uint8_t cursor[QF_OUTBOX_CURSOR_MAX];
};

QF_CHECK int qf_journal_outbox_put(struct qf_txn *txn, const struct qf_journal_outbox *row);
/* The first one, or with a previous one the one behind it; NONE at the end. */
QF_CHECK int qf_journal_outbox_next(struct qf_txn *txn, const struct qf_journal_outbox *previous,
                                    struct qf_journal_outbox *ret_row);

/* Numbers first .. first + count - 1 of an outbox lie in the record at position, or were declared lost there. Runs
 * leave no hole: a number up to the outbox's last that has none is missing because of damage. */
struct qf_journal_run {
        uint64_t first;
        uint32_t count;
        bool skipped;
        uint64_t position;
};

QF_CHECK int qf_journal_run_put(struct qf_txn *txn, uint32_t outbox, const struct qf_journal_run *run);
QF_CHECK int qf_journal_run_find(struct qf_txn *txn, uint32_t outbox, uint64_t number,
                                 struct qf_journal_run *ret_run);
/* The last one that begins at or below a number, which may lie behind its end. */
QF_CHECK int qf_journal_run_at(struct qf_txn *txn, uint32_t outbox, uint64_t number,
                               struct qf_journal_run *ret_run);
/* A row of the table. False: it is none. */
bool qf_journal_run_read(struct qf_view key, struct qf_view value, uint32_t *ret_outbox,
                         struct qf_journal_run *ret_run);
/* The one with the highest numbers. */
QF_CHECK int qf_journal_run_last(struct qf_txn *txn, uint32_t outbox, struct qf_journal_run *ret_run);

/* --- heads -------------------------------------------------------------- */

struct qf_head_key {
        uint32_t len;
        uint8_t at[4 + QF_KEY_BYTES_MAX + 2];
};

/* method: 0, or of an attendance statement, whose methods stand apart. */
void qf_head_key_pack(uint32_t partner, struct qf_view key, uint8_t method, struct qf_head_key *ret_key);

/* As in the table. -EBADMSG. */
enum { QF_HEAD_BYTES = 44 };
void qf_head_pack(const struct qf_head *head, uint8_t at[QF_HEAD_BYTES]);
QF_CHECK int qf_head_unpack(struct qf_view bytes, struct qf_head *ret_head);

/* The table alone, which may not have the last changes yet: store/heads.h. */
QF_CHECK int qf_head_get(struct qf_txn *txn, const struct qf_head_key *key, struct qf_head *ret_head);
/* EXISTS: *ret_standing is what stands, and nothing was written. */
QF_CHECK int qf_head_insert(struct qf_txn *txn, const struct qf_head_key *key, const struct qf_head *head,
                            struct qf_head *ret_standing);
QF_CHECK int qf_head_put(struct qf_txn *txn, const struct qf_head_key *key, const struct qf_head *head);

/* --- ticks that wait for a head ----------------------------------------- */

enum { QF_WAITING_TOO_MANY = 100 }; /* outcome: there are as many as there may be */

QF_CHECK int qf_waiting_add(struct qf_txn *txn, const struct qf_head_key *key, uint64_t position,
                            uint32_t most);
QF_CHECK int qf_waiting_remove(struct qf_txn *txn,
                               const struct qf_head_key *key); /* 0 also when there is none */

/* --- what is quarantined and not mended yet ------------------------------- */

/* 0 also when that key is there already. QF_WAITING_TOO_MANY: the source has as many open as it may have. */
QF_CHECK int qf_aside_add(struct qf_txn *txn, const struct qf_head_key *key, uint32_t source,
                          uint64_t position, uint32_t most);
/* 0 also when there is none: *ret_was tells. */
QF_CHECK int qf_aside_remove(struct qf_txn *txn, const struct qf_head_key *key, bool *ret_was);

/* --- registers, in the order they were accepted -------------------------- */

QF_CHECK int qf_register_row_add(struct qf_txn *txn, uint32_t index, uint64_t position, struct qf_view event);
QF_CHECK int qf_register_row_get(struct qf_txn *txn, uint32_t index, uint64_t *ret_position,
                                 struct qf_view *ret_event);
