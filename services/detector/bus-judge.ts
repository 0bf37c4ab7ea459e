/** What the detector says of its own bus: whether it takes what there is to say, and what it refuses. */
import { cleanText } from '#model'
import type { Logger } from '#service'
import { createBusHealth } from './bus-health.ts'
import type { Engine } from './engine-types.ts'
import type { Outbox } from './outbox/outbox.ts'

/** Longest text of an event, in UTF-16 units. */
const MAX_MESSAGE = 1024

export interface BusJudgeOptions {
  readonly engine: Engine
  readonly outbox: Outbox
  readonly monotonicMs: () => number
  readonly log: Logger
  /** Why the bus is away; "" while it is there. */
  readonly reason: () => string
}

export interface BusJudge {
  /** Looks, and tells what is news. */
  look(): void
  /** Whether it has ever looked: before that the state says nothing of the bus. */
  readonly hasLooked: boolean
}

export function createBusJudge({ engine, outbox, monotonicMs, log, reason }: BusJudgeOptions): BusJudge {
  const health = createBusHealth()
  let hasLooked = false
  return {
    get hasLooked() {
      return hasLooked
    },
    look() {
      const status = outbox.status()
      const observation = health.judge(status, reason() || status.lastError, monotonicMs())
      hasLooked = true
      if (observation !== undefined) engine.observe([observation])
      const message = health.refusals(status, monotonicMs())
      if (message === undefined) return
      log.warn('the bus refuses values', { refused: status.refused.slice(0, 10), total: status.refusedTotal })
      engine.event({
        reason: 'BusValueRefused',
        severity: 'warning',
        entity: '',
        message: cleanText(message, MAX_MESSAGE),
      })
    },
  }
}
