#!/bin/sh
# make.sh DIR CAPTURE [STATE]: makes DIR/nvidia-smi, which plays a capture. See README.md.
set -eu

# names FOLDER: its tables, in one line
names() {
  for file in "$here/$1"/*.tsv; do basename "$file" .tsv; done | tr '\n' ' '
}

here=$(cd "$(dirname "$0")" && pwd)
dir=${1:?make.sh DIR CAPTURE [STATE]}
capture=${2:?make.sh DIR CAPTURE [STATE]}
state=${3:-idle}
gpus=1
case $capture in
  *x[0-9]*) gpus=${capture##*x} capture=${capture%x*} ;;
esac
table=$here/captures/$capture.tsv
[ -f "$table" ] || {
  echo "make.sh: no capture $capture; there are: $(names captures)" >&2
  exit 2
}
case $state in
  idle | load | hang | slow | garbage | huge) ;;
  *) [ -f "$here/states/$state.tsv" ] || {
    echo "make.sh: no state $state; there are: idle load hang slow garbage huge $(names states)" >&2
    exit 2
  } ;;
esac
mkdir -p "$dir"
cp "$table" "$dir/capture.tsv"
cp "$here/play.awk" "$dir/play.awk"
rm -rf "$dir/states"
cp -R "$here/states" "$dir/states"
echo "$gpus" >"$dir/gpus"
echo "$state" >"$dir/state"
cp "$here/play.sh" "$dir/nvidia-smi"
chmod 755 "$dir/nvidia-smi"
