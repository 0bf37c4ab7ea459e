import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BEING_WATCHED, INITIAL_CHECK, readersOf } from '#model'
import { renderClock } from './duration.ts'
import type { NodeFacts } from './facts.ts'
import { renderNodeView } from './node.ts'
import { ago, hostileText, NOW, someCondition, someFacts, someMonitor, someProblem, someRun } from './testing.ts'
import type { NodeView } from './types.ts'
import { wordsToText } from './words.ts'

function view(changes: Partial<NodeFacts> = {}): NodeView {
  return renderNodeView(someFacts(changes), NOW)
}

function told(changes: Partial<NodeFacts> = {}): { sentence: string; detail: string; title: string; level: string } {
  const { sentence, detail, title, level } = view(changes).verdict
  return { sentence: wordsToText(sentence, NOW), detail: wordsToText(detail, NOW), title, level }
}

const kubelet = someCondition({
  type: 'KubeletUnhealthy',
  entity: 'service:kubelet',
  status: 'True',
  health: 'problem',
  severity: 'critical',
  label: 'kubelet not answering',
  sources: ['kubernetes'],
})
const varFull = someCondition({ status: 'True', health: 'problem', severity: 'critical' })
const kubeletProblem = someProblem({
  fingerprint: 'kubernetes.KubeletUnhealthy.1',
  owner: 'kubernetes',
  type: 'KubeletUnhealthy',
  entity: 'service:kubelet',
  summary: 'kubelet does not answer',
  opened: ago(20),
})

function healthy(number: number, changes: Parameters<typeof someCondition>[0] = {}) {
  return Array.from({ length: number }, (_, i) => someCondition({ type: `Type${i}`, entity: '', ...changes }))
}

describe('the verdict', () => {
  it('is all right when every condition is proven healthy', () => {
    expect(told({ conditions: healthy(31) })).toEqual({
      level: 'healthy',
      sentence: 'All right. 31 conditions proven in the last 60 s.',
      detail: 'No problem is on record.',
      title: 'All right: worker-7',
    })
  })

  it('rests on no words of a configuration that nobody has spoken of', () => {
    const unspoken = someCondition({
      type: 'GPUHealthy',
      entity: '',
      label: 'GPUHealthy',
      check: INITIAL_CHECK,
      message: 'GPU is functioning properly',
      since: ago(10),
    })
    expect(told({ conditions: [...healthy(1), unspoken] })).toEqual({
      level: 'unknown',
      sentence: 'No problem known, but 1 of 2 conditions not known: GPUHealthy, for 10 s.',
      detail:
        '1 condition proven healthy in the last 60 s. 1 unknown: GPUHealthy, because not heard of yet; its configuration says until then: GPU is functioning properly.',
      title: '1 unknown on worker-7',
    })
    const [condition] = view({ conditions: [unspoken] }).conditions
    expect(condition).toMatchObject({ status: 'False', health: 'healthy', level: 'unknown' })
    expect(condition).not.toHaveProperty('proven')
  })

  it('does not promise that time will tell what it will not', () => {
    const noProof = someCondition({
      type: 'GPUXidError',
      entity: 'gpu:GPU-1',
      subject: 'GPU 1, H200',
      health: 'unknown',
      held: 'pending',
      reason: 'LogNotWhole',
    })
    expect(told({ conditions: [...healthy(2), noProof] })).toMatchObject({
      level: 'healthy',
      sentence: 'No problem known. 2 of 3 conditions proven in the last 60 s, 1 without proof either way.',
      detail: 'No problem is on record. Not known: GPUXidError of GPU 1, H200.',
    })
  })

  it('says first, to who asked the detector itself, from when the picture of every other reader is', () => {
    const detector = { state: 'live', lastHeartbeat: NOW, listeningSince: ago(9000) } as const
    expect(
      told({ conditions: healthy(3), detector: { ...detector, ...readersOf({ waitingMs: 59_000, refused: 0 }, NOW) } }),
    ).toMatchObject({
      level: 'unknown',
      sentence: `What readers show is from ${renderClock(ago(59), NOW)}: the agent’s changes do not get through. All right. 3 conditions proven in the last 60 s.`,
    })
    expect(
      told({ conditions: healthy(3), detector: { ...detector, ...readersOf({ waitingMs: 9000, refused: 2 }, NOW) } }),
    ).toMatchObject({
      level: 'unknown',
      sentence:
        'Readers show 2 values as they were: the bus refuses what is new of them. All right. 3 conditions proven in the last 60 s.',
    })
  })

  it('says that every other reader shows nothing as known once that is a minute ago', () => {
    const detector = { state: 'live', lastHeartbeat: NOW, listeningSince: ago(9000) } as const
    for (const bus of [
      { waitingMs: 60_000, refused: 0 },
      { waitingMs: 0, refused: 0, connected: false, since: ago(60) },
    ])
      expect(told({ conditions: healthy(3), detector: { ...detector, ...readersOf(bus, NOW) } })).toMatchObject({
        level: 'unknown',
        sentence: `Readers show Unknown (DetectorUnreachable): since ${renderClock(ago(60), NOW)} the agent’s changes do not get through. All right. 3 conditions proven in the last 60 s.`,
      })
  })

  it('says how long nothing was wrong', () => {
    const resolved = someProblem({ phase: 'resolved', resolved: ago(4320) })
    expect(told({ problems: [resolved] }).detail).toBe('No problem for 1 h 12 min.')
  })

  it('says where most proofs are newer than the oldest', () => {
    const slow = someCondition({ type: 'Slow', entity: '', check: 'slow' })
    const monitors = [someMonitor({ runs: [someRun(), someRun({ check: 'slow', intervalMs: 3_600_000 })] })]
    expect(told({ conditions: [...healthy(30), slow], monitors })).toMatchObject({
      sentence: 'All right. 31 conditions proven in the last 2 h.',
      detail: 'No problem is on record. 30 of the 31 conditions were proven in the last 60 s.',
    })
  })

  it('names the problems, worst and longest first, and since when', () => {
    expect(
      told({ conditions: [...healthy(28), kubelet, varFull], problems: [kubeletProblem, someProblem()] }),
    ).toMatchObject({
      level: 'critical',
      sentence: '2 problems: /var is 96 % full, for 4 min; kubelet does not answer, for 20 s.',
      detail: '28 other conditions proven healthy in the last 60 s.',
      title: '2 problems on worker-7',
    })
  })

  it('names three problems and counts the rest', () => {
    const problems = [1, 2, 3, 4, 5].map((i) =>
      someProblem({ fingerprint: `p${i}`, summary: `thing ${i} is broken`, type: `T${i}`, severity: 'warning' }),
    )
    const conditions = [1, 2, 3, 4, 5].map((i) => someCondition({ type: `T${i}`, health: 'problem' }))
    expect(told({ problems, conditions }).sentence).toBe(
      '5 problems: thing 1 is broken, for 4 min; thing 2 is broken, for 4 min; thing 3 is broken, for 4 min; and 2 more.',
    )
  })

  it.each([
    'it is bad',
    'the clock is not synchronised',
    'disks are, and were, slow. Why?',
    'is',
    'GPU 3 has 2 faults!',
  ])('says "%s" as its monitor wrote it', (summary) => {
    expect(told({ conditions: [varFull], problems: [someProblem({ summary })] }).sentence).toBe(
      `1 problem: ${summary}, for 4 min.`,
    )
  })

  it('has the clauses of monitors in it unchanged, whatever they are', () => {
    fc.assert(
      fc.property(hostileText, fc.constantFrom('live' as const, 'stale' as const), (summary, state) => {
        const detector = { state, lastHeartbeat: ago(2), listeningSince: ago(9000) }
        const { problems, verdict } = view({ detector, problems: [someProblem({ summary })] })
        const clause = (problems[0]?.summary ?? '').replace(/(?<!\.)\.$/, '')
        expect(wordsToText([...verdict.sentence, ...verdict.detail], NOW)).toContain(clause)
      }),
    )
  })

  it('takes one full stop off a clause, since a sentence goes on behind it', () => {
    const problems = [
      someProblem({ summary: 'the disk is lost...' }),
      someProblem({ fingerprint: 'b', summary: 'It is bad.' }),
    ]
    expect(told({ problems }).sentence).toBe('2 problems: It is bad, for 4 min; the disk is lost..., for 4 min.')
  })

  it('tells of a problem from events when it was last seen', () => {
    const event = someProblem({
      fromEvent: true,
      type: 'OOMKilling',
      entity: '',
      summary: 'the kernel killed a process',
    })
    expect(told({ problems: [event] }).sentence).toBe('1 problem: the kernel killed a process, last seen 8 s ago.')
  })

  it('counts a condition whose problem has not arrived yet', () => {
    expect(told({ conditions: [varFull], problems: [] })).toMatchObject({
      level: 'critical',
      sentence: '1 problem: /var full, for 1 h 12 min.',
    })
  })

  it('is calm about what was looked at for too short a time to say, names it, and does not call it all right', () => {
    const words = { status: 'Unknown', health: 'unknown', held: 'pending', reason: BEING_WATCHED, entity: '' } as const
    const watched = [
      someCondition({ ...words, type: 'CPUPressure', label: 'CPU overloaded' }),
      someCondition({ ...words, type: 'DiskSlow', entity: 'disk:vda', label: 'vda slow' }),
    ]
    expect(told({ conditions: [...healthy(30), ...watched] })).toEqual({
      level: 'healthy',
      sentence:
        'No problem known. 30 of 32 conditions proven in the last 60 s, 2 looked at for too short a time to say.',
      detail: 'No problem is on record. Not known yet: CPUPressure; DiskSlow of disk:vda.',
      title: 'No problem known: worker-7',
    })
    const hung = someCondition({ ...words, type: 'Hung', held: '' })
    expect(told({ conditions: [...healthy(30), ...watched, hung] }).level).toBe('unknown')
    expect(told({ conditions: watched }).level).toBe('unknown')
  })

  it('says what is unknown and why, and is never all right then', () => {
    const backup = someCondition({
      type: 'BackupTooOld',
      entity: '',
      health: 'unknown',
      status: 'Unknown',
      label: 'backup too old',
      message: 'its check timed out.',
      since: ago(120),
    })
    expect(told({ conditions: [...healthy(30), backup] })).toEqual({
      level: 'unknown',
      sentence: 'No problem known, but 1 of 31 conditions not known: backup too old, for 2 min.',
      detail: '30 conditions proven healthy in the last 60 s. 1 unknown: backup too old, because its check timed out.',
      title: '1 unknown on worker-7',
    })
    expect(view({ conditions: [backup] }).verdict.detail).toContainEqual({
      link: '#/condition/system/BackupTooOld',
      text: 'unknown',
    })
  })

  it('says where the reason for something unknown is cut short', () => {
    const message = `${'because of this and that '.repeat(20)}.`
    const { detail } = told({ conditions: [someCondition({ health: 'unknown', message })] })
    expect(detail).toMatch(/, because because of this [a-z ]+…\.$/)
    expect(detail.length).toBeLessThan(300)
  })

  it('knows nothing as long as no monitor has reported', () => {
    const awaited = someMonitor({ health: 'awaited', runs: [], lastReport: undefined })
    expect(told({ conditions: [], monitors: [awaited] })).toEqual({
      level: 'unknown',
      sentence: 'Nothing known yet. The agent runs, and no monitor has reported.',
      detail: 'Not heard yet: 1 monitor, system.',
      title: 'Nothing known yet: worker-7',
    })
    expect(told({ conditions: [], monitors: [] }).detail).toBe('No monitor is configured or found.')
  })

  it('waits for the agent before its first sign of life', () => {
    const detector = { state: 'awaited', listeningSince: ago(12) } as const
    expect(told({ detector, conditions: [], monitors: [] })).toMatchObject({
      level: 'unknown',
      sentence: 'Not known yet. Waiting for the agent for 12 s.',
    })
    expect(told({ detector }).detail).toContain('No problem was known.')
  })

  it('is not known when the agent is silent, whatever was known before', () => {
    const detector = { state: 'stale', lastHeartbeat: ago(462), listeningSince: ago(9000) } as const
    const stale = view({ detector, conditions: [varFull, kubelet], problems: [someProblem(), kubeletProblem] })
    expect(wordsToText(stale.verdict.sentence, NOW)).toBe(
      'Not known. No report for 7 min 42 s; all below is from 03:06:38 UTC.',
    )
    expect(wordsToText(stale.verdict.detail, NOW)).toBe(
      'Nothing arrives from the agent on worker-7: it, the node, or the way to it may be down. ' +
        'Last known: 2 problems: /var is 96 % full; kubelet does not answer.',
    )
    expect(stale.conditions.map(({ status, level, reason }) => [status, level, reason])).toEqual([
      ['Unknown', 'stale', 'DetectorUnreachable'],
      ['Unknown', 'stale', 'DetectorUnreachable'],
    ])
    expect(stale.problems.map(({ level }) => level)).toEqual(['stale', 'stale'])
  })

  it('proves what the detector says of monitors by its heartbeat', () => {
    const own = someCondition({
      type: 'MonitorUnreachable',
      sources: ['detector'],
      observed: ago(9000),
      check: 'monitors',
    })
    expect(view({ conditions: [own] }).conditions[0]?.proven).toBe('2026-05-12T03:14:15.000Z')
  })

  it('takes a finished run of the check as proof, and a failed one as none', () => {
    const condition = someCondition({ observed: ago(300) })
    const proven = (error: string) =>
      view({ conditions: [condition], monitors: [someMonitor({ runs: [someRun({ error })] })] }).conditions[0]?.proven
    expect(proven('')).toBe(ago(8).toISOString())
    expect(proven('timed out')).toBe(ago(300).toISOString())
  })
})
