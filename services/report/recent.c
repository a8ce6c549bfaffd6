#include "report/recent.h"

#include <string.h>

static enum qf_recent_what judge(uint32_t was, uint32_t is)
{
        return is == 0 ? QF_RECENT_WITHDRAWN : was == 0 ? QF_RECENT_NEW : QF_RECENT_CHANGED;
}

void qf_recent_add(struct qf_recent *recent, int64_t at_ms, bool declared, uint32_t row, uint32_t was,
                   uint32_t is)
{
        struct qf_recent_row added = {at_ms, row, is ? is : was, declared, judge(was, is)};
        uint32_t place = 0;

        if (was == 0 && is == 0)
                return;
        while (place < recent->count &&
               (recent->at[place].row != row || recent->at[place].declared != declared))
                place++;
        if (place == recent->count && place < QF_RECENT_MAX)
                recent->count++;
        else if (place == recent->count)
                place--;
        memmove(&recent->at[1], &recent->at[0], place * sizeof(recent->at[0]));
        recent->at[0] = added;
}
