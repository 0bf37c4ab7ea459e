import { describe, expect, it } from 'vitest'
import { KubeAccessError, type KubeRefusal, KubeStatusError, KubeUnreachableError } from '#kube'
import { fakeClock } from '../../../libs/clock/testing.ts'
import { type Failure, type FailureContext, judgeFailure } from './failure.ts'
import { createLimiter } from './limiter.ts'
import { createPause } from './pause.ts'

const CONTEXT: FailureContext = {
  nodeName: 'w1',
  nameOrigin: 'environment, NODE_NAME',
  accessOrigin: "the pod's service account",
}

function refused(status: number, changes: Partial<KubeRefusal> = {}): KubeStatusError {
  return new KubeStatusError({
    what: 'patch nodes/status w1',
    verb: 'patch',
    resource: 'nodes/status',
    status,
    reason: '',
    message: 'no',
    ...changes,
  })
}

describe('a limiter', () => {
  it('lets some through at once and then so many a second, the last of them only to what is urgent', async () => {
    const clock = fakeClock()
    const limiter = createLimiter({ perSecond: 5, burst: 6, reserved: 3, clock })
    expect([1, 2, 3, 4].map(() => limiter.take(false))).toEqual([0, 0, 0, 200])
    expect([1, 2, 3, 4].map(() => limiter.take(true))).toEqual([0, 0, 0, 200])
    await clock.advance(200)
    expect([limiter.take(false), limiter.take(true), limiter.take(true)]).toEqual([600, 0, 200])
  })

  it('never gives more than the rate over a long time, whoever asks', () => {
    let nowMs = 0
    const limiter = createLimiter({
      perSecond: 5,
      burst: 15,
      reserved: 3,
      clock: { ...fakeClock(), monotonicMs: () => nowMs },
    })
    let given = 0
    for (; nowMs < 300_000; nowMs += 10) if (limiter.take(nowMs % 20 === 0) === 0) given++
    expect(given).toBeGreaterThan(1490)
    expect(given).toBeLessThanOrEqual(1515)
  })

  it('ends a wait with its signal', async () => {
    const limiter = createLimiter({ perSecond: 0.001, burst: 1, reserved: 0, clock: fakeClock() })
    limiter.take(true)
    const abort = new AbortController()
    const waiting = limiter.wait(true, abort.signal)
    abort.abort(new Error('enough'))
    await expect(waiting).rejects.toThrow('enough')
  })

  it('lets whoever waits go on as soon as there is a token', async () => {
    const clock = fakeClock()
    const limiter = createLimiter({ perSecond: 0.5, burst: 1, reserved: 0, clock })
    limiter.take(false)
    const given: number[] = []
    const beganMs = clock.monotonicMs()
    void limiter.wait(false, new AbortController().signal).then(() => given.push(clock.monotonicMs() - beganMs))
    await clock.advance(1999)
    expect(given).toEqual([])
    await clock.advance(1)
    expect(given).toEqual([2000])
  })
})

describe('the words for a failure', () => {
  const textOf = (err: unknown) => judgeFailure(err, CONTEXT)

  it('of a right that is missing name verb and resource', () => {
    expect(textOf(refused(403, { message: 'nodes "w1" is forbidden' }))).toEqual({
      kind: 'denied',
      text: 'the account of the pod\'s service account may not patch nodes/status (403): nodes "w1" is forbidden; grant the verb "patch" on "nodes/status"',
      retryAfterMs: undefined,
    })
  })

  it('of a node that is not there name it and where the name comes from', () => {
    expect(textOf(refused(404))?.text).toBe(
      'there is no node "w1" (the name is from environment, NODE_NAME); register it, or set settings.nodeName to the node\'s name',
    )
  })

  it('say of every answer whether to try again', () => {
    const kinds = [401, 403, 404, 408, 409, 429, 500, 503, 400, 422].map((status) => textOf(refused(status))?.kind)
    expect(kinds).toEqual(['denied', 'denied', 'missing', 'away', 'away', 'away', 'away', 'away', 'refused', 'refused'])
    expect(textOf(new KubeUnreachableError('get nodes w1', 'https://x', new Error('ECONNREFUSED')))).toMatchObject({
      kind: 'away',
      text: 'get nodes w1 at https://x got no answer: ECONNREFUSED',
    })
    expect(textOf(new KubeAccessError('/token', 'EACCES'))?.kind).toBe('denied')
    expect(textOf(new TypeError('a mistake of ours'))).toBeUndefined()
  })
})

describe('the pause of a lane', () => {
  function pause(random = 0.5) {
    const clock = { nowMs: 0 }
    const told: (Failure['kind'] | 'open')[] = []
    const made = createPause({
      ...CONTEXT,
      monotonicMs: () => clock.nowMs,
      random: () => random,
      onChange: (failure) => told.push(failure?.kind ?? 'open'),
    })
    return { pause: made, clock, told }
  }

  it('shuts for longer at each failure, up to half a minute, and opens with what works', () => {
    const { pause: lane, clock, told } = pause(1)
    const waits = Array.from({ length: 9 }, () => {
      lane.failed(refused(503))
      const ms = lane.leftMs()
      clock.nowMs += ms
      return ms
    })
    expect(waits).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000])
    expect([lane.isOver(), lane.awayMs()]).toEqual([true, 121_500])
    lane.worked()
    expect([lane.failure, lane.awayMs()]).toEqual([undefined, 0])
    expect(told).toEqual(['away', 'open'])
  })

  it('does what the server says, and a little later than all the others', () => {
    const { pause: lane } = pause(0.5)
    lane.failed(refused(429, { retryAfterMs: 10_000 }))
    expect(lane.leftMs()).toBe(11_000)
  })

  it('waits for five minutes at most, whatever the server says', () => {
    const { pause: lane } = pause(0)
    lane.failed(refused(429, { retryAfterMs: 86_400_000 }))
    expect(lane.leftMs()).toBe(300_000)
  })

  it('says another cause once, and begins with short waits for it', () => {
    const { pause: lane, told, clock } = pause(1)
    for (let i = 0; i < 4; i++) {
      lane.failed(refused(503))
      clock.nowMs += lane.leftMs()
    }
    lane.failed(refused(403))
    lane.failed(refused(403))
    expect(told).toEqual(['away', 'denied'])
    expect(lane.leftMs()).toBe(1000)
  })

  it('takes a mistake of ours as none of the server’s', () => {
    const { pause: lane } = pause()
    expect(lane.failed(new TypeError('x'))).toBeUndefined()
    expect(lane.isOver()).toBe(true)
  })
})
