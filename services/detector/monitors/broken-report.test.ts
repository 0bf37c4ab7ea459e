import { describe, expect, it } from 'vitest'
import { type Change, conditionKey, type Report } from '#model'
import { type MonitorServer, MonitorService } from '#proto/nodedoctor/v1/monitor.ts'
import { Health } from '#proto/nodedoctor/v1/types.ts'
import { conditionType, declaration, observation, report } from '../../../libs/model/testing.ts'
import { condition, createBench, polled } from './testing.ts'
import { streamingMonitor } from './testing-streaming.ts'

const POLL = { timeout: 15_000, interval: 20 }
const SAID = 'report of a monitor could not be taken'
/** More than one slice holds. */
const CONDITIONS = 40

/** Throws at what the last condition of a large report brings, until it is mended. */
function createFault() {
  let isBroken = true
  return {
    mend() {
      isBroken = false
    },
    hit(changes: readonly Change[]) {
      const isMeant = changes.some((change) => change.kind === 'source' && change.entity === `gpu:${CONDITIONS - 1}`)
      if (isMeant && isBroken) throw new Error('the store of this test is broken')
    },
  }
}

/** Throws whenever one of these reports of its monitor has been taken to its end. */
function failsAt(...sequences: readonly number[]): (changes: readonly Change[]) => void {
  let reports = 0
  return (changes) => {
    for (const change of changes) {
      if (change.kind !== 'monitor' || change.name !== 'vendor' || change.value === undefined) continue
      const isTaken = change.value.reports > reports
      reports = change.value.reports
      if (isTaken && sequences.includes(change.value.acknowledged)) throw new Error('the store of this test is broken')
    }
  }
}

/** So many conditions of a report. */
function saidIn(sequence: number, count: number) {
  return Array.from({ length: count }, (_, i) => ({
    type: 'GpuHot',
    entity: `gpu:${i}`,
    health: Health.HEALTHY,
    reason: 'Fine',
    message: `said in report ${sequence}`,
    check: 'c',
  }))
}

/** Says a large report in its first session, a small one in each later one, and notes what is acknowledged. */
function createReporter(): { server: MonitorServer; acknowledged: number[]; sessions(): number } {
  const acknowledged: number[] = []
  let sessions = 0
  const server = streamingMonitor({
    type: 'GpuHot',
    report() {
      const sequence = ++sessions
      return { sequence, observations: saidIn(sequence, sequence === 1 ? CONDITIONS : 1) }
    },
    onAcknowledged: (sequence) => acknowledged.push(sequence),
  })
  return { server, acknowledged, sessions: () => sessions }
}

describe('a report at whose later part the detector itself fails', () => {
  it('ends the session with the reason, has no receipt, and the next one is taken', async () => {
    await using bench = await createBench({ publish: createFault().hit })
    const reporter = createReporter()
    await bench.serve('vendor.sock', [{ definition: MonitorService, implementation: reporter.server }])
    await bench.serve('other.sock', [polled(() => ({ conditions: [condition('Other')] }))])
    await expect.poll(() => bench.logged(SAID, 'vendor'), POLL).toBe(1)
    expect(bench.lines.find((line) => line.includes(SAID))).toContain(
      '"the detector could not take its report 1, by a fault of its own: the store of this test is broken; it is not acknowledged"',
    )
    await expect.poll(() => reporter.acknowledged, POLL).toEqual([2])
    expect(reporter.sessions()).toBe(2)
    const { conditions, monitors } = bench.engine.state
    expect(conditions.get(conditionKey('GpuHot', 'gpu:0'))?.message).toBe('said in report 2')
    expect(monitors.get('vendor')).toMatchObject({ health: 'alive', violations: 0 })
    await expect.poll(() => monitors.get('other')?.health, POLL).toBe('alive')
  }, 30_000)

  it('every time is set aside after three times, named and counted, and what comes after it is taken', async () => {
    await using bench = await createBench({ publish: failsAt(1, 2, 3) })
    const { engine } = bench
    const acknowledged: number[] = []
    const implementation = streamingMonitor({
      type: 'GpuHot',
      // As a monitor does: whatever has no receipt is told again, in order.
      report: () =>
        [1, 2, 3, 4]
          .filter((sequence) => sequence > (acknowledged.at(-1) ?? 0))
          .map((sequence) => ({ sequence, observations: saidIn(sequence, sequence === 4 ? 1 : CONDITIONS) })),
      onAcknowledged: (sequence) => acknowledged.push(sequence),
    })
    await bench.serve('vendor.sock', [{ definition: MonitorService, implementation }])
    await expect.poll(() => acknowledged.at(-1), POLL).toBe(4)
    expect(engine.state.conditions.get(conditionKey('GpuHot', 'gpu:0'))?.message).toBe('said in report 4')
    expect(bench.logged(SAID, 'vendor')).toBe(2)
    expect(bench.logged('report of a monitor is set aside', 'vendor')).toBe(3)
    const why =
      'the detector failed at its reports 5 times in a row, by a fault of its own: the store of this test is broken'
    expect(bench.problem('ReportSetAside', 'monitor:vendor')).toBe(
      `monitor vendor: its report 3 is set aside, the 3rd since the start: ${why}`,
    )
    expect(engine.state.monitors.get('vendor')).toMatchObject({ health: 'alive', violations: 0 })
  }, 30_000)

  it('is set aside too where it comes under another number in each session, as the present state does', async () => {
    await using bench = await createBench({ publish: createFault().hit })
    let sequence = 0
    let sessions = 0
    const acknowledged: number[] = []
    const implementation = streamingMonitor({
      type: 'GpuHot',
      report() {
        sessions++
        return [CONDITIONS, CONDITIONS, 1].map((count) => {
          sequence++
          return { sequence, observations: saidIn(sequence, count) }
        })
      },
      onAcknowledged: (number) => acknowledged.push(number),
    })
    await bench.serve('vendor.sock', [{ definition: MonitorService, implementation }])
    await expect.poll(() => acknowledged.at(-1), POLL).toBe(9)
    expect(sessions).toBe(3)
    expect(bench.logged('report of a monitor is set aside', 'vendor')).toBe(2)
    expect(bench.problem('ReportSetAside', 'monitor:vendor')).toContain(
      'its report 8 is set aside, the 2nd since the start',
    )
  }, 30_000)

  it('leaves the receipt of the one before it, which is not told again', async () => {
    await using bench = await createBench({ publish: failsAt(2) })
    const acknowledged: number[] = []
    const told: number[][] = []
    const implementation = streamingMonitor({
      type: 'GpuHot',
      report() {
        const left = [1, 2].filter((sequence) => sequence > (acknowledged.at(-1) ?? 0))
        told.push(left)
        return left.map((sequence) => ({ sequence, observations: saidIn(sequence, sequence === 2 ? CONDITIONS : 1) }))
      },
      onAcknowledged: (sequence) => acknowledged.push(sequence),
    })
    await bench.serve('vendor.sock', [{ definition: MonitorService, implementation }])
    await expect.poll(() => acknowledged.at(-1), POLL).toBe(2)
    expect(told).toEqual([[1, 2], [2], [2]])
  }, 30_000)

  it('is taken as a whole when it is told again', async () => {
    const fault = createFault()
    await using bench = await createBench({ publish: fault.hit })
    const { engine } = bench
    const large: Report = {
      ...report(Array.from({ length: CONDITIONS }, (_, i) => observation('GpuHot', 'healthy', { entity: `gpu:${i}` }))),
      incarnation: 5,
      sequence: 1,
    }
    engine.take({ kind: 'declared', declaration: declaration('vendor', [conditionType('GpuHot')]), incarnation: 5 })
    const receipts: string[] = []
    const taking = () =>
      Promise.resolve(engine.report('vendor', large, { name: 'vendor', done: () => receipts.push('1') }))
    await expect(taking()).rejects.toThrow('the store of this test is broken')
    expect(receipts).toEqual([])
    fault.mend()
    await taking()
    expect(receipts).toEqual(['1'])
    expect([...engine.state.sources.values()].filter(({ monitor }) => monitor === 'vendor')).toHaveLength(CONDITIONS)
  })
})
