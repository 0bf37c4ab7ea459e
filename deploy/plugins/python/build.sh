#!/usr/bin/env bash
# Builds the monitor and the action into a folder, dist/ by default: their files, the packages of requirements.txt, the code of the protocols.
# Takes pip and Python 3.10 or newer ($PYTHON): the same minor version, on the same platform, as the one that runs it.
set -euo pipefail
out="$(realpath -m "${1:-$(dirname "$0")/dist}")"
cd "$(dirname "$0")"
python="${PYTHON:-python3}"
proto="${PROTO:-../../../proto}"
tools="$(mktemp -d)"
trap 'rm -rf "$tools"' EXIT

install() {
  # Older releases of pip know no such option, and pass a variable over.
  PIP_ROOT_USER_ACTION=ignore \
    "$python" -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes --only-binary :all: "$@"
}
rm -rf "$out"
mkdir -p "$out"
install --target "$tools" --requirement requirements-build.txt
install --target "$out" --requirement requirements.txt
PYTHONPATH="$tools" "$python" -m grpc_tools.protoc --proto_path "$proto" --python_out "$out" --grpc_python_out "$out" \
  npd/external/v1/external_monitor.proto nodedoctor/v1/action.proto nodedoctor/v1/remediation.proto nodedoctor/v1/types.proto
cp ./*.py "$out"
# A container whose root nobody writes cannot keep what it compiles.
"$python" -m compileall -q "$out"
