import { ErrorCode, NatsError } from 'nats'
import { describe, expect, it } from 'vitest'
import { ApiError } from './ask.ts'
import { BusReaderUnknownError, BusStoreError } from './errors.ts'
import { createReadability } from './readability.ts'

function watch() {
  const told: (Error | undefined)[] = []
  let nowMs = 0
  const own = { stream: 'EVENTS', durable: 'a_b', monotonicMs: () => nowMs } as const
  const readability = createReadability({ ...own, onReadability: (why) => told.push(why) })
  const fail = (cause: Error, over: object | undefined, afterMs: number) => {
    nowMs += afterMs
    readability.failed(new BusStoreError('asking', cause), over)
  }
  return { told, readability, fail }
}

const none = new ApiError({ err_code: 10014, description: 'consumer not found' })

describe('a stream that cannot be read', () => {
  it('is nothing to tell of while connections come and go, the bus is away, or it is read in between', () => {
    const { told, readability, fail } = watch()
    for (const over of [{}, {}, undefined, {}]) {
      fail(none, over, 9000)
      fail(none, over, 9999)
    }
    const one = {}
    fail(none, one, 5000)
    readability.worked()
    fail(none, one, 5000)
    fail(none, one, 9999)
    expect([told, readability.isHopeless]).toEqual([[], false])
  })

  it.each([
    [none, 'the bus knows no reader a_b of EVENTS: asking: consumer not found', BusReaderUnknownError],
    [
      NatsError.errorForCode(ErrorCode.PermissionsViolation),
      'the bus knows no reader a_b of EVENTS: asking: PERMISSIONS_VIOLATION',
      BusReaderUnknownError,
    ],
    [new ApiError({ err_code: 10059, description: 'stream not found' }), 'asking: stream not found', BusStoreError],
    [NatsError.errorForCode(ErrorCode.Timeout), 'asking: TIMEOUT', BusStoreError],
  ])('is told of once it lasts, with why: %s', (cause, text, kind) => {
    const { told, readability, fail } = watch()
    const one = {}
    for (const afterMs of [0, 9999, 1, 60_000]) fail(cause, one, afterMs)
    expect(told.map((why) => [why?.constructor, why?.message])).toEqual([[kind, text]])
    expect(readability.isHopeless).toBe(kind === BusReaderUnknownError)
    readability.worked()
    readability.worked()
    expect([told[1], told.length, readability.isHopeless]).toEqual([undefined, 2, false])
  })
})
