/* Why: half of what a system like this gets wrong is on the way to its readers, so
 * they are checked at each picture that they may show. */
#include "simulation/reader.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "client/subscribe.h"
#include "simulation/network.h"
#include "simulation/oracle.h"

struct reader {
        int64_t since_ns, turned_ns; /* what it hears was sent later than this; its last turn */
        struct sim_process *process;
        struct qf_context *context;
        struct qf_subscription *subscription;
        char prefixes[QF_MEASURES][48];
};

enum { SERVER_KEY = 2, TURN_MS = 100, ON_THE_WAY_MS = 1000 };

static int consistent(void *ctx, uint64_t version, bool begun_anew)
{
        struct reader *reader = ctx;
        struct sim_reader *role = reader->process->role;
        const uint8_t *epoch = qf_subscription_epoch(reader->subscription);

        (void)begun_anew;
        if (role->held && memcmp(role->epoch, epoch, 16) == 0 && version < role->version)
                sim_fail("%s went back from version %llu to %llu", reader->process->name,
                         (unsigned long long)role->version, (unsigned long long)version);
        if (role->held && memcmp(role->epoch, epoch, 16) != 0)
                SIM_PROBE("reader met another epoch");
        role->held = true;
        role->version = version;
        role->pictures++;
        memcpy(role->epoch, epoch, 16);
        sim_oracle_shown(role->key, reader->since_ns, epoch, version,
                         qf_subscription_picture(reader->subscription), role->dimension);
        return 0;
}

static int subscribe(struct reader *reader)
{
        struct sim_reader *role = reader->process->role;
        const char *prefixes[QF_MEASURES];
        struct qf_curve curve = {0};
        const struct qf_socket_options how = {.type = QF_DEALER, .curve = &curve, .receive_hwm = 4};
        struct qf_subscription_options options = {
                .every_ms = role->every_ms,
                .prefixes_count = role->dimension ? QF_MEASURES : 0,
                .prefixes = prefixes,
                .credit_bytes = role->credit,
                .calls = {.ctx = reader, .consistent = consistent},
        };
        struct qf_socket *socket = NULL;

        sim_key(role->key, curve.public_key, curve.secret_key);
        for (unsigned i = 0; i < QF_MEASURES; i++) {
                prefixes[i] = reader->prefixes[i];
                (void)snprintf(reader->prefixes[i], sizeof(reader->prefixes[i]), "%s/%s/",
                               qf_measure_code((enum qf_measure)i), role->dimension ? role->dimension : "");
        }
        int r = qf_context_new(1, &reader->context);
        if (r == 0)
                r = qf_socket_connect(reader->context, &how, "tcp://read", &socket);
        return r == 0 ? qf_subscription_open(&socket, &options, &reader->subscription) : r;
}

static int start(struct sim_process *process)
{
        struct sim_reader *role = process->role;
        struct reader *reader = calloc(1, sizeof(*reader));

        if (!reader)
                return -ENOMEM;
        process->self = reader;
        reader->process = process;
        role->held = false;
        reader->turned_ns = sim.now_ns;
        sim_process_wake(process, sim_local_ns());
        return subscribe(reader);
}

static int turn(struct sim_process *process, int64_t *ret_next_ns)
{
        struct reader *reader = process->self;
        const struct sim_reader *role = process->role;

        reader->since_ns = reader->turned_ns - ON_THE_WAY_MS * SIM_MS;
        reader->turned_ns = sim.now_ns;
        int r = qf_subscription_turn(reader->subscription, qf_clock_mono_ms());
        if (r == QF_SUBSCRIPTION_DENIED)
                SIM_PROBE("reader denied");
        if (r == QF_SUBSCRIPTION_DENIED && sim_oracle_key_is_dated(role->key))
                SIM_PROBE("reader denied on a day that its key is not valid");
        if (r == QF_SUBSCRIPTION_DENIED && role->held)
                SIM_PROBE("reader told that its key was taken away");
        if (r == 0 && qf_socket_refused(qf_subscription_socket(reader->subscription)))
                r = 1; /* a person would look at the key and try again */
        *ret_next_ns = sim_local_ns() + TURN_MS * SIM_MS;
        return r;
}

static void stop(struct sim_process *process)
{
        struct reader *reader = process->self;

        if (!reader)
                return;
        qf_subscription_close(reader->subscription);
        qf_context_free(reader->context);
        free(reader);
        process->self = NULL;
}

const struct sim_kind sim_reader_kind = {start, turn, stop};

bool sim_reader_is_at(const struct sim_reader *reader, const uint8_t epoch[16], uint64_t version)
{
        return reader->held && reader->version == version && memcmp(reader->epoch, epoch, 16) == 0;
}
