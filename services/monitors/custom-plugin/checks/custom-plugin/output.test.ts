import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseOutput, worseOf } from './output.ts'
import { MEASURED_MAX } from './performance.ts'

describe('a text', () => {
  it.each([
    ['OK: all well', 'ok', 'all well'],
    ['warning:80 % used', 'warning', '80 % used'],
    ['CRITICAL: gone', 'critical', 'gone'],
    ['ERROR: gone', 'critical', 'gone'],
    ['UNKNOWN: no answer', 'unknown', 'no answer'],
    ['OKAY: no', undefined, 'OKAY: no'],
    ['it is CRITICAL: no', undefined, 'it is CRITICAL: no'],
    ['', undefined, ''],
  ])('%j says %s', (text, status, message) => {
    expect(parseOutput(text, 'simple')).toEqual({ status, message, measured: [] })
  })
})

describe('a JSON object', () => {
  it('says its status in any of the known words, a message, and numbers', () => {
    const text = '{"status":" Crit ","message":"gone","metrics":{"queue":7,"name":"x","none":null}}'
    expect(parseOutput(text, 'json')).toEqual({
      status: 'critical',
      message: 'gone',
      measured: [{ name: 'queue', value: 7, unit: '' }],
    })
    const words = ['ok', 'good', 'pass', 'healthy', 'warn', 'warning', 'crit', 'critical', 'error', 'fail']
    const known = words.map((status) => parseOutput(JSON.stringify({ status }), 'json')?.status)
    expect(known).toEqual([
      'ok',
      'ok',
      'ok',
      'ok',
      'warning',
      'warning',
      'critical',
      'critical',
      'critical',
      'critical',
    ])
    expect(parseOutput('{}', 'json')).toEqual({ status: undefined, message: '', measured: [] })
  })

  it.each([
    '',
    'ok',
    '[]',
    'null',
    '7',
    '{"status":"sideways"}',
    '{"status":1}',
    '{"status":"ok"',
    '{"status":"toString"}',
  ])('%j is none', (text) => {
    expect(parseOutput(text, 'json')).toBe(undefined)
  })
})

describe('a line of Nagios', () => {
  // The examples of the Monitoring Plugins Development Guidelines.
  it.each([
    [
      'PING ok - Packet loss = 0%, RTA = 0.80 ms | percent_packet_loss=0 rta=0.80',
      undefined,
      [
        ['percent_packet_loss', 0, ''],
        ['rta', 0.8, ''],
      ],
    ],
    ['DISK OK - free space: / 3326 MB (56%); | /=2643MB;5948;5958;0;5968', 'ok', [['/', 2643, 'MB']]],
    [
      "LOAD CRITICAL: 9 |'load 1'=9.5;4;8;0; 'it''s'=1e3ms",
      'critical',
      [
        ['load 1', 9.5, ''],
        ["it's", 1000, 'ms'],
      ],
    ],
    [
      'WARNING | a=-1.5% b=U c=7;x d=8$',
      'warning',
      [
        ['a', -1.5, '%'],
        ['c', 7, ''],
      ],
    ],
    ['UNKNOWN', 'unknown', []],
  ])('%j', (text, status, measured) => {
    const printed = parseOutput(text, 'nagios')
    expect(printed?.status).toBe(status)
    expect(printed?.measured.map(({ name, value, unit }) => [name, value, unit])).toEqual(measured)
    expect(printed?.message).not.toContain('|')
  })

  it('goes on behind a second bar, over lines', () => {
    const text = 'DISK OK - free | /=1MB\n/ 15272 MB\n/boot 68 MB | /boot=68MB;88;93\n/home=69357MB'
    expect(parseOutput(text, 'nagios')?.measured.map(({ name }) => name)).toEqual(['/', '/boot', '/home'])
  })
})

describe('whatever is printed', () => {
  const format = fc.constantFrom('simple', 'json', 'nagios')
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.json(),
    fc.string().map((words) => `OK | ${words}`),
  )

  it('is read, or none; and never more numbers than are told', () => {
    fc.assert(
      fc.property(text, format, (said, as) => {
        const measured = parseOutput(said, as)?.measured ?? []
        expect(measured.length).toBeLessThanOrEqual(MEASURED_MAX)
        for (const { value } of measured) expect(Number.isFinite(value)).toBe(true)
      }),
    )
  })

  it('of exit code and words the worse counts', () => {
    expect(worseOf(0, 'critical')).toBe('critical')
    expect(worseOf(2, 'ok')).toBe('critical')
    expect(worseOf(1, 'critical')).toBe('critical')
    expect(worseOf(0, undefined)).toBe('ok')
    expect(worseOf(0, 'unknown')).toBe('unknown')
    expect(worseOf(3, 'ok')).toBe('unknown')
    expect(worseOf(3, 'warning')).toBe('warning')
  })
})
