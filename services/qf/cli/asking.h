/* Asking reporting: the registers (for labels), and queries. "0 or 1" as in
 * cli.h: what goes wrong has been said. */
#pragma once

#include "client/subscribe.h"
#include "qf/cli/cli.h"

/* A subscription of the registers only, held; or with cells too. The caller closes it. 0 or 1. */
QF_CHECK int qf_asking_subscribe(struct qf_cli *cli, struct qf_subscription_options options,
                                 struct qf_subscription **ret_subscription);

/* Whether reporting has heard of what ingest took at a position, which it does some milliseconds later. A reader that it
 * refuses meanwhile is refused for good (ZeroMQ does not try again): so "at once" is said when it is true. */
bool qf_asking_knows(struct qf_cli *cli, uint64_t position);

/* Rows of an option table, of a struct type that has where, from and to: what is narrowed to, and days as qf_asking_days
 * reads them. The last row has no comma. */
#define QF_WHERE_OPTION(type)                                                                                \
        {                                                                                                    \
                "where", QF_OPTION_LIST, offsetof(type, where), "DIM=CODE",                                  \
                        "只算这些成员和它们下面的；同一维度几个成员任一即可",                                \
                        "only of these members and those below them; several of one dimension: any of them", \
                        0                                                                                    \
        }
#define QF_FROM_OPTION(type)                                                                                 \
        {                                                                                                    \
                "from", QF_OPTION_TEXT, offsetof(type, from), "DATE",                                        \
                        "自（含）：2023、2023-05 或 2023-05-06",                                             \
                        "from, inclusive: 2023, 2023-05 or 2023-05-06", 0                                    \
        }
#define QF_TO_OPTION(type)                                                                                   \
        {                                                                                                    \
                "to", QF_OPTION_TEXT, offsetof(type, to), "DATE", "到（含）", "to, inclusive", 0             \
        }
#define QF_ASKED_OPTIONS(type) QF_WHERE_OPTION(type), QF_FROM_OPTION(type), QF_TO_OPTION(type)

/* Whether there is an organisation of that code. 0; 1: said (QF_EXIT_USAGE). */
QF_CHECK int qf_asking_org(struct qf_cli *cli, const struct qf_programme *programme, struct qf_view code);
/* The kind of that code; NULL when there is none, which was said (QF_EXIT_USAGE). */
const struct qf_kind_spec *qf_asking_kind(struct qf_cli *cli, const char *code);

struct qf_asking; /* a connection for queries */

QF_CHECK int qf_asking_open(struct qf_cli *cli, struct qf_asking **ret_asking); /* 0 or 1 */
struct qf_asking *qf_asking_close(struct qf_asking *asking);
/* How long for an answer from now on; ten seconds unless said. Of questions that take as long as there is much to read. */
void qf_asking_wait(struct qf_asking *asking, int64_t wait_ms);
/* Sends a query (id and version are filled in) and waits for its answer, which lives until the next. 0 or 1. */
QF_CHECK int qf_asking_query(struct qf_asking *asking, struct qf_from_reader query,
                             struct qf_to_reader *ret_answer);

/* Labels in the reader's language; the code where there is none. */
struct qf_view qf_asking_dimension_label(const struct qf_cli *cli, const struct qf_programme *programme,
                                         struct qf_view dimension);
/* As it was called on cli->names_on. "" is "not stated"; of day, month and year the period in its usual form, which is written into room. */
struct qf_view qf_asking_member_label(const struct qf_cli *cli, const struct qf_programme *programme,
                                      struct qf_view dimension, struct qf_view member, char *room,
                                      size_t room_bytes);

/* Whether a filter, as it was typed behind --where, is of this dimension. */
bool qf_asking_filters(struct qf_view where, const char *dimension);

/* What was typed as a date behind an option, read as a cell of a table is (client/feed_cell.h); NULL: it was left out, and
 * *ret_date stays. whole_day: a month or a year will not do. 0, or the exit code of a misuse that was said. */
QF_CHECK int qf_asking_date(struct qf_cli *cli, const char *option, const char *text, bool whole_day,
                            uint32_t *ret_date);
/* --from and --to, either may be NULL, into the query, and the names of the last day. 0, or the exit code of a misuse that was said. */
QF_CHECK int qf_asking_days(struct qf_cli *cli, const char *from, const char *to,
                            struct qf_from_reader *query);
