/** The one value that all checks of a monitor have together: made with them, closed when they have ended. */
import { type MonitorContext, stopwatchOf } from './check-parts.ts'
import { placeOf } from './place.ts'
import { createStateFolder } from './state-folder.ts'
import type { MonitorDefinition } from './types.ts'

/** Its folder is that of this name, which no check can have: a name of a configuration begins with a letter or a digit. */
const FOLDER = '.shared'

/** What is made once. */
export interface Shared {
  /** Undefined where the monitor makes nothing, or has no check here. */
  readonly value: unknown
  /** Closes it, by whatever it has for that. Rejects with what that throws. */
  close(): Promise<void>
}

type Closing = Partial<Record<PropertyKey, unknown>>

/** How it is closed; undefined where it needs no closing. */
function closerOf(value: unknown): (() => unknown) | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const closing = value as Closing
  const close = [Symbol.asyncDispose, Symbol.dispose, 'close'].map((key) => closing[key])
  const found = close.find((one) => typeof one === 'function') as (() => unknown) | undefined
  return found && (() => found.call(value))
}

/**
 * @param signal aborted when the monitor stops
 * @throws what making it throws
 */
export function createShared(definition: MonitorDefinition, context: MonitorContext, signal: AbortSignal): Shared {
  const { nodeName, host, clock, log, stateDir, config, kubeconfig } = context
  const { apart } = placeOf({ ...context, name: definition.name })
  const stateFolder = createStateFolder({ stateDir, monitor: definition.name, check: FOLDER, apart })
  const isNeeded = config.length > 0
  const around = { nodeName, host, clock, stopwatch: stopwatchOf(context), log, stateFolder, kubeconfig, signal }
  const value = isNeeded ? definition.shared?.(around) : undefined
  const closer = closerOf(value)
  return {
    value,
    async close() {
      await closer?.()
    },
  }
}
