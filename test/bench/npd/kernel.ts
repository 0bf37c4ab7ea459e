/** From a line of the kernel's log to the condition at the API server, while nothing else happens and beside other lines. */
import { setTimeout as sleep } from 'node:timers/promises'
import { until } from '../../e2e/constellation.ts'
import { reportFigure } from '../figure.ts'
import { flood, mayWrite, writeKernelLine } from '../log/kernel-lines.ts'
import { kernelFile } from './files.ts'
import { percentile } from './measure.ts'
import { NODE, type RunningNpd, startNpd } from './process.ts'

const SAMPLES = 30
const PER_SECOND = 1000
/** Above the second that lies between two patches: the pace of writes is not what is measured. */
const BETWEEN_MS = 1100
const SETTLE_MS = 3000
const TAG = `NdBench${process.pid}x`

/** Each makes another condition True: one that is True already has nothing to tell. */
async function sample(npd: RunningNpd, type: string): Promise<number> {
  const statusOf = () => npd.api.node(NODE)?.status?.conditions?.find((one) => one.type === type)?.status
  const beganMs = performance.now()
  writeKernelLine(`${type} happened to the bench`)
  while (statusOf() !== 'True') {
    if (performance.now() - beganMs > 10_000) return Number.POSITIVE_INFINITY
    await new Promise(setImmediate)
  }
  return performance.now() - beganMs
}

async function samples(npd: RunningNpd, types: readonly string[]): Promise<number[]> {
  const found: number[] = []
  for (const type of types) {
    found.push(await sample(npd, type))
    await sleep(BETWEEN_MS + Math.random() * 200)
  }
  return found
}

function tell(found: readonly number[], how: string): void {
  reportFigure({ name: `kernel line to condition at the API, ${how}, p50`, value: percentile(found, 0.5), unit: 'ms' })
  reportFigure({
    name: `kernel line to condition at the API, ${how}, p99`,
    value: percentile(found, 0.99),
    unit: 'ms',
    budget: { max: 100 },
  })
}

export async function fromTheKernel(): Promise<void> {
  if (!mayWrite()) {
    process.stdout.write('/dev/kmsg may not be written here: nothing is known of the way from it\n')
    return
  }
  const types = Array.from({ length: 2 * SAMPLES }, (_, index) => `${TAG}${index}x`)
  await using npd = await startNpd({ files: { logs: [kernelFile(types)] } })
  await until('all are there', () => (npd.api.node(NODE)?.status?.conditions ?? []).length >= types.length)
  await sleep(SETTLE_MS)
  tell(await samples(npd, types.slice(0, SAMPLES)), 'quiet')
  using _ = flood(PER_SECOND)
  await sleep(SETTLE_MS)
  tell(await samples(npd, types.slice(SAMPLES)), `beside ${PER_SECOND} lines a second`)
}
