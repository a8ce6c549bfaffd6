/* Why: two events are the same when they say the same, whether one is still in the
 * sender's hands or was read back from the journal. */
#include "simulation/prints.h"

#include "model/kinds.h"

static uint64_t mix(uint64_t hash, const void *bytes, size_t len)
{
        const uint8_t *at = bytes;

        for (size_t i = 0; i < len; i++)
                hash = (hash ^ at[i]) * UINT64_C(0x100000001b3);
        return (hash ^ len) * UINT64_C(0x9e3779b97f4a7c15);
}

static uint64_t mix_number(uint64_t hash, uint64_t number)
{
        return mix(hash, &number, sizeof(number));
}

static uint64_t print_value(struct qf_view dimension, struct qf_view member)
{
        return mix(mix(1, dimension.at, dimension.len), member.at, member.len);
}

static uint64_t print_facts(const struct qf_event *event)
{
        uint64_t hash = mix_number(event->kind, event->kind > QF_KIND_ATTENDANCE ? 0 : event->action);

        if (event->kind >= QF_KIND_PERIOD_CLOSE) {
                const struct qf_edition_said said = qf_edition_said(event);
                char key[QF_KEY_BYTES_MAX + 1];
                hash = mix(hash, key, (size_t)qf_edition_key(event->kind, &said, key, sizeof(key)));
                return mix(hash, said.data.at, said.data.len);
        }
        if (event->registered)
                return mix(hash, event->registered->code.at, event->registered->code.len);
        hash = mix(mix_number(hash, event->revision), event->key.at, event->key.len);
        hash = mix_number(mix_number(hash, event->date), event->stated & QF_STATED_ATTENDANCES);
        if (event->stated & QF_STATED_ATTENDANCES)
                hash = mix_number(hash, event->attendances);
        for (unsigned i = 0; i < QF_FIGURES_MAX && qf_kind_is_declared(event->kind); i++)
                if (event->stated >> i & 1)
                        hash = mix_number(hash, (uint64_t)i << 32 | event->figures[i]);
        if (event->kind == QF_KIND_TICK)
                hash = mix(mix_number(hash, event->amount), event->counter.at, event->counter.len);
        hash = mix(hash, event->merged_into.at, event->merged_into.len);
        return mix_number(mix_number(hash, event->method), (uint64_t)event->at_ms);
}

uint64_t sim_print_made(const struct qf_event *event, const struct qf_pair *values, uint32_t values_count,
                        struct qf_view partner)
{
        uint64_t hash = print_facts(event) + mix(2, partner.at, partner.len);

        for (uint32_t i = 0; i < values_count; i++)
                hash += print_value(values[i].dimension, values[i].member);
        return hash;
}

uint64_t sim_print_decoded(const struct qf_batch *batch, const struct qf_event *event)
{
        uint64_t hash = print_facts(event) + mix(2, batch->partner.at, batch->partner.len);

        for (uint32_t i = 0; i < event->values_count; i++) {
                const struct qf_value *value = &batch->values[event->values_first + i];
                hash += print_value(batch->dimensions[value->dimension_at], batch->texts[value->member_at]);
        }
        return hash;
}
