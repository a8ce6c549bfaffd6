/* Metrics as another daemon says them, and what /metrics and a status make of them: each line of the text is of a name
 * that was declared before it. */
#include "fuzz/target.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "report/measured.h"

static void check_text(const char *text)
{
        const char *type = NULL;
        size_t type_len = 0;

        for (const char *line = text, *next; *line; line = next + 1) {
                next = strchr(line, '\n');
                QF_ASSERT(next);
                if (strncmp(line, "# TYPE ", 7) == 0) {
                        type = line + 7;
                        type_len = strcspn(type, " ");
                } else if (*line != '#') {
                        QF_ASSERT(type && strncmp(line, type, type_len) == 0);
                        QF_ASSERT(line[type_len] == ' ' || line[type_len] == '{');
                }
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
        static struct qf_measured *measured;
        struct qf_buffer text = {0};
        json_t *object = json_object();

        QF_ASSERT(object && qf_measured_new(&measured) == 0);
        QF_ASSERT(qf_measured_take(measured, (struct qf_view){(const char *)bytes, (uint32_t)len}) == 0);
        qf_measured_sample(measured, 0);
        QF_ASSERT(qf_measured_print(measured, &text) == 0 && qf_buffer_append(&text, "", 1) == 0);
        check_text((const char *)text.at);
        QF_ASSERT(qf_measured_json(measured, true, QF_VIEW(""), object) == 0);
        json_decref(object);
        qf_buffer_deinit(&text);
        measured = qf_measured_free(measured);
        return 0;
}
