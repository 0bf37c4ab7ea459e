import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { admitReport } from './admit.ts'
import { isVerbatimName } from './admit-words.ts'
import { meantBy } from './clear.ts'
import { conditionKey, fingerprintOf } from './keys.ts'
import { DEFAULT_LIMITS, MAX_MESSAGE, MAX_VERBATIM_BYTES, MAX_VERBATIM_NAME } from './limits.ts'
import { bytesOf, NO_HOLDINGS } from './room.ts'
import { at, conditionType, createWorld, declaration, event, observation, report, T0 } from './testing.ts'
import { wholeText } from './text.ts'
import type { Health, Observation } from './types.ts'

const TYPE = 'kernel deadlock?'
const type = conditionType(TYPE, { verbatim: true, recovery: { kind: 'operator' } })
const reasons = new Map([
  [
    '',
    {
      reason: '',
      severity: 'warning',
      description: '',
      recovery: [{ kind: 'absent', forMs: 600_000 }],
      verbatim: true,
    },
  ],
  ['OOM', { reason: 'OOM', severity: 'warning', description: '' }],
] as const)
const declared = declaration('log', [type, conditionType('Plain')], { eventReasons: reasons })
const bytesIn = (text: string) => new TextEncoder().encode(text).length

function logWorld() {
  const world = createWorld()
  world.take({ kind: 'declared', declaration: declared, incarnation: 7 }, 0)
  const say = (health: Health, ms: number, more: Partial<Observation> = {}) =>
    world.take(
      { kind: 'report', monitor: 'log', violations: [], report: report([observation(TYPE, health, more)]) },
      ms,
    )
  const condition = () => world.state.conditions.get(conditionKey(TYPE, ''))
  const problem = () => world.state.problems.get(fingerprintOf('log', TYPE, ''))
  return { world, say, condition, problem }
}

describe('a source that is taken at its word', () => {
  it('may name a moment that has not come for its condition, and none for its problem', () => {
    const { say, condition, problem } = logWorld()
    const since = new Date('9000-01-01T00:00:00Z')
    say('problem', 1000, { since })
    expect(condition()).toMatchObject({ since })
    expect(problem()).toMatchObject({ phase: 'opened', opened: at(1000).wall })
    say('healthy', 5000, { since: new Date('9500-01-01T00:00:00Z') })
    expect(problem()).toMatchObject({ phase: 'resolved', resolved: at(5000).wall, openMs: 4000 })
  })

  it('is never damped and waits for no streak: what it said last counts, as it was said', () => {
    const words = fc.record({
      health: fc.constantFrom<Health>('healthy', 'problem', 'unknown'),
      reason: fc.string({ unit: 'binary', maxLength: 5 }).map((text) => text.toWellFormed()),
      message: fc.string({ unit: 'binary', maxLength: 5 }).map((text) => text.toWellFormed()),
      since: fc.option(fc.date({ min: new Date(T0 - 1e9), max: new Date(T0 + 1e9), noInvalidDate: true }), {
        nil: undefined,
      }),
    })
    fc.assert(
      fc.property(fc.array(words, { minLength: 1, maxLength: 30 }), (said) => {
        const { say, condition, problem } = logWorld()
        for (const [i, { health, since, ...word }] of said.entries()) {
          say(health, (i + 1) * 1000, { ...word, since })
          expect(condition()).toMatchObject({ ...word, health, held: '' })
          if (since !== undefined) expect(condition()).toMatchObject({ since, statusSince: since })
          const was = problem()
          if (health !== 'unknown') expect((was?.phase ?? 'resolved') !== 'resolved').toBe(health === 'problem')
        }
      }),
    )
  })

  it('resolves its problem by its own word, also where its type says that only an operator does', () => {
    const { say, problem } = logWorld()
    say('problem', 1000)
    expect(problem()).toMatchObject({ verbatim: true, recovery: 'its source says so, or an operator clears it' })
    say('healthy', 2000)
    expect(problem()).toMatchObject({ phase: 'resolved', proof: 'healthy-checks' })
  })

  it('is cleared by a person who writes its type as it is shown', () => {
    const { world } = logWorld()
    const raw = 'Kernel\tdeadlock'
    const shown = conditionType(raw, { verbatim: true })
    world.take({ kind: 'declared', declaration: declaration('raw', [shown]), incarnation: 7 }, 0)
    world.take({ kind: 'report', monitor: 'raw', violations: [], report: report([observation(raw, 'problem')]) }, 1000)
    const word = { type: 'Kernel deadlock', entity: 'node', by: 'ann', why: 'rebooted by hand' }
    const meant = meantBy(world.state.problems.values(), word)
    expect(meant).toEqual({ ...word, type: raw, entity: '' })
    world.take({ kind: 'cleared', ...meant }, 2000)
    expect(world.state.problems.get(fingerprintOf('raw', raw, ''))).toMatchObject({ proof: 'operator' })
    expect(meantBy([], word).type).toBe(word.type)
  })

  it('is unknown while its monitor does not answer, since then it has said nothing', () => {
    const { world, say, condition } = logWorld()
    say('problem', 1000)
    world.take({ kind: 'lost', monitor: 'log', reason: 'silent' }, 2000)
    expect(condition()).toMatchObject({ health: 'unknown', held: 'unreachable', since: at(2000).wall })
  })

  it('keeps a long text whole in its condition, and its beginning in what is kept beside it', () => {
    const { world, say, condition, problem } = logWorld()
    const message = 'ä'.repeat(MAX_VERBATIM_BYTES / 2)
    say('problem', 1000, { message })
    expect(condition()?.message).toBe(message)
    expect(problem()?.message).toHaveLength(MAX_MESSAGE)
    const [source] = [...world.state.sources.values()].filter(({ monitor }) => monitor === 'log')
    expect(source).toMatchObject({ observation: { message }, raised: { message: problem()?.message } })
  })
})

describe('admitted', () => {
  const admission = { declaration: declared, limits: DEFAULT_LIMITS, owner: () => undefined, holdings: NO_HOLDINGS }
  const admitted = (more: Parameters<typeof report>[1]) => admitReport(report([], more), admission, new Date(T0))
  const text = fc.string({ unit: 'binary', maxLength: 300 })

  it('a verbatim text is as it came but for what no protocol can tell; another one is one clean line', () => {
    fc.assert(
      fc.property(text, text, (reason, message) => {
        const { report: taken, violations } = admitted({
          observations: [observation(TYPE, 'problem', { reason, message })],
          events: [event('log', '', { message, source: 'kernel-monitor' })],
        })
        expect(violations).toEqual([])
        expect(taken.observations[0]).toMatchObject({ type: TYPE, message: message.toWellFormed() })
        if (reason.length <= MAX_VERBATIM_NAME) expect(taken.observations[0]?.reason).toBe(reason.toWellFormed())
        expect(taken.events[0]).toMatchObject({ reason: '', message: message.toWellFormed(), source: 'kernel-monitor' })
      }),
    )
    const line = { message: 'two\nlines' }
    const plain = admitted({
      observations: [observation('Plain', 'problem', line)],
      events: [event('log', 'OOM', line)],
    })
    expect(plain.report.observations[0]?.message).toBe('two lines')
    expect(plain.report.events[0]?.message).toBe('two lines')
  })

  it('a text of any length is at most 32 KiB, cut between characters', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), fc.integer({ min: 4, max: 100 }), (any, most) => {
        const whole = wholeText(any, most)
        expect(whole.isWellFormed()).toBe(true)
        expect(bytesIn(whole)).toBeLessThanOrEqual(most)
        if (bytesIn(any.toWellFormed()) <= most) expect(whole).toBe(any.toWellFormed())
        else expect(any.toWellFormed().startsWith(whole.slice(0, -1))).toBe(true)
      }),
    )
    const long = '\u{1f600}'.repeat(20_000)
    const [taken] = admitted({ observations: [observation(TYPE, 'problem', { message: long })] }).report.observations
    expect(bytesIn(taken?.message ?? '')).toBe(MAX_VERBATIM_BYTES - 1)
    expect(bytesOf(taken!)).toBeGreaterThan(MAX_VERBATIM_BYTES - 1)
  })

  it('a time may lie ahead of now, and is none where it makes no sense', () => {
    const ahead = new Date(T0 + 86_400_000)
    const since = (since: Date, of = TYPE) =>
      admitted({ observations: [observation(of, 'problem', { since })] }).report.observations[0]?.since
    expect(since(ahead)).toEqual(ahead)
    expect(since(ahead, 'Plain')).toBeUndefined()
    expect(since(new Date(0))).toBeUndefined()
    expect(since(new Date(8.64e15))).toBeUndefined()
  })

  it('no other event may name a source of its own', () => {
    const { report: taken, violations } = admitted({ events: [event('log', 'OOM', { source: 'kubelet' })] })
    expect(taken.events[0]?.source).toBeUndefined()
    expect(violations).toEqual([
      {
        code: 'name-invalid',
        text: 'event OOM names a source of its own, and its reason is not declared verbatim',
      },
    ])
  })

  it('one that nobody configured hears that it may not, not that it did not declare it', () => {
    const own = [event('log', 'OOM', { source: 'kubelet' })]
    const found = { ...admission, declaration: { ...admission.declaration, origin: 'discovered' as const } }
    const { report: taken, violations } = admitReport(report([], { events: own }), found, new Date(T0))
    expect(taken.events[0]?.source).toBeUndefined()
    expect(violations.map(({ text }) => text)).toEqual([
      'event OOM names a source of its own, which is taken of configured monitors only',
    ])
  })

  it('names may be anything that forges no key', () => {
    expect(['', ' ', 'a b', 'é\n', 'x'.repeat(MAX_VERBATIM_NAME)].every(isVerbatimName)).toBe(true)
    expect(['a\u0000b', '\ud800', 'x'.repeat(MAX_VERBATIM_NAME + 1)].some(isVerbatimName)).toBe(false)
  })

  it('words of one monitor that are too much together are cut short, as others are', () => {
    const message = 'x'.repeat(MAX_VERBATIM_BYTES)
    const many = Array.from({ length: 40 }, (_, i) => observation(TYPE, 'problem', { entity: `e${i}`, message }))
    const { report: taken, violations } = admitted({ observations: many })
    const bytes = taken.observations.reduce((sum, o) => sum + bytesOf(o), 0)
    expect(bytes).toBeLessThan(DEFAULT_LIMITS.bytesPerMonitor + 40 * 400)
    expect(taken.observations.filter((o) => o.message === message)).toHaveLength(31)
    expect(violations).toMatchObject([{ code: 'too-many' }])
  })
})
