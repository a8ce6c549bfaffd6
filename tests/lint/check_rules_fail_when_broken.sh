#!/bin/sh
# The lint scripts themselves: each planted offence must be found, and a clean tree must pass.
# Usage: check_rules_fail_when_broken.sh LINT_DIR
set -eu
lint=$1
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
trap 'exit 130' INT TERM HUP
mkdir -p "$tree"/common/base "$tree"/common/model "$tree"/common/programme "$tree"/common/wire "$tree"/common/store \
        "$tree"/services/ingest "$tree"/services/report "$tree"/tests/unit "$tree"/proto "$tree"/deploy
status=0

# plant CHECK FILE LINE: CHECK must be silent without the line in FILE and complain with it.
plant() {
        check=$1
        file=$tree/$2
        echo '/* clean */' >"$file"
        "$lint/check_$check.sh" "$tree" >/dev/null || { echo "$check complains about a clean tree"; status=1; }
        printf '%s\n' "$3" >>"$file"
        if "$lint/check_$check.sh" "$tree" >/dev/null; then
                echo "$check does not see: $2: $3"
                status=1
        fi
        rm "$file"
}

plant includes common/base/a.c '#include "model/event.h"'
plant includes common/model/a.c '#include "wire/body.h"'
plant includes common/wire/a.c '#include "store/record.h"'
plant includes common/store/a.c '#include "wire/body.h"'
plant includes common/model/a.c '#include <lmdb.h>'
plant includes services/ingest/a.c '#include <zmq.h>'
plant includes services/ingest/a.c '#include "report/rows.h"'
plant includes services/report/a.c '#include "totals.pb-c.h"'
plant includes common/base/a.c '#include <systemd/sd-daemon.h>'
plant includes common/base/a.c '#include "bytes.h"'
plant banned common/base/a.c 'static void f(char *t) { strcpy(t, "x"); }'
plant banned common/store/a.c 'unsigned flags = MDB_NOSYNC;'
plant banned common/model/a.c 'int64_t now = qf_clock_wall_ms();'
plant banned tests/unit/a.c 'static void f(void) { sleep(1); }'
plant banned services/report/a.c 'static void f(void) { exit(1); }'
plant banned common/base/a.c "/* TO""DO later */"
exit $status
