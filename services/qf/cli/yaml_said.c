/* Why: libcyaml has some twenty messages, and a programme file as many of our own; who writes such a file reads the language
 * of its names. What is no YAML at all is told where that is noticed, so lines of the library are "near". */
#include "qf/cli/yaml_said.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/text.h"

static const struct { /* {}: what stands behind the words. The first that is found counts */
        const char *en, *zh;
} sayings[] = {
        {"Unexpected key: ", "不认识“{}”"},
        {"Missing required mapping field: ", "缺“{}”"},
        {"Mapping field already seen: ", "“{}”写了两次"},
        {"write true or false (yes or no), not ", "“{}”不对：这里写 true（是）或 false（否）"},
        {"Invalid ENUM value: ", "不能写“{}”"},
        {"INT value: ", "“{}”不是数，或太大"},
        {"_t value: ", "“{}”不是数，或太大"},
        {"length < ", "文字太短"},
        {"length > ", "文字太长"},
        {"Excessive entries", "条目太多"},
        {"Insufficient entries", "条目太少"},
        {"nexpected event", "写法不对：这里要的是另一种（列表、“键: 值”，或一个值）"},
        {"got event: ", "写法不对：这里要的是另一种（列表、“键: 值”，或一个值）"},
        {"found a tab", "用了制表符（Tab）缩进：YAML 里只能用空格"},
        {"cannot start any token",
         "不能以这个字符开头：用了制表符（Tab）缩进（YAML 里只能用空格），或以 @、`、% 开头的没有加引号"},
        {"libyaml: ", "不是正确的 YAML：看看缩进、冒号和引号"},
        {"alias", "不能用别名（&、*）"},
        {"the file is empty", "文件是空的"},
        {"this dimension is there twice", "这个维度写了两次"},
        {"this code is there twice", "这个代码写了两次"},
        {"write dates as 2023-05-06; there is no day ", "没有“{}”这一天；日期写成 2023-05-06"},
        {"write groups as DIMENSION=MEMBER, not as ", "“{}”不对；分组写成 维度=成员"},
        {"it names two groups of ", "“{}”写了两个分组"},
        {"it changes nothing", "这一次变动什么也没有改：写新的名称、上级或分组"},
        {"moves go by date", "“{}”不对：各次变动按日期先后写，都在 valid_from 之后"},
        {"it moves after its valid_to: ", "“{}”在 valid_to 之后"},
        {"there is no such parent in this dimension: ", "这个维度里没有上级“{}”"},
        {"go round in a circle", "上级绕成了一圈"},
        {" does not fit: ", "“{}”不合规定"},
};

/* What stands at a place: up to where it goes on or ends, without quotes. */
static struct qf_view named(const char *at)
{
        const char *end = strstr(at, ", in ");
        size_t len = end ? (size_t)(end - at) : strlen(at);

        if (len >= 2 && at[0] == '\'' && at[len - 1] == '\'')
                at++, len -= 2;
        return (struct qf_view){at, (uint32_t)len};
}

/* The words in Chinese; what is not known leaves them empty. */
static void translate(const char *said, char ret_text[QF_CONFIG_TEXT])
{
        ret_text[0] = '\0';
        for (size_t i = 0; i < sizeof sayings / sizeof sayings[0]; i++) {
                const char *found = strstr(said, sayings[i].en), *zh = sayings[i].zh, *gap = strstr(zh, "{}");
                if (!found)
                        continue;
                const struct qf_view what = named(found + strlen(sayings[i].en));
                if (gap)
                        (void)snprintf(ret_text, QF_CONFIG_TEXT, "%.*s%.*s%s", (int)(gap - zh), zh,
                                       (int)what.len, what.at, gap + 2);
                else
                        (void)snprintf(ret_text, QF_CONFIG_TEXT, "%s", zh);
                return;
        }
}

const char *qf_yaml_said(bool chinese, const char *said, char ret_text[2 * QF_CONFIG_TEXT])
{
        const char *near = strstr(said, "line: "), *ours = strncmp(said, "line ", 5) == 0 ? said + 5 : NULL;
        const char *number = near ? near + 6 : ours ? ours : "";
        uint64_t line = 0;
        char words[QF_CONFIG_TEXT], place[64] = "";

        translate(said, words);
        if (qf_text_number((struct qf_view){number, (uint32_t)strspn(number, "0123456789")}, INT_MAX, &line))
                (void)snprintf(place, sizeof place, "第 %llu 行%s%s", (unsigned long long)line,
                               ours ? "" : "附近", words[0] ? "：" : "有错");
        if (!chinese || (!words[0] && !place[0]))
                (void)snprintf(ret_text, (size_t)2 * QF_CONFIG_TEXT, "%s", said);
        else
                (void)snprintf(ret_text, (size_t)2 * QF_CONFIG_TEXT, "%s%s（%s）", place, words, said);
        return ret_text;
}
