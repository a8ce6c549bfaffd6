/* A programme in memory from a file of deploy/programmes, with one source. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "programme/programme.h"
#include "programme/programme_file.h"

/* org: what the source may speak for. The programme stays the caller's. */
static inline struct qf_programme *programme_of_file(const char *name, const char *source, const char *org)
{
        struct qf_programme *programme = NULL;
        struct qf_programme_file *file = NULL;
        char path[512], *error = NULL;
        uint32_t count;

        (void)snprintf(path, sizeof path, "%s/deploy/programmes/%s", QF_SOURCE_DIR, name);
        assert_int_equal(qf_programme_file_load(path, &file, &error), 0);
        assert_int_equal(qf_programme_new(&programme), 0);
        const struct qf_event *events = qf_programme_file_events(file, &count);
        for (uint32_t i = 0; i < count; i++)
                assert_int_equal(qf_programme_apply(programme, &events[i], i + 1), 0);
        struct qf_view orgs[] = {qf_view_of(org)};
        struct qf_register told = {.code = qf_view_of(source),
                                   .parent = qf_view_of(org),
                                   .roles = QF_ROLE_FEED,
                                   .orgs_count = 1,
                                   .orgs = orgs};
        struct qf_event event = {.kind = QF_KIND_SOURCE, .registered = &told};
        assert_int_equal(qf_programme_apply(programme, &event, count + 1), 0);
        qf_programme_file_free(file);
        return programme;
}
