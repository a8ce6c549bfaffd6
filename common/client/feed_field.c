/* Why: map files and JSON lines name fields alike. */
#include "client/feed_field.h"

enum qf_field qf_field_named(struct qf_view name)
{
        static const struct {
                const char *name;
                enum qf_field field;
        } names[] = {
                {"key", QF_FIELD_KEY},
                {"action", QF_FIELD_ACTION},
                {"revision", QF_FIELD_REVISION},
                {"date", QF_FIELD_DATE},
                {"year", QF_FIELD_YEAR},
                {"month", QF_FIELD_MONTH},
                {"day", QF_FIELD_DAY},
                {"sessions", QF_FIELD_SESSIONS},
                {"attendances", QF_FIELD_ATTENDANCES},
                {"participants", QF_FIELD_PARTICIPANTS},
                {"method", QF_FIELD_METHOD},
                {"start", QF_FIELD_START},
                {"minutes", QF_FIELD_MINUTES},
                {"evidence", QF_FIELD_EVIDENCE},
                {"title", QF_FIELD_TITLE},
                {"note", QF_FIELD_NOTE},
                {"reason", QF_FIELD_REASON},
                {"recorded_by", QF_FIELD_RECORDED_BY},
                {"ignore", QF_FIELD_OURS},
        };
        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
                if (qf_view_same(name, qf_view_of(names[i].name)))
                        return names[i].field;
        return QF_FIELD_NONE;
}
