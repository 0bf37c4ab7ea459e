import { describe, expect, it } from 'vitest'
import { renderNodeView, type StreamMessage } from '#view'
import { NOW, someFacts } from '../../../libs/view/testing.ts'
import {
  createHub,
  type Hub,
  MAX_CLIENTS,
  RING_BYTES,
  RING_MESSAGES,
  type Sink,
  SLOW_BYTES,
  STALLED_BYTES,
} from './hub.ts'

interface Reader extends Sink {
  readonly chunks: string[]
  state: 'open' | 'ended' | 'destroyed'
  waiting: number
}

function reader(): Reader {
  const self: Reader = {
    chunks: [],
    state: 'open',
    waiting: 0,
    write: (chunk) => self.chunks.push(chunk),
    end: () => {
      self.state = 'ended'
    },
    destroy: () => {
      self.state = 'destroyed'
    },
    pending: () => self.waiting,
  }
  return self
}

const view = renderNodeView(someFacts(), NOW)

function hub(): Hub {
  return createHub({ epoch: 'e1', view: () => view })
}

function change(at: string): StreamMessage {
  return {
    kind: 'change',
    at,
    verdict: view.verdict,
    conditions: [],
    removed: [],
    problems: [],
    monitors: [],
    events: [],
    detector: view.detector,
  }
}

/** Ids and kinds of what a reader got. */
function got(chunks: readonly string[]): string[] {
  return chunks
    .filter((chunk) => chunk.includes('data: '))
    .map((chunk) => {
      const id = /^id: (.*)$/m.exec(chunk)?.[1] ?? '-'
      const message = JSON.parse(/^data: (.*)$/m.exec(chunk)?.[1] ?? '') as StreamMessage
      return `${id} ${message.kind}`
    })
}

describe('a reader of the stream', () => {
  it('gets the whole view first and then each change', () => {
    const stream = hub()
    const one = reader()
    stream.publish(change('before'))
    stream.join(one, undefined)
    stream.publish(change('after'))
    expect(got(one.chunks)).toEqual(['e1-1 node', 'e1-2 change'])
  })

  it('finds no place after the end, and nobody is told that there is one', () => {
    const followed: boolean[] = []
    const stream = createHub({ epoch: 'e1', view: () => view, onFollowed: (isFollowed) => followed.push(isFollowed) })
    stream.join(reader(), undefined)
    stream.close()
    expect(stream.join(reader(), undefined)).toBeUndefined()
    expect(followed).toEqual([true, false])
  })

  it('goes on where it was when it comes back', () => {
    const stream = hub()
    for (const at of ['1', '2', '3']) stream.publish(change(at))
    const back = reader()
    stream.join(back, 'e1-1')
    expect(got(back.chunks)).toEqual(['e1-2 change', 'e1-3 change'])
    const current = reader()
    stream.join(current, 'e1-3')
    expect(got(current.chunks)).toEqual([])
  })

  it.each(['e0-1', 'e1-99', 'e1--1', 'e1-', '', 'x', 'e1-1e3', '🦊'])('gets the whole view for the id %j', (id) => {
    const stream = hub()
    stream.publish(change('1'))
    const one = reader()
    stream.join(one, id)
    expect(got(one.chunks)).toEqual(['e1-1 node'])
  })

  it('gets the whole view when what it missed is no longer kept', () => {
    const stream = hub()
    for (let i = 0; i <= RING_MESSAGES; i++) stream.publish(change(String(i)))
    const late = reader()
    stream.join(late, 'e1-0')
    expect(got(late.chunks)).toEqual([`e1-${RING_MESSAGES + 1} node`])
    const inTime = reader()
    stream.join(inTime, 'e1-1')
    expect(got(inTime.chunks)).toHaveLength(RING_MESSAGES)
  })

  it('keeps no more than its bytes', () => {
    const stream = hub()
    for (let i = 0; i < 20; i++) stream.publish(change('x'.repeat(RING_BYTES / 10)))
    const one = reader()
    stream.join(one, 'e1-15')
    expect(got(one.chunks)).toHaveLength(5)
    const other = reader()
    stream.join(other, 'e1-2')
    expect(got(other.chunks)).toEqual(['e1-20 node'])
  })

  it('gets beats only while it keeps up, and is let go when it stalls', () => {
    const stream = hub()
    const slow = reader()
    stream.join(slow, undefined)
    slow.waiting = SLOW_BYTES + 1
    stream.tell({ kind: 'beat', at: '', detector: view.detector })
    expect(got(slow.chunks)).toEqual(['e1-0 node'])
    stream.publish(change('1'))
    expect(got(slow.chunks)).toEqual(['e1-0 node', 'e1-1 change'])
    slow.waiting = STALLED_BYTES + 1
    stream.publish(change('2'))
    expect(slow.state).toBe('destroyed')
    expect(stream.stats()).toEqual({ clients: 0, dropped: 1, refused: 0 })
  })

  it('finds no place when there are too many', () => {
    const stream = hub()
    const leave = Array.from({ length: MAX_CLIENTS }, () => stream.join(reader(), undefined))
    expect(stream.join(reader(), undefined)).toBeUndefined()
    leave[0]?.()
    expect(stream.join(reader(), undefined)).toBeDefined()
    expect(stream.stats().refused).toBe(1)
  })

  it('is ended when the stream closes', () => {
    const stream = hub()
    const one = reader()
    stream.join(one, undefined)
    stream.close()
    expect(one.state).toBe('ended')
  })
})

describe('what time alone changes', () => {
  it('is told while somebody reads the stream: who makes it hears of the first reader and of the last', () => {
    const heard: boolean[] = []
    const stream = createHub({ epoch: 'e1', view: () => view, onFollowed: (isFollowed) => heard.push(isFollowed) })
    const leaveOne = stream.join(reader(), undefined)
    const leaveTwo = stream.join(reader(), undefined)
    leaveOne?.()
    leaveOne?.()
    expect(heard).toEqual([true])
    leaveTwo?.()
    expect(heard).toEqual([true, false])
    const stalled = reader()
    stream.join(stalled, undefined)
    stalled.waiting = STALLED_BYTES + 1
    stream.publish(change('1'))
    expect(heard).toEqual([true, false, true, false])
    stream.join(reader(), undefined)
    stream.close()
    expect(heard).toEqual([true, false, true, false, true, false])
  })
})
