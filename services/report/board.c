/* Which panels there are, and what the programme has for them. */
#include "report/board.h"

#include "model/period.h"
#include "views/listed.h"

static const struct qf_board_panel panels[] = {
        {"status", NULL, qf_board_status},
        {"recent", NULL, qf_board_recent},
        {"headline", NULL, qf_board_headline},
        {"months", NULL, qf_board_months},
        {"partners", NULL, qf_board_partners},
        {"matrix", qf_board_has_matrix, qf_board_matrix},
        {"sites", qf_board_has_sites, qf_board_sites},
        {"rates", qf_board_has_rates, qf_board_rates},
        {"broadcasts", qf_board_has_broadcasts, qf_board_broadcasts},
        {"plan", qf_board_has_plan, qf_board_plan},
        {"oversight", qf_board_has_oversight, qf_board_oversight},
        {"completeness", qf_board_has_completeness, qf_board_completeness},
};

_Static_assert(sizeof(panels) / sizeof(panels[0]) == QF_BOARD_PANELS &&
                       (int)QF_BOARD_PANELS <= (int)QF_LIVE_PANELS,
               "there is room for them");

const struct qf_board_panel *qf_board_panels(uint32_t *ret_count)
{
        *ret_count = QF_BOARD_PANELS;
        return panels;
}

uint32_t qf_board_same_days_upto(const struct qf_board *board)
{
        return board->year == board->today / 10000 && board->today % 10000 != 1231 ? board->today : 0;
}

uint32_t qf_board_last_day(const struct qf_board *board, uint32_t year)
{
        const uint32_t upto = qf_board_same_days_upto(board);

        return upto ? qf_date_in_year(upto, year) : year * 10000 + 1231;
}

void qf_board_note_undated(json_t *panel, const struct qf_to_reader *answer)
{
        for (uint32_t i = 0; panel && i < answer->notes_count; i++)
                if (qf_view_same(answer->notes[i], QF_VIEW("undated_excluded")))
                        (void)json_object_set_new(panel, "undated_excluded", json_true());
}

void qf_board_note(json_t *panel, const struct qf_to_reader *answer)
{
        if (qf_listed_restricted(answer))
                (void)json_object_set_new(panel, "restricted", json_true());
}
