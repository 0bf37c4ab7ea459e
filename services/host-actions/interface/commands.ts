/** Taking an interface down and up, as two programs of which the second runs in any case. Their texts are constant. */

/** Keeps routes and permanent addresses of IPv6, which the kernel forgets of what is down; then down for half a second. */
const DOWN = `"$1" -4 route save table all dev "$2" >"$3.route4"
"$1" -6 route save table all dev "$2" >"$3.route6"
"$1" -6 addr save dev "$2" permanent >"$3.addr6"
"$1" link set dev "$2" down || exit 1
sleep 0.5`

/** Up, and what was lost: what is there already is passed over. */
const UP = `"$1" link set dev "$2" up; up=$?
for part in addr6 route4 route6; do
  [ -s "$3.$part" ] || continue
  case $part in addr6) what="-6 addr";; route4) what="-4 route";; route6) what="-6 route";; esac
  "$1" $what restore <"$3.$part" 2>/dev/null
done
rm -f "$3.addr6" "$3.route4" "$3.route6"
exit $up`

/** @param ip the tool's path @param prefix of files that hold what is put back; absolute, the same on the host */
export function interfaceCommands(ip: string, name: string, prefix: string) {
  const shell = (text: string) => ['/bin/sh', '-c', text, 'sh', ip, name, prefix] as const
  return { command: shell(DOWN), afterwards: [shell(UP)] }
}
