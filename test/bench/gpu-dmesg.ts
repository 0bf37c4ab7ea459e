/**
 * The GPU monitor where dmesg tells the kernel's log, as in its containers: eight GPUs, a large log, 50 calls of CheckHealth in flight, within
 * 50 MiB. How long from an XID in the log to its report, what it costs, whether the kernel ends it. `--minutes N` (default 2) of each,
 * `--log N` MiB (default 2 and 8). dmesg and nvidia-smi are played: what they take is in the memory, and in no CPU here.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { ExternalMonitorService } from '#proto/npd/external/v1/external_monitor.ts'
import { connectUnix, type RpcClient } from '#rpc'
import { watchMonitor } from '../../libs/monitor-kit/testing/stage.ts'
import { XIDS } from '../../services/monitors/gpu/xid/catalogue.ts'
import { reportFigure } from './figure.ts'
import { type GpuNode, layGpuNode } from './gpu/node.ts'
import { createGroup } from './npd/cgroup.ts'
import { argument, percentile } from './npd/measure.ts'
import { cpuMs, memoryOf } from './process/cost.ts'

const CALLS = 50
const BETWEEN_MS = 5_000
const LATE_MS = 10_000
const START_MS = 60_000
const SETTLE_MS = 10_000
/** The container's memory. */
const LIMITS = { memoryMiB: 50, millicores: 1000 }
const CODES = [...XIDS.values()].filter(({ proof, code }) => proof !== 'none' && code !== 79).map(({ code }) => code)

/** Asks without an end, each time when the call before has its answer. */
async function keepAsking(client: RpcClient, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await client
      .call(ExternalMonitorService.checkHealth, { parameters: {}, sequence: 1 }, { timeoutMs: 30_000 })
      .catch(() => undefined)
    await sleep(100)
  }
}

/** From the line to the report, one XID after the other; NaN for one that is late. */
async function sample(node: GpuNode, client: RpcClient, minutes: number): Promise<number[]> {
  const stage = { runDir: '', socket: node.socket, ends: [] }
  const watcher = watchMonitor(stage, client)
  const heard = new Map<string, (atMs: number) => void>()
  const listen = async (): Promise<never> => {
    for (;;) {
      const report = await watcher.report()
      for (const { entity, reason } of report.events) heard.get(`${entity} ${reason}`)?.(performance.now())
      watcher.ack(report)
    }
  }
  // It ends with the connection.
  listen().catch(() => undefined)
  const took: number[] = []
  const endMs = performance.now() + minutes * 60_000
  for (let i = 0; performance.now() < endMs; i++) {
    // Each by itself: a code of a place that was not said before.
    const [code, place] = [CODES[i % CODES.length], `fffd:${(0x10 + Math.floor(i / CODES.length)).toString(16)}:00`]
    const arrived = new Promise<number>((resolve) => heard.set(`gpu:${place} GPUXid${code}`, resolve))
    const beganMs = performance.now()
    await node.say(`NVRM: Xid (PCI:${place}): ${code}, pid=1, name=bench, Ch 00000010`)
    took.push((await Promise.race([arrived, sleep(LATE_MS, Number.NaN)])) - beganMs)
    await sleep(BETWEEN_MS * Math.random())
  }
  return took
}

/** At rest, its programs not counted. */
async function millicores(pid: number, seconds: number): Promise<number> {
  const [before, beganMs] = [cpuMs(pid), performance.now()]
  await sleep(seconds * 1000)
  return (cpuMs(pid) - before) / ((performance.now() - beganMs) / 1000)
}

/** What a machine does beside is in the longest. */
function reportWay(took: readonly number[], name: (what: string) => string): void {
  const told = took.filter((ms) => !Number.isNaN(ms))
  const untold = took.length - told.length
  reportFigure({ name: name('XID to the detector, p50'), value: percentile(told, 0.5), unit: 'ms' })
  reportFigure({ name: name('the longest'), value: percentile(told, 1), unit: 'ms', budget: { max: 3000 } })
  reportFigure({ name: name(`untold of ${took.length}`), value: untold, unit: '', budget: { max: 0 } })
}

function start(node: GpuNode, lists: readonly string[], isOver: () => boolean) {
  const child = node.start(lists)
  const ended = new Promise<void>((resolve) =>
    child.once('exit', (code, signal) => {
      if (!isOver()) process.stdout.write(`the monitor ended: ${signal ?? code}\n`)
      resolve()
    }),
  )
  return { child, ended, pid: child.pid ?? 0 }
}

async function measure(logMiB: number): Promise<void> {
  const name = (what: string): string => `a kernel log of ${logMiB} MiB by dmesg: ${what}`
  using group = createGroup(`nd-bench-gpu-${process.pid}`, LIMITS)
  await using node = await layGpuNode(logMiB)
  const stop = new AbortController()
  const { child, ended, pid } = start(node, group?.lists ?? [], () => stop.signal.aborted)
  const client = connectUnix(node.socket)
  try {
    await client.connected(AbortSignal.timeout(START_MS))
    await sleep(SETTLE_MS)
    const quiet = await millicores(pid, 30)
    const asking = Array.from({ length: CALLS }, () => keepAsking(client, stop.signal))
    reportWay(await sample(node, client, argument('--minutes', 2)), name)
    reportFigure({ name: name('CPU, nobody asks'), value: quiet, unit: 'millicores', budget: { max: 10 } })
    const [kills, peak] = [group?.kills() ?? Number.NaN, group?.peakMiB() ?? Number.NaN]
    reportFigure({ name: name('ended by the kernel'), value: kills, unit: '', budget: { max: 0 } })
    reportFigure({ name: name('most charged with'), value: peak, unit: 'MiB', budget: { max: LIMITS.memoryMiB } })
    reportFigure({ name: name('private memory'), value: memoryOf(pid).privateMiB, unit: 'MiB' })
    stop.abort()
    await Promise.all(asking)
  } finally {
    stop.abort()
    client.close()
    child.kill('SIGTERM')
    await ended
  }
}

const only = argument('--log', 0)
for (const logMiB of only > 0 ? [only] : [2, 8]) await measure(logMiB)
