/** Restarts of one monitor: one is news, several within ten minutes are a problem. Pure: time is an argument. */
const WITHIN_MS = 600_000
const OFTEN = 3

export interface Restarts {
  /** It was started anew: how often within ten minutes, when that is often. */
  another(nowMs: number): number | undefined
}

export function createRestarts(): Restarts {
  let times: number[] = []
  return {
    another(nowMs) {
      times = [...times.filter((time) => nowMs - time < WITHIN_MS), nowMs].slice(-1000)
      return times.length >= OFTEN ? times.length : undefined
    },
  }
}
