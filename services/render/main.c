/* qf-render: the command qf, linked with what makes PDF and workbooks. qf goes on as this program when a report is asked
 * for in one of these forms, so that all else that it does loads no such library, and a server need not have them. */
#include "qf/commands.h"
#include "render/pdf.h"
#include "render/xlsx.h"

int main(int argc, char **argv)
{
        static const struct qf_renderers renderers = {.pdf = qf_render_pdf, .xlsx = qf_render_xlsx};
        return qf_cli_main(&qf_commands, &renderers, argc, argv);
}
