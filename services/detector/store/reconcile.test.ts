import { expect, it } from 'vitest'
import { applyChanges, createState, decide } from '#model'
import { conditionType, declaration, observation, report } from '../../../libs/model/testing.ts'
import { writesOfState } from '../outbox/writes.ts'
import { reconcile } from './reconcile.ts'

const at = (monoMs: number) => ({ wall: new Date(1_800_000_000_000 + monoMs), monoMs })

/** A state that these conditions were reported to. */
function stateOf(...types: readonly string[]) {
  const state = createState(new Map())
  const declared = declaration(
    'system',
    types.map((type) => conditionType(type)),
  )
  applyChanges(state, decide(state, { kind: 'declared', declaration: declared, incarnation: 1 }, at(0)))
  const said = report(types.map((type) => observation(type, 'problem', { severity: 'critical' })))
  applyChanges(state, decide(state, { kind: 'report', monitor: 'system', report: said, violations: [] }, at(1)))
  return state
}

/** What the buckets hold of a state, as it is read back. */
function storedOf(state: ReturnType<typeof stateOf>) {
  return [
    ...[...state.sources.values()].map((value) => {
      const { type, entity } = value.observation
      return { kind: 'source', monitor: value.monitor, type, entity, value, quiet: true } as const
    }),
    ...[...state.conditions.values()].map(
      (value) => ({ kind: 'condition', type: value.type, entity: value.entity, value, quiet: true }) as const,
    ),
    ...[...state.problems.values()].map((value) => ({ kind: 'problem', value, told: false }) as const),
    ...[...state.monitors.values()].map(
      (value) => ({ kind: 'monitor', name: value.name, value, quiet: true }) as const,
    ),
  ]
}

it('takes over what is open and takes away every other key that the state does not know', () => {
  const before = stateOf('DiskFull', 'LinkDown')
  const now = stateOf('DiskFull')
  const { restored, gone } = reconcile(now, storedOf(before))
  expect(restored.map(({ type }) => type)).toEqual(['LinkDown'])
  expect(gone.map(({ kind, ...of }) => [kind, 'type' in of ? of.type : ''])).toEqual([
    ['source', 'LinkDown'],
    ['condition', 'LinkDown'],
  ])
})

it('leaves the buckets alone where the state knows all of it', () => {
  const state = stateOf('DiskFull', 'LinkDown')
  expect(writesOfState(state).length).toBeGreaterThan(4)
  expect(reconcile(state, storedOf(state))).toEqual({ restored: [], gone: [] })
})

it('forgets what was resolved, and a monitor that is no more', () => {
  const before = stateOf('DiskFull')
  const resolved = storedOf(before).map((change) =>
    change.kind === 'problem' ? { ...change, value: { ...change.value, phase: 'resolved' as const } } : change,
  )
  const { restored, gone } = reconcile(createState(new Map()), resolved)
  expect(restored).toEqual([])
  expect([...new Set(gone.map(({ kind }) => kind))]).toEqual(['source', 'condition', 'problem-forgotten', 'monitor'])
})
