import { describe, expect, it } from 'vitest'
import { lastOver, wrongLimit } from '#monitor-kit/contract'
import { fixture, startFixture } from '#monitor-kit/testing'
import type { NtpAnswer } from '#probe'
import { failed, found, startAnswered } from '../../probing/testing-answers.ts'
import { sharedOver } from '../../testing-shared.ts'
import { time } from './check.ts'
import { type Config, schema } from './config.ts'
import { evaluateTime, type TimeMemory } from './evaluate.ts'

const config = schema.parse({ servers: ['s'] })
const FIRST: TimeMemory = new Map()

function said(answer: NtpAnswer | undefined, memory: TimeMemory = FIRST, keys: Config = config) {
  return evaluateTime(
    [{ server: 's', answer, failure: answer === undefined ? 'no answer' : '', isLate: false }],
    keys,
    memory,
  )
}
const of = (offsetMs: number, errorMs: number): NtpAnswer => ({
  ...{ kind: 'time', offsetMs, errorMs, delayMs: 1, stratum: 2, leap: 'none' },
})

describe('the clock', () => {
  it('is held against each named server, and against nobody else', async () => {
    const folder = fixture(import.meta.url, 'sick-behind')
    await using check = await startFixture(time, {
      folder,
      config: schema.parse({ servers: ['ntp.corp.example'] }),
      sharedOver,
    })
    expect((await check.run()).findings).toMatchObject([{ entity: 'ntp:ntp.corp.example', pending: true }])
    expect((await check.run()).findings).toMatchObject([
      {
        health: 'problem',
        severity: 'warning',
        message: '3 s behind ntp.corp.example, 2 ms more or less, limit 1 s',
      },
    ])
    await using none = await startFixture(time, { folder, config: schema.parse({}), sharedOver })
    expect((await none.run()).findings).toEqual([])
  })

  it('is neither wrong nor right while how wrong it may be decides', () => {
    expect(said(of(1500, 800)).findings[0]).toMatchObject({ pending: true, reason: 'OffsetUncertain' })
    expect(said(of(900, 50)).findings[0]).toMatchObject({ health: 'healthy', reason: 'ClockRight' })
    expect(said(of(-900, 50)).findings[0]?.message).toBe('900 ms ahead of s, 50 ms more or less, limit 1 s')
  })

  it.each([
    ['NoAnswer', undefined],
    ['ServerUnsynchronised', { kind: 'unsynchronised', stratum: 16, reference: 'INIT' }],
    ['ServerRefuses', { kind: 'kiss', code: 'RATE' }],
    ['ClockSet', { kind: 'stepped', byMs: 4000 }],
  ] as const)('is not known: %s', (reason, answer) => {
    expect(said(answer).findings[0]).toMatchObject({ health: 'unknown', reason })
  })

  it('names the limit that it is over', () => {
    const condition = {
      type: 'ClockOffset',
      words: (limit: number) => `${limit} ms`,
      last: (numbers: readonly number[], { warning, critical }: { warning: number; critical: number }) => {
        const keys = schema.parse({ servers: ['s'], offsetWarningMs: warning, offsetCriticalMs: critical })
        return lastOver('ClockOffset', FIRST, (number, memory) => said(of(number, 0), memory, keys))(numbers)
      },
    }
    expect(wrongLimit(condition)).toBeUndefined()
  })
})

describe('a server', () => {
  const start = (machine: object) =>
    startAnswered(time, {
      files: { 'etc/resolv.conf': 'nameserver 10.0.0.53\n' },
      ...machine,
      config: schema.parse({ servers: ['ntp.example'] }),
    })
  const dns = ({ type }: { type: string }) => found(type === 'A' ? '10.1.0.1' : 'fd00::1')

  it('is asked at the address that there is a way to', async () => {
    const probeNtp = async (_: unknown, { address }: { address: string }) =>
      address === '10.1.0.1' ? failed('unreachable') : { ok: true, sample: { ms: 1, lateMs: 0 }, answer: of(5, 1) }
    await using check = await start({ dns, door: { probeNtp } })
    expect(await check.rounds(1)).toEqual(['healthy ClockOffset ntp:ntp.example ClockRight'])
  })

  it('is not said to be silent where this process was late', async () => {
    const late = () => failed('timeout', { lateMs: 1900 })
    await using asking = await start({ dns, door: { probeNtp: async () => late() } })
    expect(await asking.rounds(1)).toEqual(['unknown ClockOffset ntp:ntp.example ProberLate'])
    await using looking = await start({ dns: late })
    expect(await looking.rounds(1)).toEqual(['unknown ClockOffset ntp:ntp.example ProberLate'])
  })
})
