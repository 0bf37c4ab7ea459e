#!/bin/sh
# The program nvidia-smi of a fake: what it says now stands in the file `state` beside it. See test/fakes/nvidia-smi/README.md.
here=$(cd "$(dirname "$0")" && pwd)
state=$(cat "$here/state")
echo "$*" >>"$here/asked"
ARGS=$(for argument; do printf '%s\n' "$argument"; done)
GPUS=$(cat "$here/gpus")
NOW=$(date '+%Y/%m/%d %H:%M:%S.000')
COLUMN=idle
case $state in
  load) COLUMN=load ;;
  hang)
    # Uninterruptible where a file on a frozen file system is named; else deaf to SIGTERM.
    if [ -s "$here/hang-at" ]; then : >>"$(cat "$here/hang-at")"; exit 1; fi
    trap '' TERM INT
    while [ "$(cat "$here/state")" = hang ]; do sleep 0.2; done
    ;;
  slow) sleep "$(cat "$here/slow" 2>/dev/null || echo 3)" ;;
  garbage) head -c 65536 /dev/urandom; exit 0 ;;
  huge) yes 'GPU, 0, [N/A], 42' | head -c 10000000; exit 0 ;;
esac
overlay=$here/states/$state.tsv
[ -f "$overlay" ] || overlay=/dev/null
export ARGS GPUS NOW COLUMN
exec awk -f "$here/play.awk" "$here/capture.tsv" "$overlay"
