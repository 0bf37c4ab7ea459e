/** What an entry of a journal says beside its message (systemd.journal-fields(7)). */

/** What of an entry is told where nothing else is asked for. */
export const JOURNAL_FIELDS = [
  'PRIORITY',
  'SYSLOG_FACILITY',
  'SYSLOG_IDENTIFIER',
  '_COMM',
  '_KERNEL_DEVICE',
  '_KERNEL_SUBSYSTEM',
  '_PID',
  '_SOURCE_MONOTONIC_TIMESTAMP',
  '_SOURCE_REALTIME_TIMESTAMP',
  '_SYSTEMD_UNIT',
  '_TRANSPORT',
] as const
