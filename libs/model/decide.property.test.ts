import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decide, type Input, reduce } from './decide.ts'
import { fingerprintOf } from './keys.ts'
import { DETECTOR_CONDITIONS } from './monitor-life.ts'
import { DETECTOR, RESOLVED_KEPT } from './problem.ts'
import { applyChanges, type Change, createState, type NodeState } from './state.ts'
import { at, conditionType, declaration, event, observation, report } from './testing.ts'
import type { Health, Problem, Severity } from './types.ts'

const MONITORS = ['a', 'b', 'c'] as const
const TYPES = ['One', 'Two', 'Both'] as const
const ENTITIES = ['', 'disk:/', 'disk:/var'] as const

/** aOne and aTwo belong to a, and so on; the rest to nobody alone. */
const OWNERS = new Map([
  ...DETECTOR_CONDITIONS.map(({ type }) => [type, DETECTOR] as const),
  ...MONITORS.flatMap((name) => [[`${name}One`, name] as const, [`${name}Two`, name] as const]),
])

function begin(): NodeState {
  const state = createState(OWNERS)
  const declarations = [
    declaration(DETECTOR, DETECTOR_CONDITIONS),
    ...MONITORS.map((name) =>
      declaration(
        name,
        [conditionType(`${name}One`), conditionType(`${name}Two`), conditionType('Both', { shared: true })],
        { open: name === 'c' },
      ),
    ),
  ]
  for (const declared of declarations)
    applyChanges(state, decide(state, { kind: 'declared', declaration: declared, incarnation: 7 }, at(0)))
  return state
}

const health = fc.constantFrom<Health>('healthy', 'problem', 'unknown')
const severity = fc.constantFrom<Severity>('warning', 'error', 'critical')

const observationInput = fc
  .record({
    monitor: fc.constantFrom(...MONITORS),
    type: fc.constantFrom(...TYPES),
    entity: fc.constantFrom(...ENTITIES),
    health,
    severity,
    pending: fc.boolean(),
  })
  .map(
    ({ monitor, type, entity, health, severity, pending }): Input => ({
      kind: 'report',
      monitor,
      violations: [],
      report: report([
        observation(type === 'Both' ? type : `${monitor}${type}`, health, {
          entity,
          severity,
          pending: pending && health === 'healthy',
        }),
      ]),
    }),
  )

const anyInput = fc.oneof(
  { weight: 12, arbitrary: observationInput },
  {
    weight: 2,
    arbitrary: fc.constantFrom(...MONITORS).map((monitor): Input => ({ kind: 'lost', monitor, reason: 'gone' })),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(...MONITORS).map(
      (monitor): Input => ({
        kind: 'report',
        monitor,
        violations: [],
        report: report([], { events: [event(monitor, 'Xid')] }),
      }),
    ),
  },
  { weight: 2, arbitrary: fc.constant<Input>({ kind: 'tick' }) },
  {
    weight: 1,
    arbitrary: fc
      .record({
        owner: fc.constantFrom(...MONITORS, undefined),
        type: fc.constantFrom('Both', 'aOne'),
        silenced: fc.uniqueArray(
          fc.record({ monitor: fc.constantFrom(...MONITORS), type: fc.constant('Both'), entity: fc.constantFrom('') }),
        ),
      })
      .map(({ owner, type, silenced }): Input => {
        const { [type]: _was, ...others } = Object.fromEntries(OWNERS)
        return {
          kind: 'owners',
          owners: new Map(Object.entries({ ...others, ...(owner && { [type]: owner }) })),
          silenced,
        }
      }),
  },
)

const steps = fc.array(fc.tuple(anyInput, fc.integer({ min: 0, max: 400_000 })), { maxLength: 60 })

function run(inputs: readonly (readonly [Input, number])[]): {
  state: NodeState
  changes: Change[]
  perInput: Change[][]
} {
  const state = begin()
  const perInput: Change[][] = []
  let ms = 1000
  for (const [input, wait] of inputs) {
    ms += wait
    const changes = decide(state, input, at(ms))
    applyChanges(state, changes)
    perInput.push(changes)
  }
  return { state, changes: perInput.flat(), perInput }
}

function problemsTold(changes: readonly Change[]): Problem[] {
  return changes.flatMap((change) => (change.kind === 'problem' && change.told ? [change.value] : []))
}

describe('the reducer, whatever comes in', () => {
  it('leaves the state it was given untouched and gives the same answer again', () => {
    fc.assert(
      fc.property(steps, anyInput, (before, input) => {
        const { state } = run(before)
        const copy = structuredClone({ ...state, declarations: new Map() })
        const now = at(1e9)
        expect(decide(state, input, now)).toEqual(decide(state, input, now))
        expect({ ...state, declarations: new Map() }).toEqual(copy)
      }),
      { numRuns: 100 },
    )
  })

  it('gives the same state when it is replayed', () => {
    fc.assert(
      fc.property(steps, (inputs) => {
        expect(run(inputs).state).toEqual(run(inputs).state)
      }),
      { numRuns: 100 },
    )
  })

  it('has as its state exactly what its changes say', () => {
    fc.assert(
      fc.property(steps, (inputs) => {
        const { state, changes } = run(inputs)
        const other = begin()
        applyChanges(other, changes)
        expect(other).toEqual(state)
      }),
      { numRuns: 100 },
    )
  })

  it('never has an open problem that was not told to open, nor a resolved one without proof', () => {
    fc.assert(
      fc.property(steps, (inputs) => {
        const { state, changes } = run(inputs)
        const life = new Map<string, Problem>()
        for (const problem of problemsTold(changes)) {
          const before = life.get(problem.fingerprint)
          if (problem.phase === 'opened') {
            expect(before === undefined || before.phase === 'resolved').toBe(true)
            expect(problem.generation).toBe((before?.generation ?? 0) + 1)
            expect(problem.revision).toBe(1)
          } else {
            expect(before?.phase === 'opened' || before?.phase === 'changed').toBe(true)
            expect(problem.generation).toBe(before?.generation)
            expect(problem.revision).toBe((before?.revision ?? 0) + 1)
            expect(problem.opened).toEqual(before?.opened)
          }
          if (problem.phase === 'resolved') expect(problem.proof).toBeDefined()
          life.set(problem.fingerprint, problem)
        }
        for (const problem of state.problems.values()) expect(life.get(problem.fingerprint)?.phase).toBe(problem.phase)
      }),
      { numRuns: 300 },
    )
  })

  it('opens a problem exactly while a source has an unproven raise that can be seen', () => {
    fc.assert(
      fc.property(steps, (inputs) => {
        const { state } = run(inputs)
        for (const condition of state.conditions.values()) {
          if (condition.health !== 'problem') continue
          const owner = state.owners.get(condition.type) ?? 'shared'
          expect(state.problems.get(fingerprintOf(owner, condition.type, condition.entity))?.phase).not.toBe('resolved')
        }
      }),
      { numRuns: 200 },
    )
  })

  it('does not depend on the order of independent reports', () => {
    fc.assert(
      fc.property(
        steps,
        fc.uniqueArray(observationInput, {
          maxLength: 8,
          selector: (input) => (input.kind === 'report' ? input.monitor : ''),
        }),
        (before, independent) => {
          const apart = independent.filter(
            (input) => input.kind === 'report' && input.report.observations.every(({ type }) => type !== 'Both'),
          )
          const forward = run(before).state
          const backward = run(before).state
          for (const input of apart) applyChanges(forward, decide(forward, input, at(1e9)))
          for (const input of [...apart].reverse()) applyChanges(backward, decide(backward, input, at(1e9)))
          expect(sorted(forward)).toEqual(sorted(backward))
        },
      ),
      { numRuns: 200 },
    )
  })

  it('merges a shared condition to the same health in any order of its sources', () => {
    fc.assert(
      fc.property(
        fc.array(health, { minLength: 3, maxLength: 3 }),
        fc.shuffledSubarray([0, 1, 2], { minLength: 3 }),
        (healths, order) => {
          const state = begin()
          for (const index of order) {
            const monitor = MONITORS[index] ?? 'a'
            const input: Input = {
              kind: 'report',
              monitor,
              violations: [],
              report: report([observation('Both', healths[index] ?? 'unknown')]),
            }
            applyChanges(state, decide(state, input, at(1000)))
          }
          const [condition] = [...state.conditions.values()].filter(({ type }) => type === 'Both')
          const worst = healths.includes('problem') ? 'problem' : healths.includes('unknown') ? 'unknown' : 'healthy'
          expect(condition?.health).toBe(worst)
          expect([...(condition?.sources ?? [])].sort()).toEqual(['a', 'b', 'c'])
        },
      ),
    )
  })

  it('keeps a bounded number of resolved problems', () => {
    const state = begin()
    for (let i = 0; i < RESOLVED_KEPT + 400; i++) {
      for (const [offset, seen] of (['problem', 'healthy', 'healthy'] as const).entries()) {
        const input: Input = {
          kind: 'report',
          monitor: 'a',
          violations: [],
          report: report([observation('aOne', seen, { entity: `e:${i}` })]),
        }
        applyChanges(state, decide(state, input, at(i * 10 + offset)))
      }
      if (i % 100 === 0) applyChanges(state, decide(state, { kind: 'tick' }, at(i * 10 + 5)))
    }
    applyChanges(state, decide(state, { kind: 'tick' }, at(1e9)))
    expect(state.problems.size).toBeLessThanOrEqual(RESOLVED_KEPT)
  })

  it('reduces to the same as deciding and applying', () => {
    fc.assert(
      fc.property(steps, anyInput, (before, input) => {
        const { state } = run(before)
        const reduced = reduce(state, input, at(1e9))
        applyChanges(state, reduced.changes)
        expect(reduced.state).toEqual(state)
      }),
      { numRuns: 50 },
    )
  })
})

function sorted(state: NodeState) {
  const entries = <T>(map: Map<string, T>) => [...map].sort(([x], [y]) => (x < y ? -1 : 1))
  return {
    sources: entries(state.sources),
    conditions: entries(state.conditions),
    problems: entries(state.problems),
    monitors: entries(state.monitors),
  }
}
