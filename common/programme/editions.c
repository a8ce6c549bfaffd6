/* Why: who judges, who counts and who prints must agree on what is closed, so the
 * state of all editions is made of the journal in one place. Nothing is ever taken
 * back: an edition that was reopened stays, and the next one has its own number. */
#include "programme/editions.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "model/period.h"
#include "programme/registers.h"

/* --- what stands ---------------------------------------------------------- */

uint64_t qf_programme_version(const struct qf_programme *programme)
{
        return programme->version;
}

uint32_t qf_programme_editions(const struct qf_programme *programme)
{
        return programme->editions_count;
}

const struct qf_edition *qf_programme_edition(const struct qf_programme *programme, uint32_t id)
{
        return id && id <= programme->editions_count ? programme->editions[id - 1] : NULL;
}

uint32_t qf_programme_find_edition(const struct qf_programme *programme, struct qf_view scope, uint32_t first,
                                   uint32_t last, uint32_t number)
{
        struct qf_index_walk walk = qf_index_begin(&programme->edition_scopes, qf_index_hash(scope));
        uint32_t id, found = 0;
        while ((id = qf_index_next(&programme->edition_scopes, &walk))) {
                const struct qf_edition *edition = programme->editions[id - 1];
                if (edition->first != first || edition->last != last || !qf_view_same(edition->scope, scope))
                        continue;
                if (edition->number == number)
                        return id;
                if (!number && (!found || edition->number > programme->editions[found - 1]->number))
                        found = id;
        }
        return found;
}

const struct qf_edition_file *qf_edition_file(const struct qf_edition *edition, struct qf_view name)
{
        for (uint32_t i = 0; i < edition->files_count; i++)
                if (qf_view_same(edition->files[i].name, name))
                        return &edition->files[i];
        return NULL;
}

bool qf_edition_holds(const struct qf_programme *programme, const struct qf_edition *edition, uint32_t date,
                      uint32_t lead_org)
{
        if (!date || qf_date_first_day(date) / 100 < edition->first ||
            qf_date_last_day(date) / 100 > edition->last)
                return false;
        if (!edition->scope.len)
                return true;
        const uint32_t scope = qf_programme_find_member(programme, programme->org, edition->scope);
        return lead_org != QF_MEMBER_NONE && scope != QF_MEMBER_UNKNOWN &&
               qf_programme_within(programme, programme->org, lead_org, scope, date);
}

/* The first of a scope that stands closed and holds such a record, when it is before another one. */
static uint32_t closed_before(const struct qf_programme *programme, struct qf_view scope, uint32_t date,
                              uint32_t lead_org, uint32_t other)
{
        struct qf_index_walk walk = qf_index_begin(&programme->edition_scopes, qf_index_hash(scope));
        uint32_t id, first = other;
        while ((id = qf_index_next(&programme->edition_scopes, &walk))) {
                const struct qf_edition *edition = programme->editions[id - 1];
                if (id < first && !edition->reopened && qf_edition_holds(programme, edition, date, lead_org))
                        first = id;
        }
        return first;
}

/* Only those of everything, of the organisation and of those above it can hold its records. */
const struct qf_edition *qf_programme_closed(const struct qf_programme *programme, uint32_t date,
                                             uint32_t lead_org)
{
        if (!date || qf_date_first_day(date) / 100 > programme->closed_last) /* nearly always */
                return NULL;
        uint32_t first = closed_before(programme, QF_VIEW(""), date, lead_org, UINT32_MAX);
        for (uint32_t org = lead_org, depth = 0; depth <= QF_TREE_DEPTH_MAX; depth++) {
                const struct qf_member *member = qf_programme_member(programme, programme->org, org);
                if (!member)
                        break;
                first = closed_before(programme, member->code, date, lead_org, first);
                org = qf_member_place(member, date)->parent;
        }
        return qf_programme_edition(programme, first);
}

/* --- what is said ---------------------------------------------------------- */

static struct qf_verdict taken(void)
{
        return (struct qf_verdict){QF_ACCEPTED, QF_CODE_NONE};
}

static struct qf_verdict wrong(struct qf_detail *ret_detail, const char *field, struct qf_view got)
{
        if (ret_detail)
                *ret_detail = (struct qf_detail){.field = field, .got = got, .near = QF_VIEW("")};
        return (struct qf_verdict){QF_REJECTED, QF_E161_REGISTER};
}

static bool is_organisation(const struct qf_programme *programme, struct qf_view code)
{
        return programme->org &&
               qf_programme_find_member(programme, programme->org, code) != QF_MEMBER_UNKNOWN;
}

static bool is_month(uint32_t month)
{
        return month % 100 && month <= QF_DATE_LAST / 100 && qf_date_valid(month * 100);
}

static bool is_said(struct qf_view text, size_t least, size_t most)
{
        return qf_text_valid(text, false) && qf_text_characters(text) >= least &&
               qf_text_characters(text) <= most;
}

static const struct qf_edition *find_said(const struct qf_programme *programme,
                                          const struct qf_edition_said *said, uint32_t number)
{
        return qf_programme_edition(programme, qf_programme_find_edition(programme, said->scope, said->first,
                                                                         said->last, number));
}

/* The next number, after the last one was reopened; or one that stands, which is then compared by its content. */
static struct qf_verdict check_close(const struct qf_programme *programme, const struct qf_edition_said *said,
                                     struct qf_detail *ret_detail)
{
        const struct qf_edition *last = find_said(programme, said, 0);
        for (uint32_t i = 0; i < said->waived_count; i++)
                if (!is_organisation(programme, said->waived[i]))
                        return wrong(ret_detail, "waived", said->waived[i]);
        if (said->number > (last ? last->number : 0) + 1 || said->number > QF_EDITION_NUMBER_MAX ||
            programme->editions_count == QF_EDITIONS_MAX)
                return wrong(ret_detail, "edition", said->scope);
        if (last && said->number > last->number && !last->reopened)
                return wrong(ret_detail, "closed", said->scope);
        return taken();
}

static struct qf_verdict check_reopen(const struct qf_programme *programme,
                                      const struct qf_edition_said *said, struct qf_detail *ret_detail)
{
        const struct qf_edition *last = find_said(programme, said, 0);
        if (!is_said(said->reason, 1, QF_EDITION_REASON_MAX))
                return wrong(ret_detail, "reason", QF_VIEW(""));
        return last && last->number >= said->number ? taken() : wrong(ret_detail, "edition", said->scope);
}

static struct qf_verdict check_file(const struct qf_programme *programme, const struct qf_event *event,
                                    const struct qf_edition_said *said, struct qf_detail *ret_detail)
{
        const struct qf_edition *edition = find_said(programme, said, said->number);
        if (!edition)
                return wrong(ret_detail, "edition", said->scope);
        if (!qf_is_code(said->file))
                return wrong(ret_detail, "file", said->file);
        if (event->kind == QF_KIND_EDITION_PART)
                return said->part < QF_EDITION_PARTS_MAX && said->data.len &&
                                       said->data.len <= QF_EDITION_PART_BYTES
                               ? taken()
                               : wrong(ret_detail, "part", said->file);
        if (!qf_view_same(said->file, QF_EDITION_DATA) && !qf_edition_file(edition, QF_EDITION_DATA))
                return wrong(ret_detail, "file", said->file); /* what is not published has no printed files */
        if (!qf_edition_file(edition, said->file) && edition->files_count == QF_EDITION_FILES_MAX)
                return wrong(ret_detail, "file", said->file);
        if (!said->parts || said->parts > QF_EDITION_PARTS_MAX ||
            said->size <= (said->parts - 1) * QF_EDITION_PART_BYTES ||
            said->size > said->parts * QF_EDITION_PART_BYTES)
                return wrong(ret_detail, "size", said->file);
        return said->digest.len == QF_SHA256_BYTES ? taken() : wrong(ret_detail, "digest", said->file);
}

struct qf_verdict qf_edition_check(const struct qf_programme *programme, const struct qf_event *event,
                                   struct qf_detail *ret_detail)
{
        const struct qf_edition_said said = qf_edition_said(event);
        if (said.scope.len && !is_organisation(programme, said.scope))
                return wrong(ret_detail, "scope", said.scope);
        if (!is_month(said.first) || !is_month(said.last) || said.first > said.last)
                return wrong(ret_detail, "first", said.scope);
        if (!said.number)
                return wrong(ret_detail, "edition", said.scope);
        if (event->kind != QF_KIND_EDITION_PART && !is_said(said.by, 0, QF_EDITION_BY_MAX))
                return wrong(ret_detail, "by", QF_VIEW(""));
        switch (event->kind) {
        case QF_KIND_PERIOD_CLOSE: return check_close(programme, &said, ret_detail);
        case QF_KIND_PERIOD_REOPEN: return check_reopen(programme, &said, ret_detail);
        default: return check_file(programme, event, &said, ret_detail);
        }
}

/* --- what it does ----------------------------------------------------------- */

static int reserve_edition(struct qf_programme *programme, const struct qf_edition_said *said,
                           struct qf_edition **ret_edition)
{
        const uint32_t found =
                qf_programme_find_edition(programme, said->scope, said->first, said->last, said->number);
        if (found) {
                *ret_edition = programme->editions[found - 1];
                return 0;
        }
        if (programme->editions_count == QF_EDITIONS_MAX)
                return -E2BIG;
        struct qf_edition **editions =
                realloc(programme->editions, (programme->editions_count + 1) * sizeof(struct qf_edition *));
        if (!editions)
                return -ENOMEM;
        programme->editions = editions;
        struct qf_edition *edition = qf_programme_room(programme, sizeof(*edition));
        if (!edition)
                return -ENOMEM;
        *edition = (struct qf_edition){.first = said->first,
                                       .last = said->last,
                                       .number = said->number,
                                       .by = QF_VIEW(""),
                                       .reason = QF_VIEW("")};
        int r = qf_programme_copy(programme, said->scope, &edition->scope);
        if (!r)
                r = qf_index_add(&programme->edition_scopes, qf_index_hash(said->scope),
                                 programme->editions_count + 1);
        if (r)
                return r;
        editions[programme->editions_count++] = edition;
        *ret_edition = edition;
        return 0;
}

static void note_closed(struct qf_programme *programme)
{
        programme->closed_last = 0;
        for (uint32_t i = 0; i < programme->editions_count; i++)
                if (!programme->editions[i]->reopened &&
                    programme->editions[i]->last > programme->closed_last)
                        programme->closed_last = programme->editions[i]->last;
}

static int apply_close(struct qf_programme *programme, struct qf_edition *edition,
                       const struct qf_edition_said *said, uint64_t position)
{
        struct qf_view *waived = qf_programme_room(programme, said->waived_count * sizeof(*waived) + 1);
        int r = waived ? qf_programme_copy(programme, said->by, &edition->by) : -ENOMEM;
        for (uint32_t i = 0; !r && i < said->waived_count; i++)
                r = qf_programme_copy(programme, said->waived[i], &waived[i]);
        if (r)
                return r;
        edition->closed = position;
        edition->waived = waived;
        edition->waived_count = said->waived_count;
        return 0;
}

static int apply_publish(struct qf_programme *programme, struct qf_edition *edition,
                         const struct qf_edition_said *said, uint64_t position)
{
        if (qf_edition_file(edition, said->file))
                return 0;
        const uint32_t count = edition->files_count;
        struct qf_edition_file *files = qf_programme_room(programme, (count + 1) * sizeof(*files));
        if (!files)
                return -ENOMEM;
        if (count)
                memcpy(files, edition->files, count * sizeof(*files));
        files[count] =
                (struct qf_edition_file){.parts = said->parts, .size = said->size, .position = position};
        if (said->digest.len ==
            QF_SHA256_BYTES) /* judging wants it so; what is only carried may be without */
                memcpy(files[count].digest, said->digest.at, QF_SHA256_BYTES);
        int r = qf_programme_copy(programme, said->file, &files[count].name);
        if (r)
                return r;
        edition->files = files;
        edition->files_count = count + 1;
        return 0;
}

int qf_edition_apply(struct qf_programme *programme, const struct qf_event *event, uint64_t position)
{
        const struct qf_edition_said said = qf_edition_said(event);
        struct qf_edition *edition;
        int r = reserve_edition(programme, &said, &edition);
        if (r)
                return r;
        switch (event->kind) {
        case QF_KIND_PERIOD_CLOSE: r = apply_close(programme, edition, &said, position); break;
        case QF_KIND_PERIOD_REOPEN:
                r = qf_programme_copy(programme, said.reason, &edition->reason);
                edition->reopened = position;
                break;
        default: r = apply_publish(programme, edition, &said, position);
        }
        note_closed(programme);
        return r;
}
