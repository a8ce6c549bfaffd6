/* Why: few names and few keys, so that everything meets everything else: revisions
 * of one key from two outboxes, ticks before their activity, names that are not
 * known yet, organisations that are not the sender's. */
#include "simulation/programme.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "simulation/network.h"

#define TEXT(text)                                                                                           \
        {                                                                                                    \
                (text), sizeof(text) - 1                                                                     \
        }

struct row {
        uint8_t kind;
        struct qf_register about;
        uint32_t key; /* of a source */
        struct qf_edition_said said;
};

/* Of the period from .. upto, number nth. */
#define EDITION(what, of, from, upto, nth, ...)                                                              \
        {                                                                                                    \
                .kind = QF_KIND_##what, .said = {                                                            \
                        .scope = TEXT(of),                                                                   \
                        .first = (from),                                                                     \
                        .last = (upto),                                                                      \
                        .number = (nth),                                                                     \
                        __VA_ARGS__                                                                          \
                }                                                                                            \
        }
#define DESK .by = TEXT("desk")
#define FOUND_MORE DESK, .reason = TEXT("more was found")
#define MADE .file = TEXT("data"), .data = TEXT("what the office made of it")
#define PUBLIC                                                                                               \
        DESK, .file = TEXT("data"), .parts = 1, .size = sizeof("what the office made of it") - 1,            \
              .digest = TEXT("0123456789abcdef0123456789abcdef")

static const struct row rows[] = {
        {.kind = QF_KIND_SETTING, .about = {.code = TEXT("time_zone"), .value = TEXT("+08:00")}},
        {.kind = QF_KIND_DIMENSION, .about = {.code = TEXT("org"), .required = true}},
        {.kind = QF_KIND_DIMENSION, .about = {.code = TEXT("content"), .multi = true}},
        {.kind = QF_KIND_DIMENSION, .about = {.code = TEXT("mode")}},
        {.kind = QF_KIND_MEMBER, .about = {.code = TEXT("district"), .dimension = TEXT("org")}},
        {.kind = QF_KIND_MEMBER,
         .about = {.code = TEXT("HX"), .dimension = TEXT("org"), .parent = TEXT("district")}},
        {.kind = QF_KIND_MEMBER,
         .about = {.code = TEXT("DX"), .dimension = TEXT("org"), .parent = TEXT("district")}},
        {.kind = QF_KIND_MEMBER, .about = {.code = TEXT("law"), .dimension = TEXT("content")}},
        {.kind = QF_KIND_MEMBER, .about = {.code = TEXT("health"), .dimension = TEXT("content")}},
        {.kind = QF_KIND_MEMBER, .about = {.code = TEXT("craft"), .dimension = TEXT("content")}},
        {.kind = QF_KIND_MEMBER, .about = {.code = TEXT("talk"), .dimension = TEXT("mode")}},
        {.kind = QF_KIND_MEMBER, .about = {.code = TEXT("walk"), .dimension = TEXT("mode")}},
        {.kind = QF_KIND_COUNTER,
         .about = {.code = TEXT("sign_in"), .feeds = TEXT("attendances"), .cap = 100}},
        {.kind = QF_KIND_SOURCE,
         .about = {.code = TEXT("reader"), .parent = TEXT("district"), .roles = QF_ROLE_READ},
         .key = 3},
        {.kind = QF_KIND_SOURCE,
         .about = {.code = TEXT("guest"), .parent = TEXT("district"), .roles = QF_ROLE_READ},
         .key = SIM_KEY_GUEST},
        {.kind = QF_KIND_SOURCE,
         .about = {.code = TEXT("hx.a"), .parent = TEXT("HX"), .roles = QF_ROLE_FEED},
         .key = 10},
        {.kind = QF_KIND_SOURCE,
         .about = {.code = TEXT("hx.b"), .parent = TEXT("HX"), .roles = QF_ROLE_FEED},
         .key = 11},
        {.kind = QF_KIND_SOURCE,
         .about = {.code = TEXT("dx.a"), .parent = TEXT("DX"), .roles = QF_ROLE_FEED},
         .key = 12},
        {.kind = QF_KIND_SETTING, .about = {.code = TEXT("timely_days"), .value = TEXT("40")}},
        {.kind = QF_KIND_SETTING, .about = {.code = TEXT("attendances_max"), .value = TEXT("400")}},
        {.kind = QF_KIND_SETTING, .about = {.code = TEXT("code"), .value = TEXT("simulated")}},
        /* later */
        EDITION(PERIOD_CLOSE, "", 202605, 202605, 1, DESK),
        EDITION(PERIOD_CLOSE, "HX", 202501, 202606, 1, DESK),
        {.kind = QF_KIND_MEMBER, .about = {.code = TEXT("music"), .dimension = TEXT("content")}},
        {.kind = QF_KIND_DIMENSION, .about = {.code = TEXT("age")}},
        EDITION(EDITION_PART, "", 202605, 202605, 1, MADE),
        EDITION(PUBLISH, "", 202605, 202605, 1, PUBLIC),
        EDITION(PERIOD_REOPEN, "", 202605, 202605, 1, FOUND_MORE),
        EDITION(PERIOD_CLOSE, "district", 202501, 202512, 1, DESK),
        EDITION(PERIOD_CLOSE, "", 202605, 202605, 2, DESK),
        {.kind = QF_KIND_MEMBER, .about = {.code = TEXT("young"), .dimension = TEXT("age")}},
        {.kind = QF_KIND_MEMBER, .about = {.code = TEXT("old"), .dimension = TEXT("age")}},
        EDITION(PERIOD_REOPEN, "HX", 202501, 202606, 1, FOUND_MORE),
        EDITION(PERIOD_CLOSE, "HX", 202501, 202606, 2, DESK),
        {.kind = QF_KIND_DIMENSION, .about = {.code = TEXT("mode"), .multi = true}},
        EDITION(PERIOD_CLOSE, "DX", 202605, 202606, 1, DESK),
        EDITION(EDITION_PART, "HX", 202501, 202606, 2, MADE),
        EDITION(PUBLISH, "HX", 202501, 202606, 2, PUBLIC),
};

enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

/* What the office has written into its file since: another key of a source, or none. */
static struct {
        bool wide;
        struct {
                uint32_t number, from, upto;
        } keys[ROWS];
        bool untold[ROWS];
} file;

void sim_programme_begin(bool wide)
{
        file.wide = wide;
        for (uint32_t i = 0; i < ROWS; i++) {
                file.keys[i].number = rows[i].key;
                file.keys[i].from = file.keys[i].upto = 0;
                file.untold[i] = false;
        }
}

void sim_programme_rekey(const char *source, uint32_t key, uint32_t from, uint32_t upto)
{
        for (uint32_t i = 0; i < ROWS; i++)
                if (rows[i].kind == QF_KIND_SOURCE && qf_view_same(rows[i].about.code, qf_view_of(source))) {
                        file.keys[i].number = key;
                        file.keys[i].from = from;
                        file.keys[i].upto = upto;
                        file.untold[i] = true;
                }
}

bool sim_programme_is_untold(uint32_t number)
{
        return number < ROWS && file.untold[number];
}

void sim_programme_told(uint32_t upto)
{
        for (uint32_t i = 0; i < upto && i < ROWS; i++)
                file.untold[i] = false;
}

/* Of what the row says; the key is in the room given. */
static void write_source(const struct row *row, uint32_t key, struct sim_registered *ret_registered)
{
        uint8_t secret[32];

        sim_key(key, ret_registered->key.public_key, secret);
        ret_registered->org = row->about.parent;
        ret_registered->about.orgs = &ret_registered->org;
        ret_registered->about.keys = &ret_registered->key;
        ret_registered->about.orgs_count = 1;
        ret_registered->about.keys_count = key != 0;
}

bool sim_programme_event(uint32_t number, struct sim_registered *ret_registered)
{
        if (number >= ROWS)
                return false;
        const struct row *row = &rows[number];
        *ret_registered = (struct sim_registered){.about = row->about, .kind = row->kind};
        if (row->kind >= QF_KIND_PERIOD_CLOSE)
                ret_registered->about = qf_edition_register(&row->said);
        if (row->kind == QF_KIND_SOURCE) {
                write_source(row, file.keys[number].number, ret_registered);
                ret_registered->key.valid_from = file.keys[number].from;
                ret_registered->key.valid_to = file.keys[number].upto;
        }
        return true;
}

void sim_programme_claim(const char *source, uint32_t key, struct sim_registered *ret_registered)
{
        const struct row *row = rows;

        while (row->kind != QF_KIND_SOURCE || !qf_view_same(row->about.code, qf_view_of(source)))
                row++;
        *ret_registered = (struct sim_registered){.about = row->about, .kind = row->kind};
        write_source(row, key, ret_registered);
}

static void add_value(struct sim_statement *statement, const char *dimension, const char *member)
{
        statement->values[statement->values_count++] =
                (struct qf_pair){qf_view_of(dimension), qf_view_of(member)};
}

static void state_activity(const char *org, struct sim_statement *statement)
{
        static const uint32_t dates[] = {20260501, 20260502, 20260630, 20260600, 20260000, 20250301};
        static const char *const contents[] = {"law", "health", "craft", "music"};
        struct qf_event *event = &statement->event;

        event->kind = QF_KIND_ACTIVITY;
        event->date = file.wide ? (uint32_t)(20250000 + 100 * sim_between(1, 12) + sim_between(0, 28))
                                : dates[sim_below(sizeof(dates) / sizeof(dates[0]))];
        event->sessions = (uint32_t)sim_between(1, 3);
        event->stated = QF_STATED_SESSIONS;
        if (sim_below(2)) {
                event->stated |= QF_STATED_ATTENDANCES;
                event->attendances =
                        (uint32_t)sim_below(sim_below(10) ? 100 : 800); /* sometimes above the cap */
        }
        event->method = (uint8_t)sim_below(5);
        add_value(statement, "org", sim_below(12) ? org : org[0] == 'H' ? "DX" : "HX");
        for (uint64_t i = sim_below(3), first = sim_below(4); i > 0; i--)
                add_value(statement, "content", contents[(first + i) % 4]);
        if (sim_below(2))
                add_value(statement, "mode", sim_below(2) ? "talk" : "walk");
        if (sim_below(8) == 0)
                add_value(statement, "age", sim_below(2) ? "young" : "old");
}

/* Free text that no other event has, and sometimes one that nobody should have written. */
static void note_something(struct sim_statement *statement)
{
        (void)snprintf(statement->note, sizeof(statement->note), "%s %08x",
                       sim_below(4) ? "seen by" : "call 13912345678", (unsigned)sim_draw());
        statement->words = (struct qf_words){.note = qf_view_of(statement->note)};
        statement->event.words = &statement->words;
}

/* Figures of broadcasts and routine checks, some of which are not possible together. */
static void state_declared(const char *org, struct sim_statement *statement)
{
        struct qf_event *event = &statement->event;

        event->kind = sim_below(2) ? QF_KIND_BROADCAST : QF_KIND_ROUTINE_CHECK;
        event->sessions = 0;
        add_value(statement, "org", sim_below(12) ? org : org[0] == 'H' ? "DX" : "HX");
        if (event->action == QF_WITHDRAW) {
                statement->values_count = 0;
                return;
        }
        event->date = (uint32_t)(20260500 + sim_below(31));
        event->stated = (uint8_t)sim_below(event->kind == QF_KIND_BROADCAST ? 64 : 2);
        for (unsigned i = 0; i < QF_FIGURES_MAX; i++)
                if (event->stated >> i & 1)
                        event->figures[i] = (uint32_t)sim_below(60);
}

/* It says nothing but that the activity stands no more. */
static void withdraw_activity(struct sim_statement *statement)
{
        struct qf_event *event = &statement->event;

        event->action = QF_WITHDRAW;
        event->stated = 0;
        event->attendances = event->date = event->method = 0;
        event->sessions = 1;
        event->words = NULL;
        statement->values_count = 0;
}

void sim_statement_make(const char *org, struct sim_statement *ret_statement)
{
        struct qf_event *event = &ret_statement->event;
        uint64_t what = sim_below(10);

        *ret_statement = (struct sim_statement){0};
        (void)snprintf(ret_statement->key, sizeof(ret_statement->key), "k%u",
                       (unsigned)sim_below(sim_below(6) && !file.wide ? 7 : 80));
        event->key = qf_view_of(ret_statement->key);
        event->action = (uint8_t)(sim_below(3) ? QF_CREATE : sim_below(3) ? QF_REPLACE : QF_WITHDRAW);
        event->revision = sim_below(2) ? 0 : (uint32_t)sim_between(1, 6);
        event->sessions = 1;
        if (what < 6) {
                state_activity(org, ret_statement);
                if (sim_below(3) == 0)
                        note_something(ret_statement);
        } else if (what < 7) {
                event->kind = QF_KIND_ATTENDANCE;
                event->method = (uint8_t)sim_below(5);
                event->stated = QF_STATED_ATTENDANCES;
                event->attendances = (uint32_t)sim_below(100);
        } else if (what < 8) {
                state_declared(org, ret_statement);
        } else {
                event->kind = QF_KIND_TICK;
                event->action = QF_CREATE;
                event->revision = 0;
                event->amount = (uint32_t)sim_between(1, 9);
                event->counter = QF_VIEW("sign_in");
                event->stated = QF_STATED_AT;
                event->at_ms = qf_clock_wall_ms();
        }
        if (event->action == QF_WITHDRAW && event->kind == QF_KIND_ACTIVITY)
                withdraw_activity(ret_statement);
}

void sim_statement_of_office(const char *org, struct sim_statement *ret_statement)
{
        sim_statement_make(org, ret_statement);
        if (ret_statement->event.kind != QF_KIND_ACTIVITY || sim_below(3))
                return;
        withdraw_activity(ret_statement);
        (void)snprintf(ret_statement->other, sizeof(ret_statement->other), "k%u", (unsigned)sim_below(7));
        ret_statement->event.merged_into = qf_view_of(ret_statement->other);
}
