import { describe, expect, it } from 'vitest'
import { BusReaderUnknownError, BusStoreError } from '#bus'
import { fakeClock } from '../../../libs/clock/testing.ts'
import { keepLog } from '../../../libs/service/testing.ts'
import type { LaneState } from './lane.ts'
import { createUnread } from './unread.ts'

const WELL: LaneState = {
  doing: 'serving',
  pending: 0,
  lastSuccess: undefined,
  waitingMs: 0,
  failures: 0,
  nextTryMs: 0,
  lastError: '',
}
const UNKNOWN = new BusReaderUnknownError('EVENTS', 'external-exporter_tickets', new Error('refused'))

function heard() {
  const clock = fakeClock()
  const { log, messages } = keepLog()
  return { clock, messages, unread: createUnread({ name: 'tickets', clock, log }) }
}

describe('an exporter that the bus gives nothing', () => {
  it('fails and says what to do, once, until it can be read for again', () => {
    const { clock, messages, unread } = heard()
    expect(unread.with(WELL)).toEqual(WELL)
    unread.of('EVENTS')(UNKNOWN)
    unread.of('PROBLEMS')(UNKNOWN)
    clock.pass(60_000)
    const failing = {
      doing: 'failing',
      waitingMs: 60_000,
      lastError: 'the detector was started before it knew this exporter; restart it',
    }
    expect(unread.with(WELL)).toEqual({ ...WELL, ...failing })
    unread.of('EVENTS')(undefined)
    expect(unread.with(WELL)).toEqual({ ...WELL, ...failing })
    unread.of('PROBLEMS')(undefined)
    unread.of('PROBLEMS')(undefined)
    expect(unread.with(WELL)).toEqual(WELL)
    expect(messages()).toEqual([
      'external exporter hears nothing of events and problems: the detector was started before it knew this exporter; restart it',
      'external exporter hears of events and problems again',
    ])
  })

  it('says of another cause what it is, and blames no detector', () => {
    const { messages, unread } = heard()
    unread.of('PROBLEMS')(new BusStoreError('asking', new Error('stream not found')))
    expect(unread.with(WELL).lastError).toBe('nothing of PROBLEMS can be read: asking: stream not found')
    expect(messages()).toEqual(['external exporter hears nothing of a stream that cannot be read'])
  })

  it('keeps what it does worse, and why', () => {
    const { unread } = heard()
    unread.of('EVENTS')(UNKNOWN)
    const lost: LaneState = { ...WELL, doing: 'lost', pending: 2, waitingMs: 9000, lastError: 'no' }
    expect(unread.with(lost)).toEqual(lost)
  })
})
