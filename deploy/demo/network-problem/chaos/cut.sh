#!/bin/sh
# On a node, as root: drops what goes to API servers, for so long. The kernel itself ends it: the rules have a time from which on
# they match nothing, whatever becomes of this program.
#   cut.sh apply SECONDS ADDRESS PORT [ADDRESS PORT ...]
#   cut.sh heal
set -eu
mark=node-doctor-demo

heal() {
  for table in iptables ip6tables; do
    command -v "$table" >/dev/null || continue
    # Each rule of ours as it was made, "-A" for "-D".
    "$table" -w -S OUTPUT | sed -n "/--comment $mark /s/^-A/-D/p" | while read -r rule; do
      # Split on purpose: words of a rule.
      # shellcheck disable=SC2086
      "$table" -w $rule
    done
  done
}

case ${1:-} in
heal) heal ;;
apply)
  seconds=$2
  shift 2
  end=$(date -u -d "@$(($(date +%s) + seconds))" +%Y-%m-%dT%H:%M:%S)
  heal
  while [ $# -ge 2 ]; do
    case $1 in *:*) table=ip6tables ;; *) table=iptables ;; esac
    "$table" -w -I OUTPUT -p tcp -d "$1" --dport "$2" -m comment --comment "$mark" -m time --datestop "$end" -j DROP ||
      { heal && exit 1; }
    shift 2
  done
  echo "nothing goes to the API servers until $end UTC"
  ;;
*)
  echo 'usage: cut.sh apply SECONDS ADDRESS PORT [ADDRESS PORT ...] | heal' >&2
  exit 2
  ;;
esac
