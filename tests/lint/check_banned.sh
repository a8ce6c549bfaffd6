#!/bin/sh
# Calls that cut, overflow or lie silently, words of unfinished work, and LMDB
# modes that lost data when tried. Usage: check_banned.sh [SOURCE_DIR]
set -eu
cd "${1:-$(dirname "$0")/../..}"
status=0

# search PATTERN WHY FILES…: complains about each line of code (comments stripped) that matches.
search() {
        pattern=$1
        why=$2
        shift 2
        [ "$#" -gt 0 ] || return 0
        hits=$(awk -v pattern="$pattern" '
                FNR == 1 { inside = 0 }
                {
                        line = $0
                        if (inside) { if (sub(/^.*\*\//, "", line)) inside = 0; else next }
                        gsub(/\/\*([^*]|\*[^\/])*\*\//, "", line)
                        if (sub(/\/\*.*$/, "", line)) inside = 1
                        gsub(/"([^"\\]|\\.)*"/, "\"\"", line)
                        if (line ~ pattern) printf "%s:%d: %s\n", FILENAME, FNR, $0
                }' "$@")
        if [ -n "$hits" ]; then
                printf '%s\n%s\n' "$why" "$hits"
                status=1
        fi
}

ours=$(find common services -name '*.[ch]' | sort)
all=$(find common services tests -name '*.[ch]' | sort)
c_only=$(find common services -name '*.c' | grep -v '^services/[a-z]*/main\.c$' | sort)
# shellcheck disable=SC2086 # lists of names without spaces
{
        search '(^|[^A-Za-z0-9_])(sprintf|vsprintf|strcpy|strcat|strncpy|strncat|strtok|strtok_r|atoi|atol|atoll|atof|gets|alloca|tmpnam|mktemp)[ ]*[(]' \
                'banned call (use snprintf, qf_view, qf_text_number, qf_buffer):' $all
        search '(^|[^A-Za-z0-9_])(strtol|strtoul|strtoll|strtoull)[ ]*[(]' \
                'numbers from text are read by qf_text_number (base/text.c):' $(echo "$ours" | grep -v 'common/base/text.c')
        search '(^|[^A-Za-z0-9_])assert[ ]*[(]' 'use QF_ASSERT:' $ours
        search '(^|[^A-Za-z0-9_])(exit|_exit|abort|quick_exit)[ ]*[(]' \
                'libraries return; processes end in main, service.c, QF_ASSERT and the workers of audit.c:' \
                $(echo "$c_only" | grep -v -e common/base/error.c -e common/service/service.c -e services/ingest/audit.c)
        search 'MDB_(NOSYNC|NOMETASYNC|MAPASYNC|WRITEMAP|DUPSORT|INTEGERKEY|DUPFIXED|NOLOCK)' \
                'LMDB modes that lost data, or have bugs in 0.9.24:' $ours
        search '(^|[^A-Za-z0-9_])(sleep|usleep|nanosleep|clock_nanosleep)[ ]*[(]' \
                'tests and daemons wait for conditions:' $(echo "$all" | grep -v '^tests/faults/')
}
# The daemons' pure parts read no clock: times are passed in.
# shellcheck disable=SC2046
search 'qf_clock_|clock_gettime|gettimeofday|(^|[^A-Za-z0-9_])time[(]' 'common/model and common/programme read no clock:' \
        $(find common/model common/programme -name '*.c')

hits=$(grep -rnE 'T''ODO|F''IXME|(^|[^X])X''XX([^X]|$)|not imple''mented|for n''ow|place''holder' \
        --include='*.c' --include='*.h' --include='*.sh' --include='*.py' --include='*.proto' \
        common services tests proto deploy 2>/dev/null || true)
if [ -n "$hits" ]; then
        printf 'unfinished work (finish it, or open an issue):\n%s\n' "$hits"
        status=1
fi
exit $status
