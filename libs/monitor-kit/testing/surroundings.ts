/** What a check is given where nothing stands around it: it remembers nothing, keeps nothing, and nobody hears that it wakes. */
import { createHost } from '#host'
import { createStopwatch } from '#probe'
import type { Clock, Logger } from '#service'
import { NO_MEMORY } from '../memory.ts'
import type { Around } from '../run-check.ts'

const NO_LOG: Logger = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  child: () => NO_LOG,
}

/** @param more what the test gives it beside; its clock in any case */
export function surroundings(more: Partial<Around> & { readonly clock: Clock }): Around {
  return {
    config: {},
    name: 'check',
    intervalMs: 30_000,
    nodeName: 'n1',
    stopwatch: createStopwatch(more.clock),
    timeoutMs: 10_000,
    host: createHost({ root: '' }),
    log: NO_LOG,
    memory: NO_MEMORY,
    shared: undefined,
    parameters: {},
    wake: () => undefined,
    stateFolder: () => Promise.reject(new Error('this test gives its check no state folder')),
    ...more,
  }
}
