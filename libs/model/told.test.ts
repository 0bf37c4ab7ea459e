import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createDraft } from './draft.ts'
import { conditionKey } from './keys.ts'
import { followCondition } from './problem.ts'
import { applyChanges, createState } from './state.ts'
import { at } from './testing.ts'
import { anyCondition, anyProblem, conditionFields, problemFields } from './testing-any.ts'
import { DISK, told, worldWithDisk } from './testing-disk.ts'
import { DEFAULT_RECOVERY, type NodeCondition, type Problem } from './types.ts'

/** Two values that differ in one field, and its name. */
function oneApart<T extends object>(any: fc.Arbitrary<T>, fields: { readonly [K in keyof T]-?: fc.Arbitrary<T[K]> }) {
  const names = Object.keys(fields) as (keyof T & string)[]
  return fc
    .constantFrom(...names)
    .chain((name) => fc.tuple(fc.constant(name), any, fields[name]))
    .map(([name, before, value]) => ({ name, before, after: { ...before, [name]: value } as T }))
    .filter(({ name, before, after }) => fc.stringify(before[name]) !== fc.stringify(after[name]))
}

describe('a field that changes', () => {
  it('of a condition is told, whichever it is; only the time of a look is not, where a run stands for it', () => {
    fc.assert(
      fc.property(oneApart(anyCondition, conditionFields), ({ name, before, after }) => {
        fc.pre(name !== 'type' && name !== 'entity')
        const state = createState()
        state.conditions.set(conditionKey(before.type, before.entity), before)
        const draft = createDraft(state, at(0))
        draft.putCondition(after)
        const quiet = name === 'observed' && after.byLook !== true
        expect(draft.changes()).toEqual([
          { kind: 'condition', type: after.type, entity: after.entity, value: after, quiet },
        ])
      }),
      { numRuns: 500 },
    )
  })

  it('of a problem is written, whichever it is', () => {
    fc.assert(
      fc.property(oneApart(anyProblem, problemFields), ({ name, before, after }) => {
        fc.pre(name !== 'fingerprint')
        const state = createState()
        state.problems.set(before.fingerprint, before)
        const draft = createDraft(state, at(0))
        draft.putProblem(after, false)
        expect(draft.changes()).toEqual([{ kind: 'problem', value: after, told: false }])
      }),
      { numRuns: 500 },
    )
  })

  /** What of a condition moves its problem on without being a step of its life: words and numbers of the last look. */
  const MOVES: ReadonlySet<keyof NodeCondition> = new Set([
    'message',
    'summary',
    'label',
    'recovery',
    'evidence',
    'check',
  ])
  /** What of a condition stands nowhere in its problem, or decides whether there is one. */
  const ELSEWHERE: ReadonlySet<keyof NodeCondition> = new Set([
    'type',
    'entity',
    'health',
    'status',
    'since',
    'statusSince',
    'observed',
    'sources',
    'polarity',
    'held',
    'settled',
    'byLook',
  ])

  it('of a condition is a step of its open problem, if it is not a word or a number of the last look', () => {
    const proving = { rules: DEFAULT_RECOVERY, proof: 'healthy-checks', proofText: '', verbatim: undefined } as const
    fc.assert(
      fc.property(oneApart(anyCondition, conditionFields), ({ name, before, after }) => {
        fc.pre(!ELSEWHERE.has(name))
        const { world, say } = worldWithDisk()
        say('problem', 1000)
        const open = world.state.conditions.get(conditionKey('DiskFull', 'disk:/var')) as NodeCondition
        const follow = (condition: NodeCondition) => {
          const { type, entity, health, since, sources, held } = open
          const draft = createDraft(world.state, at(2000))
          followCondition(draft, { ...condition, type, entity, health, since, sources, held }, proving)
          const changes = draft.changes()
          applyChanges(world.state, changes)
          return changes
        }
        follow(before)
        const revision = world.state.problems.get(DISK)?.revision ?? 0
        const steps: readonly Problem[] = told(follow(after))
        expect(steps.map((step) => step.revision)).toEqual(MOVES.has(name) ? [] : [revision + 1])
      }),
      { numRuns: 300 },
    )
  })
})
