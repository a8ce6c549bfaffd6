/* Why all or nothing: a program that is told "two of your three lines were taken"
 * has to cut its batch anew, and most would send all three again. One that is told
 * "nothing was" mends the line and does just that.
 *
 * Why a key is asked for with ticks: a statement that comes twice is a duplicate by
 * its own key, a tick that comes twice counts twice, and an answer can be lost. */
#include "qf/feeding/feed_post.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/text.h"
#include "client/feed_json.h"
#include "qf/feeding/feed_tally.h"
#include "qf/feeding/feed_told.h"
#include "qf/feeding/feeding.h"
#include "views/json.h"

enum {
        REFUSED_SHOWN = 100,   /* of the lines of one body */
        RETURNED_SHOWN = 20,   /* of what the server returned, the last ones */
        LEARN_MS = 1000,       /* a name that is not known here may be new: the server is asked, */
        LEARN_EVERY_MS = 5000, /* not for every mistake */
        REOPEN_MS = 60000,     /* a key that was refused may be registered meanwhile */
        SWEEP = 16,            /* notes that a request looks at whether they are to be forgotten */
        FULL_RETRY_S = 10,
        DAY_MS = 24 * 60 * 60 * 1000,
        NAME = sizeof(QF_OUTBOX_REQUEST) + (size_t)2 * QF_SHA256_BYTES,
};

struct qf_posts {
        struct qf_cli *cli;
        struct qf_feed *feed;
        const struct qf_programme *programme; /* the feed's; NULL: none known, the server judges names */
        struct qf_sha256 *sha;
        int64_t learnt_ms, opened_ms;
        uint8_t swept[QF_OUTBOX_HASH]; /* how far */
        uint64_t taken, again, refused;
        uint64_t judged[QF_CLASSES];
        json_t *returned;
        int ended; /* enum qf_feed_outcome that only a human mends; 0: none */
};

/* --- answers ------------------------------------------------------------ */

struct qf_post_answer qf_post_say(const struct qf_cli *cli, unsigned status, const char *zh, const char *en)
{
        return (struct qf_post_answer){.status = status,
                                       .json = json_pack("{s:s}", "error", cli->chinese ? zh : en)};
}

static int say(struct qf_posts *posts, struct qf_post_answer *answer, unsigned status, const char *zh,
               const char *en)
{
        posts->refused++;
        *answer = qf_post_say(posts->cli, status, zh, en);
        return 0;
}

static json_t *note_json(const struct qf_posts *posts, const struct qf_note *note)
{
        QF_CLEANUP(qf_buffer_deinit) struct qf_buffer text = {0};
        if (qf_note_print(note, posts->cli->chinese, &text))
                return NULL;
        return json_pack("{s:s, s:o}", "code", qf_note_name(note), "text",
                         qf_json_text((struct qf_view){(const char *)text.at, (uint32_t)text.len}));
}

static void put_outbox(const struct qf_posts *posts, json_t *to)
{
        char id[2 * QF_OUTBOX_ID_BYTES + 1];
        qf_text_hex(qf_outbox_standing(qf_feed_outbox(posts->feed))->id, QF_OUTBOX_ID_BYTES, id);
        (void)json_object_set_new(to, "outbox", json_string(id));
}

/* --- verdicts ----------------------------------------------------------- */

struct recalling { /* the answer that holds the number asked for last */
        struct qf_outbox *outbox;
        struct qf_buffer buffer;
        struct qf_outbox_answer answer;
};

static int put_verdict(const struct qf_posts *posts, struct recalling *recalling, uint64_t number, json_t *to)
{
        const struct qf_outbox_standing *standing = qf_outbox_standing(recalling->outbox);
        const char *class = number > standing->acked ? "waiting" : "forgotten";
        struct qf_verdict verdict = {0};
        int result = 0;

        if (number - recalling->answer.first >= recalling->answer.count)
                result =
                        qf_outbox_verdicts(recalling->outbox, number, &recalling->buffer, &recalling->answer);
        if (result && result != QF_STORE_NONE)
                return result;
        if (result == QF_STORE_NONE)
                recalling->answer = (struct qf_outbox_answer){0};
        else {
                verdict = qf_outbox_verdict_in(&recalling->answer, number);
                class = qf_verdict_class_name(verdict.class);
        }
        (void)json_object_set_new(to, "verdict", json_string(class));
        if (verdict.code) {
                const struct qf_note note = {.code = QF_NOTE_VERDICT, .verdict_code = verdict.code};
                json_t *said = note_json(posts, &note);
                (void)json_object_update_missing(to, said);
                json_decref(said);
        }
        return 0;
}

int qf_posts_verdicts(struct qf_posts *posts, uint64_t first, uint64_t count,
                      struct qf_post_answer *ret_answer)
{
        struct recalling recalling = {.outbox = qf_feed_outbox(posts->feed)};
        const uint64_t next = qf_outbox_standing(recalling.outbox)->next;
        json_t *lines = json_array();
        int result = 0;

        for (uint64_t number = first; number < next && number - first < count && result == 0; number++) {
                json_t *line = json_pack("{s:I}", "number", (json_int_t)number);
                result = put_verdict(posts, &recalling, number, line);
                (void)json_array_append_new(lines, line);
        }
        qf_buffer_deinit(&recalling.buffer);
        *ret_answer = (struct qf_post_answer){.status = 200, .json = json_pack("{s:o}", "lines", lines)};
        if (ret_answer->json)
                put_outbox(posts, ret_answer->json);
        return result > 0 ? -EBADMSG : result;
}

static int hear_verdict(void *ctx, const struct qf_feed_verdict *verdict)
{
        struct qf_posts *posts = ctx;
        const uint16_t class = verdict->verdict.class < QF_CLASSES ? verdict->verdict.class : QF_REJECTED;
        QF_CLEANUP(qf_buffer_deinit) struct qf_buffer words = {0}, text = {0};
        struct qf_note note;

        posts->ended = 0; /* of a verdict that is told there was room */
        if (verdict->again)
                return 0;
        posts->judged[class]++;
        if (class != QF_REJECTED && class != QF_QUARANTINED)
                return 0;
        int result = qf_told_verdict(0, verdict, posts->cli->chinese, &words, &note);
        if (result == 0)
                result = qf_note_print(&note, posts->cli->chinese, &text);
        if (result)
                return result;
        fprintf(stderr, "%llu %s %.*s\n", (unsigned long long)verdict->number, qf_verdict_class_name(class),
                (int)text.len, (const char *)text.at);
        json_t *told = note_json(posts, &note);
        (void)json_object_set_new(told, "number", json_integer((json_int_t)verdict->number));
        (void)json_object_set_new(told, "verdict", json_string(qf_verdict_class_name(class)));
        (void)json_array_append_new(posts->returned, told);
        if (json_array_size(posts->returned) > RETURNED_SHOWN)
                (void)json_array_remove(posts->returned, 0);
        return 0;
}

/* --- opening ------------------------------------------------------------ */

struct qf_posts *qf_posts_close(struct qf_posts *posts)
{
        if (!posts)
                return NULL;
        qf_feed_close(posts->feed);
        (void)qf_sha256_free(posts->sha);
        json_decref(posts->returned);
        free(posts);
        return NULL;
}

/* 0 or 1. */
static int open_feed(struct qf_posts *posts)
{
        if (qf_feeding_open(posts->cli, true, hear_verdict, posts, &posts->feed))
                return 1;
        posts->opened_ms = posts->learnt_ms = qf_clock_mono_ms();
        int result = qf_feed_learn(posts->feed, qf_feeding_learn_ms(posts->cli, posts->feed),
                                   &posts->programme, NULL);
        if (result >= 0 && result != QF_FEED_ANOTHERS)
                return 0; /* without names, or without a server, lines are kept as they are */
        qf_feeding_say(posts->cli, posts->feed, result);
        return 1;
}

int qf_posts_open(struct qf_cli *cli, struct qf_posts **ret_posts)
{
        struct qf_posts *posts = calloc(1, sizeof(*posts));
        int result = posts ? qf_sha256_new(&posts->sha) : -ENOMEM;

        if (result == 0) {
                posts->cli = cli;
                posts->returned = json_array();
                result = posts->returned ? 0 : -ENOMEM;
        }
        if (result < 0)
                qf_cli_broke(cli, result, cli->outbox);
        if (result || open_feed(posts)) {
                posts = qf_posts_close(posts);
                return 1;
        }
        *ret_posts = posts;
        return 0;
}

/* --- lines -------------------------------------------------------------- */

struct line {
        struct qf_view text;
        uint32_t number; /* in the body, from 1, empty ones too */
};

/* The next line that is not empty. */
static bool next_line(struct qf_view *rest, struct line *line)
{
        while (rest->len > 0) {
                const char *end = memchr(rest->at, '\n', rest->len);
                const uint32_t len = end ? (uint32_t)(end - rest->at) : rest->len;
                const uint32_t past = end ? len + 1 : len;
                line->text = (struct qf_view){rest->at, len};
                line->number++;
                *rest = (struct qf_view){rest->at + past, rest->len - past};
                if (line->text.len > 0 && line->text.at[len - 1] == '\r')
                        line->text.len--;
                if (line->text.len > 0)
                        return true;
        }
        return false;
}

struct reading {
        uint32_t events, refused;
        bool ticks;
        json_t *lines, *returned; /* NULL without memory, which json_pack then is told of */
};

static void reading_deinit(struct reading *reading)
{
        json_decref(reading->lines);
        json_decref(reading->returned);
}

static void refuse_line(const struct qf_posts *posts, struct reading *reading, struct qf_note note,
                        uint32_t number)
{
        if (reading->refused++ >= REFUSED_SHOWN)
                return;
        note.line = number;
        json_t *line = note_json(posts, &note);
        (void)json_object_set_new(line, "line", json_integer(number));
        (void)json_array_append_new(reading->returned, line);
}

static int read_line(struct qf_posts *posts, struct reading *reading, const struct line *line)
{
        QF_CLEANUP(qf_json_event_deinit) struct qf_json_event event = {0};
        uint64_t number = 0;
        int result = qf_json_event_read(line->text, posts->programme, &event);

        reading->events++;
        reading->ticks |= result == 0 && event.event.kind == QF_KIND_TICK;
        if (result == 0 && reading->refused == 0)
                result = qf_feed_add(posts->feed, &event.event, event.values, event.values_count, &number);
        else if (result == 1)
                refuse_line(posts, reading, event.note, line->number);
        if (result == QF_FEED_TOO_LARGE)
                refuse_line(posts, reading, (struct qf_note){.code = QF_NOTE_TOO_LONG}, line->number);
        if (result == 0)
                (void)json_array_append_new(reading->lines, json_pack("{s:i, s:I}", "line", (int)line->number,
                                                                      "number", (json_int_t)number));
        return result < 0 ? result : 0;
}

static int read_lines(struct qf_posts *posts, struct qf_view body, struct reading *reading)
{
        struct line line = {0};
        int result = 0;

        *reading = (struct reading){.lines = json_array(), .returned = json_array()};
        while (result == 0 && next_line(&body, &line))
                result = read_line(posts, reading, &line);
        if (result == 0 && reading->refused > 0)
                result = qf_feed_forget(posts->feed);
        return result;
}

/* A name that was registered after the last look is no mistake. Whether it is worth reading the lines again. */
static bool learnt_anew(struct qf_posts *posts)
{
        const int64_t now_ms = qf_clock_mono_ms();
        if (posts->ended || now_ms - posts->learnt_ms < LEARN_EVERY_MS || !qf_feed_welcome(posts->feed))
                return false;
        posts->learnt_ms = now_ms;
        return qf_feed_learn_anew(posts->feed, LEARN_MS, &posts->programme) == 0;
}

/* --- requests ----------------------------------------------------------- */

static void hash_request(struct qf_posts *posts, struct qf_view body, const char *key,
                         struct qf_fed_file *ret_file, char ret_name[NAME])
{
        uint8_t digest[QF_SHA256_BYTES];

        qf_sha256_begin(posts->sha);
        qf_sha256_add(posts->sha, QF_OUTBOX_REQUEST, sizeof(QF_OUTBOX_REQUEST));
        qf_sha256_add(posts->sha, key, strlen(key));
        qf_sha256_end(posts->sha, ret_file->hash);
        qf_sha256_begin(posts->sha);
        qf_sha256_add(posts->sha, body.at, body.len);
        qf_sha256_end(posts->sha, digest);
        memcpy(ret_name, QF_OUTBOX_REQUEST, sizeof(QF_OUTBOX_REQUEST) - 1);
        qf_text_hex(digest, sizeof(digest), ret_name + sizeof(QF_OUTBOX_REQUEST) - 1);
        ret_file->name = qf_view_of(ret_name);
}

static int answer_again(struct qf_posts *posts, struct qf_view body, const struct qf_fed_file *was,
                        struct qf_post_answer *answer)
{
        struct recalling recalling = {.outbox = qf_feed_outbox(posts->feed)};
        json_t *lines = json_array();
        struct line line = {0};
        uint64_t number = was->first;
        int result = 0;

        /* first 0: of an outbox before this one, whose numbers mean nothing any more. */
        while (number && result == 0 && next_line(&body, &line)) {
                json_t *told =
                        json_pack("{s:i, s:I}", "line", (int)line.number, "number", (json_int_t)number);
                result = put_verdict(posts, &recalling, number++, told);
                (void)json_array_append_new(lines, told);
        }
        qf_buffer_deinit(&recalling.buffer);
        posts->again++;
        *answer =
                (struct qf_post_answer){.status = 200,
                                        .json = json_pack("{s:I, s:b, s:o}", "taken", (json_int_t)was->count,
                                                          "again", 1, "lines", lines)};
        if (answer->json)
                put_outbox(posts, answer->json);
        return result > 0 ? -EBADMSG : result;
}

/* Positive 1: it was not heard before. */
static int find_request(struct qf_posts *posts, struct qf_view body, const struct qf_fed_file *file,
                        struct qf_post_answer *answer)
{
        QF_CLEANUP(qf_buffer_deinit) struct qf_buffer room = {0};
        struct qf_fed_file was;
        int result = qf_outbox_find_file(qf_feed_outbox(posts->feed), file->hash, &room, &was);

        if (result == QF_STORE_NONE)
                return 1;
        if (result)
                return result < 0 ? result : -EBADMSG;
        if (!qf_view_same(was.name, file->name))
                return say(
                        posts, answer, 409,
                        "这个 Idempotency-Key 用过了，那次的内容不一样。什么都没有收：换一个新的。",
                        "this Idempotency-Key was used with another body; nothing was taken: use a new one.");
        return answer_again(posts, body, &was, answer);
}

static int answer_refused(struct qf_posts *posts, struct reading *reading, struct qf_post_answer *answer)
{
        char text[160];
        (void)snprintf(
                text, sizeof(text),
                qf_cli_say(posts->cli, "%u 行不对（共 %u 行），什么都没有收：改好后整个再发。",
                           "%u of %u lines cannot be taken, so nothing was: mend them and send all again."),
                reading->refused, reading->events);
        posts->refused++;
        *answer = (struct qf_post_answer){.status = 422,
                                          .json = json_pack("{s:s, s:I, s:O}", "error", text, "refused",
                                                            (json_int_t)reading->refused, "lines",
                                                            reading->returned)};
        return 0;
}

/* What was added goes to disk, and with it what the request is known by. */
static int keep(struct qf_posts *posts, struct reading *reading, struct qf_fed_file *file,
                struct qf_post_answer *answer)
{
        const struct qf_outbox_now now = qf_feed_now(posts->feed);
        if (file) {
                file->fed_ms = now.latest_ms;
                file->first = qf_outbox_standing(qf_feed_outbox(posts->feed))->next;
                file->count = reading->events;
        }
        int result = qf_feed_flush(posts->feed, file);
        if (result == QF_FEED_FULL) {
                (void)say(posts, answer, 503, "磁盘空间不够，什么都没有收。腾出空间后再发。",
                          "no room on the disk; nothing was taken. Make room and send it again.");
                answer->retry_s = FULL_RETRY_S;
                return 0;
        }
        if (result)
                return result < 0 ? result : -EBADMSG;
        if (file && now.earliest_ms > 0) /* a request that is forgotten too early is taken twice */
                result = qf_outbox_forget_requests(qf_feed_outbox(posts->feed), posts->swept, SWEEP,
                                                   now.earliest_ms - (int64_t)QF_OUTBOX_KEEP_DAYS * DAY_MS);
        posts->taken++;
        *answer = (struct qf_post_answer){.status = 202,
                                          .json = json_pack("{s:I, s:b, s:O}", "taken",
                                                            (json_int_t)reading->events, "again", 0, "lines",
                                                            reading->lines)};
        if (answer->json)
                put_outbox(posts, answer->json);
        return result < 0 ? result : 0; /* forgetting can wait for room */
}

static bool is_key(const char *key)
{
        size_t len = 0;
        while (key[len] > ' ' && key[len] <= '~')
                len++;
        return len > 0 && len <= QF_POST_KEY_MAX && key[len] == '\0';
}

int qf_posts_take(struct qf_posts *posts, struct qf_view body, const char *key,
                  struct qf_post_answer *ret_answer)
{
        QF_CLEANUP(reading_deinit) struct reading reading = {0};
        struct qf_fed_file file = {0};
        char name[NAME];

        if (key && !is_key(key))
                return say(posts, ret_answer, 400,
                           "Idempotency-Key 要有 1 到 255 个可见的 ASCII 字符。什么都没有收。",
                           "an Idempotency-Key has 1 to 255 visible ASCII characters; nothing was taken.");
        if (key) {
                hash_request(posts, body, key, &file, name);
                int found = find_request(posts, body, &file, ret_answer);
                if (found <= 0)
                        return found;
        }
        int result = read_lines(posts, body, &reading);
        if (result == 0 && reading.refused > 0 && learnt_anew(posts)) {
                reading_deinit(&reading);
                result = read_lines(posts, body, &reading);
        }
        if (result < 0)
                return result;
        if (reading.events == 0)
                return say(posts, ret_answer, 400, "里面一行也没有。每行一个 JSON 对象。",
                           "there is no line in it: one JSON object a line.");
        if (reading.refused > 0)
                return answer_refused(posts, &reading, ret_answer);
        if (!reading.ticks || key)
                return keep(posts, &reading, key ? &file : NULL, ret_answer);
        result = qf_feed_forget(posts->feed);
        (void)say(
                posts, ret_answer, 428,
                "里面有签到一类的计数（tick），重发会多计：要带 Idempotency-Key，重发时用同一个。什么都没有收。",
                "there are ticks in it, which count twice when they are sent twice: give an Idempotency-Key, the same when "
                "you send it again. Nothing was taken.");
        return result;
}

/* --- turning ------------------------------------------------------------ */

/* A connection that was refused is not made again by itself. */
static int open_again(struct qf_posts *posts)
{
        if (posts->ended != QF_FEED_REFUSED || qf_clock_mono_ms() - posts->opened_ms < REOPEN_MS)
                return 0;
        posts->programme = NULL;
        posts->feed = qf_feed_close(posts->feed);
        posts->ended = 0;
        return open_feed(posts) ? -EIO : 0; /* which it said */
}

int qf_posts_turn(struct qf_posts *posts, int fd, int64_t timeout_ms)
{
        int result = open_again(posts);
        if (result)
                return result;
        result = qf_feed_pump_beside(posts->feed, fd, timeout_ms);
        if (result <= 0)
                return result;
        if (result != posts->ended) {
                posts->ended = result;
                qf_feeding_say(posts->cli, posts->feed, result);
                return 0;
        }
        struct pollfd request = {.fd = fd, .events = POLLIN};
        (void)poll(&request, 1, (int)timeout_ms); /* an ended feed waits for nothing by itself */
        return 0;
}

/* --- looking ------------------------------------------------------------ */

static const char *say_ended(const struct qf_posts *posts)
{
        const struct qf_outbox_standing *standing = qf_outbox_standing(qf_feed_outbox(posts->feed));
        if (posts->ended == QF_FEED_REFUSED)
                return qf_cli_say(
                        posts->cli, "服务端不接受这个密钥，或它没有报送权限；收下的都存着，每分钟再试一次",
                        "the server does not accept the key, or it may not feed; what is taken is kept, and the "
                        "server is asked again each minute");
        if (posts->ended == QF_FEED_FULL)
                return qf_cli_say(
                        posts->cli, "磁盘空间不够，服务端的结论存不下；收下的都存着，腾出空间后自动接着来",
                        "there is no room on the disk for the server's verdicts; what is taken is kept, and all "
                        "goes on by itself when there is room");
        if (posts->ended)
                return standing->say[0] ? standing->say : qf_refusal_text((uint16_t)standing->stopped)->en;
        return NULL;
}

void qf_posts_status(struct qf_posts *posts, struct qf_post_answer *ret_answer)
{
        const struct qf_outbox_standing *standing = qf_outbox_standing(qf_feed_outbox(posts->feed));
        json_t *judged = json_object();

        for (uint16_t class = 0; class < QF_CLASSES; class ++)
                (void)json_object_set_new(judged, qf_verdict_class_name(class),
                                          json_integer((json_int_t)posts->judged[class]));
        json_t *status = json_pack("{s:s, s:I, s:I, s:o, s:{s:I, s:I, s:I}, s:O, s:s?}", "source",
                                   posts->cli->source, "waiting", (json_int_t)qf_feed_waiting(posts->feed),
                                   "next", (json_int_t)standing->next, "judged", judged, "requests", "taken",
                                   (json_int_t)posts->taken, "again", (json_int_t)posts->again, "refused",
                                   (json_int_t)posts->refused, "returned", posts->returned, "stopped",
                                   say_ended(posts));
        if (status) {
                put_outbox(posts, status);
                (void)json_object_set_new(status, "heard_ms_ago",
                                          qf_feed_welcome(posts->feed)
                                                  ? json_integer(qf_feed_silent_ms(posts->feed))
                                                  : json_null());
        }
        *ret_answer = (struct qf_post_answer){.status = 200, .json = status};
}

void qf_posts_health(struct qf_posts *posts, struct qf_post_answer *ret_answer)
{
        const char *ended = say_ended(posts);
        *ret_answer = (struct qf_post_answer){.status = ended ? 503 : 200,
                                              .json = ended ? json_pack("{s:s}", "error", ended)
                                                            : json_pack("{s:b}", "ok", 1)};
}
