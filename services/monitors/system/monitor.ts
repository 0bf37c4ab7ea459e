/** The monitor of the machine itself. One line for each check. */
import { defineMonitor } from '#monitor-kit'
import { clock } from './checks/clock/check.ts'
import { cpu } from './checks/cpu/check.ts'
import { disk } from './checks/disk/check.ts'
import { gpu } from './checks/gpu/check.ts'
import { interfaces } from './checks/interfaces/check.ts'
import { memory } from './checks/memory/check.ts'
import { npdStats } from './checks/npd-stats/check.ts'
import { pressure } from './checks/pressure/check.ts'
import { processes } from './checks/processes/check.ts'

export const system = defineMonitor({
  name: 'system',
  description: 'CPU, memory, disks, pressure, processes, clock, the driver of GPUs',
  checks: [clock, cpu, disk, gpu, interfaces, memory, npdStats, pressure, processes],
})
