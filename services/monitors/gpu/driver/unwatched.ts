/** Tells once in a process's life what of the numbered checks it cannot look at, for want of a right or a mount. */
import type { Logger } from '#service'

/** @param id of the numbered check */
export type TellUnwatched = (id: string, why: string) => void

export function createUnwatched(log: Pick<Logger, 'warn'>): TellUnwatched {
  const told = new Set<string>()
  return (id, why) => {
    if (told.has(id)) return
    told.add(id)
    log.warn('a numbered check is not looked at here; docs/gpu-checks.md says what it needs', { check: id, why })
  }
}
