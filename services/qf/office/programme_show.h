/* qf programme show: the registers in words, as JSON, or as a map. */
#pragma once

#include "qf/cli/cli.h"

extern const struct qf_command qf_programme_show;
