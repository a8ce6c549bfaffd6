/* Who counts says what to do in the same words to everybody; the reader's language is known here only. */
#include "views/standstill.h"

#include <string.h>

#include "client/apply.h"
#include "client/follow.h"

static const struct qf_standstill standstills[] = {
        {"checking", "being checked", "正在核查：核查发现了损坏"},
        {"disk_full", "the disk is full", "磁盘已满，腾出空间后自动接着计"},
        {"gone_back", qf_follow_gone_back,
         "日志比计数旧：日志是拷贝还原的，或磁盘丢了写入；要以现在的日志为准，先停止，运行 qf restore --adopt，再启动"},
        {"other_journal", qf_follow_other_journal,
         "这不是计过的那份日志；要计这一份，先停止，删去 counts 和 counts.set-aside，再启动"},
        {"newer", qf_follow_newer, "收报服务的版本更新：请升级这个程序"},
        {"not_allowed", qf_follow_not_allowed, "这把密钥不能跟读日志：需要 admin 角色"},
        {"trimmed", qf_follow_trimmed,
         "日志修剪过，缺这些计数之后的部分，要从档案补：qf rebuild --archive 档案"},
        {"too_many", qf_follow_too_many, "跟读日志的已经太多，正在等候"},
        {"damaged", qf_follow_damaged, "日志里有一条记录三次都读不出或校验不符，日志已损坏：运行 qf audit"},
        {"register_fault", qf_apply_bad_register, "收下了的一条登记无法生效"},
        {"name_fault", qf_apply_bad_name, "收下了的一条记录，用到没有登记过的名字"},
        {"batch_fault", qf_apply_bad_batch, "日志里有一批记录读不懂"},
        {"control_newer", qf_apply_bad_control, "日志里有一条管理记录读不懂：请升级这个程序"},
        {"kind_newer", qf_apply_bad_kind, "日志里有一种记录这个程序不认识：请升级这个程序"},
        {"away", "aggregation is away", "汇总服务不在线，仍是它最后给出的数字"},
        {"ingest_away", qf_follow_away, "收报服务没有答复"},
};

const struct qf_standstill *qf_standstill_of(struct qf_view say)
{
        for (size_t i = 0; i < sizeof(standstills) / sizeof(standstills[0]); i++) {
                const size_t len = strlen(standstills[i].begins);
                if (say.len >= len && memcmp(say.at, standstills[i].begins, len) == 0)
                        return &standstills[i];
        }
        return NULL;
}
