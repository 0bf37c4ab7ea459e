import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { NodeEvent, Severity } from '#model'
import { Event } from '#proto/nodedoctor/v1/types.ts'
import { toProtoEvent } from '#wire'
import { type Budget, createBudget, sizeOf } from './budget.ts'

const when = new Date('2026-05-12T03:14:20Z')
let made = 0

function event(monitor: string, severity: Severity, more: Partial<NodeEvent> = {}): NodeEvent {
  made++
  const times = { firstSeen: when, lastSeen: when, count: 1 }
  return { id: `e${made}`, monitor, check: '', entity: '', severity, reason: 'R', message: '', ...times, ...more }
}

const foundBySocket = (monitor: string) => monitor.startsWith('found')

/** A stream that forgets its oldest, its one reader, and the books of its writer. */
function createStream(maxBytes: number) {
  const budget = createBudget(maxBytes, foundBySocket)
  const held: { readonly event: NodeEvent; readonly sequence: number }[] = []
  let taken = 0
  let last = 0
  let bytes = 0
  const lost: NodeEvent[] = []
  const read: NodeEvent[] = []
  return {
    budget,
    lost,
    read,
    offer(one: NodeEvent): boolean {
      if (!budget.offer(one)) return false
      held.push({ event: one, sequence: ++last })
      bytes += sizeOf(one)
      while (bytes > maxBytes) {
        const oldest = held.shift()
        if (oldest === undefined) break
        bytes -= sizeOf(oldest.event)
        if (oldest.sequence > taken) lost.push(oldest.event)
      }
      budget.stored(one, last)
      return true
    },
    take(count: number): void {
      const upTo = Math.min(last, taken + count)
      read.push(...held.filter(({ sequence }) => sequence > taken && sequence <= upTo).map((one) => one.event))
      taken = upTo
      budget.taken(taken)
    },
    untaken: (monitor: string) =>
      held
        .filter((one) => one.event.monitor === monitor && one.sequence > taken)
        .reduce((sum, one) => sum + sizeOf(one.event), 0),
  }
}

/** Offers until there is no room for one more; returns how many there was room for. */
function fill(budget: Budget, monitor: string, severity: Severity, size = 1000): number {
  for (let i = 0; ; i++) if (!budget.offer(event(monitor, severity, { message: 'x'.repeat(size) }))) return i
}

const anySeverity = fc.constantFrom<Severity>('warning', 'error', 'critical')
const anyStep = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      hostile: anySeverity,
      size: fc.integer({ min: 0, max: 1024 }),
      entity: fc.nat(3),
      times: fc.nat(60),
    }),
  },
  { weight: 2, arbitrary: fc.record({ other: anySeverity, size: fc.nat(300) }) },
  { weight: 1, arbitrary: fc.record({ take: fc.nat(200) }) },
)

describe('what one source may hold of a stream', () => {
  it('leaves everything of another monitor in its stream, in order, whatever that source sends', () => {
    fc.assert(
      fc.property(fc.array(anyStep, { minLength: 50, maxLength: 200, size: 'max' }), (steps) => {
        const stream = createStream(512 * 1024)
        const enough = stream.budget.room / 8 / 4
        const sent: NodeEvent[] = []
        for (const step of steps) {
          if ('take' in step) stream.take(step.take)
          else if ('hostile' in step) {
            const entity = step.entity === 0 ? 'monitor:gpu' : `e${step.entity}`
            for (let i = 0; i < step.times; i++)
              stream.offer(event('found', step.hostile, { message: 'x'.repeat(step.size), entity }))
          } else {
            const own = event('gpu', step.other, { message: 'x'.repeat(step.size) })
            if (stream.untaken('gpu') + sizeOf(own) > enough) continue
            expect(stream.offer(own)).toBe(true)
            sent.push(own)
          }
          expect(stream.budget.bytes).toBeLessThanOrEqual(stream.budget.room)
        }
        stream.take(Number.POSITIVE_INFINITY)
        expect(stream.lost).toEqual([])
        expect(stream.read.filter(({ monitor }) => monitor === 'gpu')).toEqual(sent)
        expect(stream.budget.bytes).toBe(0)
      }),
      { numRuns: 50 },
    )
  })

  it('is as large for its criticals as if it had sent no warnings', () => {
    const budget = createBudget(1024 * 1024, foundBySocket)
    const alone = fill(createBudget(1024 * 1024, foundBySocket), 'log', 'critical')
    const warnings = fill(budget, 'log', 'warning')
    const errors = fill(budget, 'log', 'error')
    const criticals = fill(budget, 'log', 'critical')
    expect(warnings).toBeGreaterThan(0.4 * alone)
    expect(warnings).toBeLessThanOrEqual(0.5 * alone)
    expect(errors).toBeGreaterThan(0)
    expect(criticals).toBeGreaterThan(0.2 * alone)
    expect(warnings + errors + criticals).toBe(alone)
  })

  it('is half of the stream for all together that were found by their sockets, however many', () => {
    const budget = createBudget(16 * 1024 * 1024, foundBySocket)
    for (let i = 0; i < 128; i++) {
      fill(budget, `found-${i}`, 'critical')
      // What the detector says of them goes on their side, too.
      while (budget.offer(event('detector', 'critical', { entity: `monitor:found-${i}`, message: 'y'.repeat(500) })));
    }
    expect(budget.bytes).toBeLessThanOrEqual(budget.room / 2)
    for (const ours of ['system', 'gpu', 'network', 'detector'])
      expect(fill(budget, ours, 'critical')).toBeGreaterThan(500)
  })

  it('is kept apart for what the detector says of each monitor, so that one cannot silence it about others', () => {
    const budget = createBudget(1024 * 1024, foundBySocket)
    const said = (monitor: string) => event('detector', 'warning', { entity: `monitor:${monitor}` })
    while (budget.offer(said('log')));
    expect(budget.offer(said('gpu'))).toBe(true)
    expect(budget.offer(event('detector', 'warning', { entity: '' }))).toBe(true)
  })

  it('is free again when it was taken, or never came there', () => {
    const budget = createBudget(256 * 1024, foundBySocket)
    const sent = Array.from({ length: 200 }, () => event('log', 'critical')).filter(budget.offer)
    const full = budget.bytes
    expect(sent.length).toBeLessThan(200)
    for (const one of sent.slice(0, 10)) budget.lost(one)
    // Once each.
    for (const one of sent.slice(0, 10)) budget.lost(one)
    expect(budget.bytes).toBe((full / sent.length) * (sent.length - 10))
    for (const [index, one] of sent.slice(10).entries()) budget.stored(one, index + 1)
    budget.taken(sent.length)
    expect(budget.bytes).toBe(0)
  })

  it('counts what is told again after an answer was lost as often as the stream has it', () => {
    const budget = createBudget(256 * 1024, foundBySocket)
    const one = event('log', 'warning')
    budget.offer(one)
    budget.stored(one, 1)
    budget.stored(one, 2)
    expect(budget.bytes).toBe(2 * sizeOf(one))
    const reading = budget.reading()
    reading.found(one, 2)
    // Nothing gets in while it is read.
    expect(budget.bytes).toBe(2 * sizeOf(one))
    reading.done()
    expect(budget.bytes).toBe(sizeOf(one))
    budget.reading().done()
    expect(budget.bytes).toBe(0)
  })

  it('is never counted smaller than it is on the bus', () => {
    const text = fc.string({ unit: 'binary', maxLength: 200 }).map((any) => any.toWellFormed())
    const texts = { id: text, monitor: text, check: text, entity: text, reason: text, message: text }
    fc.assert(
      fc.property(fc.record({ ...texts, count: fc.nat({ max: 1_000_000_000 }) }), ({ count, ...words }) => {
        const one = event('m', 'critical', { ...words, count })
        const head = 'nd.event.critical.'.length + 64 + 30
        expect(sizeOf(one)).toBeGreaterThanOrEqual(
          Event.encode(toProtoEvent(one)).finish().length + head - 64 + Math.min(64, one.reason.length),
        )
      }),
    )
  })
})
