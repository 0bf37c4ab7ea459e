/** Each configured check of a monitor, with what it remembers, where it keeps things, and what wakes it. */
import type { Stopwatch } from '#probe'
import { createStopwatch } from '#probe/stopwatch'
import type { ServiceContext } from '#service'
import { type CursorFile, createCursorFile } from './cursor-file.ts'
import { CheckUnknownError } from './errors.ts'
import { createCheckMemory, type KeptMemory } from './memory.ts'
import { createPatience, type Patience } from './patience.ts'
import { placeOf } from './place.ts'
import { type AnyCheck, type Around, createRunner, type Runner } from './run-check.ts'
import { createStateFolder } from './state-folder.ts'
import type { CheckInstance, MonitorDefinition } from './types.ts'

/** What a monitor's process is given. */
export interface MonitorContext extends ServiceContext<readonly CheckInstance[]> {
  /** Where its socket is, where the command line says so. */
  readonly socket?: string | undefined
  /** Somebody answers at the monitor's own socket, and this is another. Default false. */
  readonly isBeside?: boolean | undefined
  /** `settings.kubeconfig`; undefined: none is set. */
  readonly kubeconfig?: string | undefined
}

/** What all checks of a monitor measure others by. */
export function stopwatchOf({ clock, host }: Pick<MonitorContext, 'clock' | 'host'>): Stopwatch {
  return createStopwatch(clock, host.own.delays)
}

/** A configured check. */
export interface CheckParts {
  readonly runner: Runner
  readonly memory: KeptMemory
  readonly cursors: CursorFile
  /** Hears that the check asks for its turn. */
  onWake(listener: () => void): void
}

/** The check that an entry is of. @throws CheckUnknownError */
export function definitionOf(
  { name: monitor, checks }: Pick<MonitorDefinition, 'name' | 'checks'>,
  { name, type }: Pick<CheckInstance, 'name' | 'type'>,
): AnyCheck {
  const check = checks.find((known) => known.type === type || known.aliases?.includes(type))
  if (check !== undefined) return check
  const known = checks.map((other) => other.type)
  throw new CheckUnknownError(monitor, name, type, known)
}

function partsOf(
  definition: MonitorDefinition,
  context: MonitorContext & Pick<Around, 'shared' | 'stopwatch'> & { readonly patience: Patience },
  instance: CheckInstance,
): CheckParts {
  const { nodeName, host, clock, stopwatch, stateDir, shared, patience } = context
  const { name, config, intervalMs, timeoutMs } = instance
  const log = context.log.child({ monitor: name })
  const { runFolder, apart } = placeOf({ ...context, name: definition.name })
  const stateFolder = createStateFolder({ stateDir, monitor: definition.name, check: name, apart })
  const memory = createCheckMemory({ folder: runFolder, check: name, host, log })
  let listener = (): void => undefined
  const wake = (): void => listener()
  const place = { nodeName, host, clock, stopwatch, log, shared }
  const own = { config, name, intervalMs, timeoutMs, memory, parameters: {}, stateFolder, wake }
  const around = { ...place, ...own }
  return {
    runner: createRunner(definitionOf(definition, instance), instance, definition.name, around),
    memory,
    cursors: createCursorFile({ stateFolder, runFolder, check: name, log, clock, patience }),
    onWake(listens) {
      listener = listens
    },
  }
}

/**
 * @param shared what all of them have together
 * @throws CheckUnknownError
 */
export function createCheckParts(
  definition: MonitorDefinition,
  context: MonitorContext,
  shared: unknown,
): readonly CheckParts[] {
  const around = { ...context, shared, stopwatch: stopwatchOf(context), patience: createPatience(context.clock) }
  return context.config.map((instance) => partsOf(definition, around, instance))
}
