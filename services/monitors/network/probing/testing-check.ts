/**
 * A process that runs one check of this monitor in the network that it was started in, as often as it is told. Argument, as JSON:
 * {@link Asked}. Each message by IPC is one run; what comes back is its result, or why there is none.
 */
import { flushCompileCache } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { systemClock } from '#clock'
import { createHost } from '#host'
import type { CheckDefinition } from '#monitor-kit'
import { type HandClock, startCheck } from '#monitor-kit/testing'
import { doorOf } from './door.ts'

/** Which check, and how. */
export interface Asked {
  /** Its folder below checks. */
  readonly check: string
  readonly name?: string
  readonly config: unknown
  /** Where its own files are (etc/resolv.conf of its pod). Default: none. */
  readonly own?: string
}

/** Real time, of which some is passed over between two runs; the wall clock stays right, so that it can be held against others. */
function hurriedClock(): HandClock {
  const real = systemClock()
  let aheadMs = 0
  return {
    ...real,
    monotonicMs: () => real.monotonicMs() + aheadMs,
    pass(ms) {
      aheadMs += ms
    },
    step: () => undefined,
  }
}

const { check: folder, config, own = '/nowhere' } = JSON.parse(process.argv[2] ?? '{}') as Asked
const module: object = await import(pathToFileURL(join(import.meta.dirname, '../checks', folder, 'check.ts')).href)
const [definition] = Object.values(module).filter((value) => typeof value === 'object') as CheckDefinition<unknown>[]
const door = { ...doorOf(undefined), ownFiles: createHost({ root: own }).files }
const shared = { hostNetwork: () => Promise.resolve({ kind: 'same' }), door }
const started = startCheck(definition!, { root: '', config, clock: hurriedClock(), shared })

process.on('message', () => {
  void started.run().then(
    (result) => process.send?.({ result }),
    (err: unknown) => process.send?.({ thrown: err instanceof Error ? err.stack : String(err) }),
  )
})
process.on('disconnect', () => process.exit())
process.send?.('up')
// It is killed in the end, and would leave nothing for the next one.
flushCompileCache()
