/* Why: every command says what it found as JSON too, and an error of writing it must
 * not be lost in one of them. */
#include "qf/cli/json_out.h"

#include <errno.h>
#include <stdio.h>

int qf_json_print(json_t *line)
{
        int r = -ENOMEM;

        if (line)
                r = json_dumpf(line, stdout, JSON_COMPACT) == 0 && putchar('\n') != EOF ? 0 : -EIO;
        json_decref(line);
        return r;
}

int qf_json_say(struct qf_cli *cli, json_t *line)
{
        int r = qf_json_print(line);

        return r == 0 ? QF_EXIT_DONE : qf_cli_broke(cli, r, "JSON");
}
