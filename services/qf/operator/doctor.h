/* The checks of `qf doctor`: cmd_doctor.c has keys, doors, clock, versions, disks and outbox; doctor_machine.c has what else
 * a machine may lack. */
#pragma once

#include <stdbool.h>

#include "qf/cli/cli.h"
#include "qf/cli/json_out.h"
#include "wire/keys.h"

enum qf_doctor_level { QF_DOCTOR_GOOD, QF_DOCTOR_WARN, QF_DOCTOR_BAD, QF_DOCTOR_LEVELS };

struct qf_doctor {
        struct qf_cli *cli;
        json_t *checks;
        unsigned count[QF_DOCTOR_LEVELS];
        bool colours, key, server_key, door;
        char public_text[QF_KEY_TEXT]; /* of the source's key */
};

/* A text as of qf_cli_fail: what is found, and after a newline what to do. code names the check in JSON. */
void qf_doctor_told(struct qf_doctor *doctor, enum qf_doctor_level level, const char *code, const char *title,
                    const char *zh, const char *en, ...)
        __attribute__((format(printf, 5, 7), format(printf, 6, 7)));

/* Each says what it finds. Of cli->dir: whether the server's and the office's key belong to whom their folder does. */
void qf_doctor_owners(struct qf_doctor *doctor);
/* Whether a key file (-errno of reading it) is there and may not be read, which was said then. */
bool qf_doctor_unreadable(struct qf_doctor *doctor, int error, const char *path);
/* The units of an installation: "" the first one, or its name. */
void qf_doctor_units(struct qf_doctor *doctor, const char *instance);
/* libqingfeng, where it is installed. */
void qf_doctor_library(struct qf_doctor *doctor);
