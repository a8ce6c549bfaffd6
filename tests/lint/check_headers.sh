#!/bin/sh
# Every header compiles alone and says #pragma once. Usage: check_headers.sh CC [SOURCE_DIR]
set -eu
cc=$1
cd "${2:-$(dirname "$0")/../..}"
status=0
libraries=$(pkg-config --cflags pangocairo) # of services/render
for header in $(find common services tests -name '*.h' | sort); do
        grep -q '^#pragma once' "$header" || { echo "$header: no #pragma once"; status=1; }
        # shellcheck disable=SC2086 # a list of words
        printf '#include "%s"\n' "${header#*/}" |
                "$cc" $libraries -x c -std=c11 -D_GNU_SOURCE -Wall -Wextra -Wpedantic -Werror -fsyntax-only -Icommon -Iservices -Itests \
                        -DQF_SOURCE_DIR='"."' - ||
                { echo "$header does not compile alone"; status=1; }
done
exit $status
