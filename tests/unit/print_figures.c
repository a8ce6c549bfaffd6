/* Prints figures as the programs print them, for tests/oracle/figures.py to compare: reads "WHAT ROUNDING A B [DECIMALS]"
 * a line, writes the figure. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/ratio.h"

int main(void)
{
        char what[16], rounding[16], text[64];
        int64_t a, b;
        int decimals;
        while (scanf("%15s %15s %" SCNd64 " %" SCNd64 " %d", what, rounding, &a, &b, &decimals) == 5) {
                const enum qf_rounding how = strcmp(rounding, "half_even") ? QF_HALF_UP : QF_HALF_EVEN;
                if (!strcmp(what, "growth"))
                        puts(qf_ratio_growth(a, b, how, text, sizeof(text)));
                else if (!strcmp(what, "percent"))
                        puts(qf_ratio_percent(a, b, decimals, how, text, sizeof(text)));
                else if (!strcmp(what, "mean"))
                        puts(qf_ratio_mean(a, b, decimals, how, text, sizeof(text)));
                else if (!strcmp(what, "over"))
                        puts(qf_ratio_over(a, b, decimals) ? "true" : "false");
                else if (!strcmp(what, "magnitude"))
                        puts(qf_ratio_magnitude_zh(a, text, sizeof(text)));
                else
                        return EXIT_FAILURE;
        }
        return EXIT_SUCCESS;
}
