/* qf, the one command: the line names one of its commands (commands.c), each a file of
 * its own, cmd_<name>.c; what they share is in cli.h. */
#include "qf/commands.h"

int main(int argc, char **argv)
{
        return qf_cli_main(&qf_commands, NULL, argc, argv);
}
