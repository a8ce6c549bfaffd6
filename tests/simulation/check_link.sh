#!/bin/sh
# The simulator runs the daemons' own objects: every member of their libraries is in it but those few that touch the
# machine, which it replaces; no call of LMDB or ZeroMQ is linked in; and no source knows that it exists.
# Usage: check_link.sh SIMULATE MAP SOURCE_DIR
set -eu
binary=$1
map=$2
source=$3
status=0
complain() {
        echo "$1"
        status=1
}

# In the map, "Archive member included" lists lines such as ../libqf_wire.a(body.c.o).
linked=$(mktemp)
trap 'rm -f "$linked"' EXIT
trap 'exit 130' INT TERM HUP
sed -n '1,/^Discarded input sections/p' "$map" | grep -o 'libqf_[a-z_]*\.a([a-z_0-9]*\.c\.o)' | sort -u >"$linked"

# left_out LIBRARY DIR MEMBERS…: of the sources in DIR exactly these members are not linked.
left_out() {
        library=$1
        directory=$2
        shift 2
        expected=$(printf '%s\n' "$@" | sort)
        found=$(for file in "$source/$directory"/*.c; do
                name=$(basename "$file" .c)
                [ "$name" = main ] || grep -qF "lib$library.a($name.c.o)" "$linked" || echo "$name"
        done | sort)
        [ "$expected" = "$found" ] || complain "$library: not linked are [$(echo $found)], expected [$(echo $expected)]"
}

left_out qf_ingest_core services/ingest audit audit_place audit_sources audit_worker tool # tools
left_out qf_aggregate_core services/aggregate
left_out qf_report_core services/report
left_out qf_relay_core services/relay
left_out qf_store common/store backup backup_file directory environment environment_ahead environment_facts format
left_out qf_client common/client feed_field feed_json feed_notes question # of qf and libqingfeng
left_out qf_wire common/wire crowd keys listens monitor publisher socket socket_options zap
left_out qf_model common/model

calls=$(nm --undefined-only "$binary" | grep -E ' (mdb|zmq)_' || true)
[ -z "$calls" ] || complain "calls of LMDB or ZeroMQ are linked in: $calls"
calls=$(nm --undefined-only "$binary" | grep -wE '(socket|bind|listen|connect)(@.*)?' || true)
[ -z "$calls" ] || complain "sockets of this machine would be made: $calls"
needed=$(readelf -d "$binary" | grep -E 'NEEDED.*lib(lmdb|zmq)' || true)
[ -z "$needed" ] || complain "it needs: $needed"
known=$(grep -rnE '^[[:space:]]*#.*(SIM|sim_|MUTANT)|"simulation/' "$source/common" "$source/services" --include='*.[ch]' || true)
[ -z "$known" ] || complain "the product knows of the simulator: $known"
exit $status
