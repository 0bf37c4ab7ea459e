/** A process: a list of services, one configuration, signals. The only place that ends a process. */

import { systemClock } from '#clock'
import type { NodeDoctorConfig } from '#config'
import { createHost } from '#host'
import { parseServiceArguments, type ServiceArguments, usageOf } from './arguments.ts'
import type { BusWay } from './bus-way.ts'
import { ServiceDownError, UsageError } from './errors.ts'
import type { FlagSpec, FlagValues } from './flags.ts'
import { keepHeapSmall } from './heap.ts'
import { createHostedService } from './host-service.ts'
import { type AnyDefinition, DRAIN_DEADLINE_MS } from './hosted-turn.ts'
import { createLogger, type LogFormat } from './log.ts'
import { endAtSignal, listenForSignals } from './signals.ts'
import type { Logger, ProcessConfig } from './types.ts'
import { VERSION } from './version.ts'

/** Exit codes: a wrong command line or configuration, and everything else that is not well. */
export const EXIT_USAGE = 2
/** Exit code of a process that failed in its work. */
export const EXIT_FAILED = 1
/** After the drain's deadline the process is given this long for the rest, then it leaves as it is. */
const LAST_RESORT_MS = 3000
/** The same where it is to end soon. */
const HASTE_MS = 500

/** What a process runs, and where its configuration comes from. */
export interface ProcessOptions {
  readonly definitions: readonly AnyDefinition[]
  /** @throws an error with code CONFIG_INVALID whose message lists everything that is wrong */
  readonly loadConfig: (args: ServiceArguments, env: NodeJS.ProcessEnv) => Promise<NodeDoctorConfig>
  readonly bus: BusWay
}

/** Ends the process at once with this exit code: what it waits for is not awaited, what runs in it is not stopped. */
export function leave(code: number): never {
  process.exit(code)
}

function complain(text: string): never {
  process.stderr.write(`${text}\n`)
  leave(EXIT_USAGE)
}

/** Flags beside those of every service: of one that has its process for itself. */
function ownFlagsOf(definitions: readonly AnyDefinition[]): readonly FlagSpec[] {
  return definitions.length === 1 ? (definitions[0]?.flags ?? []) : []
}

/** @throws UsageError where one service's own flag is given to several */
function refuseForSeveral(definitions: readonly AnyDefinition[], argv: readonly string[]): void {
  if (definitions.length < 2) return
  const own = definitions.flatMap(({ flags = [] }) => flags.map(({ name }) => name))
  const given = argv.find((word) => own.includes(/^--?([^=]+)/.exec(word)?.[1] ?? ''))
  const names = definitions.map(({ name }) => name).join(', ')
  if (given !== undefined)
    throw new UsageError(
      `${given.split('=')[0]} is for one service, and this process runs ${names}; start that one alone`,
    )
}

/** The arguments, unless they only ask for a text. */
function argumentsOrText(definitions: readonly AnyDefinition[]): ServiceArguments {
  const own = ownFlagsOf(definitions)
  try {
    const argv = process.argv.slice(2)
    refuseForSeveral(definitions, argv)
    const args = parseServiceArguments(argv, own)
    if (args.help) {
      const services = definitions.map(({ name, description }) => `${name}: ${description}`).join('\n')
      process.stdout.write(`${services}\n\n${usageOf(own)}\n`)
      leave(0)
    }
    if (args.version) {
      process.stdout.write(`${VERSION}\n`)
      leave(0)
    }
    return args
  } catch (err) {
    if (err instanceof UsageError) complain(`${err.message}\n\n${usageOf(own)}`)
    return endBeforeLogs(err)
  }
}

/** On a terminal logs are for people, unless the configuration says otherwise. */
export function logFormatOf({ settings, settingsInForce }: ProcessConfig, isTerminal: boolean): LogFormat {
  const isSet = settingsInForce.set.some(({ key }) => key === 'settings.logFormat')
  return isTerminal && !isSet ? 'pretty' : settings.logFormat
}

/** What nobody caught is logged once, and ends the process. */
function endOnSurprise(log: Logger): void {
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(event, (err: unknown) => {
      log.error('unexpected error, the process ends', { err })
      leave(EXIT_FAILED)
    })
  }
}

/** How services run in this process. */
export interface RunOptions<Full extends ProcessConfig = NodeDoctorConfig> {
  readonly definitions: readonly AnyDefinition[]
  readonly config: Full
  /** What the one service's own flags were given as. Default: none was given. */
  readonly flags?: FlagValues
  readonly bus: BusWay<Full>
  /** What a stop may take, in milliseconds, whatever each of them asks for; what is left then is left, and the process ends with 0. */
  readonly stopWithinMs?: number
  /** So many starts of one of them in a row may fail; then all of them end. Default: it is tried for as long as it takes. */
  readonly startTries?: number
  /** Told which of them is down, and why, before the others are asked to end: of that one may hang. Only with `startTries`. */
  readonly onDown?: ((err: ServiceDownError) => void) | undefined
}

/** @param onDown told the first of them that is down: it ends the others. @throws ServiceDownError */
async function untilAllEnd(
  running: readonly Promise<void>[],
  onDown: (err: ServiceDownError) => void,
): Promise<boolean> {
  let down: ServiceDownError | undefined
  const results = await Promise.allSettled(
    running.map((one) =>
      one.catch((err: unknown) => {
        if (err instanceof ServiceDownError && down === undefined) {
          down = err
          onDown(err)
        }
        throw err
      }),
    ),
  )
  if (down !== undefined) throw down
  return results.every(({ status }) => status === 'fulfilled')
}

/**
 * Runs them until a signal, or until one that is alone fails. What nobody caught, a second signal, or a stop that does not
 * end, ends the process.
 * @returns whether each of them stopped as it should
 * @throws ServiceDownError where one does not start, or was down when all were asked to end; only with `startTries`
 */
export async function runServices<Full extends ProcessConfig>({
  definitions,
  config,
  flags = {},
  bus,
  stopWithinMs,
  startTries,
  onDown,
}: RunOptions<Full>): Promise<boolean> {
  const format = logFormatOf(config, process.stdout.isTTY === true)
  const logOf = (component: string) => createLogger({ component, level: config.settings.logLevel, format })
  const log = logOf(definitions.map(({ name }) => name).join('+'))
  endOnSurprise(log)
  const clock = systemClock()
  // A reader of the logs that went away must not end the process.
  process.stdout.on('error', () => undefined)
  const signals = listenForSignals(
    clock,
    (signal) => log.info('asked to stop', { signal }),
    (signal) => {
      log.warn('asked to stop again, the process ends at once', { signal })
      leave(EXIT_FAILED)
    },
  )
  const hasted = definitions.map((definition) => inHaste(definition, stopWithinMs))
  const longestMs = Math.max(...hasted.map(({ drainDeadlineMs = DRAIN_DEADLINE_MS }) => drainDeadlineMs))
  const broken = new AbortController()
  const drain = AbortSignal.any([signals.drain, broken.signal])
  drain.addEventListener('abort', () => {
    clock.after(longestMs + (stopWithinMs === undefined ? LAST_RESORT_MS : HASTE_MS), () => {
      log.error('the process does not end by itself, and is ended')
      leave(stopWithinMs === undefined || broken.signal.aborted ? EXIT_FAILED : 0)
    })
  })
  keepHeapSmall(clock)
  const around = {
    version: VERSION,
    config,
    flags,
    host: createHost({ root: config.settings.hostRoot, clock }),
    clock,
    alone: definitions.length === 1,
    startTries,
    bus: await bus({ config, clock, log }),
  }
  const running = hasted.map((definition) =>
    createHostedService(definition, { ...around, log: logOf(definition.name) }).run(drain),
  )
  return untilAllEnd(running, (err) => {
    onDown?.(err)
    broken.abort()
  })
}

function inHaste(definition: AnyDefinition, stopWithinMs = Number.POSITIVE_INFINITY): AnyDefinition {
  const { drainDeadlineMs = DRAIN_DEADLINE_MS } = definition
  return { ...definition, drainDeadlineMs: Math.min(drainDeadlineMs, stopWithinMs) }
}

/** Before there are logs: one line instead of Node's own, which is a line of the bundle and a stack. */
function endBeforeLogs(err: unknown): never {
  const why = (err instanceof Error ? err.message : String(err)).split('\n')[0]?.slice(0, 300)
  process.stderr.write(`cannot start, unexpected error: ${why}\n`)
  leave(EXIT_FAILED)
}

/** Runs services until a signal, or until one that is alone fails. Does not return. */
export async function runProcess({ definitions, loadConfig, bus }: ProcessOptions): Promise<never> {
  process.on('uncaughtException', endBeforeLogs)
  const hearNoMore = endAtSignal(() => leave(0))
  const args = argumentsOrText(definitions)
  let config: NodeDoctorConfig
  try {
    config = await loadConfig(args, process.env)
  } catch (err) {
    if (err instanceof Error && 'code' in err && err.code === 'CONFIG_INVALID') complain(err.message)
    return endBeforeLogs(err)
  }
  process.off('uncaughtException', endBeforeLogs)
  const running = runServices({ definitions, config, flags: args.own, bus })
  hearNoMore()
  return leave((await running) ? 0 : EXIT_FAILED)
}
