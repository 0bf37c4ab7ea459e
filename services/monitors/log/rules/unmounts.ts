/** Which file systems were unmounted just now, by the lines' times. Pure. */
import { isWithin } from './window.ts'

/** So long behind its unmount a file system may say what went wrong with that. */
export const UNMOUNTING_MS = 60_000
const ENTITIES_MAX = 256

/** What was unmounted, by entity. */
export interface Unmounts {
  unmounted(entity: string, atMs: number): void
  mounted(entity: string): void
  /** Whether what is said of it then is said of its unmount: it was unmounted shortly before, and nobody has mounted it since. */
  has(entity: string, atMs: number): boolean
  /** Something of the log is gone: it may have been mounted. */
  forget(): void
  entries(): Iterable<readonly [entity: string, atMs: number]>
}

export function createUnmounts(): Unmounts {
  /** Whose is longest ago comes first. */
  const unmounts = new Map<string, number>()
  return {
    unmounted(entity, atMs) {
      unmounts.delete(entity)
      for (const [other, otherMs] of unmounts) {
        if (unmounts.size >= ENTITIES_MAX || !isWithin(atMs, otherMs, UNMOUNTING_MS)) unmounts.delete(other)
      }
      unmounts.set(entity, atMs)
    },
    mounted: (entity) => void unmounts.delete(entity),
    has: (entity, atMs) => isWithin(atMs, unmounts.get(entity), UNMOUNTING_MS),
    forget: () => unmounts.clear(),
    entries: () => unmounts.entries(),
  }
}
