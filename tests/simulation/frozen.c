/* Why: an edition is read when everything that it was made of has changed since, so
 * what it says is compared with what the model had in the middle of the very record
 * that closed it; and a rebuild that makes another edition of the same records is
 * caught by its digest, whatever it says. */
#include "simulation/frozen.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "programme/edition_data.h"
#include "store/counts_tables.h"

enum { MADE_MAX = 512, LINE = 256 };

struct made {                           /* an edition as it was first seen */
        uint8_t record[32], digest[32]; /* of the record that closed it, of its data */
        uint32_t id;
};

static struct {
        struct made made[MADE_MAX];
        uint32_t made_count;
        const struct sim_history *history; /* what was looked at last */
        const struct sim_node *root;
        uint64_t rows;
} frozen;

static bool read_row(const struct sim_rows *rows, uint32_t id, const char *file, uint32_t part,
                     struct qf_view *ret_value)
{
        uint8_t key[QF_EDITION_KEY_BYTES];
        const uint32_t len = (uint32_t)qf_edition_row_key(id, qf_view_of(file), part, key);

        return sim_rows_get(rows, (struct qf_view){(const char *)key, len}, ret_value);
}

static void check_line(const struct sim_edition *edition, uint32_t id, struct qf_view line,
                       uint32_t *ret_totals)
{
        static const char total[] = "cell\ttotal\tall\t";
        char right[LINE];

        if (line.len < sizeof(total) - 1 || memcmp(line.at, total, sizeof(total) - 1) != 0)
                return;
        ++*ret_totals;
        for (uint32_t i = 0; i < edition->totals_count; i++) {
                const struct qf_counts *counts = &edition->totals[i].counts;
                (void)snprintf(right, sizeof(right), "%s%u\t%lld\t%lld\t%lld\t%lld\t%lld", total,
                               edition->totals[i].period, (long long)counts->of[0], (long long)counts->of[1],
                               (long long)counts->of[2], (long long)counts->of[3], (long long)counts->of[4]);
                if (qf_view_same(line, qf_view_of(right)))
                        return;
        }
        sim_fail("edition %u, closed at %llu: it says \"%.*s\", the replay has another total", id,
                 (unsigned long long)edition->position, (int)line.len, line.at);
}

static void check_data(const struct sim_edition *edition, uint32_t id, struct qf_view data)
{
        struct qf_view rest = data, line = {0};
        uint32_t totals = 0;
        char head[LINE];
        const int len = snprintf(head, sizeof(head),
                                 "qf-edition\t1\nscope\t%s\nperiod\t%u\t%u\nedition\t%u\nclosed\t%llu\t",
                                 edition->scope, edition->first, edition->last, edition->number,
                                 (unsigned long long)edition->position);

        if (data.len < (uint32_t)len || memcmp(data.at, head, (size_t)len) != 0)
                sim_fail("edition %u is not of the close at %llu", id, (unsigned long long)edition->position);
        while (!sim.violated && qf_edition_line(&rest, &line))
                check_line(edition, id, line, &totals);
        if (totals != edition->totals_count)
                sim_fail("edition %u has totals of %u months, the replay has %u", id, totals,
                         edition->totals_count);
}

/* Made once more it must be, byte for byte, what it was. */
static void remember(const struct sim_history *history, const struct sim_edition *edition, uint32_t id,
                     const uint8_t digest[32])
{
        const uint8_t *record = history->hashes[edition->position - 1];

        for (uint32_t i = 0; i < frozen.made_count; i++) {
                const struct made *made = &frozen.made[i];
                if (made->id != id || memcmp(made->record, record, 32) != 0)
                        continue;
                if (memcmp(made->digest, digest, 32) != 0)
                        sim_fail("edition %u was made again, and is another one", id);
                return;
        }
        QF_ASSERT(frozen.made_count < MADE_MAX);
        struct made *made = &frozen.made[frozen.made_count++];
        made->id = id;
        memcpy(made->record, record, 32);
        memcpy(made->digest, digest, 32);
}

static void check_edition(const struct sim_history *history, const struct sim_rows *rows,
                          const struct sim_edition *edition, uint32_t id)
{
        uint8_t key[QF_EDITION_FACTS_KEY_BYTES], digest[32];
        struct qf_view facts, data;

        qf_put_be32(key, id);
        if (!sim_rows_get(rows, (struct qf_view){(const char *)key, sizeof(key)}, &facts) ||
            !read_row(rows, id, "", 0, &data)) {
                sim_fail("edition %u, closed at %llu, is not there", id,
                         (unsigned long long)edition->position);
                return;
        }
        qf_sha256_begin(history->sha);
        qf_sha256_add(history->sha, data.at, data.len); /* in this world each has one part */
        qf_sha256_end(history->sha, digest);
        if (memcmp(digest, facts.at, 32) != 0 || qf_get_le64((const uint8_t *)facts.at + 32) != data.len)
                sim_fail("edition %u is not what its digest says", id);
        check_data(edition, id, data);
        remember(history, edition, id, digest);
        if (id > 1)
                SIM_PROBE("more than one edition stands frozen");
        if (edition->number > 1)
                SIM_PROBE("a period was closed again");
}

static void check_part(const struct sim_rows *rows, const struct sim_part *part)
{
        struct qf_view data;

        if (!read_row(rows, part->edition, part->file, part->part, &data) ||
            !qf_view_same(data, qf_view_of(part->data)))
                sim_fail("a part of edition %u is not what was published", part->edition);
        SIM_PROBE("part of a published file counted");
}

void sim_frozen_check(const struct sim_history *history, const struct sim_rows *rows, uint64_t version)
{
        const struct sim_model *model = history->model;
        uint32_t editions = 0, parts = 0;

        while (sim_model_edition(model, editions + 1, version))
                editions++;
        while (sim_model_part(model, parts, version))
                parts++;
        if (rows->count != 2 * editions + parts)
                sim_fail("counts at %llu: %llu rows of editions, the replay has %u, and %u parts",
                         (unsigned long long)version, (unsigned long long)rows->count, editions, parts);
        if (frozen.history == history && frozen.root == rows->root && frozen.rows == rows->count)
                return; /* most commits bring none */
        for (uint32_t id = 1; id <= editions && !sim.violated; id++)
                check_edition(history, rows, sim_model_edition(model, id, version), id);
        for (uint32_t i = 0; i < parts && !sim.violated; i++)
                check_part(rows, sim_model_part(model, i, version));
        frozen.history = history;
        frozen.root = rows->root;
        frozen.rows = rows->count;
}

void sim_frozen_end(void)
{
        memset(&frozen, 0, sizeof(frozen));
}
