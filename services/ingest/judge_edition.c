/* Why: an edition is published when the last of its parts and then the publication
 * are in the journal, in this order and once, so that a sender that died on the way
 * leaves either nothing that anybody sees, or what it can go on with. */
#include "ingest/judge_edition.h"

#include "model/period.h"
#include "store/journal_tables.h"

static int has_part(const struct qf_edition_trial *trial, struct qf_edition_said said, uint32_t part,
                    bool *ret_has)
{
        char key[QF_KEY_BYTES_MAX + 1];
        struct qf_head_key packed;
        struct qf_head head;

        said.part = part;
        const int len = qf_edition_key(QF_KIND_EDITION_PART, &said, key, sizeof key);
        qf_head_key_pack(0, (struct qf_view){key, (uint32_t)len}, QF_KIND_EDITION_PART, &packed);
        int result = qf_head_get(trial->txn, &packed, &head);
        *ret_has = result == 0;
        return result == QF_STORE_NONE ? 0 : result;
}

static void contradict(const struct qf_edition_trial *trial, const char *field, uint16_t code,
                       struct qf_detail *ret_detail, struct qf_verdict *ret_verdict)
{
        *ret_detail = (struct qf_detail){.field = field, .got = trial->event->key, .near = QF_VIEW("")};
        *ret_verdict = (struct qf_verdict){QF_REJECTED, code};
}

/* A part needs the one before it, and a file that is not public yet; publishing needs the last part and none beyond. */
static int parts_fit(const struct qf_edition_trial *trial, bool *ret_fit)
{
        const struct qf_edition_said said = qf_edition_said(trial->event);
        const struct qf_edition *edition = qf_programme_edition(
                trial->programme,
                qf_programme_find_edition(trial->programme, said.scope, said.first, said.last, said.number));
        bool before = true, beyond = false;
        int result = 0;

        if (trial->event->kind == QF_KIND_EDITION_PART) {
                beyond = qf_edition_file(edition, said.file) != NULL;
                if (said.part)
                        result = has_part(trial, said, said.part - 1, &before);
        } else {
                result = has_part(trial, said, said.parts - 1, &before);
                if (result == 0)
                        result = has_part(trial, said, said.parts, &beyond);
        }
        *ret_fit = before && !beyond;
        return result;
}

int qf_edition_judge(const struct qf_edition_trial *trial, const struct qf_head *standing,
                     struct qf_detail *ret_detail, struct qf_verdict *ret_verdict)
{
        const uint8_t kind = trial->event->kind;
        bool fit = true;
        int result = 0;

        if (standing->state != QF_HEAD_NONE) {
                if (memcmp(standing->content, trial->content, sizeof standing->content) != 0)
                        contradict(trial, "edition", QF_E161_REGISTER, ret_detail, ret_verdict);
                return 0;
        }
        if (kind == QF_KIND_PERIOD_CLOSE &&
            qf_date_last_day(qf_edition_said(trial->event).last * 100) >= trial->today)
                contradict(trial, "last", QF_E106_FUTURE, ret_detail, ret_verdict);
        if (kind == QF_KIND_EDITION_PART || kind == QF_KIND_PUBLISH)
                result = parts_fit(trial, &fit);
        if (result == 0 && !fit)
                contradict(trial, "part", QF_E161_REGISTER, ret_detail, ret_verdict);
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
