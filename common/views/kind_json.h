/* A kind of statement as JSON: its figures, and its measures with the rules by which they are combined. */
#pragma once

#include <jansson.h>

#include "model/kinds.h"

json_t *qf_kind_json(const struct qf_kind_spec *spec); /* NULL: no memory */
