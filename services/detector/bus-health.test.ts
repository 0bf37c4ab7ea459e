import { describe, expect, it } from 'vitest'
import { createBusHealth } from './bus-health.ts'
import type { OutboxStatus } from './outbox/outbox.ts'

function status(more: Partial<OutboxStatus>): OutboxStatus {
  return {
    queued: 0,
    dropped: { info: 0, warning: 0, error: 0, critical: 0 },
    lastError: '',
    stuckSinceMs: undefined,
    unstored: { sinceMs: undefined, behind: new Map() },
    refused: [],
    refusedTotal: 0,
    ...more,
  }
}
const refusal = { what: 'problems fp', why: 'full', text: 'maximum bytes exceeded' } as const

describe('what the detector says of its bus', () => {
  it('is said once per change, and is a problem after ten seconds', () => {
    const health = createBusHealth()
    expect(health.judge(status({}), '', 0)).toMatchObject({ health: 'healthy', reason: 'BusTakesAll' })
    expect(health.judge(status({ stuckSinceMs: 0 }), '', 9000)).toBeUndefined()
    expect(health.judge(status({ stuckSinceMs: 0, queued: 3 }), 'no answer', 11_000)).toMatchObject({
      health: 'problem',
      reason: 'BusTakesNothing',
      message: '3 changes wait: no answer',
    })
    expect(health.judge(status({}), '', 12_000)).toMatchObject({ health: 'healthy' })
  })

  it('names what is refused, as a condition that lasts and as an event at most each ten seconds', () => {
    const health = createBusHealth()
    const now = status({ refused: [refusal], refusedTotal: 1 })
    expect(health.refusals(now, 0)).toBe(
      'the bus refused 1 value: problems fp (maximum bytes exceeded); each is tried again by itself',
    )
    expect(health.refusals({ ...now, refusedTotal: 5 }, 9000)).toBeUndefined()
    expect(health.refusals({ ...now, refusedTotal: 5 }, 10_000)).toMatch(/^the bus refused 4 values: /)
    health.judge(now, '', 0)
    expect(health.judge(now, '', 10_001)).toMatchObject({
      health: 'problem',
      reason: 'BusRefusesValues',
      message: 'the bus refuses 1 value: problems fp (maximum bytes exceeded)',
    })
    expect(health.judge(status({ refusedTotal: 5 }), '', 10_002)).toMatchObject({ health: 'healthy' })
  })
})
