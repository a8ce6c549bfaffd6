/* Why: a simulator that never comes to a rare path proves nothing about it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "simulation/world.h"

enum { PROBES_MAX = 128 };

static struct {
        const char *name;
        uint64_t hits;
} probes[PROBES_MAX];

uint64_t *sim_probe(const char *name)
{
        int i = 0;

        while (i < PROBES_MAX && probes[i].name && strcmp(probes[i].name, name) != 0)
                i++;
        if (i == PROBES_MAX)
                abort();
        probes[i].name = name;
        return &probes[i].hits;
}

void sim_probes_print(void)
{
        for (int i = 0; i < PROBES_MAX && probes[i].name; i++)
                printf("probe %llu %s\n", (unsigned long long)probes[i].hits, probes[i].name);
}
