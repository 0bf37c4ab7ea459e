/** The monitor of logs. One line for each check. */
import { defineMonitor } from '#monitor-kit'
import { npdLog } from './checks/npd-log/check.ts'

export const log = defineMonitor({
  name: 'log',
  description: 'Kernel log, journal and log files, by rules',
  checks: [npdLog],
})
