/**
 * The GPU monitor in its container: eight GPUs looked at every 5 s and 50 calls of CheckHealth in flight within 50 MiB, how large an answer
 * is, and what it costs on a node without a GPU. `--minutes N` (default 3) of the first. nvidia-smi and dmesg are played: what they take is
 * in the memory, and in no CPU here.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { ExternalMonitorService, Status } from '#proto/npd/external/v1/external_monitor.ts'
import { connectUnix, type RpcClient } from '#rpc'
import { reportFigure } from './figure.ts'
import { type GpuNodeOptions, layGpuNode } from './gpu/node.ts'
import { createGroup } from './npd/cgroup.ts'
import { argument, millicoresOf, percentile } from './npd/measure.ts'
import { memoryOf } from './process/cost.ts'

const CALLS = 50
const START_MS = 60_000
const SETTLE_MS = 15_000
const REST_SECONDS = 60
/** The container's memory. */
const LIMITS = { memoryMiB: 50, millicores: 1000 }
/** Those of npd-ext's gpu-monitor. */
const FOUR: readonly string[] = ['GPUHealthy', 'GPUHung', 'GPUMemoryPressure', 'GPUTemperatureHigh']

interface Running {
  readonly client: RpcClient
  readonly pid: number
  readonly kills: () => number
  readonly peakMiB: () => number
}

/** The bundle in a group of its own, as long as it is measured. */
async function running(options: GpuNodeOptions, measure: (running: Running) => Promise<void>): Promise<void> {
  using group = createGroup(`nd-bench-gpu-${process.pid}`, LIMITS)
  await using node = await layGpuNode(0.1, options)
  const child = node.start(group?.lists ?? [])
  const ended = new Promise((resolve) => child.once('exit', resolve))
  const client = connectUnix(node.socket)
  try {
    await client.connected(AbortSignal.timeout(START_MS))
    await sleep(SETTLE_MS)
    const { kills = () => Number.NaN, peakMiB = () => Number.NaN } = group ?? {}
    await measure({ client, pid: child.pid ?? 0, kills, peakMiB })
  } finally {
    client.close()
    child.kill('SIGTERM')
    await ended
  }
}

function ask(client: RpcClient) {
  const request = { parameters: {}, sequence: 1 }
  return client.call(ExternalMonitorService.checkHealth, request, { timeoutMs: 30_000 })
}

/** Asks without a pause until the end; how long each took. */
async function keepAsking(client: RpcClient, signal: AbortSignal): Promise<readonly number[]> {
  const took: number[] = []
  while (!signal.aborted) {
    const beganMs = performance.now()
    // One that has not answered is in no percentile.
    const answer = await ask(client).catch(() => undefined)
    if (answer !== undefined) took.push(performance.now() - beganMs)
    await sleep(100)
  }
  return took
}

const health = (config: object) => ({ name: 'health', type: 'gpu-health-check', enabled: true, interval: '5s', config })

/** All three checks. */
const ALL = [
  health({}),
  { name: 'kernel', type: 'gpu-kernel-log', enabled: true },
  { name: 'fabric', type: 'gpu-fabric-check', enabled: true, interval: '1m' },
]

await running({ monitors: ALL }, async ({ client, pid, kills, peakMiB }) => {
  const bytes = Status.encode(await ask(client)).finish().length
  reportFigure({ name: 'CheckHealth of all, eight GPUs', value: bytes, unit: 'bytes', budget: { max: 2048 } })
  const name = (what: string) => `eight GPUs every 5 s, ${CALLS} calls in flight: ${what}`
  await sleep(REST_SECONDS * 1000)
  const rest = memoryOf(pid).privateMiB
  reportFigure({ name: 'eight GPUs every 5 s: private memory', value: rest, unit: 'MiB', budget: { max: 20 } })
  const signal = AbortSignal.timeout(argument('--minutes', 3) * 60_000)
  const took = (await Promise.all(Array.from({ length: CALLS }, () => keepAsking(client, signal)))).flat()
  reportFigure({ name: name('ended by the kernel'), value: kills(), unit: '', budget: { max: 0 } })
  reportFigure({ name: name('most charged with'), value: peakMiB(), unit: 'MiB', budget: { max: LIMITS.memoryMiB } })
  reportFigure({ name: name('private memory'), value: memoryOf(pid).privateMiB, unit: 'MiB' })
  reportFigure({ name: name('an answer, p50'), value: percentile(took, 0.5), unit: 'ms' })
  reportFigure({ name: name('an answer, p99'), value: percentile(took, 0.99), unit: 'ms' })
})

await running({ monitors: [health({ compatibility: 'npd-ext' })] }, async ({ client }) => {
  const status = await ask(client)
  const conditions = status.conditions.filter(({ type }) => FOUR.includes(type))
  if (conditions.length !== FOUR.length) throw new Error(`${conditions.length} of npd-ext’s four conditions are told`)
  const bytes = Status.encode({ ...status, conditions }).finish().length
  reportFigure({ name: 'CheckHealth, the four of npd-ext', value: bytes, unit: 'bytes', budget: { max: 500 } })
})

await running({ gpus: 0 }, async ({ pid }) => {
  const value = await millicoresOf(pid, REST_SECONDS)
  reportFigure({ name: 'without a GPU: CPU', value, unit: 'millicores', budget: { max: 0.5 } })
})
