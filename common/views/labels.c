/* Why: the same code has the same name in every command, on the board and in every
 * file that is downloaded. */
#include "views/labels.h"

#include <stdio.h>

#include "base/text.h"

static struct qf_view choose(bool chinese, struct qf_view code, struct qf_view zh, struct qf_view en)
{
        const struct qf_view first = chinese ? zh : en, second = chinese ? en : zh;
        return first.len ? first : second.len ? second : code;
}

struct qf_view qf_label_dimension(bool chinese, const struct qf_programme *programme,
                                  struct qf_view dimension)
{
        static const struct {
                const char *code, *zh, *en;
        } periods[] = {{"day", "日", "day"}, {"month", "月", "month"}, {"year", "年", "year"}};
        for (size_t i = 0; i < sizeof(periods) / sizeof(periods[0]); i++)
                if (qf_view_same(dimension, qf_view_of(periods[i].code)))
                        return qf_view_of(chinese ? periods[i].zh : periods[i].en);
        const struct qf_dimension *found =
                qf_programme_dimension(programme, qf_programme_find_dimension(programme, dimension));
        return found ? choose(chinese, found->code, found->zh, found->en) : dimension;
}

struct qf_view qf_label_column(bool chinese, const struct qf_programme *programme, struct qf_view column)
{
        static const struct {
                const char *code, *zh, *en;
        } heads[] = {{"date", "日期", "date"},
                     {"partner", "报送单位", "fed by"},
                     {"key", "编号", "key"},
                     {"method", "人次来源", "counted by"},
                     {"late", "迟报", "late"}};
        for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
                if (qf_view_same(column, qf_view_of(heads[i].code)))
                        return qf_view_of(chinese ? heads[i].zh : heads[i].en);
        return qf_label_dimension(chinese, programme, column);
}

/* "202305" or "20230500" → "2023-05": the server says months in either form. */
struct qf_view qf_label_period(struct qf_view member, char *room, size_t room_bytes)
{
        uint64_t date;
        if (!qf_text_number(member, 99999999, &date) ||
            (member.len != 4 && member.len != 6 && member.len != 8))
                return member;
        for (uint32_t len = member.len; len < 8; len += 2)
                date *= 100;
        const unsigned year = (unsigned)(date / 10000), month = (unsigned)(date / 100 % 100),
                       day = (unsigned)(date % 100);
        if (day)
                (void)snprintf(room, room_bytes, "%04u-%02u-%02u", year, month, day);
        else if (month)
                (void)snprintf(room, room_bytes, "%04u-%02u", year, month);
        else
                (void)snprintf(room, room_bytes, "%04u", year);
        return qf_view_of(room);
}

static bool is_period(struct qf_view dimension)
{
        return qf_view_same(dimension, QF_VIEW("day")) || qf_view_same(dimension, QF_VIEW("month")) ||
               qf_view_same(dimension, QF_VIEW("year"));
}

/* Columns of a list that are no dimensions. */
static bool find_mark(bool chinese, struct qf_view column, struct qf_view code, struct qf_view *ret_label)
{
        static const struct {
                const char *column, *code, *zh, *en;
        } marks[] = {{"late", "", "", ""},
                     {"late", "late", "迟报", "late"},
                     {"method", "", "", ""},
                     {"method", "signed_in", "签到", "signed in"},
                     {"method", "headcount", "点人头", "headcount"},
                     {"method", "registered", "报名", "registered"},
                     {"method", "estimated", "估计", "estimate"}};
        for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
                if (!qf_view_same(column, qf_view_of(marks[i].column)) ||
                    !qf_view_same(code, qf_view_of(marks[i].code)))
                        continue;
                *ret_label = qf_view_of(chinese ? marks[i].zh : marks[i].en);
                return true;
        }
        return false;
}

struct qf_view qf_label_member_on(uint32_t day, bool chinese, const struct qf_programme *programme,
                                  struct qf_view dimension, struct qf_view member, char *room,
                                  size_t room_bytes)
{
        const uint16_t id = qf_programme_find_dimension(programme, dimension);
        struct qf_view label;
        if (id == QF_DIMENSION_UNKNOWN && find_mark(chinese, dimension, member, &label))
                return label;
        if (!member.len)
                return qf_view_of(is_period(dimension) ? (chinese ? "（日期不详）" : "(date not known)")
                                                       : (chinese ? "（未填）" : "(not stated)"));
        if (is_period(dimension))
                return qf_label_period(member, room, room_bytes);
        const struct qf_member *found =
                qf_programme_member(programme, id, qf_programme_find_member(programme, id, member));
        if (!found || !day)
                return found ? choose(chinese, found->code, found->zh, found->en) : member;
        const struct qf_member_place *place = qf_member_place(found, day);
        return choose(chinese, found->code, place->zh, place->en);
}

struct qf_view qf_label_member(bool chinese, const struct qf_programme *programme, struct qf_view dimension,
                               struct qf_view member, char *room, size_t room_bytes)
{
        return qf_label_member_on(0, chinese, programme, dimension, member, room, room_bytes);
}
