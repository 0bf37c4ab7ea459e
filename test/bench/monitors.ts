/**
 * Memory, CPU and wakes at rest of monitors beside `system`: `network` and `kubernetes` with all of their checks, on a node of which
 * everybody whom they ask is well, and what each of these checks costs; `log` with the kernel's rules, `custom-plugin` with one plug-in.
 * `--settle N`, `--steady N` as of processes.ts; `--only network` for one of both sets.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { until } from '../e2e/constellation.ts'
import { layChain, whyNoChain } from '../e2e/network-chain.ts'
import { reportFigure } from './figure.ts'
import { layBenchNode } from './monitors/node.ts'
import { argument } from './npd/measure.ts'
import { cpuMs, memoryOf, programsCpuMs, voluntarySwitches } from './process/cost.ts'
import { type RunningSet, type SetOptions, startSet } from './process/set.ts'

/** Before the resolv.conf of the network in which this process was started: it measures what asks others. */
const INSIDE = '--inside'
/** `up`, nats-server, the detector and both exporters beside them. */
const BESIDE = 5
const steadySeconds = argument('--steady', 60)
/** From the first runs on: V8's own collections of a start are over by then. */
const settleSeconds = argument('--settle', 30)

function wordAfter(option: string): string {
  const index = process.argv.indexOf(option)
  return index < 0 ? '' : (process.argv[index + 1] ?? '')
}

async function startMonitors(names: readonly string[], options: SetOptions): Promise<RunningSet> {
  const set = await startSet({ processes: names.length + BESIDE, ...options })
  await until('every check has run', async () => {
    const { monitors } = await set.status()
    return names.every((name) => monitors.some((one) => one.name === name && one.health === 'alive'))
  })
  await sleep(settleSeconds * 1000)
  return set
}

/** Of each, at rest. */
async function reportRest(set: RunningSet, names: readonly string[]): Promise<void> {
  const counted = (name: string) => {
    const pid = set.pids.get(name) ?? -1
    return { name, pid, cpu: cpuMs(pid), programs: programsCpuMs(pid), wakes: voluntarySwitches(pid) }
  }
  const before = names.map(counted)
  await sleep(steadySeconds * 1000)
  for (const { name, pid, cpu, programs, wakes } of before) {
    const now = counted(name)
    const value = memoryOf(pid).privateMiB
    reportFigure({ name: `${name}, private memory`, value, unit: 'MiB', budget: { max: 19 } })
    const millicores = (now.cpu - cpu) / steadySeconds
    reportFigure({ name: `${name}, CPU at rest`, value: millicores, unit: 'millicores', budget: { max: 1 } })
    const started = (now.programs - programs) / steadySeconds
    reportFigure({ name: `${name}, CPU of programs that it starts`, value: started, unit: 'millicores' })
    const perSecond = (now.wakes - wakes) / steadySeconds
    reportFigure({ name: `${name}, wakes of its main thread`, value: perSecond, unit: '/s', budget: { max: 6 } })
  }
}

/** Seconds of processor, and runs, by monitor and check. */
function costsIn(text: string): ReadonlyMap<string, { readonly seconds: number; readonly runs: number }> {
  const values = (metric: string) => {
    const line = new RegExp(`^node_doctor_${metric}\\{([^}]*)\\} (\\S+)$`, 'gm')
    return new Map([...text.matchAll(line)].map(([, labels = '', value]) => [labels, Number(value)] as const))
  }
  const runs = values('monitor_duration_seconds_count')
  return new Map(
    [...values('check_cpu_seconds_total')].map(([labels, seconds]) => {
      const [monitor, check] = ['monitor', 'check'].map((name) => new RegExp(`${name}="([^"]*)"`).exec(labels)?.[1])
      return [`${monitor}: ${check}`, { seconds, runs: runs.get(labels) ?? Number.NaN }]
    }),
  )
}

/** A list of 250 containers alone is 20 (cri.ts); a look at the runtime asks for its pods as well, and how it is. */
const BUDGETS: Readonly<Record<string, { readonly max: number }>> = { 'kubernetes: runtime': { max: 30 } }

/** What a run of each check took of its monitor's processor, after the first ones; what it starts as a program is not in it. */
async function reportChecks(set: RunningSet, work: () => Promise<void>): Promise<void> {
  const before = costsIn(await set.metrics())
  await work()
  for (const [check, now] of costsIn(await set.metrics())) {
    const first = before.get(check) ?? { seconds: 0, runs: 0 }
    const runs = now.runs - first.runs
    // One that is hardly ever run has had none meanwhile: its first stands for it.
    const [seconds, count, words] =
      runs > 0 ? [now.seconds - first.seconds, runs, ''] : [now.seconds, now.runs, ', first run']
    const value = (seconds / count) * 1000
    const budget = BUDGETS[check]
    reportFigure({ name: `${check}${words}`, value, unit: 'ms of CPU', ...(budget === undefined ? {} : { budget }) })
  }
}

async function ofNode(resolvConf: string): Promise<void> {
  const names = ['network', 'kubernetes']
  await using node = await layBenchNode(resolvConf)
  await using set = await startMonitors(names, node)
  const unwell = (await set.status()).problems.filter(({ monitor }) => names.includes(monitor))
  for (const { summary, message } of unwell) console.log(`not at rest: ${summary}: ${message}`)
  await reportChecks(set, () => reportRest(set, names))
}

/** In a network of its own, which this machine's gateways and nameservers are not in. */
async function inNetwork(): Promise<void> {
  const why = whyNoChain()
  if (why !== '') throw new Error(`network and kubernetes are not measured: ${why}`)
  const chain = await layChain('bench')
  try {
    const [file, ...words] = [...chain.onNode, process.execPath, ...process.argv.slice(1), INSIDE, chain.resolvConf]
    const [code] = await once(spawn(file, words, { stdio: 'inherit' }), 'exit')
    if (code !== 0) throw new Error(`what measures network and kubernetes ended with ${code}`)
  } finally {
    await chain.close()
  }
}

async function ofLogs(): Promise<void> {
  const names = ['log', 'custom-plugin']
  const monitors = [
    { name: 'kernel', type: 'log-kernel' },
    { name: 'queue', type: 'custom-plugin', config: { pluginPath: '/bin/true' } },
  ]
  await using set = await startMonitors(names, { monitors })
  await reportRest(set, names)
}

if (process.argv.includes(INSIDE)) await ofNode(wordAfter(INSIDE))
else {
  if (wordAfter('--only') !== 'log') await inNetwork()
  if (wordAfter('--only') !== 'network') await ofLogs()
}
