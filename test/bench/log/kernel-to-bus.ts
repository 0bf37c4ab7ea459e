/** From a line of the kernel's log to its event on the bus: log monitor and detector as they are installed, quiet and beside others. */
import { setTimeout as sleep } from 'node:timers/promises'
import { systemClock } from '#clock'
import { connectBus } from '../../../libs/bus/connect.ts'
import { readCredentials } from '../../../libs/bus/credentials.ts'
import { createBusReader } from '../../../libs/bus/reader.ts'
import { quietLog } from '../../../libs/bus/testing.ts'
import { startConstellation, until } from '../../e2e/constellation.ts'
import { reportFigure } from '../figure.ts'
import { percentile } from '../npd/measure.ts'
import { flood, mayWrite, writeKernelLine } from './kernel-lines.ts'

const SAMPLES = 200
const PER_SECOND = 1000
/** Below the fifty texts a second that are told of a rule. */
const BETWEEN_MS = 50
const SETTLE_MS = 3000
const TAG = `nd-bench-${process.pid}-line`

/** Who waits for which line. */
function createHeard() {
  const waiting = new Map<string, (atMs: number) => void>()
  return {
    hear(message: string) {
      const number = new RegExp(`${TAG} (\\d+)`).exec(message)?.[1]
      if (number !== undefined) waiting.get(number)?.(performance.now())
    },
    next: (number: number) => new Promise<number>((resolve) => waiting.set(String(number), resolve)),
  }
}

/** Each line by itself. @returns milliseconds, and how many never came */
async function sample(heard: ReturnType<typeof createHeard>, from: number) {
  const took: number[] = []
  for (let number = from; number < from + SAMPLES; number++) {
    const arrived = heard.next(number)
    const beganMs = performance.now()
    writeKernelLine(`${TAG} ${number}`)
    const atMs = await Promise.race([arrived, sleep(5000, Number.NaN)])
    if (!Number.isNaN(atMs)) took.push(atMs - beganMs)
    await sleep(BETWEEN_MS)
  }
  return { took, lost: SAMPLES - took.length }
}

function tell({ took, lost }: Awaited<ReturnType<typeof sample>>, how: string): void {
  const name = (what: string) => `kernel line to the bus, ${how}, ${what}`
  reportFigure({ name: name('p50'), value: percentile(took, 0.5), unit: 'ms', budget: { max: 5 } })
  reportFigure({ name: name('p99'), value: percentile(took, 0.99), unit: 'ms', budget: { max: 50 } })
  reportFigure({ name: name(`lost of ${SAMPLES}`), value: lost, unit: '', budget: { max: 0 } })
}

export async function reportKernelToBus(): Promise<void> {
  if (!mayWrite()) {
    process.stdout.write('/dev/kmsg may not be written here: nothing is known of the way from it\n')
    return
  }
  const rules = [{ match: `${TAG} \\d+`, reason: 'BenchLine', severity: 'warning' }]
  const c = await startConstellation({
    services: ['detector', 'log'],
    config: {
      settings: { logLevel: 'info' },
      monitors: [{ name: 'kernel', type: 'log-kernel', config: { rules, facilities: 'any' } }],
    },
  })
  const abort = new AbortController()
  const credentials = readCredentials(c.runDir, 'http-exporter')
  const bus = connectBus({
    name: 'http-exporter',
    credentials,
    log: quietLog,
    clock: systemClock(),
    credentialsEveryMs: 100,
  })
  try {
    const heard = createHeard()
    const reader = createBusReader(bus, { signal: abort.signal })
    const handler = {
      message: ({ message }: { message: string }) => Promise.resolve(heard.hear(message)),
      gap: () => undefined,
    }
    reader.consume('EVENTS', handler, { signal: abort.signal })
    let warm = 0
    const beginning = Promise.withResolvers<void>()
    void heard.next(0).then(() => beginning.resolve())
    await until('a first line comes', async () => {
      if (warm++ % 40 === 0) writeKernelLine(`${TAG} 0`)
      return Promise.race([beginning.promise.then(() => true), sleep(1, false)])
    })
    await sleep(SETTLE_MS)
    tell(await sample(heard, 1), 'quiet')
    using _ = flood(PER_SECOND)
    await sleep(SETTLE_MS)
    tell(await sample(heard, 1 + SAMPLES), `beside ${PER_SECOND} lines a second`)
  } finally {
    abort.abort()
    await bus.close()
    await c.stop()
  }
}
