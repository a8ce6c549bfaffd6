/* model/statement: each box of the table of statements. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "model/event.h"
#include "model/statement.h"

enum { CURRENT = 1, OTHER = 2 };

/* The head is at revision 3 with content CURRENT, unless it says otherwise. */
struct row {
        uint8_t state, action;
        uint32_t revision;
        uint8_t content;
        enum qf_past past;
        bool past_content;
        uint16_t class, code;
        bool moves, history;
        uint32_t gets;
        uint8_t becomes;
        uint32_t head_revision; /* 0: 3 */
};

#define NONE QF_HEAD_NONE
#define LIVE QF_HEAD_LIVE
#define GONE QF_HEAD_WITHDRAWN
#define MERGED QF_HEAD_MERGED
#define NEVER QF_PAST_NEVER
#define SAME QF_PAST_SAME
#define FORK QF_PAST_OTHER
#define STANDS(revision, becomes) QF_ACCEPTED, 0, true, false, revision, becomes
#define HISTORY(revision) QF_ACCEPTED, 303, false, true, revision, 0
#define SAID(class, code) class, code, false, false, 0, 0

/* clang-format off */
static const struct row rows[] = {
        {NONE, QF_CREATE, 0, OTHER, NEVER, false, STANDS(1, LIVE), 0},
        {NONE, QF_CREATE, 1, OTHER, NEVER, false, STANDS(1, LIVE), 0},
        {NONE, 0, 0, OTHER, NEVER, false, STANDS(1, LIVE), 0}, /* unspecified: create */
        {NONE, QF_CREATE, 7, OTHER, NEVER, false, STANDS(7, LIVE), 0},
        {LIVE, QF_CREATE, 0, CURRENT, NEVER, false, SAID(QF_DUPLICATE, 0), 0},
        {LIVE, QF_CREATE, 1, CURRENT, NEVER, false, SAID(QF_DUPLICATE, 0), 0},
        {LIVE, QF_CREATE, 0, OTHER, NEVER, true, SAID(QF_DUPLICATE, 302), 0},
        {LIVE, QF_CREATE, 1, OTHER, SAME, true, SAID(QF_DUPLICATE, 302), 0},
        {LIVE, QF_CREATE, 1, OTHER, NEVER, false, HISTORY(1), 0},
        {LIVE, QF_CREATE, 0, OTHER, NEVER, false, SAID(QF_REJECTED, 141), 0},
        {LIVE, QF_CREATE, 1, OTHER, FORK, false, SAID(QF_REJECTED, 141), 0},
        {LIVE, QF_CREATE, 1, OTHER, NEVER, false, SAID(QF_REJECTED, 141), 1}, /* revision 1 is what stands */
        {GONE, QF_CREATE, 0, CURRENT, NEVER, false, SAID(QF_DUPLICATE, 304), 0},
        {GONE, QF_CREATE, 0, OTHER, NEVER, true, SAID(QF_DUPLICATE, 304), 0},
        {GONE, QF_CREATE, 1, OTHER, NEVER, false, HISTORY(1), 0},
        {GONE, QF_CREATE, 0, OTHER, NEVER, false, SAID(QF_REJECTED, 144), 0},
        {GONE, QF_CREATE, 1, OTHER, FORK, false, SAID(QF_REJECTED, 144), 0},
        {MERGED, QF_CREATE, 0, OTHER, NEVER, false, SAID(QF_DUPLICATE, 304), 0},

        {NONE, QF_REPLACE, 0, OTHER, NEVER, false, SAID(QF_REJECTED, 143), 0},
        {LIVE, QF_REPLACE, 0, CURRENT, NEVER, false, SAID(QF_DUPLICATE, 0), 0},
        {LIVE, QF_REPLACE, 0, OTHER, NEVER, false, STANDS(4, LIVE), 0},
        {GONE, QF_REPLACE, 0, CURRENT, NEVER, false, STANDS(4, LIVE), 0},
        {GONE, QF_REPLACE, 0, OTHER, NEVER, false, STANDS(4, LIVE), 0},
        {NONE, QF_REPLACE, 5, OTHER, NEVER, false, STANDS(5, LIVE), 0},
        {LIVE, QF_REPLACE, 5, CURRENT, NEVER, false, STANDS(5, LIVE), 0},
        {LIVE, QF_REPLACE, 5, OTHER, NEVER, false, STANDS(5, LIVE), 0},
        {GONE, QF_REPLACE, 5, OTHER, NEVER, false, STANDS(5, LIVE), 0},
        {LIVE, QF_REPLACE, 3, CURRENT, NEVER, false, SAID(QF_DUPLICATE, 0), 0},
        {LIVE, QF_REPLACE, 3, OTHER, NEVER, false, SAID(QF_REJECTED, 142), 0},
        {GONE, QF_REPLACE, 3, CURRENT, NEVER, false, SAID(QF_REJECTED, 142), 0},
        {LIVE, QF_REPLACE, 2, OTHER, SAME, false, SAID(QF_DUPLICATE, 0), 0},
        {LIVE, QF_REPLACE, 2, OTHER, FORK, false, SAID(QF_REJECTED, 142), 0},
        {LIVE, QF_REPLACE, 2, OTHER, NEVER, false, HISTORY(2), 0},
        {GONE, QF_REPLACE, 2, OTHER, SAME, false, SAID(QF_DUPLICATE, 0), 0},
        {GONE, QF_REPLACE, 2, OTHER, FORK, false, SAID(QF_REJECTED, 142), 0},
        {GONE, QF_REPLACE, 2, OTHER, NEVER, false, HISTORY(2), 0},
        {MERGED, QF_REPLACE, 0, OTHER, NEVER, false, SAID(QF_QUARANTINED, 210), 0},
        {MERGED, QF_REPLACE, 9, OTHER, NEVER, false, SAID(QF_QUARANTINED, 210), 0},

        {NONE, QF_WITHDRAW, 0, OTHER, NEVER, false, SAID(QF_REJECTED, 143), 0},
        {NONE, QF_WITHDRAW, 5, OTHER, NEVER, false, STANDS(5, GONE), 0},
        {LIVE, QF_WITHDRAW, 0, OTHER, NEVER, false, STANDS(4, GONE), 0},
        {LIVE, QF_WITHDRAW, 5, OTHER, NEVER, false, STANDS(5, GONE), 0},
        {GONE, QF_WITHDRAW, 0, OTHER, NEVER, false, SAID(QF_DUPLICATE, 0), 0},
        {GONE, QF_WITHDRAW, 5, OTHER, NEVER, false, STANDS(5, GONE), 0},
        {LIVE, QF_WITHDRAW, 3, OTHER, NEVER, false, SAID(QF_REJECTED, 142), 0},
        {GONE, QF_WITHDRAW, 3, OTHER, NEVER, false, SAID(QF_DUPLICATE, 0), 0},
        {LIVE, QF_WITHDRAW, 2, OTHER, SAME, false, SAID(QF_DUPLICATE, 0), 0},
        {LIVE, QF_WITHDRAW, 2, OTHER, FORK, false, SAID(QF_REJECTED, 142), 0},
        {GONE, QF_WITHDRAW, 2, OTHER, NEVER, false, HISTORY(2), 0},
        {LIVE, QF_WITHDRAW, 2, OTHER, NEVER, false, HISTORY(2), 0},
        {MERGED, QF_WITHDRAW, 0, OTHER, NEVER, false, SAID(QF_DUPLICATE, 0), 0},

        /* Behind the highest number none is next: it does not begin at 0 again, below all that was said. */
        {LIVE, QF_REPLACE, 0, OTHER, NEVER, false, STANDS(UINT32_MAX, LIVE), UINT32_MAX - 1},
        {LIVE, QF_REPLACE, 0, OTHER, NEVER, false, STANDS(UINT32_MAX, LIVE), UINT32_MAX},
        {GONE, QF_REPLACE, 0, CURRENT, NEVER, false, STANDS(UINT32_MAX, LIVE), UINT32_MAX},
        {LIVE, QF_WITHDRAW, 0, OTHER, NEVER, false, STANDS(UINT32_MAX, GONE), UINT32_MAX},
};
/* clang-format on */

static void every_box_of_the_table(void **state)
{
        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
                const struct row *row = &rows[i];
                uint8_t content[QF_CONTENT_BYTES] = {row->content};
                struct qf_head head = {.state = row->state,
                                       .revision = row->head_revision ? row->head_revision : 3};
                struct qf_statement statement = {row->action, row->revision, content, false, false};
                struct qf_judgement judged;

                if (row->state == NONE)
                        head.revision = 0;
                head.content[0] = CURRENT;
                judged = qf_statement_judge(&head, &statement, row->past, row->past_content);
                if (judged.verdict.class != row->class || judged.verdict.code != row->code ||
                    judged.moves_head != row->moves || judged.adds_history != row->history ||
                    judged.state != row->becomes || judged.revision != row->gets)
                        fail_msg("row %zu: class %u code %u moves %d history %d revision %u", i,
                                 judged.verdict.class, judged.verdict.code, judged.moves_head,
                                 judged.adds_history, judged.revision);
        }
}

static void the_past_is_asked_for_only_when_it_decides(void **state)
{
        const uint8_t current[QF_CONTENT_BYTES] = {CURRENT}, other[QF_CONTENT_BYTES] = {OTHER};
        const struct qf_head none = {.state = NONE},
                             live = {.state = LIVE, .revision = 3, .content = {CURRENT}};

        (void)state;
        assert_false(
                qf_statement_needs_past(&none, &(struct qf_statement){QF_CREATE, 0, other, false, false}));
        assert_false(
                qf_statement_needs_past(&live, &(struct qf_statement){QF_CREATE, 0, current, false, false}));
        assert_true(
                qf_statement_needs_past(&live, &(struct qf_statement){QF_CREATE, 0, other, false, false}));
        assert_true(
                qf_statement_needs_past(&live, &(struct qf_statement){QF_REPLACE, 2, other, false, false}));
        assert_false(
                qf_statement_needs_past(&live, &(struct qf_statement){QF_REPLACE, 3, other, false, false}));
        assert_false(
                qf_statement_needs_past(&live, &(struct qf_statement){QF_REPLACE, 0, other, false, false}));
        assert_true(
                qf_statement_needs_past(&live, &(struct qf_statement){QF_WITHDRAW, 1, other, false, false}));
}

/* The office merges one record into another, and takes that back; nobody else can. */
static void only_the_office_merges_and_takes_it_back(void **state)
{
        const uint8_t current[QF_CONTENT_BYTES] = {CURRENT};
        const struct qf_head live = {.state = LIVE, .revision = 3, .content = {CURRENT}};
        const struct qf_head merged = {.state = MERGED, .revision = 4, .content = {CURRENT}};
        struct qf_judgement judged;

        (void)state;
        judged = qf_statement_judge(&live, &(struct qf_statement){QF_WITHDRAW, 0, current, true, true}, NEVER,
                                    false);
        assert_true(judged.moves_head && judged.state == QF_HEAD_MERGED && judged.revision == 4);
        judged = qf_statement_judge(&live, &(struct qf_statement){QF_WITHDRAW, 0, current, false, true},
                                    NEVER, false);
        assert_int_equal(judged.state, QF_HEAD_WITHDRAWN);
        judged = qf_statement_judge(&live, &(struct qf_statement){QF_WITHDRAW, 0, current, true, false},
                                    NEVER, false);
        assert_int_equal(judged.state, QF_HEAD_WITHDRAWN);
        judged = qf_statement_judge(&merged, &(struct qf_statement){QF_REPLACE, 0, current, false, false},
                                    NEVER, false);
        assert_int_equal(judged.verdict.code, QF_Q210_MERGED_AWAY);
        judged = qf_statement_judge(&merged, &(struct qf_statement){QF_REPLACE, 0, current, true, false},
                                    NEVER, false);
        assert_true(judged.moves_head && judged.state == QF_HEAD_LIVE && judged.revision == 5);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_box_of_the_table),
                cmocka_unit_test(the_past_is_asked_for_only_when_it_decides),
                cmocka_unit_test(only_the_office_merges_and_takes_it_back),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
