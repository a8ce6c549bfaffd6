/* Why: see sources.h. */
#include "simulation/sources.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "model/period.h"
#include "simulation/programme.h"

void sim_keys_give(struct sim_keys *keys, uint32_t key)
{
        QF_ASSERT(keys->count < SIM_REKEYED);
        keys->at[keys->count++] = key;
}

uint32_t sim_keys_now(const struct sim_keys *keys)
{
        return keys->at[keys->count - 1];
}

/* As sim_key made it. */
static uint32_t key_number(const struct qf_register *about)
{
        char text[32];

        if (about->keys_count == 0)
                return 0;
        memcpy(text, about->keys[0].public_key, sizeof(text) - 1);
        text[sizeof(text) - 1] = '\0';
        return (uint32_t)strtoul(text + strcspn(text, "0123456789"), NULL, 10);
}

static void keep_code(struct qf_view code, char room[SIM_SOURCE_CODE])
{
        QF_ASSERT(code.len < SIM_SOURCE_CODE);
        (void)snprintf(room, SIM_SOURCE_CODE, "%.*s", (int)code.len, code.at);
}

uint32_t sim_sources_partner(const struct sim_sources *sources, struct qf_view org)
{
        for (uint32_t i = 0; i < sources->partners_count; i++)
                if (qf_view_same(org, qf_view_of(sources->partners[i])))
                        return i + 1;
        return 0;
}

const struct sim_source *sim_sources_at(const struct sim_sources *sources, uint32_t ref)
{
        return ref >= 1 && ref <= sources->count ? &sources->of[ref - 1] : NULL;
}

void sim_sources_take(struct sim_sources *sources, const struct qf_register *about, uint64_t position)
{
        uint32_t i = 0;

        while (i < sources->count && !qf_view_same(about->code, qf_view_of(sources->of[i].code)))
                i++;
        QF_ASSERT(i < SIM_SOURCES && sources->of[i].keys_count < SIM_REKEYED);
        struct sim_source *source = &sources->of[i];
        if (i == sources->count) {
                sources->count++;
                keep_code(about->code, source->code);
                keep_code(about->parent, source->org);
        }
        source->keys[source->keys_count].position = position;
        source->keys[source->keys_count].from = about->keys_count ? about->keys[0].valid_from : 0;
        source->keys[source->keys_count].upto = about->keys_count ? about->keys[0].valid_to : 0;
        source->keys[source->keys_count++].key = key_number(about);
        if (about->parent.len && sim_sources_partner(sources, about->parent) == 0)
                keep_code(about->parent, sources->partners[sources->partners_count++]);
}

/* --- versions and days ------------------------------------------------------------------------ */

const struct sim_span sim_any_day = {0, UINT64_MAX};

struct sim_span sim_days(int64_t first_ms, int64_t last_ms)
{
        return (struct sim_span){qf_date_at(first_ms, SIM_ZONE_MINUTES),
                                 qf_date_at(last_ms, SIM_ZONE_MINUTES)};
}

/* What a source was told of last, at a version; its keys_count before it was told of. */
static uint32_t told_at(const struct sim_source *source, uint64_t version)
{
        uint32_t at = source->keys_count;

        while (at > 0 && source->keys[at - 1].position > version)
                at--;
        return at ? at - 1 : source->keys_count;
}

static bool is_valid(const struct sim_source *source, uint32_t i, struct sim_span days)
{
        return source->keys[i].key != 0 && source->keys[i].from <= days.last &&
               (source->keys[i].upto == 0 || source->keys[i].upto >= days.first);
}

bool sim_source_has_key(const struct sim_source *source, struct sim_span days)
{
        return source->keys_count > 0 && is_valid(source, source->keys_count - 1, days);
}

bool sim_sources_key_stood(const struct sim_sources *sources, uint32_t key, struct sim_span versions,
                           struct sim_span days)
{
        for (uint32_t i = 0; i < sources->count; i++) {
                const struct sim_source *source = &sources->of[i];
                const uint32_t first = told_at(source, versions.first);
                for (uint32_t k = 0; k < source->keys_count; k++)
                        if (source->keys[k].key == key && is_valid(source, k, days) &&
                            (k == first || (source->keys[k].position > versions.first &&
                                            source->keys[k].position <= versions.last)))
                                return true;
        }
        return false;
}
