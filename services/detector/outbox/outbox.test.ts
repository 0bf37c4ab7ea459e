import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { NodeEvent, Problem, Severity } from '#model'
import { createFactQueue, type Fact } from './facts.ts'
import { type BusWrites, createOutbox } from './outbox.ts'

const when = new Date('2026-05-12T03:14:20Z')

function event(id: string, severity: Severity): Fact {
  const value: NodeEvent = {
    id,
    monitor: 'm',
    check: '',
    entity: '',
    severity,
    reason: 'R',
    message: '',
    firstSeen: when,
    lastSeen: when,
    count: 1,
  }
  return { kind: 'event', value }
}

function problem(fingerprint: string, revision = 1): Problem {
  return {
    fingerprint,
    generation: 1,
    phase: 'opened',
    revision,
    owner: 'm',
    source: 'm',
    type: 'T',
    entity: '',
    severity: 'critical',
    worst: 'critical',
    reason: 'R',
    message: '',
    summary: '',
    label: '',
    recovery: '',
    evidence: undefined,
    opened: when,
    changed: when,
    resolved: undefined,
    proof: undefined,
    proofText: '',
    check: '',
    fromEvent: false,
    lastSeen: when,
    count: 1,
    unproven: false,
    flapping: false,
    absentMs: 0,
    lastSeenMonoMs: 0,
    openedMonoMs: 0,
    openMs: 0,
  }
}

/** A store that remembers the order of what it took, and refuses while told to. */
function createStore() {
  const log: string[] = []
  const store = { log, refuse: false, refuseAfter: Number.POSITIVE_INFINITY }
  function write(what: string): Promise<void> {
    if (store.refuse || log.length >= store.refuseAfter) return Promise.reject(new Error('no responders'))
    log.push(what)
    return Promise.resolve()
  }
  const writes: BusWrites = {
    putSourceCondition: () => write('source'),
    deleteSourceCondition: () => write('source-'),
    putNodeCondition: () => write('condition'),
    deleteNodeCondition: () => write('condition-'),
    putProblem: (p) => write(`put ${p.fingerprint}/${p.revision}`),
    deleteProblem: (f) => write(`delete ${f}`),
    putMonitor: () => write('monitor'),
    deleteMonitor: () => write('monitor-'),
    publishProblem: (p) => write(`tell ${p.fingerprint}/${p.revision}`),
    publishEvent: (e) => write(`event ${e.id}`),
  }
  return { store, writes }
}

describe('the outbox', () => {
  it('writes state first, then tells, then acknowledges', async () => {
    const { store, writes } = createStore()
    const outbox = createOutbox({ monotonicMs: () => 0 })
    outbox.put([{ kind: 'problem', value: problem('a'), told: true }], {
      name: 'm',
      done: () => store.log.push('acknowledged'),
    })
    outbox.open(writes)
    expect(await outbox.settled(1000)).toBe(true)
    expect(store.log).toEqual(['put a/1', 'tell a/1', 'acknowledged'])
  })

  it('keeps everything while the bus is away, each key once, and acknowledges nothing', async () => {
    const { store, writes } = createStore()
    const outbox = createOutbox({ monotonicMs: () => 0 })
    let acknowledged = 0
    for (let revision = 1; revision <= 5; revision++) {
      outbox.put([{ kind: 'problem', value: problem('a', revision), told: true }], {
        name: 'm',
        done: () => acknowledged++,
      })
    }
    expect(outbox.status().queued).toBe(6)
    expect(acknowledged).toBe(0)
    outbox.open(writes)
    await outbox.settled(1000)
    expect(store.log).toEqual(['put a/5', 'tell a/1', 'tell a/2', 'tell a/3', 'tell a/4', 'tell a/5'])
    expect(acknowledged).toBe(1)
  })

  it('sends again what a store refused, in order, and loses nothing', async () => {
    const { store, writes } = createStore()
    store.refuseAfter = 3
    const outbox = createOutbox({ monotonicMs: () => 0 })
    let acknowledged = 0
    outbox.put(
      ['a', 'b', 'c'].map((name) => ({ kind: 'problem', value: problem(name), told: true })),
      { name: 'm', done: () => acknowledged++ },
    )
    outbox.open(writes)
    await expect.poll(() => outbox.status().lastError).toBe('no responders')
    expect(acknowledged).toBe(0)
    store.refuseAfter = Number.POSITIVE_INFINITY
    await outbox.settled(5000)
    expect(store.log.filter((line) => line.startsWith('tell'))).toEqual(['tell a/1', 'tell b/1', 'tell c/1'])
    expect(acknowledged).toBe(1)
    expect(outbox.status()).toMatchObject({ queued: 0, lastError: '', stuckSinceMs: undefined })
  })
})

describe('facts that wait', () => {
  it('lose the oldest of the lowest severity first, and count it', () => {
    const queue = createFactQueue(10)
    for (let i = 0; i < 5; i++) queue.add(event(`info${i}`, 'info'))
    for (let i = 0; i < 6; i++) queue.add(event(`error${i}`, 'error'))
    expect(queue.dropped).toEqual({ info: 1, warning: 0, error: 0, critical: 0 })
    expect(queue.take(1)).toMatchObject([{ value: { id: 'info1' } }])
  })

  it('never lose a problem while an event can go', () => {
    const queue = createFactQueue(10)
    queue.add({ kind: 'problem', value: { ...problem('a'), severity: 'info' } })
    for (let i = 0; i < 30; i++) queue.add(event(`critical${i}`, 'critical'))
    expect(queue.take(100).some(({ kind }) => kind === 'problem')).toBe(true)
  })

  it('stay bounded, in order, and every one is either there or counted', () => {
    const severity = fc.constantFrom<Severity>('info', 'warning', 'error', 'critical')
    fc.assert(
      fc.property(fc.array(severity, { maxLength: 300 }), fc.integer({ min: 1, max: 40 }), (severities, max) => {
        const queue = createFactQueue(max)
        for (const [i, s] of severities.entries()) queue.add(event(String(i), s))
        expect(queue.size).toBeLessThanOrEqual(max)
        const dropped = Object.values(queue.dropped).reduce((sum, count) => sum + count, 0)
        const left = queue.take(1000).map(({ value }) => Number((value as NodeEvent).id))
        expect(left.length + dropped).toBe(severities.length)
        expect(left).toEqual([...left].sort((a, b) => a - b))
      }),
    )
  })
})
