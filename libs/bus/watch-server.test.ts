import { describe, expect, it } from 'vitest'
import { fakeClock } from '../clock/testing.ts'
import { createBusState } from './bus-state.ts'
import { quietLog } from './testing.ts'
import { createTrouble } from './trouble.ts'
import { watchServer } from './watch-server.ts'

/** A bus whose state the test sets, and how long after its start the server was restarted, and why. */
function watched() {
  const clock = fakeClock()
  const status = createBusState(quietLog, clock)
  const trouble = createTrouble()
  const restarts: string[] = []
  const beganMs = clock.monotonicMs()
  status.enter('connected')
  const bus = { clock, trouble, onState: status.onState, state: status.state }
  const restart = (why: string) => restarts.push(`${(clock.monotonicMs() - beganMs) / 1000} s: ${why}`) > 0
  const end = watchServer({ bus, restart })
  return { clock, status, trouble, restarts, end }
}

describe('a server that is of no use', () => {
  it('is left alone while it is well', async () => {
    const { clock, restarts } = watched()
    await clock.advance(3_600_000)
    expect(restarts).toEqual([])
  })

  it('is restarted when nobody gets a connection for ten seconds, and no sooner than a quarter of a minute again', async () => {
    const { clock, status, restarts } = watched()
    status.enter('disconnected')
    await clock.advance(40_000)
    expect(restarts).toEqual(['11 s: nobody gets a connection', '27 s: nobody gets a connection'])
    status.enter('connected')
    await clock.advance(600_000)
    expect(restarts).toHaveLength(2)
  })

  it('is restarted when its store takes nothing for ten seconds, once a minute at most', async () => {
    const { clock, trouble, restarts } = watched()
    trouble.failed('STORE', clock.monotonicMs())
    await clock.advance(10_000)
    expect(restarts).toEqual([])
    await clock.advance(60_000)
    expect(restarts).toHaveLength(1)
    trouble.succeeded('STORE')
    await clock.advance(600_000)
    expect(restarts).toHaveLength(1)
  })

  it('is not looked at any more after the end', async () => {
    const { clock, status, restarts, end } = watched()
    end()
    status.enter('disconnected')
    await clock.advance(60_000)
    expect([restarts, clock.sleeping]).toEqual([[], 0])
  })
})
