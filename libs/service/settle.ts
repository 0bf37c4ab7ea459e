/** Giving back what a start leaves behind. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** When a start is over: modules are loaded, the configuration is read, first answers are given. */
const AFTER_MS = 3000

/**
 * One full collection, once, when the start is over: what parsing and loading left is 2 to 3 MiB that V8 would keep
 * for as long as the process idles. Costs about 15 ms.
 */
export function settleAfterStart(): void {
  setTimeout(() => {
    setFlagsFromString('--expose-gc')
    // The function exists only in contexts that are made after the flag was set.
    const collect = runInNewContext('typeof gc === "function" ? gc : undefined') as (() => void) | undefined
    setFlagsFromString('--no-expose-gc')
    collect?.()
  }, AFTER_MS).unref()
}
