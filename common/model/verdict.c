/* The one table of codes: what each says to people, in both languages. Every
 * sentence says what is wrong and what to do next, since a clerk reads it beside
 * a row of a spreadsheet. Codes are never used again for another meaning. */
#include "model/verdict.h"

#include <stddef.h>

/* A table; longer than a function should be. */
static const struct qf_code_text codes[] = {
        {QF_E101_NOT_A_NUMBER, "E101",
         "这一项缺少，或者不是允许范围内的整数。请核对后填具体数字；若是估计数，请在「人次来源」填“估计”。",
         "A field is missing or not a whole number within its bounds. Give a plain number; if it is an estimate, say so as its method."},
        {QF_E103_NOT_YOURS, "E103", "这个主办单位不归本账号填报。请由该单位自己上报，或写在「协办单位」里。",
         "This key may not report for that lead organisation. Let that organisation report it, or name it as co-organiser."},
        {QF_E105_NO_SUCH_DATE, "E105",
         "没有这一天，或者早于本方案的第一天。请核对年份，写成 2023-05-06 这样的真实日期；活动只知道月份就写 2023-05。",
         "There is no such date, or it is before the programme's first day. Check the year, and write a real date such as 2023-05-06; an activity's month alone is 2023-05."},
        {QF_E106_FUTURE, "E106", "这个日期还没到。还没办的活动请办完再报。",
         "This date has not come yet. Report an activity after it has taken place."},
        {QF_E108_MORE_PEOPLE, "E108", "参与人数大于参加人次，不可能：人次是每来一次算一次。请核对两个数字。",
         "There are more participants than attendances, which cannot be: each visit counts as one attendance. Check both."},
        {QF_E109_MISSING, "E109", "少了必填的一项。请补上再报。",
         "A required field is missing. Fill it in and send it again."},
        {QF_E110_TOO_MANY, "E110", "这一项填的值太多了。请只留允许的个数。",
         "This field has more values than it takes. Keep only as many as are allowed."},
        {QF_E111_UNKNOWN_COUNTER, "E111", "没有这种计数。请用名录里的计数代码。",
         "There is no such counter. Use a counter's code from the programme."},
        {QF_E115_PART_ABOVE_WHOLE, "E115", "这个数大于它所属的总数，不可能。请核对两个数字。",
         "This number is larger than the one that it is a part of, which cannot be. Check both."},
        {QF_E141_CONFLICT, "E141",
         "这个编号以前报过，内容不一样。要更正请在「操作」填“更正”，「更正原因」写一句。",
         "This number was reported before with other content. To correct it, send it as a correction and say why."},
        {QF_E142_STALE, "E142", "这条更正比已有的旧，或者同一次修改已有别的内容。请先下载最新台账再改。",
         "This revision stands with other content, or is older than what stands. Fetch the latest and correct that."},
        {QF_E143_NOTHING, "E143",
         "要更正或撤回的这条没有报过。请核对编号；若是第一次报，请在「操作」填“新增”。",
         "There is nothing under this number to correct or withdraw. Check the number, or send it as new."},
        {QF_E144_WITHDRAWN, "E144", "这个编号已经撤回，现在报的内容不一样。要恢复请在「操作」填“更正”。",
         "This number was withdrawn and the content differs. To bring it back, send it as a correction."},
        {QF_E150_TOO_MANY_WAITING, "E150", "等待活动登记的签到编号太多了。请先上报这些活动。",
         "Too many sign-ins wait for activities that nobody has reported. Report the activities first."},
        {QF_E151_AFTER_CLOSE, "E151", "这个时期已封账。这条照常计入，并列入“封账后变动”。不用重报。",
         "This period is closed: it is counted all the same, and listed among the changes after close. Nothing to do."},
        {QF_E160_NOT_ADMIN, "E160", "只有办公室的管理账号可以修改名录。请联系办公室。",
         "Only a source with the role admin may change the registers. Ask the programme office."},
        {QF_E161_REGISTER, "E161", "名录的这一项与已有的矛盾。请按提示改好后再载入。",
         "This register entry contradicts the registers. Mend the field that is named and load it again."},
        {QF_E199_QUARANTINE_FULL, "E199", "待处理的条目太多，这条没有收下。请联系办公室处理后再报。",
         "Too many events of this source are set aside already. Ask the office to deal with them, then send it again."},
        {QF_Q104_UNKNOWN_ORG, "Q204",
         "这个单位不在单位名录里，先放在一边，没有计数。请改成名录里的名称，或请办公室补录。",
         "This organisation is not in the register: set aside, not counted. Use a registered name, or ask the office to add it."},
        {QF_Q107_ABOVE_CAP, "Q207",
         "数字超过单场上限，先放在一边，没有计数。请核对是否多写了零；确实如此请联系办公室调整上限。",
         "The number is above the cap: set aside, not counted. Check for an extra zero; if it is right, ask the office to lift the cap."},
        {QF_Q190_NEWER, "Q290", "报送程序比服务端新，先放在一边，没有计数。请联系办公室升级。",
         "The sender is newer than this server: set aside, not counted. Ask the office to upgrade."},
        {QF_Q205_UNKNOWN_MEMBER, "Q205",
         "这个名称不在名录里，先放在一边，没有计数。请改成名录里的名称，或请办公室补录。",
         "This value is not in the register: set aside, not counted. Use a registered name, or ask the office to add it."},
        {QF_Q206_UNKNOWN_DIMENSION, "Q206",
         "没有这个栏目，先放在一边，没有计数。请核对栏目名称，或请办公室补录。",
         "There is no such dimension: set aside, not counted. Check its name, or ask the office to add it."},
        {QF_Q210_MERGED_AWAY, "Q210", "这条已并入另一家上报的同一活动，更正先放在一边。请联系办公室。",
         "This record was merged into another one: the correction is set aside. Ask the office."},
        {QF_Q211_PERSONAL, "Q211",
         "文字里像是有手机号或身份证号，先放在一边，没有计数。请删去号码再报：这里只记数，不记人。",
         "The text seems to hold a mobile or identity number: set aside, not counted. Take the number out and send it again: people are counted here, not named."},
        {QF_Q212_UNUSED_KIND, "Q212",
         "本方案没有这类事项，先放在一边，没有计数。请核对事项名称，或请办公室加进方案的 kinds。",
         "The programme does not use this kind: set aside, not counted. Check its name, or ask the office to add it to the programme's kinds."},
        {QF_N102_SUPERSEDED, "N102", "以前报过，后来已经更正，没有重复计数。不用再报。",
         "Reported before and corrected since: not counted again. Nothing to do."},
        {QF_N103_HISTORY, "N103", "比现有的旧，作为历史收下，不影响计数。不用再报。",
         "Older than what stands: kept as history, counts nothing. Nothing to do."},
        {QF_N104_WITHDRAWN_SINCE, "N104", "以前报过，后来已经撤回，没有计数。确要恢复请在「操作」填“更正”。",
         "Reported before and withdrawn since: not counted. To bring it back, send it as a correction."},
        {QF_N105_DROPPED, "N105", "放在一边的那条不要了：不再等补，不影响计数。",
         "What was set aside under this key is given up: it waits no more, and counts nothing."},
        {QF_N190_ARCHIVED, "N190", "以前收下过，明细已归档，没有重复计数。不用再报。",
         "Taken before, its details are archived: not counted again. Nothing to do."},
};

static const struct qf_code_text refusals[] = {
        {QF_REFUSED_MALFORMED, "malformed", "整批没有收下：内容不合格式。请联系报送程序的开发者。",
         "The whole batch was refused: it is malformed. Tell whoever wrote the sending program."},
        {QF_REFUSED_NOT_ALLOWED, "not allowed", "整批没有收下：这把密钥没有报送权限。请联系办公室。",
         "The whole batch was refused: this key may not feed. Ask the programme office."},
        {QF_REFUSED_FENCED, "fenced", "整批没有收下：这个发件箱已在别处打开。请只在一台机器上报送。",
         "The whole batch was refused: this outbox has been opened elsewhere since. Feed from one machine only."},
        {QF_REFUSED_CLONED, "cloned", "整批没有收下：这个发件箱被复制到了两处。请停用其中一份并联系办公室。",
         "The whole batch was refused: this outbox exists twice. Stop one of the copies and tell the office."},
        {QF_REFUSED_SEALED, "sealed", "整批没有收下：这个发件箱已经封存。请新建一个再报。",
         "The whole batch was refused: this outbox is sealed. Make a new one and send from there."},
        {QF_REFUSED_GAP, "gap", "暂未收下：前面还有编号没到，程序会自动从缺的编号重发。",
         "Not taken yet: earlier numbers are missing. The sender goes back to the number expected by itself."},
        {QF_REFUSED_FORKED, "forked",
         "整批没有收下：同一编号以前报过别的内容，发件箱可能被恢复过旧备份。请联系办公室。",
         "The whole batch was refused: a number stands with other content, so this outbox went back in time. Tell the office."},
        {QF_REFUSED_BUSY, "busy", "服务端暂时收不下，没有丢失，程序会自动再试。",
         "The server cannot take it now. Nothing is lost; the sender tries again by itself."},
        {QF_REFUSED_VERSION, "version", "报送程序与服务端版本不合。请升级较旧的一方。",
         "Sender and server speak different versions. Upgrade the older of the two."},
        {QF_REFUSED_ANOTHERS, "another's",
         "整批没有收下：另一个数据源已经用这个发件箱报过，可见它被拷贝过，里面的条目算那边的。请移开它，用新的发件箱；拷贝以后加进去的重新报。",
         "The whole batch was refused: another source has sent from this outbox, so it was copied, and its events are that one's. Move it away, begin with a new one; state again what was added since."},
};

static const struct qf_code_text plain = {QF_CODE_NONE, "", "收下。", "Taken."};
static const struct qf_code_text unknown = {
        0, "?", "服务端给出了本程序不认识的代码。请升级本程序，或联系办公室。",
        "The server gave a code that this program does not know. Upgrade it, or ask the office."};

const struct qf_code_text *qf_code_text(uint16_t code)
{
        if (code == QF_CODE_NONE)
                return &plain;
        for (size_t i = 0; i < sizeof(codes) / sizeof(*codes); i++)
                if (codes[i].code == code)
                        return &codes[i];
        return &unknown;
}

const struct qf_code_text *qf_code_text_named(const char *name)
{
        for (size_t i = 0; i < sizeof(codes) / sizeof(*codes); i++)
                if (strcmp(codes[i].name, name) == 0)
                        return &codes[i];
        return &unknown;
}

const struct qf_code_text *qf_refusal_text(uint16_t refusal)
{
        for (size_t i = 0; i < sizeof(refusals) / sizeof(*refusals); i++)
                if (refusals[i].code == refusal)
                        return &refusals[i];
        return &unknown;
}

const char *qf_verdict_class_name(uint16_t class)
{
        static const char *const names[] = {
                [QF_ACCEPTED] = "accepted",       [QF_LATE] = "late",         [QF_DUPLICATE] = "duplicate",
                [QF_QUARANTINED] = "quarantined", [QF_REJECTED] = "rejected",
        };

        return class < sizeof(names) / sizeof(*names) ? names[class] : "unknown";
}
