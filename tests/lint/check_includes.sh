#!/bin/sh
# Who may include whom (CONTRIBUTING, "Layers"). CMake's links say the same; this
# says it by text, so that a line that happens to compile is found too.
# Usage: check_includes.sh [SOURCE_DIR]; prints each line that breaks a rule, exit 1.
set -eu
cd "${1:-$(dirname "$0")/../..}"

awk_rules='
function allow(layer, list,   n, i, parts) { n = split(list, parts, " "); for (i = 1; i <= n; i++) may[layer, parts[i]] = 1 }
BEGIN {
        allow("base", "base")
        allow("model", "base model")
        allow("programme", "base model programme")
        allow("wire", "base model wire")
        allow("store", "base model store")
        allow("service", "base service")
        allow("views", "base model programme wire client views")
        allow("client", "base model programme wire store client")
        allow("qingfeng", "base model programme wire store client qingfeng")
        split("base model programme wire store service views client qingfeng", common_list, " ")
        for (i in common_list) common[common_list[i]] = 1
        split("ingest aggregate report relay qf render", daemon_list, " ")
        for (i in daemon_list) daemon[daemon_list[i]] = 1
}
function complain(why) { printf "%s:%d: %s\n    %s\n", FILENAME, FNR, why, $0; bad = 1 }
FNR == 1 {
        split(FILENAME, path, "/"); where = path[1]; layer = path[2]
}
/^[ \t]*#[ \t]*include[ \t]*"/ {
        split($0, quoted, "\""); name = quoted[2]; split(name, part, "/"); target = part[1]
        if (name ~ /\.pb-c\.h$/) {
                if (!(where == "common" && layer == "wire")) complain("generated messages are for common/wire only")
                next
        }
        if (name !~ /\//) { complain("include ours as \"module/file.h\""); next }
        if (name ~ /\.\./) { complain("no relative includes"); next }
        if (target in daemon) {
                if (where == "common") complain("common/ knows no daemon")
                else if (where == "services" && target != layer && !(layer == "render" && target == "qf")) complain("daemons never include each other")
        } else if (target in common) {
                if (where == "common" && !((layer, target) in may)) complain(layer " may not include " target)
        } else if (where != "tests") complain("unknown module " target)
}
/^[ \t]*#[ \t]*include[ \t]*</ {
        split($0, angle, /[<>]/); name = angle[2]
        if (where == "tests") next
        if (name == "lmdb.h" && !(where == "common" && layer == "store")) complain("<lmdb.h> is for common/store only")
        if (name == "zmq.h" && !(where == "common" && (layer == "wire" || layer == "service")))
                complain("<zmq.h> is for common/wire and common/service only")
        if (name ~ /^systemd\// && !(where == "common" && layer == "service") && FILENAME != "common/base/log.c")
                complain("<systemd/*> is for common/service and common/base/log.c only")
        if (name ~ /^protobuf-c/ && !(where == "common" && layer == "wire"))
                complain("protobuf-c is for common/wire only")
        if (name ~ /^(cairo|pango|fontconfig|xlsxwriter)/ && !(where == "services" && layer == "render"))
                complain("<" name "> is for services/render only")
        if (name == "assert.h") complain("use QF_ASSERT of base/error.h")
}
END { exit bad }
'
find common services tests -name '*.[ch]' | sort | xargs awk "$awk_rules"
