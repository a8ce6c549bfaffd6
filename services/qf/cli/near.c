/* Why: most wrong words are one slip of a finger away from the right one. */
#include "qf/cli/near.h"

#include <stdint.h>
#include <string.h>

enum { LETTERS_MAX = 32, FAR = 3, LONG_WORD = 5 };

static unsigned least(unsigned a, unsigned b)
{
        return a < b ? a : b;
}

/* The distance of Levenshtein, with neighbours that are swapped as one slip. */
static unsigned distance(struct qf_view a, struct qf_view b)
{
        unsigned rows[3][LETTERS_MAX + 1] = {0};

        for (uint32_t k = 0; k <= b.len; k++)
                rows[0][k] = k;
        for (uint32_t i = 1; i <= a.len; i++) {
                unsigned *row = rows[i % 3];
                const unsigned *above = rows[(i - 1) % 3], *before = rows[(i + 1) % 3];
                row[0] = i;
                for (uint32_t k = 1; k <= b.len; k++) {
                        const bool same = a.at[i - 1] == b.at[k - 1];
                        row[k] = least(least(above[k], row[k - 1]) + 1, above[k - 1] + !same);
                        if (i > 1 && k > 1 && a.at[i - 1] == b.at[k - 2] && a.at[i - 2] == b.at[k - 1])
                                row[k] = least(row[k], before[k - 2] + 1);
                }
        }
        return rows[a.len % 3][b.len];
}

bool qf_near(struct qf_view said, const char *name)
{
        const struct qf_view other = qf_view_of(name);

        if (said.len < 2 || said.len > LETTERS_MAX || other.len > LETTERS_MAX)
                return false;
        return distance(said, other) < (other.len < LONG_WORD ? FAR - 1 : FAR);
}
