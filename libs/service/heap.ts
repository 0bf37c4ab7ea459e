/**
 * Keeping the heap near what is in use. V8 lets garbage lie that has outlived two small collections until the heap has
 * doubled: a process that idles grew by 10 MiB in 15 minutes, and none of it was in use.
 */

import { getHeapStatistics, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { type Clock, every, patiently } from '#clock'

/** When a start is over: modules are loaded, the configuration is read, first answers are given. */
const AFTER_START_MS = 3000
/**
 * Code that no collection found in use since the one before is compiled anew when it is called. Said when the start is over: on the
 * command line it would have V8 refuse all code that comes compiled, Node's own and the bundle's.
 */
const OLD_CODE_FLAG = '--bytecode-old-age=1'
/** How often is looked at what has piled up. */
const LOOK_MS = 30_000
/** What may pile up: this, or a share of what was in use where that is more, so that a large heap is not swept all the time. */
const PILE_BYTES = 2 * 1024 * 1024
const PILE_SHARE = 0.125

/** Whether there is enough to collect, given what was in use after the last collection. */
export function isPiledUp(usedBytes: number, inUseBytes: number): boolean {
  return usedBytes - inUseBytes > Math.max(PILE_BYTES, inUseBytes * PILE_SHARE)
}

function usedBytes(): number {
  return getHeapStatistics().used_heap_size
}

/** The function that V8 shows on request only; undefined where it does not. */
function findCollector(): (() => void) | undefined {
  setFlagsFromString('--expose-gc')
  // It exists only in contexts that are made after the flag was set.
  const collect = runInNewContext('typeof gc === "function" ? gc : undefined') as (() => void) | undefined
  setFlagsFromString('--no-expose-gc')
  return collect
}

/**
 * One full collection when the start is over (what parsing and loading left is 2 to 3 MiB), and one whenever enough has
 * piled up. Each holds the event loop for about 15 ms. Until what it returns is called.
 */
export function keepHeapSmall(clock: Clock): () => void {
  const ending = new AbortController()
  // To collect in the middle of a start that has hardly any processor makes it longer still.
  const callOff = patiently(clock, AFTER_START_MS, collectFromNow, Number.POSITIVE_INFINITY)

  function collectFromNow(): void {
    setFlagsFromString(OLD_CODE_FLAG)
    const collect = findCollector()
    if (collect === undefined) return
    collect()
    let inUseBytes = usedBytes()
    every(clock, { ms: LOOK_MS, signal: ending.signal }, () => {
      const used = usedBytes()
      if (isPiledUp(used, inUseBytes)) {
        collect()
        inUseBytes = usedBytes()
      }
      // V8 may have collected by itself.
      else inUseBytes = Math.min(inUseBytes, used)
    })
  }

  return () => {
    callOff()
    ending.abort()
  }
}
