/* Sentences of reporting are English; what is wrong is the code, and the names that stand between their words. */
#include "views/unanswered.h"

#include <stdio.h>
#include <string.h>

const char *qf_unanswered_zh(uint32_t code)
{
        switch (code) {
        case QF_QUERY_UNKNOWN_NAME: return "有不认识的名字";
        case QF_QUERY_TOO_MUCH: return "一次问得太多";
        case QF_QUERY_NOT_YOURS: return "没有权限看这些";
        case QF_QUERY_BEHIND: return "还没有计到那个位置";
        case QF_QUERY_NOT_HERE: return "眼下没有谁能回答";
        case QF_QUERY_NOT_ADDED: return "这个指标不能这样相加";
        default: return NULL;
        }
}

enum { PARTS = 3 };

static const struct { /* names stand between the parts */
        const char *en[PARTS], *zh[PARTS];
} sayings[] = {
        {{"there is no dimension \"", "\""}, {"没有维度“", "”"}},
        {{"there is no kind \"", "\": see qf kinds"}, {"没有事项“", "”"}},
        {{"\"", "\" has no member \"", "\""}, {"“", "”里没有成员“", "”"}},
        {{"activities have no members of \"", "\": ask for a kind"},
         {"活动没有维度“", "”：要看别的事项，加 --kind"}},
        {{"this key may not read \"", "\""}, {"这把密钥不能看“", "”"}},
};

/* Where a part of a sentence begins, from a place on: the first at the place, the last at the end. NULL: nowhere. */
static const char *find_part(struct qf_view rest, const char *part, bool first, bool last)
{
        const size_t len = strlen(part);
        if (rest.len < len)
                return NULL;
        const char *at = last ? rest.at + rest.len - len : memmem(rest.at, rest.len, part, len);
        return at && (!first || at == rest.at) && memcmp(at, part, len) == 0 ? at : NULL;
}

bool qf_unanswered_name_zh(struct qf_view say, char *ret_text, size_t room)
{
        for (size_t i = 0; i < sizeof sayings / sizeof sayings[0]; i++) {
                struct qf_view rest = say;
                size_t written = 0;
                unsigned part = 0;
                for (; part < PARTS && sayings[i].en[part]; part++) {
                        const char *en = sayings[i].en[part];
                        const bool last = part + 1 == PARTS || !sayings[i].en[part + 1];
                        const char *at = find_part(rest, en, part == 0, last);
                        if (!at || written >= room)
                                break;
                        const int len = snprintf(ret_text + written, room - written, "%.*s%s",
                                                 (int)(at - rest.at), rest.at, sayings[i].zh[part]);
                        written += len < 0 ? room : (size_t)len;
                        at += strlen(en);
                        rest = (struct qf_view){at, (uint32_t)(say.at + say.len - at)};
                }
                if ((part == PARTS || !sayings[i].en[part]) && written < room)
                        return true;
        }
        return false;
}
