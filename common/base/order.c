/* The lowest byte first; bytes that are the same in all are left out. */
#include "base/order.h"

struct qf_ordered *qf_order(struct qf_ordered *at, struct qf_ordered *spare, size_t count)
{
        uint64_t differ = 0;

        for (size_t i = 1; i < count; i++)
                differ |= at[i].number ^ at[0].number;
        for (unsigned shift = 0; shift < 64; shift += 8) {
                size_t begin[256] = {0}, sum = 0;

                if (!(differ >> shift & 0xff))
                        continue;
                for (size_t i = 0; i < count; i++)
                        begin[at[i].number >> shift & 0xff]++;
                for (size_t value = 0; value < 256; value++) {
                        size_t next = sum + begin[value];
                        begin[value] = sum;
                        sum = next;
                }
                for (size_t i = 0; i < count; i++)
                        spare[begin[at[i].number >> shift & 0xff]++] = at[i];
                struct qf_ordered *sorted = spare;
                spare = at;
                at = sorted;
        }
        return at;
}
