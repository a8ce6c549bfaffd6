/* The table of statements as one pure function. Each arm is one row of the table
 * in PROTOCOL.md 5, so that a reader can hold them side by side. With explicit
 * revisions, and one content for each, the end state is the same in any order of
 * arrival; revision 0 means "next" and depends on the journal's order. */
#include "model/statement.h"

#include <string.h>

#include "model/event.h"

static struct qf_judgement say(uint16_t class, uint16_t code)
{
        return (struct qf_judgement){.verdict = {.class = class, .code = code}};
}

static struct qf_judgement stand(uint8_t state, uint32_t revision)
{
        return (struct qf_judgement){
                .verdict = {.class = QF_ACCEPTED}, .moves_head = true, .revision = revision, .state = state};
}

/* Said of a revision that was jumped over: kept, counts nothing. */
static struct qf_judgement keep(uint32_t revision)
{
        return (struct qf_judgement){.verdict = {.class = QF_ACCEPTED, .code = QF_N103_HISTORY},
                                     .adds_history = true,
                                     .revision = revision};
}

/* Behind the highest number, which only a sender can have chosen, there is none: all further ones stand at it. */
static uint32_t next_of(const struct qf_head *head)
{
        return head->revision < UINT32_MAX ? head->revision + 1 : UINT32_MAX;
}

static bool is_current(const struct qf_head *head, const struct qf_statement *statement)
{
        return memcmp(head->content, statement->content, QF_CONTENT_BYTES) == 0;
}

/* A create never numbers itself above 1; one that does means "this is revision R", as a replace does. */
static bool is_create(const struct qf_statement *statement)
{
        return statement->action != QF_REPLACE && statement->action != QF_WITHDRAW &&
               statement->revision <= 1;
}

static struct qf_judgement judge_create(const struct qf_head *head, const struct qf_statement *statement,
                                        enum qf_past past_revision, bool past_content)
{
        bool live = head->state == QF_HEAD_LIVE;

        if (head->state == QF_HEAD_NONE)
                return stand(QF_HEAD_LIVE, 1);
        if (head->state == QF_HEAD_MERGED)
                return say(QF_DUPLICATE, QF_N104_WITHDRAWN_SINCE);
        if (is_current(head, statement))
                return say(QF_DUPLICATE, live ? QF_CODE_NONE : QF_N104_WITHDRAWN_SINCE);
        if (past_content || (statement->revision == 1 && head->revision > 1 && past_revision == QF_PAST_SAME))
                return say(QF_DUPLICATE, live ? QF_N102_SUPERSEDED : QF_N104_WITHDRAWN_SINCE);
        if (statement->revision == 1 && head->revision > 1 && past_revision == QF_PAST_NEVER)
                return keep(1);
        return say(QF_REJECTED, live ? QF_E141_CONFLICT : QF_E144_WITHDRAWN);
}

static struct qf_judgement judge_past(const struct qf_statement *statement, enum qf_past past_revision)
{
        if (past_revision == QF_PAST_NEVER)
                return keep(statement->revision);
        if (past_revision == QF_PAST_SAME)
                return say(QF_DUPLICATE, QF_CODE_NONE);
        return say(QF_REJECTED, QF_E142_STALE);
}

static struct qf_judgement judge_replace(const struct qf_head *head, const struct qf_statement *statement,
                                         enum qf_past past_revision)
{
        bool live = head->state == QF_HEAD_LIVE;

        if (head->state == QF_HEAD_MERGED)
                return say(QF_QUARANTINED, QF_Q210_MERGED_AWAY);
        if (statement->revision == 0) {
                if (head->state == QF_HEAD_NONE)
                        return say(QF_REJECTED, QF_E143_NOTHING);
                if (live && is_current(head, statement))
                        return say(QF_DUPLICATE, QF_CODE_NONE);
                return stand(QF_HEAD_LIVE, next_of(head));
        }
        if (head->state == QF_HEAD_NONE || statement->revision > head->revision)
                return stand(QF_HEAD_LIVE, statement->revision);
        if (statement->revision < head->revision)
                return judge_past(statement, past_revision);
        return live && is_current(head, statement) ? say(QF_DUPLICATE, QF_CODE_NONE)
                                                   : say(QF_REJECTED, QF_E142_STALE);
}

static struct qf_judgement judge_withdraw(const struct qf_head *head, const struct qf_statement *statement,
                                          enum qf_past past_revision)
{
        bool gone = head->state == QF_HEAD_WITHDRAWN;

        if (head->state == QF_HEAD_MERGED)
                return say(QF_DUPLICATE, QF_CODE_NONE);
        if (statement->revision == 0) {
                if (head->state == QF_HEAD_NONE)
                        return say(QF_REJECTED, QF_E143_NOTHING);
                return gone ? say(QF_DUPLICATE, QF_CODE_NONE) : stand(QF_HEAD_WITHDRAWN, next_of(head));
        }
        if (head->state == QF_HEAD_NONE || statement->revision > head->revision)
                return stand(QF_HEAD_WITHDRAWN, statement->revision);
        if (statement->revision < head->revision)
                return judge_past(statement, past_revision);
        return gone ? say(QF_DUPLICATE, QF_CODE_NONE) : say(QF_REJECTED, QF_E142_STALE);
}

bool qf_statement_needs_past(const struct qf_head *head, const struct qf_statement *statement)
{
        if (head->state == QF_HEAD_NONE || head->state == QF_HEAD_MERGED)
                return false;
        if (is_create(statement))
                return !is_current(head, statement);
        return statement->revision != 0 && statement->revision < head->revision;
}

static struct qf_judgement judge(const struct qf_head *head, const struct qf_statement *statement,
                                 enum qf_past past_revision, bool past_content)
{
        if (is_create(statement))
                return judge_create(head, statement, past_revision, past_content);
        if (statement->action == QF_WITHDRAW)
                return judge_withdraw(head, statement, past_revision);
        return judge_replace(head, statement, past_revision);
}

/* To the office a record that was merged away is one that was withdrawn: it may return. */
struct qf_judgement qf_statement_judge(const struct qf_head *head, const struct qf_statement *statement,
                                       enum qf_past past_revision, bool past_content)
{
        struct qf_head seen = *head;
        if (statement->office && head->state == QF_HEAD_MERGED && statement->action == QF_REPLACE)
                seen.state = QF_HEAD_WITHDRAWN;
        struct qf_judgement judged = judge(&seen, statement, past_revision, past_content);
        if (statement->office && statement->merges && judged.moves_head && judged.state == QF_HEAD_WITHDRAWN)
                judged.state = QF_HEAD_MERGED;
        return judged;
}
