import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Remediation } from '#model'
import { createRepairs } from '#view'
import { anyRemediation, REMEDIATION_KINDS } from '../../../libs/model/testing-any-remediation.ts'
import { createStory, ended, refused, sightOf, started, verified } from '../../../libs/view/testing-repairs.ts'
import { repairEvent } from './repair-event.ts'

const ANY = fc.oneof(...REMEDIATION_KINDS.map((kind) => anyRemediation(kind)))

/** What the last of these is told as: its reason, severity and words; undefined: nothing. */
function said(...whats: readonly Remediation[]) {
  const story = createStory()
  const repairs = createRepairs()
  let event: ReturnType<typeof repairEvent>
  for (const what of whats) {
    const told = story(what)
    repairs.saw(told)
    event = repairEvent(told, repairs.facts)
  }
  return event && `${event.severity} ${event.reason} ${event.message}`
}

describe('a record of repairs as an event', () => {
  it('says of an act how it began and what came of it', () => {
    expect(said(started())).toMatch(/^info RemediationStarted clean up \/var\/log \(attempt 1 of 3\) for DiskFull of /)
    expect(said(started({ mode: 'dry-run' }))).toMatch(/^info RemediationDryRun /)
    expect(said(started({ of: 0 }))).not.toContain('attempt')
    expect(said(started(), ended())).toBeUndefined()
    expect(said(started(), ended({ outcome: 'failed', message: 'exit code 1' }))).toMatch(
      /^warning RemediationFailed .*: exit code 1$/,
    )
    expect(said(started(), ended({ outcome: 'lost' }))).toMatch(/nobody knows how it ended$/)
    expect(said(started(), ended({ outcome: 'declined', message: '' }))).toMatch(/^info RemediationDeclined [^:]*$/)
    expect(said(started({ mode: 'dry-run' }), ended({ outcome: 'failed' }))).toBeUndefined()
    expect(said(ended({ outcome: 'failed' }))).toBeUndefined()
  })

  it('says of what was seen after it whether it helped', () => {
    const done = [started(), ended()]
    expect(said(...done, verified())).toMatch(/^info RemediationSucceeded /)
    expect(said(...done, verified({ verdict: 'not-proven' }))).toMatch(/^warning RemediationFailed /)
    expect(said(...done, verified({ verdict: 'not-observed' }))).toMatch(/^warning RemediationNotObserved /)
    expect(said(started({ mode: 'dry-run' }), verified())).toBeUndefined()
    expect(said(verified())).toBeUndefined()
  })

  it('says what holds repairs back, and what people said', () => {
    const problem = sightOf()
    const { opening } = problem
    expect(said(refused())).toMatch(/^info RemediationRefused .* is held back by cooldown: /)
    expect(said(refused({ mode: 'dry-run' }))).toBeUndefined()
    expect(said({ kind: 'exhausted', problem, mode: 'act' })).toMatch(/^error RemediationExhausted /)
    expect(said({ kind: 'exhausted', problem, mode: 'dry-run' })).toBeUndefined()
    expect(said({ kind: 'breaker', state: 'open', failures: 5, forMs: 60_000 })).toBe(
      'warning RemediationBreakerOpened the breaker of all repairs of this node is open after 5 failures in a row: nothing is begun for 1 min',
    )
    const of = { fingerprint: 'system.DiskFull.disk:/var', strategy: 'disk-cleanup' }
    expect(said({ kind: 'breaker', of, state: 'half-open', failures: 5 })).toContain(
      'the breaker of disk-cleanup for system.DiskFull.disk:/var is half-open: one attempt is let through',
    )
    expect(said({ kind: 'breaker', of, state: 'closed', failures: 0 })).toContain('is closed: repairs go on')
    expect(said({ kind: 'paused', by: 'ada@w1', why: 'new firmware', forMs: 7_200_000 })).toBe(
      'info RemediationPaused ada@w1 paused repairs for 2 h: new firmware',
    )
    expect(said({ kind: 'paused', by: 'ada@w1', why: '' })).toBe('info RemediationPaused ada@w1 paused repairs')
    expect(said({ kind: 'resumed', by: 'ada@w1' })).toBe('info RemediationResumed ada@w1 resumed repairs')
    expect(said({ kind: 'approved', id: '3f2a91c0-17', by: 'ada@w1', opening, forMs: 3_600_000 })).toMatch(
      /^info RemediationApproved ada@w1 approved the repair 3f2a91c0-17 of .* for 1 h$/,
    )
    expect(said({ kind: 'reset', fingerprint: of.fingerprint, by: 'ada@w1' })).toMatch(/^info RemediationReset ada@w1 /)
    expect(said({ kind: 'began', version: '0.1.0' })).toBeUndefined()
  })

  it('names the problem of a record that has its fingerprint alone, by what was done or refused about it', () => {
    const { fingerprint } = sightOf().opening
    const name = /DiskFull of \/\S+/.exec(said(started()) ?? '')?.[0] ?? 'a name'
    const of = { fingerprint, strategy: 'disk-cleanup' }
    expect(said(started(), { kind: 'breaker', of, state: 'closed', failures: 0 })).toContain(`for ${name} is closed`)
    expect(said(refused(), { kind: 'reset', fingerprint, by: 'ada' })).toContain(`what was tried for ${name}: its`)
    const approved = { kind: 'approved', id: 'i', by: 'ada', opening: sightOf().opening, forMs: 1_000 } as const
    expect(said(started(), approved)).toContain(`of ${name} for`)
  })

  it('is one event of the remediator at most, whatever the record is', () => {
    fc.assert(
      fc.property(fc.array(ANY, { maxLength: 8 }), (all) => {
        const repairs = createRepairs()
        for (const told of all) {
          repairs.saw(told)
          const event = repairEvent(told, repairs.facts)
          if (event === undefined) continue
          expect(event).toMatchObject({ monitor: 'remediator', count: 1, firstSeen: told.time })
          expect(event.message).not.toBe('')
        }
      }),
    )
  })
})
