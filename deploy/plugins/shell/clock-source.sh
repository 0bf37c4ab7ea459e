#!/bin/sh
# From which clock does the kernel read the time? Where the processor's own (tsc) goes wrong, the kernel gives it up for a timer of the
# board: each look at the time is then an access to a device, and programs that look often stand still. It says so once, in dmesg.
#
# Exit code 0 is well, 1 a warning, 2 critical, every other says that nobody knows. The first line printed is what people read. HOST_ROOT is
# where the root of the node is mounted, and empty where that is this one.
file="${HOST_ROOT:-}/sys/devices/system/clocksource/clocksource0/current_clocksource"

if ! read -r clock 2>/dev/null <"$file"; then
  echo "cannot read $file"
  exit 3
fi
case "$clock" in
jiffies)
  echo 'the kernel counts the time by its own ticks (jiffies), which is coarse and drifts; dmesg says what became of its clocks'
  exit 2
  ;;
hpet | acpi_pm | pit)
  echo "the kernel reads the time from $clock, which is slow; dmesg says why it gave up the clock of the processor"
  exit 1
  ;;
*)
  echo "the kernel reads the time from $clock"
  ;;
esac
