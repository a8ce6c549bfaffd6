/* The same rules as services/ingest/judge.c has for its table of keys that are set
 * aside, over the verdicts that it gave; a test holds both together by what a retry
 * and a drop find. */
#include "qf/office/aside.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "qf/office/stood.h"
#include "qf/operator/journal_reader.h"

static struct qf_aside_item *find(const struct qf_aside_list *list, const char *place)
{
        const json_t *index = json_object_get(list->places, place);

        return index ? &list->at[json_integer_value(index)] : NULL;
}

static int add(struct qf_aside_list *list, const char *place, const char *partner,
               const struct qf_event *event, struct qf_aside_item **ret_item)
{
        if (list->count == list->room) {
                const uint32_t room = list->room ? 2 * list->room : 64;
                struct qf_aside_item *at = realloc(list->at, room * sizeof(*at));
                if (!at)
                        return -ENOMEM;
                list->at = at;
                list->room = room;
        }
        QF_ASSERT(list->at != NULL);
        struct qf_aside_item *item = &list->at[list->count];
        *item = (struct qf_aside_item){.partner = strdup(partner),
                                       .key = strndup(event->key.at, event->key.len),
                                       .kind = event->kind,
                                       .method = event->kind == QF_KIND_ATTENDANCE ? event->method : 0};
        if (!item->partner || !item->key ||
            json_object_set_new(list->places, place, json_integer(list->count)) != 0) {
                free(item->partner);
                free(item->key);
                return -ENOMEM;
        }
        list->count++;
        *ret_item = item;
        return 0;
}

/* Set aside: the last statement under a key is the one that a retry says again. */
static int set_aside(struct qf_aside_list *list, const char *place, const struct qf_dump_place *where,
                     const struct qf_batch *batch, uint32_t at)
{
        const struct qf_event *event = &batch->events[at];
        struct qf_aside_item *item = find(list, place);
        int r = item ? 0
                     : add(list, place,
                           qf_programme_partner_code(list->names.programme, where->entry->partner), event,
                           &item);

        if (r < 0 || !item)
                return r < 0 ? r : -ENOMEM;
        json_decref(item->line);
        item->line = qf_dump_line(&list->names, where, batch, at);
        item->open = true;
        item->verdict = qf_entry_verdict(where->entry, at);
        return item->line ? qf_kept_event_set(&item->event, batch, event) : -ENOMEM;
}

static void note_revision(struct qf_aside_list *list, const char *place, const struct qf_event *event,
                          struct qf_verdict verdict)
{
        struct qf_aside_item *item = find(list, place);

        if (item && qf_verdict_counts(verdict))
                item->revision = qf_stood_revision(item->revision, event);
}

static int take_event(struct qf_aside_list *list, const struct qf_dump_place *where,
                      const struct qf_batch *batch, uint32_t at)
{
        const struct qf_event *event = &batch->events[at];
        const struct qf_verdict verdict = qf_entry_verdict(where->entry, at);
        QF_CLEANUP(qf_buffer_deinit) struct qf_buffer place = {0};

        if (event->registered || event->kind == QF_KIND_TICK || event->key.len == 0)
                return 0;
        int r = qf_buffer_print(&place, "%u/%u/%u/%.*s", where->entry->partner, event->kind,
                                event->kind == QF_KIND_ATTENDANCE ? event->method : 0, (int)event->key.len,
                                event->key.at);
        if (r == 0)
                r = qf_buffer_append(&place, "", 1);
        if (r < 0)
                return r;
        if (list->stands) {
                note_revision(list, (const char *)place.at, event, verdict);
                return 0;
        }
        if (verdict.class == QF_QUARANTINED)
                return set_aside(list, (const char *)place.at, where, batch, at);
        struct qf_aside_item *item = find(list, (const char *)place.at);
        if (item && (qf_verdict_counts(verdict) || verdict.code == QF_N105_DROPPED ||
                     (verdict.class == QF_DUPLICATE && batch->partner.len)))
                item->open = false;
        return 0;
}

static int take_record(void *ctx, const struct qf_record_head *head, struct qf_view record)
{
        struct qf_aside_list *list = ctx;
        struct qf_control control;
        struct qf_batch batch;
        struct qf_entry entry;
        struct qf_dump_place where = {.head = head, .entry = &entry};
        size_t offset = 0;
        int r = 0;

        list->through = head->position;
        for (; r == 0 && qf_record_next(record, &offset, &entry); where.entry_at++) {
                if (entry.kind != QF_ENTRY_BATCH) {
                        r = qf_dump_take_control(&list->names, head, &entry, &control);
                        continue;
                }
                r = qf_dump_take_batch(&list->names, head, &entry, &batch);
                for (uint32_t at = entry.skip; at < entry.count && r == 0; at++)
                        r = take_event(list, &where, &batch, at);
        }
        return r;
}

static int read_journal(struct qf_cli *cli, struct qf_aside_list *list)
{
        int r = qf_dump_init(&list->names);

        if (r < 0) {
                qf_cli_broke(cli, r, "quarantine");
                return 1;
        }
        list->programme = list->names.programme;
        return qf_journal_read(cli, NULL, list->through, take_record, list);
}

int qf_aside_read(struct qf_cli *cli, struct qf_aside_list *ret_list)
{
        *ret_list = (struct qf_aside_list){.places = json_object()};
        if (ret_list->places)
                return read_journal(cli, ret_list);
        qf_cli_broke(cli, -ENOMEM, "quarantine");
        return 1;
}

/* Before the first reading nobody knows which keys are asked for, and all of them are too many to note. */
int qf_aside_stands(struct qf_cli *cli, struct qf_aside_list *list)
{
        if (list->count == 0)
                return 0;
        qf_dump_deinit(&list->names);
        list->names = (struct qf_dump){0};
        list->stands = true;
        return read_journal(cli, list);
}

/* --- from elsewhere --------------------------------------------------------------------- */

/* "Q205": codes that set something aside are called by their number. */
static struct qf_verdict quarantined(const char *code)
{
        uint64_t number = 0;

        (void)(code && code[0] && qf_text_number(qf_view_of(code + 1), UINT16_MAX, &number));
        return (struct qf_verdict){.class = QF_QUARANTINED, .code = (uint16_t)number};
}

/* Ticks have no key of their own; registers are not told. */
static int take_line(void *ctx, const json_t *line)
{
        struct qf_aside_list *list = ctx;
        const json_t *said = json_object_get(line, "event");
        const char *kind = json_string_value(json_object_get(line, "kind")),
                   *partner = json_string_value(json_object_get(line, "partner")),
                   *key = json_string_value(json_object_get(said, "key")),
                   *method = json_string_value(json_object_get(said, "method")),
                   *verdict = json_string_value(json_object_get(line, "verdict")),
                   *code = json_string_value(json_object_get(line, "code"));
        QF_CLEANUP(qf_buffer_deinit) struct qf_buffer place = {0};

        if (!kind || !partner || !key || !verdict || strcmp(kind, "tick") == 0)
                return 0;
        int r = qf_buffer_print(&place, "%s/%s/%s/%s", partner, kind,
                                strcmp(kind, "attendance") == 0 && method ? method : "", key);
        if (r == 0)
                r = qf_buffer_append(&place, "", 1);
        if (r < 0)
                return r;
        struct qf_aside_item *item = find(list, (const char *)place.at);
        if (strcmp(verdict, "quarantined") == 0) {
                const struct qf_event event = {.key = qf_view_of(key)};
                r = item ? 0 : add(list, (const char *)place.at, partner, &event, &item);
                if (r < 0 || !item)
                        return r < 0 ? r : -ENOMEM;
                json_decref(item->line);
                item->line = json_incref((json_t *)(uintptr_t)line);
                item->open = true;
                item->verdict = quarantined(code);
        } else if (item && (strcmp(verdict, "accepted") == 0 || strcmp(verdict, "late") == 0 ||
                            (code && strcmp(code, qf_code_text(QF_N105_DROPPED)->name) == 0) ||
                            (strcmp(verdict, "duplicate") == 0 && json_object_get(line, "for_partner"))))
                item->open = false;
        return 0;
}

int qf_aside_ask(struct qf_cli *cli, const char *partner, struct qf_aside_list *ret_list)
{
        const struct qf_said_filter filter = {.partner = partner};
        *ret_list = (struct qf_aside_list){.places = json_object(), .saying = {.remote = true}};

        if (!ret_list->places)
                return qf_cli_broke(cli, -ENOMEM, "quarantine");
        if (qf_said_read(cli, &filter, take_line, ret_list, &ret_list->saying))
                return 1;
        ret_list->programme = ret_list->saying.programme;
        return 0;
}

void qf_aside_deinit(struct qf_aside_list *list)
{
        for (uint32_t i = 0; i < list->count; i++) {
                free(list->at[i].partner);
                free(list->at[i].key);
                json_decref(list->at[i].line);
                qf_kept_event_deinit(&list->at[i].event);
        }
        free(list->at);
        json_decref(list->places);
        qf_said_close(&list->saying);
        qf_dump_deinit(&list->names);
}
