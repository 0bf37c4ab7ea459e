import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createLife, LIFE_NEXT, type LifeState } from './life.ts'
import { keepLog } from './testing.ts'

const STATES = Object.keys(LIFE_NEXT) as LifeState[]

describe('the life of a service', () => {
  it('goes from created to stopped, each state logged once', () => {
    const { log, messages } = keepLog()
    const life = createLife('detector', log)
    for (const state of ['starting', 'running', 'draining', 'stopped'] as const) life.enter(state)
    expect(messages()).toEqual([
      'service created',
      'service starting',
      'service running',
      'service draining',
      'service stopped',
    ])
  })

  it('logs a failure as an error, with what it was', () => {
    const { log, lines } = keepLog()
    createLife('detector', log).enter('failed', { err: new TypeError('no') })
    expect(lines.at(-1)).toMatchObject({ level: 'error', err: { type: 'TypeError', message: 'no' } })
  })

  it('throws at a step that is not allowed, and stays where it is', () => {
    const life = createLife('detector', keepLog().log)
    expect(() => life.enter('running')).toThrow('detector cannot go from created to running')
    expect(life.state).toBe('created')
  })

  it('never leaves stopped or failed, and is never in a state that it was not allowed to enter', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...STATES)), (steps) => {
        const life = createLife('any', keepLog().log)
        for (const step of steps) {
          const before = life.state
          try {
            life.enter(step)
          } catch {
            expect(life.state).toBe(before)
            continue
          }
          expect(LIFE_NEXT[before]).toContain(step)
          expect(['stopped', 'failed']).not.toContain(before)
        }
      }),
    )
  })
})
