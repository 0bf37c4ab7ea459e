import { describe, expect, it } from 'vitest'
import { ApiError } from './ask.ts'
import { encoded } from './encoded.ts'
import { maxBytesOf, refusalOf } from './keep.ts'

const saying = (description: string) => new ApiError({ err_code: 10077, description })

describe('what the store does not take', () => {
  it.each(['maximum bytes exceeded', 'maximum messages exceeded'])('is refused for want of room: %s', (words) => {
    expect(refusalOf('writing fp to problems', saying(words))).toMatchObject({
      why: 'full',
      message: `writing fp to problems: ${words}`,
    })
  })

  it('is refused for its size', () => {
    expect(refusalOf('telling event 7', saying('message size exceeds maximum allowed'))?.why).toBe('oversized')
  })

  it('is a matter of the server where the server says anything else, or nothing', () => {
    expect(refusalOf('x', saying('insufficient storage resources available'))).toBeUndefined()
    expect(refusalOf('x', new Error('maximum bytes exceeded'))).toBeUndefined()
  })

  it('cannot be encoded in the first place', () => {
    const bad = () => {
      throw new Error('invalid int 32: string')
    }
    expect(() => encoded(bad, 'telling event 7')).toThrow(
      expect.objectContaining({ why: 'undecodable', message: 'telling event 7: invalid int 32: string' }),
    )
  })
})

describe('what a message may hold', () => {
  it('is ours, less where another server wants less, and the same before it said anything', () => {
    const of = (max_payload: number) => maxBytesOf({ info: { max_payload } as never })
    expect(of(1024 * 1024)).toBe(261_120)
    expect(of(4096)).toBe(4096 - (262_144 - 261_120))
    expect(maxBytesOf({})).toBe(261_120)
  })
})
