/* Requests at the door (ZeroMQ RFC 27), frame by frame: each frame is its length (u16 le) and its bytes. Every request
 * is answered with six frames, "200" only when it is a whole one of a key that is known. */
#include "fuzz/target.h"

#include <stdlib.h>
#include <zmq.h>

#include "base/bytes.h"
#include "base/error.h"
#include "wire/socket.h"
#include "wire/socket_context.h"

enum { FRAMES_MAX = 16, PARTS = 6, KEY_BYTES = 32 };

static struct qf_context *context;
static struct qf_zap *zap;
static void *asker;

static const char *decide(void *ctx, const uint8_t public_key[KEY_BYTES], const char *address)
{
        (void)ctx;
        uint32_t sum = 0;
        for (unsigned i = 0; i < KEY_BYTES; i++)
                sum += public_key[i];
        while (*address)
                sum += (uint8_t)*address++;
        return public_key[0] == 'k' && sum != 0 ? "office#0011223344556677" : NULL;
}

static void end(void)
{
        (void)zmq_close(asker);
        (void)qf_zap_close(zap);
        (void)qf_context_free(context);
}

static void begin(void)
{
        QF_ASSERT(qf_context_new(1, &context) == 0);
        QF_ASSERT(qf_zap_open(context, decide, NULL, &zap) == 0);
        asker = zmq_socket(qf_context_handle(context), ZMQ_REQ);
        QF_ASSERT(asker && zmq_connect(asker, "inproc://zeromq.zap.01") == 0);
        (void)atexit(end);
}

/* Gives how many frames were sent; *ret_known: whether they are a request that has to be let in. */
static unsigned ask(const uint8_t *bytes, size_t len, bool *ret_known)
{
        struct qf_view frames[FRAMES_MAX];
        unsigned count = 0;

        while (len >= 2 && count < FRAMES_MAX) {
                size_t size = qf_get_le16(bytes), most = len - 2;
                size = size < most ? size : most;
                frames[count++] = (struct qf_view){(const char *)bytes + 2, (uint32_t)size};
                bytes += 2 + size;
                len = most - size;
        }
        for (unsigned i = 0; i < count; i++)
                QF_ASSERT(zmq_send(asker, frames[i].at, frames[i].len, i + 1 < count ? ZMQ_SNDMORE : 0) >= 0);
        *ret_known = count == 7 && qf_view_same(frames[0], QF_VIEW("1.0")) &&
                     qf_view_same(frames[5], QF_VIEW("CURVE")) && frames[6].len == KEY_BYTES &&
                     frames[6].at[0] == 'k';
        return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
        char parts[PARTS][64];
        int sizes[PARTS], more = 0;
        size_t room = sizeof more;
        bool known = false;

        if (!context)
                begin();
        if (ask(bytes, len, &known) == 0)
                return 0;
        QF_ASSERT(qf_zap_turn(zap) == 0);
        for (unsigned i = 0; i < PARTS; i++) {
                sizes[i] = zmq_recv(asker, parts[i], sizeof parts[i], ZMQ_DONTWAIT);
                QF_ASSERT(sizes[i] >= 0);
                QF_ASSERT(zmq_getsockopt(asker, ZMQ_RCVMORE, &more, &room) == 0 && more == (i + 1 < PARTS));
        }
        QF_ASSERT(sizes[2] == 3 && memcmp(parts[2], known ? "200" : "400", 3) == 0);
        QF_ASSERT((sizes[4] > 0) == known);
        return 0;
}
