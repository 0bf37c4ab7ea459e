/**
 * What the Go Node Doctor does wrong with repairs, one fault a test, each shown not to be ours. Its first and worst, that it acts on
 * what is well, has `polarity.test.ts`; what needs a bus, an API server or a reboot stands in `faults-real.test.ts`.
 */
import { describe, expect, it } from 'vitest'
import type { NodeDoctorConfig } from '#config'
import { conditionKey, isOpen, type Remediation, type RemediationRecord } from '#model'
import { blockOf, limitsOf, rungsOf } from '#remedies'
import { faultsOf, HEAD, parse } from '../../libs/config/testing.ts'
import { conditionType, createWorld, declaration, observation, report } from '../../libs/model/testing.ts'
import { openingsSeen } from './desk/seen.ts'
import { judge } from './gates/judge.ts'
import type { Question } from './gates/types.ts'
import { fold } from './state/fold.ts'
import { EMPTY_STATE, type SafetyState } from './state/types.ts'
import { LIMITS, NOW_MS, OPENING, question, RUNG, SIGHT } from './testing/questions.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const [seen] = [question().truth.problem]
if (seen === undefined) throw new Error('the question has a problem')

type At = readonly [number, Remediation]
function journalled(...whats: readonly At[]): SafetyState {
  return whats.reduce((state, [ms, what]) => fold(state, recordAt(ms, what)), EMPTY_STATE)
}

function recordAt(ms: number, what: Remediation): RemediationRecord {
  return { time: new Date(0), bootId: 'b1', monoMs: NOW_MS + ms, what }
}

function started(attempt: string, more: Partial<Extract<Remediation, { kind: 'started' }>> = {}): Remediation {
  const limits = { number: 1, of: 3, cooldownMs: RUNG.cooldownMs, verifyWithinMs: RUNG.verifyWithinMs }
  return { kind: 'started', attempt, problem: SIGHT, act: RUNG.act, mode: 'act', ...limits, ...more }
}

function ended(attempt: string, outcome: 'succeeded' | 'failed' = 'failed'): Remediation {
  const said = { message: '', output: '', isOutputCut: false, durationMs: 1, figures: [] }
  return { kind: 'ended', attempt, outcome, ...said }
}

/** The first gate that refuses; undefined: none does. */
function refusedBy(state: SafetyState, ms: number, other: Partial<Question> = {}): string | undefined {
  const nowMs = NOW_MS + ms
  const opening = other.opening ?? OPENING
  const problem = { ...seen, sight: { ...SIGHT, opening }, lookedAtMs: nowMs } as typeof seen
  const truth = { ...question().truth, problem }
  const mode = other.mode ?? 'act'
  return judge(question({ state, ledger: state.ledgers[mode], nowMs, truth, ...other })).refusal?.gate
}

const failures = (count: number, everyMs = 6 * MINUTE_MS): readonly At[] =>
  Array.from({ length: count }, (_, at) => at * everyMs).flatMap((ms, at): At[] => [
    [ms, started(`a${at}`)],
    [ms + 1, ended(`a${at}`)],
  ])
const OFTEN = { rung: { ...RUNG, maxAttempts: 100 }, limits: { ...LIMITS, perHour: 100 } }
const OTHER = { ...OPENING, fingerprint: 'f2' }
const otherAct = (rung = RUNG) => ({ ...rung, act: { ...rung.act, strategy: 'custom-script', target: '/opt/x' } })

describe('4.1 remediation fires on the wrong nodes', () => {
  it('what depends on something that is well (False) is not blocked by it, and by what is sick (True) it is', () => {
    const seenWith = (link: 'healthy' | 'problem') => {
      const world = createWorld()
      const types = [conditionType('LinkDown'), conditionType('DnsDown')]
      const checks = [
        { check: 'link', conditionTypes: ['LinkDown'], dependsOn: [] },
        { check: 'dns', conditionTypes: ['DnsDown'], dependsOn: ['link'] },
      ]
      world.take({ kind: 'declared', declaration: declaration('network', types, { checks }), incarnation: 7 }, 0)
      const said = [
        observation('LinkDown', link, { check: 'link' }),
        observation('DnsDown', 'problem', { check: 'dns' }),
      ]
      world.take({ kind: 'report', monitor: 'network', violations: [], report: report(said) }, 1_000)
      const open = [...world.state.problems.values()].filter(isOpen).map(({ type }) => type)
      return [world.state.conditions.get(conditionKey('LinkDown', ''))?.status, open]
    }
    expect(seenWith('healthy')).toEqual(['False', ['DnsDown']])
    expect(seenWith('problem')).toEqual(['True', ['LinkDown']])
  })

  it('what has just recovered (PluginUnhealthy=False) is not repaired', () => {
    const over = { ...seen, isOpen: false, lookedAtMs: NOW_MS }
    expect(judge(question({ truth: { ...question().truth, problem: over } })).refusal?.gate).toBe('truth')
  })
})

describe('4.2 safety rails defeat each other', () => {
  const refused: Remediation = {
    ...{ kind: 'refused', problem: SIGHT, act: RUNG.act, mode: 'act', gate: 'cooldown', reason: 'done 1 s ago' },
  }

  it('a refusal by cooldown or attempts is no failure, opens no breaker, and takes nothing of a budget', () => {
    const once = journalled([0, started('a')], [1, ended('a', 'succeeded')], [2, verified('a')])
    const often = journalled(
      ...([
        [0, started('a')],
        [1, ended('a', 'succeeded')],
        [2, verified('a')],
      ] as const),
      ...Array.from({ length: 100 }, (_, at): At => [1_000 + at, refused]),
    )
    const { failures: none, starts, open } = often.ledgers.act
    expect({ none, starts, open }).toEqual({
      none: { count: 0, lastAtMs: 0 },
      starts: once.ledgers.act.starts,
      open: [],
    })
    expect(refusedBy(often, RUNG.cooldownMs + 10)).toBeUndefined()
  })

  it('attempts are given back once the problem was well for long enough: no key is dead for the life of a process', () => {
    const tried = failures(3)
    const wellAt: At = [
      20 * MINUTE_MS,
      { kind: 'seen', opening: OPENING, resolved: true, proof: 'healthy-checks', forgets: false },
    ]
    const seenAt = (minutes: number) => {
      const known = journalled(...tried, wellAt, [minutes * MINUTE_MS, { kind: 'tick' }])
      const at = { nowMs: known.nowMs, healthyResetMs: LIMITS.healthyResetMs, isWitnessed: true }
      return openingsSeen(known, () => undefined, { ...at, proofOf: () => 'healthy-checks' })
    }
    expect(refusedBy(journalled(...tried), 30 * MINUTE_MS)).toBe('attempts')
    expect(seenAt(49)).toEqual([])
    const forgotten = seenAt(51).map((what): At => [51 * MINUTE_MS, what])
    expect(forgotten).toMatchObject([[51 * MINUTE_MS, { kind: 'seen', forgets: true }]])
    expect(refusedBy(journalled(...tried, wellAt, ...forgotten), 51 * MINUTE_MS)).toBeUndefined()
  })

  it('a breaker is of one act for one problem, and the one of the node opens by failures alone', () => {
    const five = journalled(...failures(5))
    const atMs = 30 * MINUTE_MS
    expect(refusedBy(five, atMs, OFTEN)).toBe('breaker')
    // One success of anything closes that of the node; the act that failed stays where it is.
    const helped = journalled(
      ...failures(5),
      [26 * MINUTE_MS, started('b', { problem: { ...SIGHT, opening: OTHER }, act: otherAct().act })],
      [26 * MINUTE_MS + 1, ended('b', 'succeeded')],
      [26 * MINUTE_MS + 2, verified('b')],
    )
    expect(refusedBy(helped, atMs, OFTEN)).toBe('breaker')
    const elsewhere = { ...OFTEN, opening: { ...OPENING, fingerprint: 'f3' }, rung: otherAct(OFTEN.rung) }
    expect(refusedBy(helped, 40 * MINUTE_MS, elsewhere)).toBeUndefined()
  })

  it('a half-open breaker lets exactly one through', () => {
    const atMs = 24 * MINUTE_MS + 1 + LIMITS.breakerTimeoutMs
    expect(refusedBy(journalled(...failures(5)), atMs, OFTEN)).toBeUndefined()
    const one = journalled(...failures(5), [atMs, started('b')])
    const elsewhere = { ...OFTEN, opening: OTHER, rung: otherAct(OFTEN.rung) }
    expect(refusedBy(one, atMs + 1, elsewhere)).toBe('node-breaker')
  })

  it('a dry run takes no lease, uses up no budget, closes no breaker, and keeps its own cooldown', () => {
    const mode = 'dry-run' as const
    const dry = journalled(
      ...failures(5),
      [25 * MINUTE_MS, started('d', { mode })],
      [25 * MINUTE_MS + 1, ended('d', 'succeeded')],
    )
    expect(dry.ledgers.act).toEqual(journalled(...failures(5)).ledgers.act)
    expect(refusedBy(dry, 26 * MINUTE_MS, { ...OFTEN, mode })).toBe('cooldown')
    expect(refusedBy(dry, 31 * MINUTE_MS, { ...OFTEN, mode })).toBeUndefined()
    expect(refusedBy(dry, 26 * MINUTE_MS, OFTEN)).toBe('cooldown')
  })

  it('failures count in the budget of the hour: what fails is bounded, too', () => {
    const limits = { ...LIMITS, perMinute: 0, perHour: 4, breakerThreshold: 100 }
    const rung = { ...RUNG, maxAttempts: 100, cooldownMs: 1_000 }
    const four = journalled(...failures(4, 2_000))
    expect(refusedBy(four, 30 * MINUTE_MS, { limits, rung })).toBe('budget')
    expect(refusedBy(four, HOUR_MS + 6_001, { limits, rung })).toBeUndefined()
  })
})

describe('4.3 configuration that is accepted and does nothing', () => {
  const text = (section: string, more = '', block = '{ strategy: disk-cleanup }') =>
    `${HEAD}remediation: ${section}\nmonitors:\n  - name: disks\n    type: disk-health-check\n${more}    remediation: ${block}\n`
  const about = { type: 'DiskFull', entity: 'disk:/var', check: 'disks', monitor: 'system' }
  const of = (config: NodeDoctorConfig) => rungsOf(blockOf(config, about), config.remediation, about)[0]
  const parsed = (...args: Parameters<typeof text>) => parse(text(...args))

  it('the breaker of the configuration is that of the first start', () => {
    const limits = limitsOf(parsed('{ enabled: true, circuitBreakerThreshold: 2, circuitBreakerTimeout: 45m }'))
    const rung = { ...RUNG, maxAttempts: 100 }
    const two = journalled(...failures(2))
    expect(refusedBy(two, 50 * MINUTE_MS, { limits, rung })).toBe('breaker')
    expect(refusedBy(two, 52 * MINUTE_MS, { limits, rung })).toBeUndefined()
  })

  it('cooldownPeriod, maxAttempts and overrides change the ladder, those of the Go dialect too', () => {
    expect(of(parsed('{ enabled: true, cooldownPeriod: 7m }'))?.cooldownMs).toBe(7 * MINUTE_MS)
    expect(of(parsed('{ enabled: true, maxAttempts: 9 }'))?.maxAttempts).toBe(9)
    const overrides = 'overrides: [{ problem: DiskFull, cooldown: 3m, maxAttempts: 5 }]'
    expect(of(parsed(`{ enabled: true, ${overrides} }`))).toMatchObject({ cooldownMs: 3 * MINUTE_MS, maxAttempts: 5 })
  })

  it('cooldown, maxAttempts and priority of a check change its ladder', () => {
    const block = '{ strategy: disk-cleanup, cooldown: 11m, maxAttempts: 4 }'
    expect(of(parsed('{ enabled: true }', '', block))).toMatchObject({ cooldownMs: 11 * MINUTE_MS, maxAttempts: 4 })
  })

  it('settings.enableRemediation and settings.dryRunMode are heard', () => {
    const off = parse(`${HEAD}settings: { enableRemediation: false }\nremediation: {}\n`)
    expect(limitsOf(off).enabled.isOn).toBe(false)
    const dry = parse(`${HEAD}settings: { dryRunMode: true }\nremediation: { enabled: true }\n`)
    expect(limitsOf(dry).dryRun).toEqual({ isOn: true, why: 'settings.dryRunMode is true' })
  })

  it('a check that is not enabled has no repairs', () => {
    expect(of(parsed('{ enabled: true }', '    enabled: false\n'))).toBeUndefined()
  })

  it('an unknown key is told, with the one that was meant', () => {
    const faults = faultsOf(text('{ enabled: true, maxRetriesPerHours: 2 }'))
    expect(faults.join('\n')).toContain('did you mean "maxRetriesPerHour"?')
  })
})

describe('4.4 strategy lists', () => {
  const about = { type: 'DiskFull', entity: 'disk:/var', check: 'disks', monitor: 'system' }
  const NESTED = `{ strategy: disk-cleanup, strategies: [ { strategy: systemd-restart, service: b, priority: 2 }, { strategy: systemd-restart, service: a, priority: 1, strategies: [{ strategy: custom-script, scriptPath: /opt/x.sh }] } ] }`
  const head = `${HEAD}remediation: { enabled: true }\nmonitors:\n  - name: disks\n    type: disk-health-check\n    remediation: `

  it('the strategy of the block has its turn first, then the list by priority, and deeper ones are not ignored', () => {
    const config = parse(`${head}${NESTED}\n`)
    const rungs = rungsOf(blockOf(config, about), config.remediation, about)
    expect(rungs.map(({ act }) => `${act.strategy} ${act.target}`)).toEqual([
      'disk-cleanup disk:/var',
      'systemd-restart unit:a.service',
      'custom-script script:/opt/x.sh',
      'systemd-restart unit:b.service',
    ])
  })

  it('a nested strategy is held to the same rules as any', () => {
    const broken = NESTED.replace('scriptPath: /opt/x.sh', 'scriptPath: relative/x.sh')
    expect(faultsOf(`${head}${broken}\n`).join('\n')).toContain('strategies')
    expect(faultsOf(`${head}${NESTED.replace('custom-script', 'custom-scripts')}\n`).join('\n')).toContain(
      'custom-script',
    )
  })

  it('success of an act is not taken for that of a repair: nothing else is done before looks say what came of it', () => {
    const open = journalled([0, started('a')], [1, ended('a', 'succeeded')])
    expect(open.ledgers.act.failures).toEqual({ count: 0, lastAtMs: 0 })
    expect(refusedBy(open, 9 * MINUTE_MS)).toBe('cooldown')
    expect(open.ledgers.act.open).toHaveLength(1)
    const vain = fold(
      open,
      recordAt(10 * MINUTE_MS, { kind: 'verified', attempt: 'a', verdict: 'not-proven', message: '' }),
    )
    expect(vain.ledgers.act.failures.count).toBe(1)
  })
})

function verified(attempt: string): Remediation {
  return { kind: 'verified', attempt, verdict: 'proven', message: '' }
}
