/* Who may read a record may read what was said of it: of an event that names an
 * organisation the one it names on its date, of others (withdrawals, counts, ticks,
 * what could not be resolved) the partner whose record it is, on the day it came. */
#include "report/said.h"

#include <errno.h>

#include "model/period.h"
#include "views/event_json.h"
#include "views/json.h"

bool qf_said_place_read(struct qf_view page, struct qf_said_place *ret_place)
{
        const uint8_t *at = (const uint8_t *)page.at;

        *ret_place = (struct qf_said_place){.position = 1};
        if (page.len == 0)
                return true;
        if (page.len != QF_SAID_PLACE_BYTES)
                return false;
        *ret_place = (struct qf_said_place){qf_get_be64(at), qf_get_be32(at + 8), qf_get_be32(at + 12)};
        return ret_place->position > 0;
}

void qf_said_place_write(const struct qf_said_place *place, uint8_t ret_page[QF_SAID_PLACE_BYTES])
{
        qf_put_be64(ret_page, place->position);
        qf_put_be32(ret_page + 8, place->entry);
        qf_put_be32(ret_page + 12, place->index);
}

struct taking { /* one entry */
        struct qf_said *said;
        const struct qf_programme *programme;
        const struct qf_rights *rights;
        const struct qf_record_head *head;
        const struct qf_entry *entry;
        struct qf_batch batch;
        bool sees_partner;
};

static bool sees_partner(const struct taking *taking)
{
        const uint16_t org = qf_programme_find_dimension(taking->programme, QF_VIEW("org"));
        const char *code = qf_programme_partner_code(taking->programme, taking->entry->partner);
        const uint32_t day = qf_date_at(taking->head->received_at_ms,
                                        qf_programme_settings(taking->programme)->zone_minutes);
        const uint32_t member = qf_programme_find_member(taking->programme, org, qf_view_of(code));

        return taking->rights->all || (member != QF_MEMBER_UNKNOWN && member != QF_MEMBER_NONE &&
                                       qf_rights_owns(taking->rights, member, day));
}

static bool may_see(const struct taking *taking, const struct qf_event *event)
{
        const uint16_t org = qf_programme_find_dimension(taking->programme, QF_VIEW("org"));
        bool names = false, sees = false;

        for (uint32_t i = 0; i < event->values_count && qf_date_valid(event->date); i++) {
                const struct qf_value *value = &taking->batch.values[event->values_first + i];
                if (!qf_view_same(taking->batch.dimensions[value->dimension_at], QF_VIEW("org")))
                        continue;
                const uint32_t member = qf_programme_find_member(taking->programme, org,
                                                                 taking->batch.texts[value->member_at]);
                if (member == QF_MEMBER_UNKNOWN || member == QF_MEMBER_NONE)
                        continue;
                names = true;
                sees |= qf_rights_owns(taking->rights, member, event->date);
        }
        return names ? sees : taking->sees_partner;
}

static bool is_wanted(const struct taking *taking, const struct qf_event *event, struct qf_verdict verdict)
{
        const struct qf_said *said = taking->said;

        if (event->registered || (said->key.len && !qf_view_same(event->key, said->key)))
                return false;
        if (said->verdict.len &&
            !qf_view_same(said->verdict, qf_view_of(qf_verdict_class_name(verdict.class))))
                return false;
        if (said->kind.len && !qf_view_same(said->kind, qf_view_of(qf_event_kind_code(event->kind))))
                return false;
        return may_see(taking, event);
}

static int add_line(struct taking *taking, uint32_t index)
{
        const struct qf_source *source = qf_programme_source(taking->programme, taking->entry->source);
        const struct qf_event_line line = {
                .position = taking->head->position,
                .number = taking->entry->first + index,
                .entry = taking->said->place.entry,
                .index = index,
                .received_at_ms = taking->head->received_at_ms,
                .source = source ? source->name : QF_VIEW(""),
                .partner = qf_view_of(qf_programme_partner_code(taking->programme, taking->entry->partner)),
                .outbox = QF_VIEW(""),
                .verdict = qf_entry_verdict(taking->entry, index)};
        int r = qf_json_append(qf_event_line_json(&line, &taking->batch, &taking->batch.events[index]),
                               &taking->said->json);

        taking->said->found++;
        return r == 0 ? qf_buffer_append(&taking->said->json, "\n", 1) : r;
}

static int take_batch(struct taking *taking, struct qf_arena *arena)
{
        struct qf_said *said = taking->said;
        const struct qf_entry *entry = taking->entry;
        struct qf_wire_fault fault;

        if (said->partner.len && !qf_view_same(said->partner, qf_view_of(qf_programme_partner_code(
                                                                      taking->programme, entry->partner))))
                return 0;
        qf_arena_reset(arena);
        int r = qf_body_decode(arena, entry->facts, entry->texts, entry->count, &taking->batch, &fault);
        if (r != 0)
                return r;
        taking->sees_partner = sees_partner(taking);
        if (said->place.index < entry->skip)
                said->place.index = entry->skip;
        for (; said->place.index < entry->count; said->place.index++) {
                const uint32_t at = said->place.index;
                if (!is_wanted(taking, &taking->batch.events[at], qf_entry_verdict(entry, at)))
                        continue;
                said->full = said->found >= said->limit || said->json.len >= QF_SAID_BYTES_MAX;
                r = said->full ? 0 : add_line(taking, at);
                if (r < 0 || said->full)
                        return r;
        }
        return 0;
}

int qf_said_take(struct qf_said *said, const struct qf_programme *programme, const struct qf_rights *rights,
                 struct qf_sha256 *sha, struct qf_arena *arena, struct qf_view record)
{
        struct qf_record_head head;
        struct qf_entry entry;
        struct taking taking = {said, programme, rights, &head, &entry, {0}, false};
        size_t offset = 0;

        if (qf_record_open(record, sha, &head) != 0)
                return 1;
        if (head.position != said->place.position) {
                said->place = (struct qf_said_place){.position = head.position};
                said->begins = head.position;
        }
        for (uint32_t at = 0; qf_record_next(record, &offset, &entry); at++) {
                if (at < said->place.entry)
                        continue;
                if (at > said->place.entry)
                        said->place.index = 0;
                said->place.entry = at;
                int r = entry.kind == QF_ENTRY_BATCH ? take_batch(&taking, arena) : 0;
                if (r != 0 || said->full)
                        return r;
        }
        said->place = (struct qf_said_place){.position = head.position + 1};
        return 0;
}

void qf_said_pass(struct qf_said *said, uint64_t position)
{
        said->unreadable = position;
        said->place = (struct qf_said_place){.position = position + 1};
        said->full = true;
}
