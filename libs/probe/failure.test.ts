import { describe, expect, it } from 'vitest'
import { failureOf } from './failure.ts'

function systemError(code: string, more: object): Error {
  return Object.assign(new Error(`connect ${code} 10.0.0.1:80`), { code, ...more })
}

describe('what the system says', () => {
  const connect = (address: string) => ({ syscall: 'connect', address })

  it.each([
    [
      'EACCES',
      { syscall: 'recvmsg' },
      'unreachable',
      'prohibited by a firewall on the way, or by a route of this machine, at X',
    ],
    [
      'EACCES',
      connect('fd77::2'),
      'unreachable',
      'prohibited by a firewall on the way, or by a route of this machine, at X',
    ],
    ['EACCES', connect('10.0.0.1'), 'denied', 'not permitted by this machine at X'],
    ['EACCES', connect('/run/x.sock'), 'denied', 'not permitted by this machine at X'],
    ['EPERM', { syscall: 'send', address: 'fd77::2' }, 'denied', 'not permitted by this machine at X'],
    ['EINVAL', connect('10.0.0.1'), 'unreachable', 'a route of this machine throws away what is sent (blackhole) at X'],
    ['EINVAL', connect('fe80::1'), 'local', 'not an address that can be asked from here at X'],
    ['EINVAL', connect('/run/x'), 'local', 'not an address that can be asked from here at X'],
    ['EAGAIN', connect('10.0.0.1'), 'local', 'no own port left to ask from at X'],
    ['ENOPROTOOPT', connect('10.0.0.1'), 'refused', 'protocol refused at X'],
    ['EMSGSIZE', { ...connect('10.0.0.1'), errno: -90 }, 'unexpected', 'message too long (EMSGSIZE) at X'],
  ])('%s %j is %s: %s', (code, more, kind, message) => {
    expect(failureOf(systemError(code, more), 'X')).toEqual({ kind, code, message })
  })

  it('is said as it stands where it is no system that says it', () => {
    expect(failureOf(new Error('no such thing'), 'X')).toEqual({
      kind: 'unexpected',
      code: '',
      message: 'no such thing at X',
    })
    expect(failureOf('x', 'X')).toMatchObject({ message: 'x at X' })
  })
})
