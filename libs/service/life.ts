/** A service's states, each entered once and logged once, none out of order. */
import { IllegalTransitionError } from './errors.ts'
import type { LogFields, Logger } from './types.ts'

/** Where in its life a service is; `LIFE_NEXT` has what may follow what. */
export type LifeState = 'created' | 'starting' | 'running' | 'draining' | 'stopped' | 'failed'

/** What may follow what. Whatever fails goes straight to failed, except that a running service is drained first. */
export const LIFE_NEXT: Readonly<Record<LifeState, readonly LifeState[]>> = {
  created: ['starting', 'stopped', 'failed'],
  starting: ['running', 'draining', 'failed'],
  running: ['draining', 'failed'],
  draining: ['stopped', 'failed'],
  stopped: [],
  failed: [],
}

/** Where in its life a service is. */
export interface Life {
  readonly state: LifeState
  /** @throws IllegalTransitionError */
  enter(state: LifeState, fields?: LogFields): void
}

/** The life of a service, at its beginning. What it enters is logged. */
export function createLife(service: string, log: Logger): Life {
  let state: LifeState = 'created'
  log.debug('service created')
  return {
    get state() {
      return state
    },
    enter(next, fields) {
      if (!LIFE_NEXT[state].includes(next)) throw new IllegalTransitionError(service, state, next)
      state = next
      if (next === 'failed') log.error('service failed', fields)
      else log.info(`service ${next}`, fields)
    },
  }
}
