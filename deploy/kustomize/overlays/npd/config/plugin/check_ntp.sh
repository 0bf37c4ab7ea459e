#!/bin/bash
# Whether a time service of this node keeps its clock: the first that is there has to be active.
#   0: it is; 1: it is not; 2: not known
systemctl --version >/dev/null 2>&1 || {
  echo 'systemctl is not here, or systemd does not answer'
  exit 2
}
for service in chronyd chrony ntpsec ntpd ntp systemd-timesyncd; do
  [ "$(systemctl show --property LoadState --value "$service" 2>/dev/null)" = loaded ] || continue
  if systemctl --quiet is-active "$service"; then
    echo "$service is active"
    exit 0
  fi
  down=${down:-$service}
done
[ -n "${down:-}" ] || {
  echo 'no time service was found'
  exit 2
}
echo "$down is not active"
exit 1
