import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { anyMonitor } from '../model/testing-any.ts'
import { connectionWords, renderConnection } from './connection.ts'
import { ago, NOW } from './testing.ts'

const PAUSED = { state: 'paused', since: ago(20), why: 'no \u001b[2Janswer', failures: 4 } as const

describe('the words of a connection', () => {
  it('say how it stands, since when, how often it failed and when it is tried again', () => {
    expect(connectionWords({ state: 'serving', since: ago(7200), why: '', failures: 0 }, NOW)).toBe('serving for 2 h')
    expect(connectionWords({ ...PAUSED, nextTry: ago(-7) }, NOW)).toBe(
      'paused for 20 s, 4 failures in a row, next try in 7 s',
    )
    expect(connectionWords({ ...PAUSED, failures: 1, nextTry: ago(3) }, NOW)).toBe(
      'paused for 20 s, 1 failure, next try now',
    )
  })

  it('are clean in the view, with times as text', () => {
    expect(renderConnection({ ...PAUSED, nextTry: ago(-7) }, NOW)).toEqual({
      state: 'paused',
      since: '2026-05-12T03:14:00.000Z',
      why: 'no [2Janswer',
      failures: 4,
      nextTry: '2026-05-12T03:14:27.000Z',
    })
  })

  it('come of whatever stands there', () => {
    fc.assert(
      fc.property(anyMonitor, ({ connection }) => {
        if (connection === undefined) return
        expect(connectionWords(connection, NOW)).toMatch(/^[a-z]+ for [0-9a-z, ]+$/)
        expect(renderConnection(connection, NOW).why).not.toMatch(/[\u0000-\u001f\u202e]/)
      }),
    )
  })
})
