/** The monitor of logs. One line for each check. */
import { defineMonitor } from '#monitor-kit'

export const log = defineMonitor({
  name: 'log',
  description: 'Kernel log, journal and log files, by rules',
  checks: [],
})
