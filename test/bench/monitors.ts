/**
 * Memory, CPU and wakes at rest of the monitors that are not watched by default, each with what it is used for: `log` with the
 * kernel's rules, `custom-plugin` with one plug-in. `--settle N`, `--steady N` as of processes.ts.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { until } from '../e2e/constellation.ts'
import { reportFigure } from './figure.ts'
import { argument } from './npd/measure.ts'
import { cpuMs, memoryOf, voluntarySwitches } from './process/cost.ts'
import { startSet } from './process/set.ts'

const NAMES = ['log', 'custom-plugin'] as const
/** `up`, nats-server, the detector and both exporters beside them. */
const PROCESSES = NAMES.length + 5

const steadySeconds = argument('--steady', 60)
await using set = await startSet({
  processes: PROCESSES,
  monitors: [
    { name: 'kernel', type: 'log-kernel' },
    { name: 'queue', type: 'custom-plugin', config: { pluginPath: '/bin/true' } },
  ],
})
await until('every check has run', async () => {
  const { monitors } = await set.status()
  return NAMES.every((name) => monitors.some((one) => one.name === name && one.health === 'alive'))
})
await sleep(argument('--settle', 30) * 1000)

function counted(name: string) {
  const pid = set.pids.get(name) ?? -1
  return { name, pid, cpu: cpuMs(pid), wakes: voluntarySwitches(pid) }
}

const before = NAMES.map(counted)
await sleep(steadySeconds * 1000)
for (const { name, pid, cpu, wakes } of before) {
  const now = counted(name)
  const value = memoryOf(pid).privateMiB
  reportFigure({ name: `${name}, private memory`, value, unit: 'MiB', budget: { max: 19 } })
  const millicores = (now.cpu - cpu) / steadySeconds
  reportFigure({ name: `${name}, CPU at rest`, value: millicores, unit: 'millicores', budget: { max: 1 } })
  const perSecond = (now.wakes - wakes) / steadySeconds
  reportFigure({ name: `${name}, wakes of its main thread`, value: perSecond, unit: '/s', budget: { max: 6 } })
}
