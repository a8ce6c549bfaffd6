/* Sentences of reporting have names in them and are English; what is wrong is the code. */
#include "views/unanswered.h"

#include <stddef.h>

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
