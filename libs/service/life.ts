/** A service's states, each entered once and logged, none out of order. */
import { IllegalTransitionError } from './errors.ts'
import type { Logger } from './types.ts'

export type LifeState = 'created' | 'starting' | 'running' | 'draining' | 'stopped' | 'failed'

const NEXT: Readonly<Record<LifeState, readonly LifeState[]>> = {
  created: ['starting', 'stopped', 'failed'],
  starting: ['running', 'draining', 'failed'],
  running: ['draining', 'failed'],
  draining: ['stopped', 'failed'],
  stopped: [],
  failed: [],
}

export interface Life {
  readonly state: LifeState
  /** @throws IllegalTransitionError */
  enter(state: LifeState): void
}

export function createLife(service: string, log: Logger): Life {
  let state: LifeState = 'created'
  return {
    get state() {
      return state
    },
    enter(next) {
      if (!NEXT[state].includes(next)) throw new IllegalTransitionError(service, state, next)
      state = next
      log.info(`service ${next}`)
    },
  }
}
