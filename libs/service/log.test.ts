import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createLogger, type LogOptions } from './log.ts'

function linesOf(options: Partial<LogOptions> = {}) {
  const lines: string[] = []
  const log = createLogger({
    component: 'detector',
    level: 'info',
    format: 'json',
    write: (line) => lines.push(line),
    now: () => new Date('2026-05-12T03:14:20.123Z'),
    colour: false,
    ...options,
  })
  return { log, lines }
}

describe('a line', () => {
  it('has exactly these fields in this order', () => {
    const { log, lines } = linesOf()
    log.warn('monitor is lost', {
      reason: 'no heartbeat for 10 s',
      action: 'reconnect',
      problem: 'MonitorUnreachable',
      monitor: 'gpu',
    })
    expect(lines).toEqual([
      '{"timestamp":"2026-05-12T03:14:20.123Z","level":"warn","component":"detector","monitor":"gpu","problem":"MonitorUnreachable","action":"reconnect","message":"monitor is lost","reason":"no heartbeat for 10 s"}\n',
    ])
  })

  it('leaves out what does not apply', () => {
    const { log, lines } = linesOf()
    log.info('service ready')
    expect(lines).toEqual([
      '{"timestamp":"2026-05-12T03:14:20.123Z","level":"info","component":"detector","message":"service ready"}\n',
    ])
  })

  it('carries the fields of its child logger, and the line has the last word', () => {
    const { log, lines } = linesOf()
    log.child({ monitor: 'system', check: 'disk' }).info('a', { check: 'cpu' })
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ monitor: 'system', check: 'cpu', component: 'detector' })
  })

  it('tells an error with its class, code, stack and causes', () => {
    const { log, lines } = linesOf()
    const cause = Object.assign(new Error('ENOENT: no such file'), { code: 'ENOENT' })
    log.error('cannot read', { err: new RangeError('no /proc', { cause }) })
    expect(Object.keys(JSON.parse(lines[0] ?? ''))).toEqual(['timestamp', 'level', 'component', 'message', 'err'])
    expect(JSON.parse(lines[0] ?? '').err).toMatchObject({
      type: 'RangeError',
      message: 'no /proc',
      stack: expect.stringContaining('RangeError: no /proc'),
      cause: { type: 'Error', code: 'ENOENT', message: 'ENOENT: no such file' },
    })
  })

  it('has its fixed fields also where a field is called as what JavaScript has of every object', () => {
    const { log, lines } = linesOf()
    log.warn('odd', { ['__proto__']: new Error('x'), constructor: 1 })
    log.child({ ['__proto__']: { level: 'forged' } }).info('odd')
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      level: 'warn',
      component: 'detector',
      message: 'odd',
      constructor: 1,
    })
    expect(lines[1]).toContain('"level":"info","component":"detector","message":"odd","__proto___":{"level":"forged"}')
  })

  it('is not written below its level', () => {
    const { log, lines } = linesOf({ level: 'warn' })
    log.info('quiet')
    log.debug('quiet')
    expect(lines).toEqual([])
  })

  it('is one line of JSON with the fixed fields intact, whatever the fields are', () => {
    const { log, lines } = linesOf({ level: 'debug' })
    const cycle: Record<string, unknown> = {}
    cycle['self'] = cycle
    fc.assert(
      fc.property(
        fc.string(),
        fc.dictionary(
          fc.oneof(fc.string(), fc.constantFrom('timestamp', 'level', 'message', 'err', 'component', '__proto__')),
          fc.oneof(fc.anything(), fc.constant(cycle), fc.bigInt(), fc.constant(new Error('x'))),
        ),
        (message, fields) => {
          const { component: _component, ...rest } = fields
          log.info(message, rest)
          const line = lines.pop() ?? ''
          expect(line.indexOf('\n')).toBe(line.length - 1)
          expect(JSON.parse(line)).toMatchObject({
            timestamp: '2026-05-12T03:14:20.123Z',
            level: 'info',
            component: 'detector',
            message,
          })
        },
      ),
    )
  })
})

describe('a line for people', () => {
  it('has the time, the level, who says it, what, and the data', () => {
    const { log, lines } = linesOf({ format: 'pretty' })
    log.info('listening', { path: '/run/x.sock', why: 'two words' })
    expect(lines).toEqual(['03:14:20 info  detector: listening path=/run/x.sock why="two words"\n'])
  })

  it('tells an error by its text; its stack is for machines', () => {
    const { log, lines } = linesOf({ format: 'pretty' })
    log.error('failed', { err: Object.assign(new Error('port taken'), { code: 'IN_USE' }) })
    log.error('failed', { err: new Error('a bug') })
    expect(lines[0]).toBe('03:14:20 error detector: failed (port taken)\n')
    expect(lines[1]).toBe('03:14:20 error detector: failed (a bug)\n')
  })

  const HOSTILE = `a\n03:14:20 info  detector: forged\r\u001b[2J\u202e\u0007\u009b31m${'x'.repeat(65_536)}`
  const fields = () => ({
    monitor: HOSTILE,
    problem: HOSTILE,
    action: HOSTILE,
    [HOSTILE.slice(0, 60)]: HOSTILE,
    list: [HOSTILE],
    object: { deep: HOSTILE.slice(0, 2000) },
    err: Object.assign(new Error(HOSTILE, { cause: new Error(HOSTILE) }), { code: HOSTILE.slice(0, 100) }),
  })

  it('is one line, and tells no terminal what to do, whatever a plug-in says', () => {
    const { log, lines } = linesOf({ format: 'pretty' })
    log.error(HOSTILE, fields())
    expect(lines).toHaveLength(1)
    expect(lines[0]?.slice(0, -1)).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/)
    expect(lines[0]?.length).toBeLessThan(12_000)
  })

  it('is so as JSON too, with every character still to be read', () => {
    const { log, lines } = linesOf({ format: 'json' })
    log.error(HOSTILE, fields())
    expect(lines).toHaveLength(1)
    expect(lines[0]?.slice(0, -1)).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/)
    expect(lines[0]?.length).toBeLessThan(64_000)
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ monitor: expect.stringContaining('\u202e') })
  })

  it('is coloured where it may be', () => {
    const { log, lines } = linesOf({ format: 'pretty', colour: true })
    log.warn('careful')
    expect(lines).toEqual(['03:14:20 \u001b[33mwarn \u001b[0m detector: careful\n'])
  })
})
