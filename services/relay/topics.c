/* Three walks over the same cells: changed ones (from the newest end of their
 * list), all of them by number in steps that take five seconds, and all of them
 * at once for what is newly subscribed. A year's sum goes out with each of its
 * months. A wish of which a walk over all of them had nothing is answered by its
 * own prefix and an empty value, so that whoever listens to nothing else learns
 * of another epoch (PROTOCOL.md 7.6). */
#include "relay/topics.h"

#include <errno.h>
#include <inttypes.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/period.h"

enum {
        ALL_MS = 5000,
        NEW_MAX = 64, /* newly subscribed prefixes that are served alone; more: everybody is */
};

struct wish {
        struct qf_view prefix; /* first: it is what the tree is ordered by */
        struct wish *next, **to_me;
        uint32_t users;
        bool told; /* something went out to it in this round */
        char bytes[];
};

struct qf_topics {
        qf_topics_publish publish;
        void *ctx;
        struct wish *wishes;
        void *tree; /* of the same: one client may have hundreds of thousands, and each topic is looked for */
        uint32_t of_length[QF_TOPIC_BYTES]; /* wishes by their prefix's bytes; longer ones have no topic */
        uint32_t new_count;
        struct wish *new[NEW_MAX];
        bool all_new;              /* more than fit: everything is published with the next step */
        enum qf_pulse_state state; /* of the last step */
        uint64_t published;        /* changes up to this version are out */
        int64_t changes_ms;        /* when they went out */
        int64_t round_ms;          /* when the round of everything began */
        size_t round_next;         /* number of its next cell */
};

int qf_topics_new(qf_topics_publish publish, void *ctx, struct qf_topics **ret_topics)
{
        struct qf_topics *topics = calloc(1, sizeof(*topics));

        if (!topics)
                return -ENOMEM;
        topics->publish = publish;
        topics->ctx = ctx;
        *ret_topics = topics;
        return 0;
}

void qf_topics_forget(struct qf_topics *topics)
{
        tdestroy(topics->tree, free);
        topics->tree = NULL;
        topics->wishes = NULL;
        memset(topics->of_length, 0, sizeof(topics->of_length));
        topics->new_count = 0;
        topics->all_new = false;
}

struct qf_topics *qf_topics_free(struct qf_topics *topics)
{
        if (!topics)
                return NULL;
        qf_topics_forget(topics);
        free(topics);
        return NULL;
}

/* Of a round that begins, or of a walk that is a round by itself. */
static void forget_told(struct qf_topics *topics)
{
        for (struct wish *wish = topics->wishes; wish; wish = wish->next)
                wish->told = false;
}

void qf_topics_begin_anew(struct qf_topics *topics)
{
        topics->published = 0;
        topics->round_next = 0;
        topics->all_new = true;
}

static int order(const void *a, const void *b)
{
        const struct qf_view *left = a, *right = b;

        return qf_view_order(*left, *right);
}

/* NULL: nobody wants it. */
static struct wish *find(const struct qf_topics *topics, struct qf_view prefix)
{
        struct wish *const *found = tfind(&prefix, &topics->tree, order);

        return found ? *found : NULL;
}

static struct wish *make_wish(struct qf_topics *topics, struct qf_view prefix)
{
        struct wish *wish = calloc(1, sizeof(*wish) + prefix.len + 1);

        if (!wish)
                return NULL;
        if (prefix.len)
                memcpy(wish->bytes, prefix.at, prefix.len);
        wish->prefix = (struct qf_view){wish->bytes, prefix.len};
        if (!tsearch(wish, &topics->tree, order)) {
                free(wish);
                return NULL;
        }
        wish->next = topics->wishes;
        wish->to_me = &topics->wishes;
        if (wish->next)
                wish->next->to_me = &wish->next;
        topics->wishes = wish;
        if (prefix.len < QF_TOPIC_BYTES)
                topics->of_length[prefix.len]++;
        return wish;
}

int qf_topics_subscribe(struct qf_topics *topics, struct qf_view prefix)
{
        struct wish *wish = find(topics, prefix);

        if (!wish)
                wish = make_wish(topics, prefix);
        if (!wish)
                return -ENOMEM;
        wish->users++;
        if (topics->new_count < NEW_MAX)
                topics->new[topics->new_count++] = wish;
        else
                topics->all_new = true;
        return 0;
}

void qf_topics_unsubscribe(struct qf_topics *topics, struct qf_view prefix)
{
        struct wish *gone = find(topics, prefix);

        if (!gone || --gone->users > 0)
                return;
        (void)tdelete(gone, &topics->tree, order);
        *gone->to_me = gone->next;
        if (gone->next)
                gone->next->to_me = gone->to_me;
        if (prefix.len < QF_TOPIC_BYTES)
                topics->of_length[prefix.len]--;
        for (uint32_t i = topics->new_count; i-- > 0;)
                if (topics->new[i] == gone)
                        topics->new[i] = topics->new[--topics->new_count];
        free(gone);
}

static bool begins_with(const char *topic, uint32_t len, const struct wish *wish)
{
        return wish->prefix.len <= len && memcmp(topic, wish->bytes, wish->prefix.len) == 0;
}

/* only_new: by those that are newly subscribed. Who wants it is told. */
static bool is_wanted(const struct qf_topics *topics, bool only_new, const char *topic, uint32_t len)
{
        bool wanted = false;

        for (uint32_t i = 0; only_new && i < topics->new_count; i++)
                if (begins_with(topic, len, topics->new[i]))
                        wanted = topics->new[i]->told = true;
        if (only_new)
                return wanted;
        for (uint32_t bytes = 0; bytes <= len && bytes < QF_TOPIC_BYTES; bytes++) {
                struct wish *wish =
                        topics->of_length[bytes] ? find(topics, (struct qf_view){topic, bytes}) : NULL;
                if (wish)
                        wanted = wish->told = true;
        }
        return wanted;
}

static int say_nothing(const struct qf_topics *topics, const struct wish *wish)
{
        return wish->told ? 0 : topics->publish(topics->ctx, wish->prefix, QF_VIEW(""));
}

static int say_nothing_to_all(const struct qf_topics *topics)
{
        int r = 0;

        for (const struct wish *wish = topics->wishes; wish && r == 0; wish = wish->next)
                r = say_nothing(topics, wish);
        return r;
}

static int publish_counts(const struct qf_topics *topics, const struct qf_topics_source *source,
                          bool only_new, struct qf_cell_key key, const char *period,
                          const struct qf_counts *counts)
{
        const struct qf_dimension *dimension = qf_programme_dimension(source->programme, key.dimension);
        const struct qf_member *member =
                dimension && key.member ? qf_programme_member(source->programme, key.dimension, key.member)
                                        : NULL;
        struct qf_view dimension_code = dimension ? dimension->code : QF_VIEW("total");
        struct qf_view member_code = member ? member->code : dimension ? QF_VIEW("") : QF_VIEW("all");

        for (unsigned m = 0; m < QF_MEASURES; m++) {
                char topic[QF_TOPIC_BYTES], value[24];
                int len = snprintf(topic, sizeof(topic), "t/%s/%.*s/%.*s/%s/",
                                   qf_measure_code((enum qf_measure)m), (int)dimension_code.len,
                                   dimension_code.at, (int)member_code.len, member_code.at, period);
                int r;

                if (len < 0 || (size_t)len >= sizeof(topic) ||
                    !is_wanted(topics, only_new, topic, (uint32_t)len))
                        continue;
                (void)snprintf(value, sizeof(value), "%" PRId64, counts->of[m]);
                r = topics->publish(topics->ctx, (struct qf_view){topic, (uint32_t)len}, qf_view_of(value));
                if (r < 0)
                        return r;
        }
        return 0;
}

/* Months and what is known to the year only. */
static int publish_year(const struct qf_topics *topics, const struct qf_topics_source *source, bool only_new,
                        struct qf_cell_key key)
{
        uint32_t year = qf_date_year(key.period);
        struct qf_counts sum = {{0}};
        char period[12];

        for (uint32_t month = 0; month <= 12; month++) {
                const struct qf_cell *cell;

                key.period = year * 10000 + month * 100;
                cell = qf_picture_find(source->picture, key);
                if (cell && !qf_counts_add(&sum, &cell->counts, 1))
                        return 0; /* a sum that cannot be said is not said */
        }
        (void)snprintf(period, sizeof(period), "%" PRIu32, year);
        return publish_counts(topics, source, only_new, key, period, &sum);
}

bool qf_topics_keeps(struct qf_cell_key key)
{
        return key.dimension == QF_DIMENSION_TOTAL || key.period % 100 == 0;
}

static int publish_cell(const struct qf_topics *topics, const struct qf_topics_source *source, bool only_new,
                        const struct qf_cell *cell)
{
        char period[12];
        int r;

        if (!qf_topics_keeps(cell->key))
                return 0;
        (void)snprintf(period, sizeof(period), "%08" PRIu32, cell->key.period);
        r = publish_counts(topics, source, only_new, cell->key, period, &cell->counts);
        if (r == 0 && cell->key.period % 100 == 0)
                r = publish_year(topics, source, only_new, cell->key);
        return r;
}

static int publish_numbers(const struct qf_topics *topics, const struct qf_topics_source *source,
                           bool only_new, size_t from, size_t end)
{
        int r = 0;

        for (size_t i = from; i < end && r == 0; i++)
                r = publish_cell(topics, source, only_new, qf_picture_at(source->picture, i));
        return r;
}

static int publish_to_all(struct qf_topics *topics, const struct qf_topics_source *source)
{
        forget_told(topics);
        int r = publish_numbers(topics, source, false, 0, qf_picture_cells(source->picture));
        return r == 0 ? say_nothing_to_all(topics) : r;
}

/* All cells once, however many are new. */
static int publish_to_new(struct qf_topics *topics, const struct qf_topics_source *source)
{
        for (uint32_t i = 0; i < topics->new_count; i++)
                topics->new[i]->told = false;
        int r = publish_numbers(topics, source, true, 0, qf_picture_cells(source->picture));
        for (uint32_t i = 0; i < topics->new_count && r == 0; i++)
                r = say_nothing(topics, topics->new[i]);
        return r;
}

static int publish_new(struct qf_topics *topics, const struct qf_topics_source *source)
{
        int r = 0;

        if (topics->all_new)
                r = publish_to_all(topics, source);
        else if (topics->new_count > 0)
                r = publish_to_new(topics, source);
        topics->all_new = false;
        topics->new_count = 0;
        return r;
}

static int publish_changes(struct qf_topics *topics, const struct qf_topics_source *source, int64_t mono_ms)
{
        struct qf_picture_walk changed = qf_picture_changed(source->picture, topics->published);
        int r = 0;

        if (mono_ms - topics->changes_ms < QF_TOPICS_CHANGES_MS || topics->published >= source->version)
                return 0;
        for (const struct qf_cell *cell; r == 0 && (cell = qf_picture_walk_next(&changed)) != NULL;)
                r = publish_cell(topics, source, false, cell);
        topics->published = source->version;
        topics->changes_ms = mono_ms;
        return r;
}

/* As many cells as the time that has gone by asks for. */
static int publish_round(struct qf_topics *topics, const struct qf_topics_source *source, int64_t mono_ms)
{
        size_t cells = qf_picture_cells(source->picture), due;
        int r;

        if (mono_ms - topics->round_ms >= ALL_MS) {
                due = cells;
        } else {
                due = (size_t)((uint64_t)cells * (uint64_t)(mono_ms - topics->round_ms) / ALL_MS);
                due = due < topics->round_next ? topics->round_next : due;
        }
        r = publish_numbers(topics, source, false, topics->round_next, due);
        topics->round_next = due;
        if (mono_ms - topics->round_ms < ALL_MS)
                return r;
        if (r == 0)
                r = say_nothing_to_all(topics);
        forget_told(topics);
        topics->round_ms = mono_ms;
        topics->round_next = 0;
        return r;
}

/* Whether the values stay as they are whatever happens. Who is late moves on, and is so with every message under load. */
static bool stands_still(enum qf_pulse_state state)
{
        return state == QF_PULSE_STOPPED || state == QF_PULSE_DEAD;
}

static void note_state(struct qf_topics *topics, enum qf_pulse_state state)
{
        if (state != topics->state && (stands_still(state) || stands_still(topics->state)))
                topics->all_new = true;
        topics->state = state;
}

int qf_topics_step(struct qf_topics *topics, const struct qf_topics_source *source, int64_t mono_ms)
{
        int r;

        note_state(topics, source->state);
        if (!topics->wishes) { /* nobody listens: nothing is late */
                topics->published = source->version;
                topics->changes_ms = topics->round_ms = mono_ms;
                topics->round_next = 0;
                topics->all_new = false;
                return 0;
        }
        r = publish_new(topics, source);
        if (r == 0)
                r = publish_changes(topics, source, mono_ms);
        return r == 0 ? publish_round(topics, source, mono_ms) : r;
}
