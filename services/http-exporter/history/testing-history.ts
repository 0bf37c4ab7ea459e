/** A history of a test, in a folder of its own. */
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { type FakeClock, fakeClock } from '../../../libs/clock/testing.ts'
import { someCondition, someMonitor } from '../../../libs/view/testing.ts'
import { recordingLog, scratchFolder } from '../testing.ts'
import { graphsOf } from './display.ts'
import { type History, openHistory } from './history.ts'

export const START = new Date('2026-05-12T03:14:20.000Z')
export const MIB = 1024 ** 2

export interface Opened {
  readonly history: History
  readonly clock: FakeClock
  readonly dir: string
  readonly log: ReturnType<typeof recordingLog>
}

/** Closed when the test ends. */
export async function opened(changes: { dir?: string; clock?: FakeClock; maxBytes?: number } = {}): Promise<Opened> {
  const dir = changes.dir ?? join(await scratchFolder(onTestFinished), 'history')
  const clock = changes.clock ?? fakeClock(START)
  const log = recordingLog()
  const history = await openHistory({
    dir,
    maxBytes: changes.maxBytes ?? 32 * MIB,
    retentionMs: 7 * 86_400_000,
    clock,
    log,
  })
  onTestFinished(() => history.close())
  return { history, clock, dir, log }
}

export function at(clock: FakeClock, secondsAgo = 0): Date {
  return new Date(clock.now().getTime() - secondsAgo * 1000)
}

/** A condition that has been unwell since then. */
export const problem = (since: Date, changes = {}) =>
  someCondition({ health: 'problem', status: 'True', severity: 'warning', reason: 'AboveLimit', since, ...changes })

/** What monitors declare that is drawn. */
export const GRAPHS = graphsOf([
  someMonitor({
    metrics: [
      graph('cpu_load_per_core', 'Load per core'),
      graph('memory_available_bytes', 'Memory available'),
      graph('disk_used_ratio', '{mount} used'),
    ],
  }),
])
/** Nothing is evidence of anything. */
export const NONE = { evidence: new Map(), graphs: GRAPHS }

export function graph(name: string, title: string) {
  return { name, title, help: '', kind: 'gauge' as const, unit: '' }
}
