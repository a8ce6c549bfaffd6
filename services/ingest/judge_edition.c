/* Why: an edition is published when the last of its parts and then the publication
 * are in the journal, in this order and once, so that a sender that died on the way
 * leaves either nothing that anybody sees, or what it can go on with. */
#include "ingest/judge_edition.h"

#include "model/period.h"
#include "store/journal_tables.h"

/* state NONE: there is none. */
static int find_part(const struct qf_edition_trial *trial, struct qf_edition_said said, uint32_t part,
                     struct qf_head *ret_head)
{
        char key[QF_KEY_BYTES_MAX + 1];
        struct qf_head_key packed;

        said.part = part;
        const int len = qf_edition_key(QF_KIND_EDITION_PART, &said, key, sizeof key);
        qf_head_key_pack(0, (struct qf_view){key, (uint32_t)len}, QF_KIND_EDITION_PART, &packed);
        *ret_head = (struct qf_head){0};
        int result = qf_head_get(trial->txn, &packed, ret_head);
        return result == QF_STORE_NONE ? 0 : result;
}

static void contradict(const struct qf_edition_trial *trial, const char *field, uint16_t code,
                       struct qf_detail *ret_detail, struct qf_verdict *ret_verdict)
{
        *ret_detail = (struct qf_detail){.field = field, .got = trial->event->key, .near = QF_VIEW("")};
        *ret_verdict = (struct qf_verdict){QF_REJECTED, code};
}

/* A part needs those before it, all full, and a file that is not public yet. */
static int judge_part(const struct qf_edition_trial *trial, const struct qf_edition_said *said,
                      const char **ret_fault, uint32_t *ret_bytes)
{
        const struct qf_edition *edition = qf_programme_edition(
                trial->programme, qf_programme_find_edition(trial->programme, said->scope, said->first,
                                                            said->last, said->number));
        struct qf_head before = {0};
        int result = said->part ? find_part(trial, *said, said->part - 1, &before) : 0;

        if (result == 0 &&
            (qf_edition_file(edition, said->file) || before.date != said->part * QF_EDITION_PART_BYTES))
                *ret_fault = "part";
        if (result == 0)
                *ret_bytes = before.date + said->data.len;
        return result;
}

/* Publishing needs the last part and none beyond, and their bytes. */
static int judge_publish(const struct qf_edition_trial *trial, const struct qf_edition_said *said,
                         const char **ret_fault)
{
        struct qf_head last, beyond;
        int result = find_part(trial, *said, said->parts - 1, &last);

        if (result == 0)
                result = find_part(trial, *said, said->parts, &beyond);
        if (result == 0 && (last.state == QF_HEAD_NONE || beyond.state != QF_HEAD_NONE))
                *ret_fault = "part";
        else if (result == 0 && last.date != said->size)
                *ret_fault = "size";
        return result;
}

int qf_edition_judge(const struct qf_edition_trial *trial, const struct qf_head *standing,
                     struct qf_detail *ret_detail, struct qf_verdict *ret_verdict, uint32_t *ret_bytes)
{
        const uint8_t kind = trial->event->kind;
        const struct qf_edition_said said = qf_edition_said(trial->event);
        const char *fault = NULL;
        int result = 0;

        if (standing->state != QF_HEAD_NONE) {
                if (memcmp(standing->content, trial->content, sizeof standing->content) != 0)
                        contradict(trial, "edition", QF_E161_REGISTER, ret_detail, ret_verdict);
                return 0;
        }
        if (kind == QF_KIND_PERIOD_CLOSE && qf_date_last_day(said.last * 100) >= trial->today)
                contradict(trial, "last", QF_E106_FUTURE, ret_detail, ret_verdict);
        if (kind == QF_KIND_EDITION_PART)
                result = judge_part(trial, &said, &fault, ret_bytes);
        if (kind == QF_KIND_PUBLISH)
                result = judge_publish(trial, &said, &fault);
        if (result == 0 && fault)
                contradict(trial, fault, QF_E161_REGISTER, ret_detail, ret_verdict);
        return result;
}

const struct qf_edition *qf_edition_changed(const struct qf_programme *programme, uint32_t was_date,
                                            uint32_t was_org, const struct qf_event *event, uint32_t lead_org)
{
        const struct qf_edition *edition = qf_programme_closed(programme, was_date, was_org);

        return edition || event->action == QF_WITHDRAW
                       ? edition
                       : qf_programme_closed(programme, event->date, lead_org);
}
