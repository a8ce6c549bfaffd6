/* Why: the promise "acknowledged is counted once" is made to whoever calls qf_feed,
 * so it is held to what qf_feed says, not to what is on the wire. */
#include "simulation/partner.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "client/feed.h"
#include "client/outbox.h"
#include "simulation/network.h"
#include "simulation/oracle.h"
#include "simulation/prints.h"
#include "simulation/programme.h"

enum { IDLE_MS = 250, MADE_AT_ONCE = 6, WAITING_MOST = 400 };

struct feeder {
        struct sim_process *process;
        struct sim_partner *partner;
        struct qf_context *context;
        struct qf_feed *feed;
        const char *speaks_for; /* the office, for a partner; empty: for itself */
        int64_t make_ns;
};

/* --- what it remembers ------------------------------------------------------------------ */

static void remember(struct sim_partner *partner, uint64_t number, uint64_t print)
{
        if (number > partner->prints_room) {
                partner->prints_room = number * 2 + 64;
                partner->prints =
                        sim_resize(partner->prints, partner->prints_room * sizeof(*partner->prints));
        }
        partner->prints[number - 1] = print;
}

/* The outbox may have another name than the one remembered: then what was not answered has moved to numbers from 1 on,
 * and what was answered is not kept by anybody, should the server have lost it: the office brings its programme again.
 * Numbers that were never written are made again. */
static void recall(struct feeder *feeder)
{
        const struct qf_outbox_standing *standing = qf_outbox_standing(qf_feed_outbox(feeder->feed));
        struct sim_partner *partner = feeder->partner;

        if (memcmp(partner->outbox, standing->id, 16) != 0) {
                if (partner->acked < partner->prints_room)
                        memmove(partner->prints, partner->prints + partner->acked,
                                (partner->prints_room - partner->acked) * sizeof(*partner->prints));
                partner->told = 0;
        }
        memcpy(partner->outbox, standing->id, 16);
        partner->next = standing->next;
        partner->acked = standing->acked;
}

/* --- what it hears ---------------------------------------------------------------------- */

static int hear(void *ctx, const struct qf_feed_verdict *verdict)
{
        struct feeder *feeder = ctx;
        struct sim_partner *partner = feeder->partner;
        const struct qf_outbox_standing *standing = qf_outbox_standing(qf_feed_outbox(feeder->feed));

        if (memcmp(partner->outbox, standing->id, 16) != 0)
                return 0; /* carried on under another name: what each number was is not known here */
        if (verdict->number > standing->acked && !verdict->again)
                sim_fail("%s was told number %llu before its outbox had it stored", feeder->process->name,
                         (unsigned long long)verdict->number);
        if (verdict->again)
                SIM_PROBE("verdict heard again");
        sim_oracle_told(partner->outbox, verdict->number, partner->prints[verdict->number - 1],
                        verdict->verdict, &partner->keys);
        return 0;
}

static void note_alarm(const struct sim_partner *partner, uint32_t alarm)
{
        switch (alarm) {
        case QF_REFUSED_FENCED: SIM_PROBE("outbox fenced"); break;
        case QF_REFUSED_CLONED: SIM_PROBE("outbox cloned"); break;
        case QF_REFUSED_SEALED: SIM_PROBE("outbox sealed"); break;
        case QF_REFUSED_FORKED:
                SIM_PROBE("outbox forked");
                if (!partner->twofold)
                        sim_fail("an outbox that was never copied is told that it was another");
                break;
        case QF_REFUSED_ANOTHERS:
                SIM_PROBE("outbox that another source has sent from is refused");
                if (!partner->early)
                        sim_fail("an outbox that knew whose it is was sent from in another source's place");
                break;
        case QF_ALARM_ROLLED_BACK: SIM_PROBE("server lost acknowledged events: alarm"); break;
        case QF_ALARM_VERDICT_CHANGED:
                if (!sim.copied_back)
                        sim_fail("a verdict changed within one life");
                break;
        case QF_ALARM_TWO_SERVERS: SIM_PROBE("two servers answer"); break;
        case QF_ALARM_RESTORED: SIM_PROBE("server was restored: sent again"); break;
        case QF_ALARM_BEYOND: SIM_PROBE("server knows numbers beyond ours"); break;
        case QF_ALARM_GONE_HERE: SIM_PROBE("server asks for what is gone here"); break;
        default: break;
        }
}

static void raise_alarm(void *ctx, uint32_t alarm, uint64_t number, struct qf_view say)
{
        const struct feeder *feeder = ctx;

        sim_say("alarm %u at number %llu: %.*s", alarm, (unsigned long long)number, (int)say.len, say.at);
        note_alarm(feeder->partner, alarm);
}

/* --- what it makes ------------------------------------------------------------------------ */

static int add(struct feeder *feeder, const struct qf_event *event, const struct qf_pair *values,
               uint32_t values_count)
{
        uint64_t number = 0;
        int r = qf_feed_add(feeder->feed, event, values, values_count, &number);

        if (r == 0)
                remember(feeder->partner, number,
                         sim_print_made(event, values, values_count, qf_view_of(feeder->speaks_for)));
        return r;
}

static int add_register(struct feeder *feeder, uint32_t number)
{
        struct sim_registered registered;
        struct qf_event event = {.action = QF_REPLACE, .registered = &registered.about};

        if (!sim_programme_event(number, &registered))
                return 0;
        event.kind = registered.kind;
        return add(feeder, &event, NULL, 0);
}

static int add_registers(struct feeder *feeder, uint32_t *ret_told)
{
        const uint32_t from = feeder->partner->told, upto = from < SIM_PROGRAMME_FIRST
                                                                    ? SIM_PROGRAMME_FIRST
                                                                    : from + 1 + (uint32_t)sim_below(3);
        struct sim_registered registered;
        uint32_t i = from;
        int r = 0;

        for (uint32_t old = 0; r == 0 && old < from; old++)
                if (sim_programme_is_untold(old))
                        r = add_register(feeder, old);
        for (; r == 0 && i < upto && sim_programme_event(i, &registered); i++)
                r = add_register(feeder, i);
        *ret_told = i;
        return r;
}

static int speak_for(struct feeder *feeder, const char *partner)
{
        feeder->speaks_for = partner;
        return qf_feed_set_partner(feeder->feed, qf_view_of(partner));
}

/* That its own key is another source's too: who believed it would hear it as that. */
static int claim_source(struct feeder *feeder)
{
        static const char *const sources[] = {"hx.a", "hx.b", "dx.a", "guest"};
        struct sim_registered registered;
        const struct qf_event event = {
                .kind = QF_KIND_SOURCE, .action = QF_REPLACE, .registered = &registered.about};

        sim_programme_claim(sources[sim_below(4)], sim_keys_now(&feeder->partner->keys), &registered);
        return add(feeder, &event, NULL, 0);
}

static int add_statements(struct feeder *feeder)
{
        int r = 0;

        for (uint64_t i = sim_below(MADE_AT_ONCE) + 1; r == 0 && i > 0; i--) {
                struct sim_statement statement;
                if (feeder->partner->office)
                        sim_statement_of_office(feeder->speaks_for, &statement);
                else
                        sim_statement_make(feeder->partner->org, &statement);
                r = add(feeder, &statement.event, statement.values, statement.values_count);
        }
        return r;
}

/* The office corrects and withdraws what partners have said, and merges one record into another; a desk says that it may, too. */
static int speak_for_partner(struct feeder *feeder)
{
        int r = speak_for(feeder, sim_below(2) ? "HX" : "DX");

        if (r == 0)
                r = add_statements(feeder);
        return r == 0 ? speak_for(feeder, "") : r;
}

/* Without a programme nobody else can say anything, and who has lost a key waits for the office. */
static bool owes_programme(const struct feeder *feeder)
{
        const struct sim_partner *partner = feeder->partner;

        if (!partner->office)
                return false;
        for (uint32_t i = 0; i < partner->told; i++)
                if (sim_programme_is_untold(i))
                        return true;
        return partner->told < SIM_PROGRAMME_FIRST;
}

static int make(struct feeder *feeder)
{
        struct sim_partner *partner = feeder->partner;
        int64_t now_ns = sim_local_ns();

        if ((partner->rests && !owes_programme(feeder)) || now_ns < feeder->make_ns ||
            qf_feed_waiting(feeder->feed) >= WAITING_MOST)
                return 0;
        feeder->make_ns = now_ns + sim_between(1, 2 * (int64_t)partner->pace_ms) * SIM_MS;
        uint32_t told = 0;
        int r = partner->office ? add_registers(feeder, &told) : add_statements(feeder);
        if (r == 0 && partner->office && !owes_programme(feeder) && sim_below(2))
                r = speak_for_partner(feeder);
        if (r == 0 && !partner->office && sim_below(12) == 0)
                r = sim_below(3) ? speak_for_partner(feeder) : claim_source(feeder);
        if (r == 0)
                r = qf_feed_flush(feeder->feed, NULL);
        if (r == 0 && partner->office) {
                partner->told = told;
                sim_programme_told(told);
        }
        if (r == QF_FEED_FULL) { /* nothing was kept: made again, perhaps otherwise */
                SIM_PROBE("outbox full");
                return 1;
        }
        recall(feeder);
        return r;
}

/* --- the human beside it -------------------------------------------------------------------- */

/* `qf feed --resume` or `--renew`, after a while. */
static int act(struct feeder *feeder)
{
        struct sim_partner *partner = feeder->partner;
        struct qf_outbox *outbox = qf_feed_outbox(feeder->feed);

        if (partner->stopped == 0 || partner->human == SIM_HUMAN_NOTHING ||
            sim_local_ns() < partner->human_ns)
                return 0;
        int r = partner->human == SIM_HUMAN_RENEWED ? qf_outbox_renew(outbox, true) : QF_OUTBOX_GOES_ON;
        if (r == QF_OUTBOX_GOES_ON) { /* as the command says then */
                partner->human = SIM_HUMAN_RESUMED;
                r = qf_outbox_stop(outbox, 0, QF_VIEW(""));
        }
        if (r == 0) {
                sim_say("the human %s the outbox",
                        partner->human == SIM_HUMAN_RESUMED ? "resumes" : "renews");
                if (partner->human == SIM_HUMAN_RENEWED)
                        SIM_PROBE("outbox renewed by a human");
                partner->human = SIM_HUMAN_NOTHING;
                partner->stopped = 0;
        }
        return r < 0 ? r : 1; /* the command ends; the feeder is started again */
}

/* Of what is acknowledged. */
static int forget(struct feeder *feeder)
{
        struct sim_partner *partner = feeder->partner;

        if (!partner->forgets)
                return 0;
        partner->forgets = false;
        int r = qf_outbox_trim(qf_feed_outbox(feeder->feed), partner->acked + 1, qf_feed_now(feeder->feed));
        return r < 0 ? r : r > 0; /* the feed was not told: it is opened anew */
}

static int feed_options(struct feeder *feeder, struct qf_feed_options *ret_options)
{
        struct qf_curve curve = {0};
        const struct qf_socket_options how = {.type = QF_DEALER, .curve = &curve};
        static struct qf_socket *socket; /* taken over at once */

        *ret_options = (struct qf_feed_options){
                .outbox = feeder->partner->directory,
                .socket = &socket,
                .batch_events = (uint32_t)sim_between(1, 8),
                .skip_reason = feeder->partner->skips ? "no backup of it" : NULL,
                .ctx = feeder,
                .verdict = hear,
                .alarm_ctx = feeder,
                .alarm = raise_alarm,
        };
        sim_key(sim_keys_now(&feeder->partner->keys), curve.public_key, curve.secret_key);
        int r = qf_context_new(1, &feeder->context);
        return r == 0 ? qf_socket_connect(feeder->context, &how, "tcp://feed", &socket) : r;
}

static int start(struct sim_process *process)
{
        struct feeder *feeder = calloc(1, sizeof(*feeder));
        struct qf_feed_options options;

        if (!feeder)
                return -ENOMEM;
        process->self = feeder;
        feeder->process = process;
        feeder->partner = process->role;
        feeder->speaks_for = "";
        feeder->make_ns = sim_local_ns() + sim_between(0, 300) * SIM_MS;
        int r = feed_options(feeder, &options);
        if (r == 0)
                r = qf_feed_open(&options, &feeder->feed);
        if (r == 0) {
                recall(feeder);
                sim_say("outbox %02x%02x… next %llu, acknowledged %llu", feeder->partner->outbox[0],
                        feeder->partner->outbox[1], (unsigned long long)feeder->partner->next,
                        (unsigned long long)feeder->partner->acked);
                sim_process_wake(process, sim_local_ns());
        }
        return r;
}

static void note_state(struct feeder *feeder)
{
        struct sim_partner *partner = feeder->partner;
        const struct qf_outbox_standing *standing = qf_outbox_standing(qf_feed_outbox(feeder->feed));

        if (memcmp(partner->outbox, standing->id, 16) != 0)
                SIM_PROBE("outbox sealed itself and began anew");
        recall(feeder);
        partner->stopped = standing->stopped;
        partner->gone = qf_feed_gone(feeder->feed);
        partner->drained = qf_feed_drained(feeder->feed);
}

/* Its outbox keeps all that nobody hears. */
static void note_refusal(struct feeder *feeder, bool refused)
{
        struct sim_partner *partner = feeder->partner;
        const struct qf_outbox_standing *standing = qf_outbox_standing(qf_feed_outbox(feeder->feed));

        if (refused && partner->acked > 0)
                SIM_PROBE("feeding with a key that was taken away");
        if (refused && partner->office)
                SIM_PROBE("office refused with a key that was replaced");
        partner->dated |= refused && sim_oracle_key_is_dated(sim_keys_now(&partner->keys));
        if (partner->dated && !refused && qf_feed_welcome(feeder->feed)) {
                SIM_PROBE("heard from the day on that its key is valid");
                partner->dated = false;
        }
        if (partner->refused && partner->acked > 0 && qf_feed_welcome(feeder->feed))
                SIM_PROBE("heard again with a key");
        partner->refused = refused || (partner->refused && !qf_feed_welcome(feeder->feed));
        if (partner->refused && memcmp(partner->outbox, standing->id, 16) == 0 &&
            standing->next - 1 - standing->acked != qf_feed_waiting(feeder->feed))
                sim_fail("%s keeps %llu events, and %llu were not acknowledged", feeder->process->name,
                         (unsigned long long)qf_feed_waiting(feeder->feed),
                         (unsigned long long)(standing->next - 1 - standing->acked));
}

/* Nothing of it may be sent: it is said, again at each start, until a human moves it away. */
static void note_stray(struct feeder *feeder)
{
        SIM_PROBE("outbox of another source sends nothing");
        sim_say("the outbox is another source's");
        feeder->partner->turned_away = true;
        if (!feeder->partner->astray)
                sim_fail("%s is told that its own outbox is another source's", feeder->process->name);
}

static int turn(struct sim_process *process, int64_t *ret_next_ns)
{
        struct feeder *feeder = process->self;
        int r = act(feeder);

        if (r == 0)
                r = make(feeder);
        if (r == 0)
                r = forget(feeder);
        if (r == 0)
                r = qf_feed_pump(feeder->feed, 0);
        if (r == QF_FEED_ANOTHERS)
                note_stray(feeder);
        note_refusal(feeder, r == QF_FEED_REFUSED);
        note_state(feeder);
        int64_t next_ns = sim_local_ns() + (feeder->partner->drained ? IDLE_MS : 20) * SIM_MS;
        if (!feeder->partner->rests && feeder->make_ns < next_ns)
                next_ns = feeder->make_ns > sim_local_ns() ? feeder->make_ns : sim_local_ns() + SIM_MS;
        *ret_next_ns = next_ns;
        return r;
}

static void stop(struct sim_process *process)
{
        struct feeder *feeder = process->self;

        if (!feeder)
                return;
        qf_feed_close(feeder->feed);
        qf_context_free(feeder->context);
        free(feeder);
        process->self = NULL;
}

const struct sim_kind sim_partner_kind = {start, turn, stop};

void sim_partner_copy(const struct sim_partner *from, struct sim_partner *to)
{
        sim_partner_end(to);
        to->prints = sim_new(from->prints_room * sizeof(*from->prints));
        to->prints_room = from->prints_room;
        if (from->prints_room)
                memcpy(to->prints, from->prints, from->prints_room * sizeof(*from->prints));
        memcpy(to->outbox, from->outbox, sizeof(to->outbox));
        to->next = from->next;
        to->acked = from->acked;
        to->astray = from->astray;
        to->early = from->early;
        to->turned_away = false;
}

void sim_partner_end(struct sim_partner *partner)
{
        sim_free(partner->prints);
        partner->prints = NULL;
        partner->prints_room = 0;
}
