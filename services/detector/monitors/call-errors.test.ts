import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RpcError } from '#rpc'
import { callError } from './call-errors.ts'
import { isMisconduct } from './channel.ts'
import { MonitorGoneError } from './errors.ts'

const PATH = '/run/x/gpu.sock'
function say(code: string, details: string, method = 'Describe', timeoutMs: number | undefined = 5000): string {
  return callError(PATH, method, timeoutMs, new RpcError(PATH, `/nodedoctor.v1.Monitor/${method}`, code, details))
    .message
}

describe('what a failed call says', () => {
  it('names no method where there was no connection', () => {
    const no = (why: string) =>
      say('UNAVAILABLE', `No connection established. Last error: Error: connect ${why} ${PATH}. Resolution note: `)
    expect(no('ECONNREFUSED')).toBe('nobody listens on /run/x/gpu.sock')
    expect(no('ENOENT')).toBe('there is no socket /run/x/gpu.sock')
    expect(no('EACCES')).toMatch(/^no permission to connect to \/run\/x\/gpu\.sock: .*this process is uid \d+, gid \d+/)
    expect(no('EPERM')).toMatch(/^no permission to connect to \/run\/x\/gpu\.sock: /)
    expect(say('UNAVAILABLE', 'Connection dropped')).toBe('the connection to /run/x/gpu.sock was lost')
    expect(say('UNAVAILABLE', 'No connection established. Last error: Protocol error (2026). Resolution note: ')).toBe(
      'who listens on /run/x/gpu.sock does not speak gRPC',
    )
  })

  it('names the last step of the method where there was no answer, or a bad one', () => {
    expect(say('DEADLINE_EXCEEDED', 'Deadline exceeded after 10s', 'CheckHealth', 10_000)).toBe(
      'CheckHealth was not answered within 10 s',
    )
    expect(say('UNKNOWN', 'nvml: gone', 'CheckHealth')).toBe('CheckHealth failed: UNKNOWN: nvml: gone')
    expect(say('UNAVAILABLE', 'the driver is away', 'CheckHealth')).toBe(
      'CheckHealth failed: UNAVAILABLE: the driver is away',
    )
  })

  it('is gone where nobody is there, and not where somebody answered', () => {
    const full = new RpcError(
      PATH,
      '/x/Y',
      'UNAVAILABLE',
      `No connection established. Last error: connect EAGAIN ${PATH}`,
    )
    expect(callError(PATH, 'Y', 1000, full)).toMatchObject({
      name: 'MonitorAnswerError',
      message: 'who listens on /run/x/gpu.sock takes no connection: its queue is full',
    })
    const gone = new RpcError(PATH, '/x/Y', 'UNAVAILABLE', 'connect ECONNREFUSED')
    expect(callError(PATH, 'Y', 1000, gone)).toBeInstanceOf(MonitorGoneError)
    expect(callError(PATH, 'Y', 1000, new RpcError(PATH, '/x/Y', 'INTERNAL', ''))).toMatchObject({ code: 'INTERNAL' })
  })

  it('says whether anybody is there: who took the connection, or lets nobody in', () => {
    const wasThere = (details: string) => callError(PATH, 'Y', 1000, new RpcError(PATH, '/x/Y', 'UNAVAILABLE', details))
    const connect = (why: string) => wasThere(`No connection established. Last error: connect ${why} ${PATH}`)
    for (const why of ['ECONNREFUSED', 'ENOENT'])
      expect(connect(why)).toMatchObject({ name: 'MonitorGoneError', wasThere: false })
    for (const why of ['EACCES', 'EPERM'])
      expect(connect(why)).toMatchObject({ name: 'MonitorGoneError', wasThere: true })
    for (const details of [
      'Connection dropped',
      'read ECONNRESET',
      'No connection established. Last error: Failed to connect',
    ])
      expect(wasThere(details)).toMatchObject({ name: 'MonitorGoneError', wasThere: true })
  })

  it('is misconduct where an answer is too large or none of the protocol, and not where it is an error of the peer’s own', () => {
    const failed = (code: string, details: string) =>
      callError(PATH, 'Y', 1000, new RpcError(PATH, '/x/Y', code, details))
    const unread = failed('INTERNAL', 'Response message parsing error: index out of range: 3 + 100 > 7')
    expect(unread).toMatchObject({
      code: 'DATA_LOSS',
      message: 'Y failed: INTERNAL: Response message parsing error: index out of range: 3 + 100 > 7',
    })
    expect(isMisconduct(unread)).toBe(true)
    expect(isMisconduct(failed('RESOURCE_EXHAUSTED', 'larger than max'))).toBe(true)
    expect(isMisconduct(failed('DATA_LOSS', 'truncated'))).toBe(true)
    for (const details of ['', 'nvml: unknown error', 'Received RST_STREAM with code 2 (Internal server error)'])
      expect(isMisconduct(failed('INTERNAL', details))).toBe(false)
    expect(isMisconduct(failed('UNKNOWN', 'Response message parsing error: x'))).toBe(false)
  })

  it('is short and clean whatever a peer writes into it', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 3000 }),
        fc.constantFrom('UNKNOWN', 'UNAVAILABLE'),
        (text, code) => {
          const words = say(code, `\u001b[2J\u202e\r\n${text}`)
          expect(words).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/)
          expect(words.length).toBeLessThan(700)
        },
      ),
    )
  })
})
