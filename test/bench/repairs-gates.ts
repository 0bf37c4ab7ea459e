/**
 * Repairs, in this process: how many judgements the gates make in a second, what a record costs beside the disk alone, and how long a full
 * journal takes to be read whose state is as large as it gets.
 */
import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openJournal } from '#durable'
import type { Remediation, RemediationRecord } from '#model'
import { systemClock } from '#service'
import { keepLog } from '../../libs/service/testing.ts'
import { judge } from '../../services/remediator/gates/judge.ts'
import { openSafety, type Safety } from '../../services/remediator/safety/safety.ts'
import { SAFETY_SHAPE } from '../../services/remediator/safety/shape.ts'
import { replay } from '../../services/remediator/state/fold.ts'
import { question, RUNG, SIGHT } from '../../services/remediator/testing/questions.ts'
import { reportFigure } from './figure.ts'

const SAMPLES = 400
/** Problems that are remembered at most, and as many again that are forgotten. */
const PROBLEMS = 2_048

function percentile(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? Number.NaN
}

function gates(): void {
  const asked = question()
  const rates = Array.from({ length: 6 }, () => {
    const from = performance.now()
    for (let n = 0; n < 20_000; n++) judge(asked)
    return 20_000 / ((performance.now() - from) / 1000)
  })
  reportFigure({
    name: 'gates, judgements',
    value: percentile(rates.slice(1), 0.5),
    unit: '/s',
    budget: { min: 20_000 },
  })
}

const attemptOf = (n: number) => `3f2a91c0-${n}`

function startedOf(n: number): Remediation {
  const problem = { ...SIGHT, opening: { ...SIGHT.opening, fingerprint: `system.DiskFull.${n % PROBLEMS}` } }
  const act = { ...RUNG.act, target: `disk:/var/${n % PROBLEMS}` }
  const limits = { number: 1, of: 3, cooldownMs: 1, verifyWithinMs: 1 }
  return { kind: 'started', attempt: attemptOf(n), problem, act, mode: 'act', ...limits }
}

function endedOf(n: number): Remediation {
  const output = { message: 'exited with code 1', output: '', isOutputCut: false, durationMs: 1, figures: [] }
  return { kind: 'ended', attempt: attemptOf(n), outcome: 'failed', ...output }
}

const { log } = keepLog('bench')
const clock = systemClock()
const openAt = (dir: string): Promise<Safety> =>
  openSafety({ dir, machineId: 'm1', bootId: 'b1', version: '1', clock, log, onRecord: () => undefined })

/** Each in turns with a write of as many bytes that alone is put on the same disk. */
async function appends(dir: string): Promise<void> {
  const safety = await openAt(join(dir, 'append'))
  const beside = await open(join(dir, 'beside'), 'w')
  await beside.write(Buffer.alloc(8 * 1024 ** 2))
  await beside.sync()
  const [ours, bare]: [number[], number[]] = [[], []]
  const bytes = Buffer.alloc(400, 1)
  for (let n = 0; n < SAMPLES; n++) {
    const from = performance.now()
    await safety.write(startedOf(n % 8))
    const between = performance.now()
    await beside.write(bytes, 0, bytes.length, n * bytes.length)
    await beside.datasync()
    ours.push(between - from)
    bare.push(performance.now() - between)
  }
  await beside.close()
  await safety.close()
  reportFigure({
    name: 'a record on the disk, median',
    value: percentile(ours, 0.5),
    unit: 'ms',
    budget: { maxRatio: 2 },
    comparedWith: { name: 'write and fdatasync', value: percentile(bare, 0.5) },
  })
  reportFigure({ name: 'a record on the disk, p99', value: percentile(ours, 0.99), unit: 'ms' })
}

/** Fills both files: what is written is what the remediator writes, without waiting for the disk or folding what nobody asks for. */
async function fill(at: string): Promise<void> {
  const told: RemediationRecord[] = []
  const encodeState = () => SAFETY_SHAPE.encodeState(replay(SAFETY_SHAPE.empty, told), 2 * 1024 ** 2)
  const opening = await openJournal(
    { ...SAFETY_SHAPE, fold: (state) => state, encodeState },
    { dir: at, identity: 'm1' },
  )
  if (opening.kind !== 'open') throw new Error(opening.message)
  await using any = await open('/dev/null')
  const handle = Object.getPrototypeOf(any) as { datasync: () => Promise<void> }
  const { datasync } = handle
  handle.datasync = () => Promise.resolve()
  // A started and an ended take some 500 bytes.
  for (let n = 0; n < (15 * 1024 ** 2) / 500; n++) {
    for (const what of [startedOf(n), endedOf(n)]) {
      const record = { time: new Date(0), bootId: 'b1', monoMs: told.length, what }
      await opening.journal.append(record)
      told.push(record)
    }
  }
  handle.datasync = datasync
  await opening.journal.close()
}

/** Both files full, and as much remembered as ever is. */
async function replays(dir: string): Promise<void> {
  const at = join(dir, 'replay')
  await fill(at)
  const [times, cpus]: [number[], number[]] = [[], []]
  for (let n = 0; n < 6; n++) {
    const [from, cpu] = [performance.now(), process.cpuUsage()]
    const again = await openAt(at)
    times.push(performance.now() - from)
    const { user, system } = process.cpuUsage(cpu)
    cpus.push((user + system) / 1000)
    if (Object.keys(again.state.ledgers.act.problems).length < 512) throw new Error('it remembers little')
    await again.close()
  }
  const name = 'a full journal read'
  reportFigure({ name, value: percentile(times.slice(1), 0.5), unit: 'ms', budget: { max: 1_000 } })
  reportFigure({ name: `${name}, CPU`, value: percentile(cpus.slice(1), 0.5), unit: 'ms' })
}

const dir = await mkdtemp(join(tmpdir(), 'nd-bench-repairs-'))
try {
  gates()
  await appends(dir)
  await replays(dir)
} finally {
  await rm(dir, { recursive: true, force: true })
}
