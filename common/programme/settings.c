/* Settings of a programme: the only register whose values are free text, and so
 * the only one that has to be parsed. */
#include "programme/registers.h"

#include <stdio.h>

#include "base/text.h"
#include "model/kinds.h"
#include "model/period.h"

static bool take_zone(struct qf_settings *settings, struct qf_view value)
{
        uint64_t hours, minutes;
        if (value.len != 6 || (value.at[0] != '+' && value.at[0] != '-') || value.at[3] != ':')
                return false;
        if (!qf_text_number((struct qf_view){value.at + 1, 2}, 14, &hours) ||
            !qf_text_number((struct qf_view){value.at + 4, 2}, 59, &minutes))
                return false;
        const int32_t zone = (int32_t)(hours * 60 + minutes);
        settings->zone_minutes = value.at[0] == '-' ? -zone : zone;
        return true;
}

static bool take_rounding(struct qf_settings *settings, struct qf_view value)
{
        if (qf_view_same(value, QF_VIEW("half_up")))
                settings->rounding = QF_HALF_UP;
        else if (qf_view_same(value, QF_VIEW("half_even")))
                settings->rounding = QF_HALF_EVEN;
        else
                return false;
        return true;
}

static bool take_number(uint32_t *to, struct qf_view value, uint32_t least, uint32_t most)
{
        uint64_t number;
        if (!qf_text_number(value, most, &number) || number < least)
                return false;
        *to = (uint32_t)number;
        return true;
}

static bool take_timely(struct qf_settings *settings, struct qf_view value)
{
        return take_number(&settings->timely_days, value, 0, 3660);
}

static bool take_attendances(struct qf_settings *settings, struct qf_view value)
{
        return take_number(&settings->attendances_max, value, 1, QF_ATTENDANCES_MAX);
}

static bool take_sessions(struct qf_settings *settings, struct qf_view value)
{
        return take_number(&settings->sessions_max, value, 1, QF_SESSIONS_MAX);
}

static bool take_first_date(struct qf_settings *settings, struct qf_view value)
{
        uint32_t date;
        if (!take_number(&date, value, QF_DATE_FIRST, QF_DATE_LAST) || !qf_date_valid(date) ||
            date % 100 == 0)
                return false;
        settings->first_date = date;
        (void)snprintf(settings->first_day, sizeof settings->first_day, "%04u-%02u-%02u",
                       date / 10000 % 10000, date / 100 % 100, date % 100);
        return true;
}

/* "all", "none", or the codes of declared kinds, each parted from the next by one space. */
static bool take_kinds(struct qf_settings *settings, struct qf_view value)
{
        uint32_t kinds = 0;

        if (qf_view_same(value, QF_VIEW("all")) || qf_view_same(value, QF_VIEW("none"))) {
                settings->kinds = value.at[0] == 'a' ? UINT32_MAX : 0;
                return true;
        }
        for (uint32_t from = 0, to = 0; to <= value.len; to++) {
                if (to < value.len && value.at[to] != ' ')
                        continue;
                const struct qf_kind_spec *spec = qf_kind_named((struct qf_view){value.at + from, to - from});
                if (!spec)
                        return false;
                kinds |= UINT32_C(1) << spec->kind;
                from = to + 1;
        }
        settings->kinds = kinds;
        return true;
}

static bool take_personal(struct qf_settings *settings, struct qf_view value)
{
        settings->personal_aside = qf_view_same(value, QF_VIEW("aside"));
        return settings->personal_aside || qf_view_same(value, QF_VIEW("taken"));
}

static bool take_sample(struct qf_settings *settings, struct qf_view value)
{
        settings->sample = qf_view_same(value, QF_VIEW("yes"));
        return settings->sample || qf_view_same(value, QF_VIEW("no"));
}

/* There is no "no": what was fed in a training stays a training. */
static bool take_training(struct qf_settings *settings, struct qf_view value)
{
        settings->training = qf_view_same(value, QF_VIEW("yes"));
        return settings->training;
}

static bool take_code(struct qf_settings *settings, struct qf_view value)
{
        settings->code = value;
        return value.len && value.len <= QF_CODE_BYTES_MAX;
}

static bool take_title_zh(struct qf_settings *settings, struct qf_view value)
{
        settings->title_zh = value;
        return value.len <= QF_LABEL_BYTES_MAX;
}

static bool take_title_en(struct qf_settings *settings, struct qf_view value)
{
        settings->title_en = value;
        return value.len <= QF_LABEL_BYTES_MAX;
}

static bool take_scope_zh(struct qf_settings *settings, struct qf_view value)
{
        settings->scope_zh = value;
        return value.len <= QF_LABEL_BYTES_MAX;
}

static bool take_scope_en(struct qf_settings *settings, struct qf_view value)
{
        settings->scope_en = value;
        return value.len <= QF_LABEL_BYTES_MAX;
}

static bool take_goal_zh(struct qf_settings *settings, struct qf_view value)
{
        settings->goal_zh = value;
        return value.len <= QF_LABEL_BYTES_MAX;
}

static bool take_goal_en(struct qf_settings *settings, struct qf_view value)
{
        settings->goal_en = value;
        return value.len <= QF_LABEL_BYTES_MAX;
}

static const struct {
        struct qf_view name;
        bool (*take)(struct qf_settings *settings, struct qf_view value);
} known[] = {
        {{"time_zone", 9}, take_zone},
        {{"rounding", 8}, take_rounding},
        {{"timely_days", 11}, take_timely},
        {{"attendances_max", 15}, take_attendances},
        {{"sessions_max", 12}, take_sessions},
        {{"first_date", 10}, take_first_date},
        {{"code", 4}, take_code},
        {{"title_zh", 8}, take_title_zh},
        {{"title_en", 8}, take_title_en},
        {{"scope_zh", 8}, take_scope_zh},
        {{"scope_en", 8}, take_scope_en},
        {{"kinds", 5}, take_kinds},
        {{"personal_numbers", 16}, take_personal},
        {{"sample", 6}, take_sample},
        {{"training", 8}, take_training},
        {{"goal_zh", 7}, take_goal_zh},
        {{"goal_en", 7}, take_goal_en},
};

bool qf_settings_take(struct qf_settings *settings, struct qf_view name, struct qf_view value)
{
        for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
                if (qf_view_same(known[i].name, name))
                        return known[i].take(settings, value);
        return false;
}

uint32_t qf_settings_bit(struct qf_view name)
{
        for (uint32_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
                if (qf_view_same(known[i].name, name))
                        return UINT32_C(1) << i;
        return 0;
}

/* Empty: it has all that the kind speaks of. */
static struct qf_view lacks(const struct qf_programme *programme, const struct qf_kind_spec *spec)
{
        const char *rest = spec->needs;
        struct qf_view code;

        while (qf_kind_word(&rest, &code) &&
               qf_programme_find_dimension(programme, code) != QF_DIMENSION_UNKNOWN) {
        }
        return code;
}

bool qf_programme_uses(const struct qf_programme *programme, const struct qf_kind_spec *spec)
{
        return spec && spec->kind >= QF_KIND_DECLARED && programme->settings.kinds >> spec->kind & 1 &&
               !lacks(programme, spec).len;
}

const struct qf_kind_spec *qf_programme_named_without(const struct qf_programme *programme,
                                                      struct qf_view *ret_lacks)
{
        size_t count;
        const struct qf_kind_spec *kinds = qf_kinds(&count);

        for (size_t i = 0; programme->settings.kinds != UINT32_MAX && i < count; i++) {
                *ret_lacks = lacks(programme, &kinds[i]);
                if (programme->settings.kinds >> kinds[i].kind & 1 && ret_lacks->len)
                        return &kinds[i];
        }
        return NULL;
}
