import type { BusLog } from './types.ts'

/** For what nobody waits for: what fails is logged, and is never the end of whoever tells. @returns undefined then */
export function unkept<T>(log: Pick<BusLog, 'warn'>, what: string, act: () => T): T | undefined {
  try {
    return act()
  } catch (err) {
    log.warn('what is not kept could not be published', { what, err })
    return undefined
  }
}
