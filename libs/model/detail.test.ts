import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { admitReport } from './admit.ts'
import { ACTIONS, cleanDetail, type Detail, MAX_SUBJECT, mergedDetail } from './detail.ts'
import { conditionKey, fingerprintOf, SHARED } from './keys.ts'
import { DEFAULT_LIMITS } from './limits.ts'
import { bytesOf, NO_HOLDINGS } from './room.ts'
import { conditionType, createWorld, declaration, observation, report, T0 } from './testing.ts'
import { cleanText } from './text.ts'
import type { Health } from './types.ts'

const GPU = 'gpu:GPU-3f7a'
const SICK = { action: 'replace-hardware', subject: 'GPU 3, H200' } as const

/** Monitors that may all speak of one type. */
function sharedWorld(...names: readonly string[]) {
  const world = createWorld()
  const type = conditionType('GpuHealth', { shared: true, recovery: { kind: 'healthy-checks', count: 1 } })
  for (const name of names) world.take({ kind: 'declared', declaration: declaration(name, [type]), incarnation: 7 }, 0)
  const say = (monitor: string, health: Health, ms: number, more: Partial<Parameters<typeof observation>[2]> = {}) =>
    world.take(
      {
        kind: 'report',
        monitor,
        violations: [],
        report: report([observation('GpuHealth', health, { entity: GPU, ...more })]),
      },
      ms,
    )
  const condition = () => world.state.conditions.get(conditionKey('GpuHealth', GPU))
  const problem = () => world.state.problems.get(fingerprintOf(SHARED, 'GpuHealth', GPU))
  return { world, say, condition, problem }
}

describe('what a source says is to be done', () => {
  it('goes with its problem, and ends with it; how it calls the thing stays', () => {
    const { say, condition, problem } = sharedWorld('gpu')
    say('gpu', 'problem', 1000, SICK)
    expect(condition()).toMatchObject({ entity: GPU, ...SICK })
    expect(problem()).toMatchObject({ entity: GPU, phase: 'opened', ...SICK })
    say('gpu', 'healthy', 2000, { subject: SICK.subject })
    expect(condition()).toMatchObject({ health: 'healthy', action: undefined, subject: SICK.subject })
    expect(problem()).toMatchObject({ phase: 'resolved', ...SICK })
  })

  it('is that of the worst source; what the others call the thing counts where the worst has no name for it', () => {
    const { say, condition } = sharedWorld('ann', 'bob')
    say('ann', 'problem', 1000, { severity: 'warning', action: 'reset-device', subject: 'card 3' })
    say('bob', 'problem', 1000, { severity: 'critical', action: 'replace-hardware' })
    expect(condition()).toMatchObject({ sources: ['bob', 'ann'], action: 'replace-hardware', subject: 'card 3' })
  })

  it('is told when it changes, and so is whether anybody may act', () => {
    const { say, problem } = sharedWorld('gpu')
    say('gpu', 'problem', 1000, { action: 'reset-device', observeOnly: true })
    const changes = say('gpu', 'problem', 2000, { action: 'replace-hardware', observeOnly: true })
    expect(changes.filter(({ kind }) => kind !== 'monitor')).toMatchObject([
      { kind: 'source', quiet: false },
      { kind: 'condition', quiet: false, value: { action: 'replace-hardware' } },
      { kind: 'problem', told: true, value: { phase: 'changed', revision: 2, action: 'replace-hardware' } },
    ])
    say('gpu', 'problem', 3000, { action: 'replace-hardware' })
    expect(problem()).toMatchObject({ revision: 3, observeOnly: undefined })
  })

  it('is still known when the check cannot look, and comes back with what was open over a reboot', () => {
    const { world, say, problem } = sharedWorld('gpu')
    say('gpu', 'problem', 1000, { ...SICK, observeOnly: true })
    say('gpu', 'unknown', 2000, {})
    expect(problem()).toMatchObject({ ...SICK, observeOnly: true })
    const again = sharedWorld('gpu')
    again.world.take({ kind: 'restored', problems: [...world.state.problems.values()], rebooted: true }, 3000)
    again.say('gpu', 'healthy', 4000, { pending: true })
    expect(again.condition()).toMatchObject({ held: 'unproven', ...SICK, observeOnly: true })
  })
})

const word = fc.record({
  action: fc.option(fc.constantFrom(...ACTIONS), { nil: undefined }),
  observeOnly: fc.option(fc.constant(true as const), { nil: undefined }),
  subject: fc.option(fc.string({ minLength: 1, maxLength: 8 }), { nil: undefined }),
})
const source = fc.record({
  health: fc.constantFrom('healthy', 'problem', 'unknown'),
  observation: fc
    .tuple(word, fc.constantFrom('healthy', 'problem', 'unknown'))
    .map(([said, health]) => ({ ...said, health })),
  raised: fc.option(word, { nil: undefined }),
})

it('a problem is observed only if all that make it one say so, and what is well has nothing to be done', () => {
  fc.assert(
    fc.property(fc.array(source, { maxLength: 4 }), (sources) => {
      const merged = mergedDetail(sources)
      const makers = sources.filter(({ health }) => health === 'problem')
      const says = makers.map(({ observation: o, raised }) => (o.health === 'problem' ? o : (raised ?? o)))
      const isProblem = sources[0]?.health === 'problem'
      expect(merged.observeOnly ?? false).toBe(isProblem && says.every(({ observeOnly }) => observeOnly === true))
      expect(merged.action).toBe(isProblem ? says[0]?.action : undefined)
    }),
  )
})

describe('admitted', () => {
  const declared = declaration('gpu', [conditionType('GpuHealth')])
  const admission = { declaration: declared, limits: DEFAULT_LIMITS, owner: () => undefined, holdings: NO_HOLDINGS }
  const admitted = (more: Partial<Detail>, strange?: readonly string[]) =>
    admitReport({ ...report([observation('GpuHealth', 'problem', more)]), strange }, admission, new Date(T0))

  it('a subject is one clean line of bounded length, and its bytes count', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (subject) => {
        const [o] = admitted({ subject }).report.observations
        expect(o?.subject ?? '').toBe(cleanText(subject, MAX_SUBJECT))
        const own = new TextEncoder().encode(o?.subject ?? '').length
        expect(bytesOf(o!) - bytesOf({ ...o!, subject: undefined })).toBeGreaterThanOrEqual(own)
      }),
    )
    expect(cleanDetail({ subject: ' \u202e ' })).toEqual({})
  })

  it('what its reader does not know is named as a violation', () => {
    const text = 'condition GpuHealth names action 99, which is not known here'
    expect(admitted({}, [text]).violations).toEqual([{ code: 'value-senseless', text }])
    expect(
      admitted(
        {},
        Array.from({ length: 5000 }, () => text),
      ).violations,
    ).toHaveLength(16)
  })
})
