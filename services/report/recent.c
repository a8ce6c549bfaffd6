/* A ring: new rows come by hundreds of thousands a second, and are looked for in vain but for their number. */
#include "report/recent.h"

static enum qf_recent_what judge(uint32_t was, uint32_t is)
{
        return is == 0 ? QF_RECENT_WITHDRAWN : was == 0 ? QF_RECENT_NEW : QF_RECENT_CHANGED;
}

static uint32_t place_of(const struct qf_recent *recent, uint32_t i)
{
        return (recent->newest + QF_RECENT_MAX - i) % QF_RECENT_MAX;
}

const struct qf_recent_row *qf_recent_at(const struct qf_recent *recent, uint32_t i)
{
        return &recent->at[place_of(recent, i)];
}

/* Takes the row out, if it is there. */
static void take_out(struct qf_recent *recent, bool declared, uint32_t row)
{
        uint32_t i = 0;

        while (i < recent->count &&
               (qf_recent_at(recent, i)->row != row || qf_recent_at(recent, i)->declared != declared))
                i++;
        if (i == recent->count)
                return;
        for (recent->count--; i < recent->count; i++)
                recent->at[place_of(recent, i)] = *qf_recent_at(recent, i + 1);
}

void qf_recent_add(struct qf_recent *recent, int64_t at_ms, bool declared, uint32_t row, uint32_t was,
                   uint32_t is)
{
        if (was == 0 && is == 0)
                return;
        if (row > recent->highest[declared])
                recent->highest[declared] = row;
        else
                take_out(recent, declared, row);
        recent->newest = (recent->newest + 1) % QF_RECENT_MAX;
        recent->at[recent->newest] =
                (struct qf_recent_row){at_ms, row, is ? is : was, declared, judge(was, is)};
        recent->count += recent->count < QF_RECENT_MAX;
}
