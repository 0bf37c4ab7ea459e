import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BusRefusedError, type RefusalReason } from '#bus'
import { systemClock } from '#clock'
import type { NodeEvent, Problem, Severity } from '#model'
import { createFactQueue, type Fact, type FactQueue } from './facts.ts'
import { type BusWrites, createOutbox } from './outbox.ts'

const when = new Date('2026-05-12T03:14:20Z')

function event(id: string, severity: Severity, monitor = 'm'): Fact {
  const value: NodeEvent = {
    id,
    monitor,
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
  const refusals = new Map<string, RefusalReason>()
  const store = { log, refusals, refuse: false, refuseAfter: Number.POSITIVE_INFINITY }
  function write(what: string): Promise<void> {
    const why = refusals.get(what)
    if (why !== undefined) return Promise.reject(new BusRefusedError(what, why, new Error('maximum bytes exceeded')))
    if (store.refuse || log.length >= store.refuseAfter) return Promise.reject(new Error('no responders'))
    log.push(what)
    return Promise.resolve()
  }
  const writes: BusWrites = {
    put: (bucket, value) => write('revision' in value ? `put ${value.fingerprint}/${value.revision}` : bucket),
    remove: (bucket, key) => write('fingerprint' in key ? `delete ${key.fingerprint}` : `${bucket}-`),
    publishProblem: (p) => write(`tell ${p.fingerprint}/${p.revision}`),
    publishEvent: (e) => write(`event ${e.id}`),
  }
  return { store, writes }
}

describe('the outbox', () => {
  it('writes state first, then tells, then acknowledges', async () => {
    const { store, writes } = createStore()
    const outbox = createOutbox({ clock: systemClock() })
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
    const outbox = createOutbox({ clock: systemClock() })
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
    const outbox = createOutbox({ clock: systemClock() })
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

describe('a value that the bus refuses', () => {
  const told = (fingerprint: string, source: string) =>
    ({ kind: 'problem', value: { ...problem(fingerprint), source }, told: true }) as const

  it("stands in nobody else's way: other keys, facts and receipts go out, and its own receipt waits for room", async () => {
    const { store, writes } = createStore()
    store.refusals.set('put full/1', 'full')
    const acknowledged: string[] = []
    const refused: string[] = []
    const outbox = createOutbox({ clock: systemClock(), onRefused: ({ what }) => refused.push(what) })
    outbox.put([told('full', 'gpu')], { name: 'gpu', done: () => acknowledged.push('gpu') })
    outbox.put([told('b', 'disk')], { name: 'disk', done: () => acknowledged.push('disk') })
    outbox.open(writes)
    expect(await outbox.settled(1000)).toBe(true)
    expect(store.log).toEqual(['put b/1', 'tell full/1', 'tell b/1'])
    expect(acknowledged).toEqual(['disk'])
    expect(refused).toEqual(['problems full'])
    expect(outbox.status()).toMatchObject({
      queued: 0,
      lastError: '',
      stuckSinceMs: undefined,
      refusedTotal: 1,
      refused: [{ what: 'problems full', why: 'full', text: 'put full/1: maximum bytes exceeded' }],
    })
    store.refusals.clear()
    await expect.poll(() => acknowledged, { timeout: 5000 }).toEqual(['disk', 'gpu'])
    expect(store.log.at(-1)).toBe('put full/1')
    expect(outbox.status().refused).toEqual([])
  })

  it('that no message can hold is acknowledged, counted, and tried again as soon as it changes', async () => {
    const { store, writes } = createStore()
    store.refusals.set('put a/1', 'oversized').set('tell a/1', 'oversized')
    let acknowledged = 0
    const outbox = createOutbox({ clock: systemClock() })
    outbox.open(writes)
    outbox.put([told('a', 'gpu')], { name: 'gpu', done: () => acknowledged++ })
    expect(await outbox.settled(1000)).toBe(true)
    expect([acknowledged, outbox.status().refusedTotal, outbox.status().refused.length]).toEqual([1, 2, 1])
    outbox.put([{ kind: 'problem', value: { ...problem('a', 2), source: 'gpu' }, told: true }])
    expect(await outbox.settled(1000)).toBe(true)
    expect(store.log).toEqual(['put a/2', 'tell a/2'])
    expect(outbox.status().refused).toEqual([])
  })

  it('is tried again while another monitor has so much to say that something always waits', async () => {
    const { store, writes } = createStore()
    store.refusals.set('put full/1', 'full')
    let acknowledged = 0
    const outbox = createOutbox({ clock: systemClock(), isPlugIn: (name) => name === 'loud' })
    outbox.open(writes)
    outbox.put([told('full', 'gpu')], { name: 'gpu', done: () => acknowledged++ })
    let turn = 0
    const flood = setInterval(() => {
      turn++
      outbox.put(
        Array.from({ length: 50 }, (_, i) => told(`${turn}-${i}`, 'loud')),
        { name: 'loud', done: () => undefined },
      )
    }, 20)
    // It was refused, and something of the loud one waits all the time.
    await expect.poll(() => outbox.status().refused.length === 1 && turn >= 10 && outbox.status().queued > 0).toBe(true)
    store.refusals.clear()
    await expect.poll(() => acknowledged, { timeout: 5000 }).toBe(1)
    expect(outbox.status().queued).toBeGreaterThan(0)
    clearInterval(flood)
    outbox.close()
  })

  it('has the newest value on the bus, also where that came while the refused one was tried again', async () => {
    const { store, writes } = createStore()
    store.refusals.set('put a/1', 'full')
    const outbox = createOutbox({ clock: systemClock() })
    let isTried = false
    outbox.open({
      ...writes,
      async put(bucket, value) {
        await writes.put(bucket, value)
        if (!('revision' in value) || value.revision !== 1 || isTried) return
        isTried = true
        // It is on its way to the bus.
        outbox.put([{ kind: 'problem', value: { ...problem('a', 2), source: 'gpu' }, told: false }])
      },
    })
    outbox.put([told('a', 'gpu')])
    await outbox.settled(1000)
    store.refusals.clear()
    await expect.poll(() => store.log.at(-1), { timeout: 5000 }).toBe('put a/2')
    expect(outbox.status()).toMatchObject({ queued: 0, refused: [] })
  })

  it('may always go away', async () => {
    const { store, writes } = createStore()
    store.refusals.set('put a/1', 'full')
    const outbox = createOutbox({ clock: systemClock() })
    outbox.open(writes)
    outbox.put([told('a', 'gpu')])
    await outbox.settled(1000)
    outbox.put([{ kind: 'problem-forgotten', fingerprint: 'a' }])
    expect(await outbox.settled(1000)).toBe(true)
    expect(store.log).toEqual(['tell a/1', 'delete a'])
    expect(outbox.status().refused).toEqual([])
  })
})

describe('how long a change waits', () => {
  it('is told of the oldest, however many newer ones went out or came since', async () => {
    const { store, writes } = createStore()
    let nowMs = 100
    const outbox = createOutbox({ clock: { ...systemClock(), monotonicMs: () => nowMs } })
    outbox.put([{ kind: 'problem', value: problem('a', 1), told: true }])
    nowMs = 200
    outbox.put([{ kind: 'problem', value: problem('a', 2), told: true }])
    outbox.put([{ kind: 'problem', value: problem('b'), told: false }])
    expect(outbox.status().stuckSinceMs).toBe(100)
    store.refuseAfter = 1
    outbox.open(writes)
    await expect.poll(() => outbox.status().lastError).toBe('no responders')
    expect(outbox.status().stuckSinceMs).toBe(100)
    store.refuseAfter = Number.POSITIVE_INFINITY
    await outbox.settled(5000)
    expect(outbox.status().stuckSinceMs).toBeUndefined()
    nowMs = 900
    outbox.close()
    outbox.put([{ kind: 'problem', value: problem('a', 3), told: false }])
    expect(outbox.status().stuckSinceMs).toBe(900)
  })
})

describe('how old changes are that their buckets do not have', () => {
  const told = (fingerprint: string, source: string, revision = 1) =>
    ({ kind: 'problem', value: { ...problem(fingerprint, revision), source }, told: true }) as const

  it('says of whom what the bucket has no room for is from when it came, and counts no fact', async () => {
    const { store, writes } = createStore()
    store.refusals.set('put full/1', 'full').set('put full/2', 'full')
    let nowMs = 100
    const outbox = createOutbox({ clock: { ...systemClock(), monotonicMs: () => nowMs } })
    outbox.open(writes)
    outbox.put([told('full', 'gpu')])
    await expect.poll(() => outbox.status().refused.length).toBe(1)
    nowMs = 700
    outbox.put([told('full', 'gpu', 2)])
    await outbox.settled(1000)
    const ofGpu = { sinceMs: undefined, behind: new Map([['gpu', 100]]) }
    expect(outbox.status()).toMatchObject({ stuckSinceMs: undefined, unstored: ofGpu })
    // It is tried again by itself, is refused again, and is no younger by that.
    nowMs = 5000
    outbox.put([told('b', 'disk')])
    await expect.poll(() => store.log.includes('put b/1')).toBe(true)
    await outbox.settled(1000)
    expect(outbox.status().unstored).toEqual(ofGpu)
    store.refusals.clear()
    nowMs = 60_000
    outbox.put([told('c', 'disk')])
    const none = { sinceMs: undefined, behind: new Map() }
    await expect.poll(() => outbox.status().unstored).toEqual(none)
    outbox.close()
    nowMs = 70_000
    outbox.put([{ kind: 'event', value: event('e', 'warning').value as NodeEvent }])
    expect(outbox.status()).toMatchObject({ stuckSinceMs: 70_000, unstored: none })
  })

  it('says of whom what a monitor’s own pace keeps back is, and counts it for nobody else', async () => {
    const { writes } = createStore()
    let nowMs = 0
    const outbox = createOutbox({
      clock: { ...systemClock(), monotonicMs: () => nowMs },
      isPlugIn: (name) => name === 'loud',
    })
    outbox.open(writes)
    outbox.put(
      Array.from({ length: 500 }, (_, i) => told(String(i), 'loud')),
      { name: 'loud', done: () => undefined },
    )
    await expect.poll(() => outbox.status().queued).toBeLessThan(940)
    nowMs = 100
    await expect.poll(() => (outbox.status().stuckSinceMs ?? 0) > 0).toBe(true)
    const { sinceMs, behind } = outbox.status().unstored
    expect(behind).toEqual(new Map([['loud', 0]]))
    expect(sinceMs).toBe(100)
    // Of everybody else what waits is as old as it is.
    outbox.close()
    nowMs = 300
    outbox.put([told('of disk', 'disk')])
    nowMs = 5_000
    expect(outbox.status().unstored.behind).toEqual(new Map([['loud', 0]]))
    expect(outbox.status().unstored.sinceMs).toBe(100)
    outbox.close()
  })
})

describe('facts that wait', () => {
  function add(queue: FactQueue, fact: Fact): void {
    queue.add({ fact, by: fact.kind === 'event' ? fact.value.monitor : fact.value.source, order: 1, sinceMs: 0 })
  }

  it('lose the oldest of the lowest severity first, and count it', () => {
    const queue = createFactQueue(10)
    for (let i = 0; i < 5; i++) add(queue, event(`info${i}`, 'info'))
    for (let i = 0; i < 6; i++) add(queue, event(`error${i}`, 'error'))
    expect(queue.dropped).toEqual({ info: 1, warning: 0, error: 0, critical: 0 })
    expect(queue.take(() => true)[0]).toMatchObject({ fact: { value: { id: 'info1' } } })
  })

  it('are those of whoever has most of them, so that one who floods pushes out nobody else', () => {
    const lost: string[] = []
    const queue = createFactQueue(10, ({ value }) => lost.push('id' in value ? value.id : ''))
    add(queue, event('first', 'critical', 'gpu'))
    for (let i = 0; i < 30; i++) {
      add(queue, event(`flood ${i}`, 'critical', 'noisy'))
      if (i === 15) add(queue, event('second', 'critical', 'gpu'))
    }
    expect(lost).toEqual(Array.from({ length: 22 }, (_, i) => `flood ${i}`))
    const ids = queue.take(() => true).map(({ fact: { value } }) => ('id' in value ? value.id : ''))
    expect(ids.filter((id) => !id.startsWith('flood'))).toEqual(['first', 'second'])
  })

  it('never lose a problem while an event can go', () => {
    const queue = createFactQueue(10)
    add(queue, { kind: 'problem', value: { ...problem('a'), severity: 'info' } })
    for (let i = 0; i < 30; i++) add(queue, event(`critical${i}`, 'critical'))
    expect(queue.take(() => true).some(({ fact }) => fact.kind === 'problem')).toBe(true)
  })

  it('stay bounded, in order, and every one is either there or counted', () => {
    const severity = fc.constantFrom<Severity>('info', 'warning', 'error', 'critical')
    fc.assert(
      fc.property(fc.array(severity, { maxLength: 300 }), fc.integer({ min: 1, max: 40 }), (severities, max) => {
        const queue = createFactQueue(max)
        for (const [i, s] of severities.entries()) add(queue, event(String(i), s))
        expect(queue.size).toBeLessThanOrEqual(max)
        const dropped = Object.values(queue.dropped).reduce((sum, count) => sum + count, 0)
        const left = queue.take(() => true).map(({ fact }) => Number((fact.value as NodeEvent).id))
        expect(left.length + dropped).toBe(severities.length)
        expect(left).toEqual([...left].sort((a, b) => a - b))
      }),
    )
  })
})
