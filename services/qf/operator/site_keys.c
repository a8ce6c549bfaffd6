/* Why: qf up makes them in a trial's directory, qf init on a machine. */
#include "qf/operator/site_keys.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "wire/keys.h"

/* The public half is written each time: it follows from the secret one. */
int qf_site_key(struct qf_cli *cli, const char *folder, const char *name)
{
        char secret_path[PATH_MAX], public_path[PATH_MAX];
        struct qf_curve curve = {0}; /* of a server: its two, while it changes */

        (void)snprintf(secret_path, sizeof secret_path, "%s/%s.secret", folder, name);
        (void)snprintf(public_path, sizeof public_path, "%s/%s.public", folder, name);
        int r = qf_key_read_server(NULL, secret_path, &curve);
        if (r == -ENOENT) {
                r = qf_key_make(curve.public_key, curve.secret_key);
                if (r == 0)
                        r = qf_key_write_secret(secret_path, curve.secret_key);
        }
        if (r == 0)
                r = qf_key_write_servers(public_path, curve.public_key, curve.former_public_key);
        explicit_bzero(&curve, sizeof curve);
        if (r == 0)
                return 0;
        if (r > 0)
                qf_cli_fail(cli, QF_EXIT_OTHER,
                            "密钥文件 %s 不能用（别人可读，或内容不对）。\nchmod 600，或把它移走再启动。",
                            "the key file %s cannot be used (others can read it, or it holds no key).\n"
                            "chmod 600 it, or move it away and start again.",
                            secret_path);
        else
                qf_cli_broke(cli, r, secret_path);
        return 1;
}
