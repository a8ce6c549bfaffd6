/* Why: what `qf --json` says and what HTTP says is compared by people and tests,
 * so it is written by the same few lines. */
#include "views/json.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

json_t *qf_json_text(struct qf_view text)
{
        return json_stringn(text.len ? text.at : "", text.len);
}

json_t *qf_json_texts(const struct qf_view *texts, uint32_t count)
{
        json_t *array = json_array();

        for (uint32_t i = 0; i < count; i++)
                (void)json_array_append_new(array, qf_json_text(texts[i]));
        return array;
}

void qf_json_put_counts(json_t *object, const struct qf_counts *counts)
{
        for (unsigned i = 0; i < QF_MEASURES; i++)
                (void)json_object_set_new(object, qf_measure_code((enum qf_measure)i),
                                          json_integer(counts->of[i]));
}

int qf_json_append(json_t *json, struct qf_buffer *text)
{
        char *made = json ? json_dumps(json, JSON_COMPACT) : NULL;
        int r = made ? 0 : -ENOMEM;

        for (const char *at = made; at && *at && r == 0;) {
                size_t len = strcspn(at, "<");

                r = qf_buffer_append(text, at, len);
                at += len;
                if (r == 0 && *at == '<') {
                        r = qf_buffer_append(text, "\\u003c", 6);
                        at++;
                }
        }
        free(made);
        json_decref(json);
        return r;
}
