import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Content } from '../content.ts'
import { createQueue } from './queue.ts'

/** @param atMs undefined: said by this service itself */
function content(key: string, atMs?: number): Content {
  return {
    key,
    ...(atMs !== undefined && { at: new Date(atMs) }),
    status: { source: '', events: [], conditions: [] },
    context: {},
  }
}

describe('what waits for an exporter', () => {
  it('is given the oldest first, and keeps the order of each place it comes from', () => {
    const offers = fc.array(fc.tuple(fc.constantFrom('EVENTS', 'PROBLEMS', 'conditions'), fc.nat(50)), {
      maxLength: 30,
    })
    fc.assert(
      fc.property(offers, (all) => {
        const queue = createQueue()
        all.forEach(([from, atMs], index) => {
          void queue.add(from, content(String(index), from === 'conditions' ? undefined : atMs))
        })
        const given: [string, number][] = []
        for (let one = queue.first(); one !== undefined; one = queue.first()) {
          given.push([one.from, Number(one.content.key)])
          queue.remove(one)
        }
        expect(given.map(([, index]) => index).toSorted((a, b) => a - b)).toEqual(all.map((_, index) => index))
        for (const place of ['EVENTS', 'PROBLEMS', 'conditions']) {
          const order = given.filter(([from]) => from === place).map(([, index]) => index)
          expect(order).toEqual(order.toSorted((a, b) => a - b))
        }
      }),
    )
  })

  it('is told of what this service says in its turn, however the clock was set meanwhile', () => {
    const queue = createQueue()
    const given: string[] = []
    // Each comes once the one before was taken, as from the bus.
    void queue.add('EVENTS', content('event 0', 0))
    void queue.add('conditions', content('conditions'))
    for (let i = 1; i <= 4; i++) {
      const next = queue.first()
      if (next === undefined) break
      given.push(next.content.key)
      queue.remove(next)
      void queue.add('EVENTS', content(`event ${i}`, i))
    }
    expect(given).toEqual(['event 0', 'conditions', 'event 1', 'event 2'])
  })

  it('has nothing twice: who asks again waits for the same', async () => {
    const queue = createQueue()
    const [one, again] = [queue.add('EVENTS', content('a', 1)), queue.add('EVENTS', content('a', 1))]
    void queue.add('PROBLEMS', content('a', 2))
    expect(queue.length).toBe(2)
    queue.first()?.resolve()
    await expect(Promise.all([one, again])).resolves.toBeDefined()
  })

  it('tells all who wait that it ends', async () => {
    const queue = createQueue()
    const one = queue.add('EVENTS', content('a', 1))
    queue.end(new Error('over'))
    await expect(one).rejects.toThrow('over')
    expect(queue.length).toBe(0)
  })
})
