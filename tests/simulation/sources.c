/* Why: see sources.h. */
#include "simulation/sources.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

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
        }
        source->keys[source->keys_count].position = position;
        source->keys[source->keys_count++].key = key_number(about);
        if (about->parent.len && sim_sources_partner(sources, about->parent) == 0)
                keep_code(about->parent, sources->partners[sources->partners_count++]);
}

static uint32_t key_at(const struct sim_source *source, uint64_t version)
{
        uint32_t at = source->keys_count;

        while (at > 0 && source->keys[at - 1].position > version)
                at--;
        return at ? source->keys[at - 1].key : 0;
}

bool sim_sources_has_key(const struct sim_sources *sources, uint32_t source)
{
        return source >= 2 && source - 2 < sources->count &&
               key_at(&sources->of[source - 2], UINT64_MAX) != 0;
}

/* Whether a source has the key at the first version, or is given it by the last. */
static bool had_key(const struct sim_source *source, uint32_t key, uint64_t first, uint64_t last)
{
        for (uint32_t i = 0; i < source->keys_count; i++)
                if (source->keys[i].key == key && source->keys[i].position > first &&
                    source->keys[i].position <= last)
                        return true;
        return key_at(source, first) == key;
}

bool sim_sources_key_stood(const struct sim_sources *sources, uint32_t key, uint64_t first, uint64_t last)
{
        for (uint32_t i = 0; i < sources->count; i++)
                if (had_key(&sources->of[i], key, first, last))
                        return true;
        return false;
}
