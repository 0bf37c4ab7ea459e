import { describe, expect, it } from 'vitest'
import { fakeClock } from '../clock/testing.ts'
import { createBusState } from './bus-state.ts'
import { quietLog } from './testing.ts'

describe('the state of a bus', () => {
  it('is since its last change, which is told once, and to all', async () => {
    const clock = fakeClock(new Date(0))
    const of = createBusState(quietLog, clock)
    const told: string[] = []
    of.onState(() => {
      throw new Error('a mistake of whoever hears it')
    })
    const leave = of.onState((state) => told.push(state))
    await clock.advance(50)
    of.enter('connected')
    await clock.advance(50)
    of.enter('connected')
    leave()
    of.enter('disconnected')
    expect(told).toEqual(['connected'])
    expect([of.state, of.since]).toEqual(['disconnected', new Date(100)])
  })

  it('is waited for until it is connected, closed, or nobody waits any more', async () => {
    const of = createBusState(quietLog, fakeClock())
    const abort = new AbortController()
    const [first, given, last] = [of.connected(), of.connected(abort.signal), of.connected()]
    abort.abort(new Error('enough'))
    await expect(given).rejects.toThrow('enough')
    await expect(of.connected(abort.signal)).rejects.toThrow('enough')
    of.enter('disconnected')
    of.enter('connected')
    await Promise.all([first, last, of.connected()])
    of.enter('closed')
    await expect(of.connected()).rejects.toThrow('it was closed')
  })
})
