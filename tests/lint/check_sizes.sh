#!/bin/sh
# A file is one idea: at most 600 lines of C, 100 of main.c; nothing above 1 MB in
# the tree. Functions are measured by clang-tidy. Usage: check_sizes.sh [SOURCE_DIR]
set -eu
cd "${1:-$(dirname "$0")/../..}"
status=0
long=$(find common services tests -name '*.[ch]' -exec wc -l {} + | awk '$2 != "total" && $1 > 600 { print "  " $1 " lines: " $2 }')
[ -z "$long" ] || { printf 'longer than 600 lines:\n%s\n' "$long"; status=1; }
mains=$(find services -name main.c -exec wc -l {} + | awk '$2 != "total" && $1 > 100 { print "  " $1 " lines: " $2 }')
[ -z "$mains" ] || { printf 'main.c longer than 100 lines:\n%s\n' "$mains"; status=1; }
large=$(find common services tests proto deploy docs -type f -size +1000k 2>/dev/null || true)
[ -z "$large" ] || { printf 'larger than 1 MB:\n%s\n' "$large"; status=1; }
exit $status
