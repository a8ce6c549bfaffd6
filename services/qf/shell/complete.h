/* What a command line that is not finished could go on with, by the tables of the commands. Pure. */
#pragma once

#include "qf/cli/cli.h"

struct qf_wanted {
        const struct qf_command *command; /* that the line has come to */
        bool parts;                       /* one of its parts may come */
        bool options;                     /* an option may */
        struct qf_view value; /* the word for a value or argument that may come; len 0: none may */
        struct qf_view kept;  /* of the last word: what stays as it is, "--by=org," */
        struct qf_view typed; /* and what is to be completed */
};

/* words: those behind "qf", at least one; the last is what was typed of the one that is wanted, maybe "". */
void qf_complete(const struct qf_command *qf, int count, char *const *words, struct qf_wanted *ret_wanted);
/* Whether the line has the option already, and it is not one to be repeated. */
bool qf_complete_has(int count, char *const *words, const struct qf_option *option);
