/* Storage in memory for targets that keep a journal. */
#pragma once

#include "simulation/disk.h"

/* Makes a directory known, with nothing in it. */
struct sim_directory *calm_directory(const char *name);
