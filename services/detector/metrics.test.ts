import { describe, expect, it } from 'vitest'
import { systemClock } from '#clock'
import type { Change } from '#model'
import { createMetrics, readTold } from '#service'
import { NOW, someMonitor, someProblem, someRun } from '../../libs/view/testing.ts'
import { createDetectorMetrics, newRuns, timesOf } from './metrics.ts'
import { createOutbox } from './outbox/outbox.ts'

function createBench() {
  const metrics = createMetrics()
  const monitors = new Map([['system', someMonitor({ reports: 4, violations: 1, restarts: 2 })]])
  let restarts = 0
  const counted = createDetectorMetrics(metrics, {
    state: { monitors },
    outbox: createOutbox({ clock: systemClock() }),
    serverRestarts: () => restarts,
  })
  async function told(): Promise<string[]> {
    const { samples } = await readTold(metrics)
    return samples.map(({ name, labels, value }) => `${name} ${Object.values(labels).join(' ')} ${value}`)
  }
  return { counted, told, restart: () => restarts++ }
}

function runsOf(...runs: ReturnType<typeof someRun>[]): Change {
  return { kind: 'monitor', name: 'system', value: someMonitor({ runs }) } as Change
}

describe('what the detector counts', () => {
  it('is a run once, however often its monitor is told, and how it ended', async () => {
    const { counted, told } = createBench()
    counted.saw([runsOf(someRun({ check: 'disk' }))])
    counted.saw([runsOf(someRun({ check: 'disk' }), someRun({ check: 'cpu', error: 'EIO' }))])
    counted.saw([runsOf(someRun({ check: 'disk', started: NOW }))])
    expect((await told()).filter((line) => line.startsWith('monitor_checks'))).toEqual([
      'monitor_checks_total system disk success 2',
      'monitor_checks_total system cpu error 1',
    ])
  })

  it('remembers of a monitor the checks that stand there, and none that it has had before', () => {
    const seen = timesOf([someRun({ check: 'a' }), someRun({ check: 'b' })])
    const next = [someRun({ check: 'b' }), someRun({ check: 'c' })]
    expect(newRuns(seen, next).map(({ check }) => check)).toEqual(['c'])
    expect([...timesOf(next).keys()]).toEqual(['b', 'c'])
  })

  it('is a problem when it opens and is told, and the events that were shed', async () => {
    const { counted, told } = createBench()
    const opened = someProblem({ phase: 'opened' })
    counted.saw([
      { kind: 'problem', told: true, value: opened } as Change,
      { kind: 'problem', told: false, value: opened } as Change,
      { kind: 'problem', told: true, value: someProblem({ phase: 'resolved' }) } as Change,
    ])
    counted.shed({ monitor: 'gpu', severity: 'warning', count: 7 } as never)
    expect((await told()).filter((line) => /^problems|^events/.test(line))).toEqual([
      `problems_detected_total ${opened.type} ${opened.severity} 1`,
      'events_shed_total gpu warning 7',
    ])
  })

  it('is what stands in the state and the outbox when it is asked for', async () => {
    const { told, restart } = createBench()
    const lines = [
      'status_channel_size  0',
      'bus_values_refused  0',
      'bus_refusals_total  0',
      'bus_server_restarts_total  0',
      'monitor_reports_total system 4',
      'monitor_violations_total system 1',
      'monitor_restarts_total system 2',
    ]
    expect(await told()).toEqual(expect.arrayContaining(lines))
    restart()
    expect(await told()).toContain('bus_server_restarts_total  1')
  })
})
