#!/bin/sh
# Hands a file of JSON lines to `qf feed --listen` on this machine, and is not content before it has the answer.
#
#     sh feed.sh DOOR LINES       DOOR: the socket's path, or 127.0.0.1:PORT
#
# The name that the request is known by is made of what is in it: the same file said again, today or after a crash of
# either side, is recognised and takes no new numbers.
set -eu
door=$1
lines=$2
key=$(sha256sum "$lines" | cut -d ' ' -f 1)
case $door in
/*) where="--unix-socket $door http://localhost" ;;
*) where="http://$door" ;;
esac
# Without an answer nobody knows whether it was taken: the same again, with the same key.
# shellcheck disable=SC2086
curl --silent --show-error --fail-with-body --retry 20 --retry-delay 1 --retry-all-errors --max-time 30 \
        --header 'Content-Type: application/x-ndjson' --header "Idempotency-Key: $key" \
        --data-binary "@$lines" $where/events
echo
