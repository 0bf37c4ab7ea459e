/**
 * From an XID in the kernel's log to the report that the detector takes of it: the GPU monitor's check on its socket, quiet and beside
 * others' lines. The way from there to the bus is what `log` measures.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { defineMonitor } from '#monitor-kit'
import { closeStage, host, openStage, watchMonitor } from '../../libs/monitor-kit/testing/stage.ts'
import { gpuKernelLog } from '../../services/monitors/gpu/checks/gpu-kernel-log/check.ts'
import { createGpuShared } from '../../services/monitors/gpu/shared.ts'
import { XIDS } from '../../services/monitors/gpu/xid/catalogue.ts'
import { reportFigure } from './figure.ts'
import { flood, mayWrite, writeKernelLine } from './log/kernel-lines.ts'
import { percentile } from './npd/measure.ts'

const SAMPLES = 200
const PER_SECOND = 1000
const BETWEEN_MS = 20
const SETTLE_MS = 2000
const LATE_MS = 5000
/** Each is told at once, and stands for something. */
const CODES = [...XIDS.values()].filter(({ proof, code }) => proof !== 'none' && code !== 79).map(({ code }) => code)

/** Each by itself: a code of a place that was not said before. */
function lineOf(number: number): { readonly place: string; readonly code: number } {
  const bus = Math.floor(number / CODES.length)
  const run = (process.pid % 256).toString(16).padStart(2, '0')
  return { place: `fffd:${bus.toString(16).padStart(2, '0')}:${run}`, code: CODES[number % CODES.length] as number }
}

const keyOf = (number: number) => `gpu:${lineOf(number).place} GPUXid${lineOf(number).code}`

async function sample(heard: Map<string, (atMs: number) => void>, from: number) {
  const took: number[] = []
  for (let number = from; number < from + SAMPLES; number++) {
    const { place, code } = lineOf(number)
    const arrived = new Promise<number>((resolve) => heard.set(keyOf(number), resolve))
    const beganMs = performance.now()
    writeKernelLine(`NVRM: Xid (PCI:${place}): ${code}, pid=1, name=bench, Ch 00000010`)
    const atMs = await Promise.race([arrived, sleep(LATE_MS, Number.NaN)])
    if (!Number.isNaN(atMs)) took.push(atMs - beganMs)
    await sleep(BETWEEN_MS)
  }
  return { took, lost: SAMPLES - took.length }
}

function tell({ took, lost }: Awaited<ReturnType<typeof sample>>, how: string): void {
  const name = (what: string) => `XID to the detector, ${how}, ${what}`
  reportFigure({ name: name('p50'), value: percentile(took, 0.5), unit: 'ms', budget: { max: 10 } })
  reportFigure({ name: name('p99'), value: percentile(took, 0.99), unit: 'ms', budget: { max: 100 } })
  reportFigure({ name: name(`untold of ${SAMPLES}`), value: lost, unit: '', budget: { max: 0 } })
}

async function measure(): Promise<void> {
  const stage = await openStage()
  try {
    const monitor = defineMonitor({
      name: 'tiny',
      description: 'GPUs',
      checks: [gpuKernelLog],
      shared: createGpuShared,
    })
    const config = { modes: {}, xid: {}, sxid: {}, acceptUserRecords: true }
    const { client } = await host(stage, monitor, [{ name: 'kernel', type: 'gpu-kernel-log', config }])
    const watcher = watchMonitor(stage, client)
    const heard = new Map<string, (atMs: number) => void>()
    const listen = async (): Promise<never> => {
      for (;;) {
        const report = await watcher.report()
        for (const { entity, reason } of report.events) heard.get(`${entity} ${reason}`)?.(performance.now())
        watcher.ack(report)
      }
    }
    // It ends with the stage.
    listen().catch(() => undefined)
    await sleep(SETTLE_MS)
    tell(await sample(heard, 0), 'quiet')
    using _ = flood(PER_SECOND)
    await sleep(SETTLE_MS)
    tell(await sample(heard, SAMPLES), `beside ${PER_SECOND} lines a second`)
  } finally {
    await closeStage(stage)
  }
}

if (mayWrite()) await measure()
else process.stdout.write('/dev/kmsg may not be written here: nothing is known of the way from it\n')
