/** The monitor of logs. One line for each check. */
import { defineMonitor } from '#monitor-kit'
import { logFile } from './checks/log-file/check.ts'
import { logJournal } from './checks/log-journal/check.ts'
import { logKernel } from './checks/log-kernel/check.ts'
import { npdLog } from './checks/npd-log/check.ts'

export const log = defineMonitor({
  name: 'log',
  description: 'Kernel log, journal and log files, by rules',
  checks: [logFile, logJournal, logKernel, npdLog],
})
