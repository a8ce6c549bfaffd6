/* The commands of qf, in the order of its help. */
#pragma once

#include "qf/cli/cli.h"

extern const struct qf_command qf_commands; /* qf itself: all others are its parts */

extern const struct qf_command qf_cmd_up;
extern const struct qf_command qf_cmd_init;
extern const struct qf_command qf_cmd_programme;
extern const struct qf_command qf_cmd_feed;
extern const struct qf_command qf_cmd_undo;
extern const struct qf_command qf_cmd_template;
extern const struct qf_command qf_cmd_ledger;
extern const struct qf_command qf_cmd_history;
extern const struct qf_command qf_cmd_quarantine;
extern const struct qf_command qf_cmd_merge;
extern const struct qf_command qf_cmd_late;
extern const struct qf_command qf_cmd_reconcile;
extern const struct qf_command qf_cmd_fold;
extern const struct qf_command qf_cmd_totals;
extern const struct qf_command qf_cmd_list;
extern const struct qf_command qf_cmd_why;
extern const struct qf_command qf_cmd_claim;
extern const struct qf_command qf_cmd_kinds;
extern const struct qf_command qf_cmd_indicators;
extern const struct qf_command qf_cmd_watch;
extern const struct qf_command qf_cmd_report;
extern const struct qf_command qf_cmd_doubles;
extern const struct qf_command qf_cmd_period;
extern const struct qf_command qf_cmd_status;
extern const struct qf_command qf_cmd_doctor;
extern const struct qf_command qf_cmd_key;
extern const struct qf_command qf_cmd_token;
extern const struct qf_command qf_cmd_verify;
extern const struct qf_command qf_cmd_rebuild;
extern const struct qf_command qf_cmd_audit;
extern const struct qf_command qf_cmd_backup;
extern const struct qf_command qf_cmd_restore;
extern const struct qf_command qf_cmd_tap;
extern const struct qf_command qf_cmd_replay;
extern const struct qf_command qf_cmd_trim;
extern const struct qf_command qf_cmd_redact;
extern const struct qf_command qf_cmd_export;
extern const struct qf_command qf_cmd_import;
extern const struct qf_command qf_cmd_logbook;
extern const struct qf_command qf_cmd_gaps;
extern const struct qf_command qf_cmd_clock;
extern const struct qf_command qf_cmd_journal;
extern const struct qf_command qf_cmd_help;
extern const struct qf_command qf_cmd_completion;
