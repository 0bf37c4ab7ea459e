import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { anyRemediation, REMEDIATION_KINDS } from '../model/testing-any-remediation.ts'
import { equalJson } from './equal.ts'
import { renderNodeView } from './node.ts'
import { renderPlainText } from './plain.ts'
import { renderRepairHistory } from './repair-history.ts'
import { type RepairStanding, renderRemediation, renderRepair } from './repair-view.ts'
import { createRepairs } from './repairs.ts'
import { ago, NOW, someFacts, someProblem } from './testing.ts'
import { CLEANUP, createStory, ended, refused, sightOf, started, verified } from './testing-repairs.ts'
import { wordsToText } from './words.ts'

const { fingerprint } = someProblem()

const HEARD: RepairStanding = { isHeard: true, isJournalWell: true, isDryRun: false }

/** What stands at the problem after these. */
function at(...told: Parameters<ReturnType<typeof createStory>>[0][]) {
  const story = createStory()
  const repairs = createRepairs()
  for (const what of told) repairs.saw(story(what))
  const known = repairs.facts.problems.get(fingerprint)
  const view = known && renderRepair(known, NOW)
  return view && [view.state, wordsToText(view.words, NOW)]
}

describe('the repair of a problem in words', () => {
  it.each([
    ['running', [started()], 'Being repaired: clean up /var/log (attempt 1 of 3), for 1 min 40 s.'],
    ['verifying', [started(), ended()], 'Done, being looked at: clean up /var/log (attempt 1 of 3).'],
    [
      'repaired',
      [started(), ended(), verified()],
      'Repaired: clean up /var/log (attempt 1 of 3): 2 checks in a row find it well.',
    ],
    [
      'failed',
      [started(), ended({ outcome: 'failed', message: 'exit code 1' })],
      'Repair failed: clean up /var/log (attempt 1 of 3): exit code 1.',
    ],
    [
      'failed',
      [started(), ended(), verified({ verdict: 'not-proven', message: 'still 96 % full' })],
      'Repair failed: clean up /var/log (attempt 1 of 3): still 96 % full.',
    ],
    [
      'not-observed',
      [started(), ended(), verified({ verdict: 'not-observed', message: 'no look since' })],
      'Done, and nobody can see what came of it: clean up /var/log (attempt 1 of 3): no look since.',
    ],
    [
      'declined',
      [started(), ended({ outcome: 'declined', message: 'nothing is old enough' })],
      'Nothing was to be done: clean up /var/log (attempt 1 of 3): nothing is old enough.',
    ],
    [
      'would',
      [started({ mode: 'dry-run' }), ended({ message: 'dry run' })],
      'Would be repaired (dry run): clean up /var/log (attempt 1 of 3).',
    ],
    [
      'would',
      [started({ mode: 'dry-run' }), ended({ outcome: 'declined', message: 'a budget forbids it' })],
      'Would not be done (dry run): clean up /var/log (attempt 1 of 3): a budget forbids it.',
    ],
    ['held-back', [refused()], 'Held back by cooldown: it was done 2 min ago, again after 10 min.'],
    [
      'held-back',
      [started(), ended({ outcome: 'failed', message: 'exit code 1' }), refused()],
      'Repair failed: clean up /var/log (attempt 1 of 3): exit code 1. Held back by cooldown: it was done 2 min ago, again after 10 min.',
    ],
    [
      'exhausted',
      [started(), ended({ outcome: 'lost', message: '' }), { kind: 'exhausted', problem: sightOf(), mode: 'act' }],
      'Repair failed: clean up /var/log (attempt 1 of 3). Every strategy is used up; it is left to people.',
    ],
  ] as const)('is %s', (state, told, words) => {
    expect(at(...told)).toEqual([state, words])
  })

  it('says nothing of another opening, and goes where a person resets it', () => {
    const story = createStory()
    const repairs = createRepairs()
    for (const what of [started(), ended(), verified()]) repairs.saw(story(what))
    const of = (generation: number) =>
      renderNodeView(someFacts({ problems: [someProblem({ generation })], repairs: repairs.facts.problems }), NOW)
        .problems[0]?.repair?.state
    expect([of(1), of(2)]).toEqual(['repaired', undefined])
    repairs.saw(story({ kind: 'reset', fingerprint, by: 'ada' }))
    expect(of(1)).toBeUndefined()
    for (const what of [started(), ended(), verified()]) repairs.saw(story(what))
    repairs.saw(story({ kind: 'reset', fingerprint: '', by: 'ada' }))
    expect(of(1)).toBeUndefined()
  })

  describe('held back by a pause', () => {
    const byPause = (forMs?: number) => refused({ gate: 'enabled', reason: 'paused by ada@w1: new firmware', forMs })
    const of = (repairs: ReturnType<typeof createRepairs>, now = NOW) =>
      renderNodeView(someFacts({ problems: [someProblem()], repairs: repairs.facts.problems }), now).problems[0]?.repair

    it('is so no more once it is resumed, and stays told until then', () => {
      const story = createStory()
      const repairs = createRepairs()
      const pause = { kind: 'paused', by: 'ada@w1', why: 'new firmware' } as const
      for (const what of [started(), ended({ outcome: 'failed' }), pause, byPause()]) repairs.saw(story(what))
      expect(of(repairs)?.state).toBe('held-back')
      repairs.saw(story({ kind: 'resumed', by: 'bob@w1' }, NOW))
      expect(of(repairs)).toMatchObject({ state: 'failed' })
      expect(of(repairs)).not.toHaveProperty('refusal')
      const [told] = renderRepairHistory(repairs.facts, 10, NOW)
      expect(told?.refused).toMatchObject({ reason: 'paused by ada@w1: new firmware', until: NOW.toISOString() })
    })

    it('is so no more when its time is over', () => {
      const story = createStory()
      const repairs = createRepairs()
      repairs.saw(story(byPause(60_000), ago(10)))
      expect([of(repairs)?.state, of(repairs, ago(-50))]).toEqual(['held-back', undefined])
    })

    it('leaves what another gate, or another switch, holds back', () => {
      for (const other of [
        refused(),
        refused({ gate: 'enabled', reason: 'remediation.enabled of its check is false' }),
      ]) {
        const story = createStory()
        const repairs = createRepairs()
        for (const what of [other, { kind: 'resumed', by: 'bob@w1' } as const]) repairs.saw(story(what))
        expect(of(repairs, ago(-9999))?.state).toBe('held-back')
      }
    })
  })

  it('stands beside the problem, also in plain text', () => {
    const story = createStory()
    const repairs = createRepairs()
    repairs.saw(story(refused()))
    const view = renderNodeView(someFacts({ problems: [someProblem()], repairs: repairs.facts.problems }), NOW)
    expect(renderPlainText(view, NOW)).toContain(
      '\n  Held back by cooldown: it was done 2 min ago, again after 10 min.\n',
    )
    expect(view.problems[0]?.repair?.refusal).toMatchObject({ gate: 'cooldown', until: ago(-380).toISOString() })
  })
})

describe('the repairs of a node', () => {
  it('know of no act any more that another journal, or the next act, has left behind', () => {
    const repairs = createRepairs()
    const story = createStory()
    repairs.saw(story(started()))
    repairs.saw(story(started({ attempt: '3f2a91c0-2' })))
    const now = () => renderRemediation(repairs.facts, HEARD, NOW).now?.attempt
    expect([now(), repairs.facts.attempts.get('3f2a91c0-1')?.ended?.outcome]).toEqual(['3f2a91c0-2', 'lost'])
    repairs.saw({ ...story({ kind: 'began', version: '0.1.0' }), journal: 'another', sequence: 1 })
    expect(now()).toBeUndefined()
    expect(repairs.facts.attempts.get('3f2a91c0-2')?.ended?.message).toBe('nobody was told how it ended')
  })

  it('say what runs, who paused them, and which breakers are open', () => {
    const story = createStory()
    const repairs = createRepairs()
    const text = (standing: Partial<RepairStanding> = {}) =>
      renderRemediation(repairs.facts, { ...HEARD, ...standing }, NOW).text
    repairs.saw(story({ kind: 'began', version: '0.1.0' }))
    const { began } = repairs.facts
    repairs.saw(story({ kind: 'began', version: '0.1.0', nodeUid: 'u1', remediation: 'off' }, ago(-60)))
    expect(repairs.facts.began).toEqual(began)
    expect([text(), text({ isHeard: false })]).toEqual([
      'What the configuration names is repaired by itself.',
      'The remediator is not heard: what it did stands here, and nothing is repaired by itself.',
    ])
    expect([text({ isDryRun: true }), text({ isJournalWell: false })]).toEqual([
      'A dry run: what would be repaired is told, and nothing is done.',
      'The journal of repairs cannot be used: nothing is repaired by itself until it can, or until "node-doctor reset journal".',
    ])
    repairs.saw(story({ kind: 'breaker', state: 'open', failures: 5, forMs: 1_800_000 }))
    expect(text()).toBe('Too many repairs of this node failed in a row: none is begun for now.')
    repairs.saw(story({ kind: 'paused', by: 'ada@w1', why: 'new firmware', forMs: 7_200_000 }, NOW))
    expect(text()).toBe('Repairs are paused by ada@w1 for 2 h more: new firmware.')
    expect(renderRemediation(repairs.facts, HEARD, ago(-7201))).not.toHaveProperty('paused')
    repairs.saw(story({ kind: 'resumed', by: 'ada@w1' }))
    repairs.saw(story(started()))
    expect(renderRemediation(repairs.facts, HEARD, NOW)).toMatchObject({
      running: true,
      text: 'Being repaired now: clean up /var/log.',
      now: { attempt: '3f2a91c0-1', fingerprint },
      breakers: [{ fingerprint: '', state: 'open', failures: 5 }],
    })
    repairs.saw(story({ kind: 'breaker', state: 'closed', failures: 0 }))
    expect(renderRemediation(repairs.facts, HEARD, NOW)).not.toHaveProperty('breakers')
  })
})

describe('the history of repairs', () => {
  it('tells of what was lost how long it was until that was known, and nothing over a reboot', () => {
    const durationOf = (changes: { bootId?: string } = {}) => {
      const story = createStory()
      const repairs = createRepairs()
      repairs.saw(story(started()))
      repairs.saw({ ...story(ended({ outcome: 'lost', durationMs: 19 })), monoMs: 61_000, ...changes })
      const [entry] = renderRepairHistory(repairs.facts, 10, NOW)
      return [entry?.duration, entry?.attempt?.durationMs]
    }
    expect(durationOf()).toEqual(['60s', 60_000])
    expect(durationOf({ bootId: 'b2' })).toEqual(['', undefined])
  })

  it('has the members that users of the Go Node Doctor know, and ours, the last first', () => {
    const story = createStory()
    const repairs = createRepairs()
    for (const what of [started(), ended(), verified(), refused()]) repairs.saw(story(what))
    expect(renderRepairHistory(repairs.facts, 10, NOW)).toMatchObject([
      {
        remediatorType: 'disk-cleanup',
        success: false,
        error: expect.stringMatching(/^cooldown: /),
        state: 'held-back',
      },
      {
        remediatorType: 'disk-cleanup',
        problem: {
          Type: 'DiskFull',
          Resource: 'disk:/var',
          Severity: 'critical',
          Message: '96.2 % of 200 GiB used',
          DetectedAt: ago(249).toISOString(),
          Metadata: { source: 'system', reason: 'AboveCriticalLimit' },
        },
        startTime: ago(100).toISOString(),
        endTime: ago(99).toISOString(),
        duration: '1.5s',
        success: true,
        state: 'repaired',
        attempt: {
          text: CLEANUP.text,
          output: 'removed /var/log/a.1\nremoved /var/log/b.1',
          figures: [{ what: 'free on /var', before: 7.6, after: 41.2, unit: 'GiB' }],
        },
      },
    ])
    expect(renderRepairHistory(repairs.facts, 1, NOW)).toHaveLength(1)
  })

  it('keeps no more output than a MiB of all attempts, the last whole', () => {
    const story = createStory()
    const repairs = createRepairs()
    for (let i = 0; i < 40; i++) {
      repairs.saw(story(started({ attempt: `a${i}` })))
      repairs.saw(story(ended({ attempt: `a${i}`, output: 'x'.repeat(64 * 1024) })))
    }
    const outputs = [...repairs.facts.attempts.values()].map(({ ended: end }) => end?.output.length ?? 0)
    expect(outputs.reduce((sum, length) => sum + length, 0)).toBeLessThanOrEqual(1024 * 1024 + 40 * 1024)
    expect([outputs.at(-1), outputs[0]]).toEqual([64 * 1024, 1024])
  })
})

describe('records of repairs, whatever they say', () => {
  const any = fc.oneof(...REMEDIATION_KINDS.map((kind) => anyRemediation(kind)))

  it('are told once: what comes again changes nothing, and no view of them throws or is not JSON', () => {
    fc.assert(
      fc.property(fc.array(any, { maxLength: 30 }), fc.infiniteStream(fc.nat(30)), (records, again) => {
        const repairs = createRepairs()
        const seen = records.map((record, i) => ({ ...record, journal: 'j', sequence: i + 1 }))
        for (const [i, record] of seen.entries()) {
          expect(repairs.saw(record)).toBe(true)
          const { facts } = repairs
          const old = seen[(again.next().value ?? 0) % (i + 1)]
          if (old) expect(repairs.saw(old)).toBe(false)
          expect(repairs.facts).toBe(facts)
        }
        const { facts } = repairs
        const views = [
          renderRemediation(facts, HEARD, NOW),
          renderRepairHistory(facts, 1000, NOW),
          [...facts.problems.values()].map((known) => renderRepair(known, NOW)),
        ]
        expect(equalJson(JSON.parse(JSON.stringify(views)), views)).toBe(true)
      }),
      { numRuns: 60 },
    )
  })

  it('of another journal end what an earlier one held back, and keep what was done', () => {
    const repairs = createRepairs()
    const first = createStory('j1')
    for (const what of [started(), { kind: 'paused', by: 'ada', why: 'x' } as const]) repairs.saw(first(what))
    repairs.saw(createStory('j2')({ kind: 'began', version: '0.1.0' }))
    expect([repairs.facts.paused, repairs.facts.attempts.size, repairs.facts.problems.size]).toEqual([undefined, 1, 0])
    // A late word of the old one is known.
    expect(repairs.saw(createStory('j1')(started()))).toBe(false)
  })
})
