/* What systemd says of units: whether they are there, start at boot, and run. */
#pragma once

#include <stddef.h>

#include "base/error.h"

struct qf_unit { /* as `systemctl show` words them; "" where it says nothing */
        char name[64], load[16], enabled[24], active[16];
};

enum { QF_UNIT_NAME_BYTES = 64, QF_UNITS_LOOKED = 16 };

/* Asks of up to QF_UNITS_LOOKED units. *ret_count of them in ret_units, which has room for count. 0; -errno, or
 * -ENOSYS: there is no systemd that answers. */
QF_CHECK int qf_units_look(const char (*names)[QF_UNIT_NAME_BYTES], size_t count, struct qf_unit *ret_units,
                           size_t *ret_count);
/* The same of a text that was printed; how many. Pure. */
size_t qf_units_read(const char *text, struct qf_unit *ret_units, size_t room);
