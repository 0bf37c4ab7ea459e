import type { Clock } from '#clock'
import { parseDurationMs } from '#config'
import { DetectorService, type WatchNodeResponse } from '#proto/nodedoctor/v1/detector.ts'
import { connectUnix, RpcError } from '#rpc'
import { renderDuration } from '#view'
import { EXIT_UNKNOWN, tellNoAnswer } from './ask.ts'
import { CONFIG_OPTIONS, type Command, OUTPUT_OPTION, textOf, type Values, wantsJson } from './command.ts'
import { CliUsageError } from './errors.ts'
import { detectorSocket } from './node.ts'
import { complain, inLine, sayJson } from './print.ts'
import { configOf } from './settings.ts'
import { createKnown } from './watch/known.ts'
import { createTeller, type Silence } from './watch/teller.ts'

/** Between two attempts, so that a detector that ends each stream at once is not asked without end. */
const AGAIN_MS = 500

/** What ended a stream, as the line about it says: with any code of its own a detector that lives ended it. */
function silenceOf(err: Error | undefined): Silence {
  if (err === undefined) return { kind: 'gone', why: 'it ended the stream, as it does when it stops' }
  if (!(err instanceof RpcError)) return { kind: 'gone', why: inLine(err.message, 200) }
  if (err.code === 'UNAVAILABLE' || err.code === 'CANCELLED')
    return { kind: 'gone', why: 'the connection was lost, as it is when its process ends' }
  return { kind: 'cut-off', why: err.details === '' ? err.code : inLine(err.details, 200) }
}

/** How long a detector that went away is waited for; undefined: until Ctrl-C. @throws CliUsageError */
function waitOption(values: Values): number | undefined {
  const text = textOf(values, 'wait')
  if (text === undefined) return undefined
  const ms = parseDurationMs(text)
  if (ms === undefined) throw new CliUsageError(`watch: --wait ${text}: expected a duration, such as 30s or 10m`)
  return ms
}

function tellNotBack(kind: Silence['kind'], runDir: string, waitMs: number, json: boolean): number {
  const socket = detectorSocket(runDir)
  const within = `within ${renderDuration(waitMs)} on ${socket}`
  const [message, advice] =
    kind === 'gone'
      ? [
          `the detector is gone and did not come back ${within}`,
          'Is it running? Start it with: make run, and this command again.',
        ]
      : [
          `the detector cut off this watcher and did not answer it again ${within}`,
          'It runs: start this command again.',
        ]
  if (json) sayJson({ error: { code: 'ENDED', message, advice, socket } })
  else complain(`Not known: ${message}.\n${advice}`)
  return EXIT_UNKNOWN
}

/** One connection: every change until it ends. @returns why it ended; undefined where the detector ended it in order */
async function follow(
  socket: string,
  signal: AbortSignal,
  onChange: (change: WatchNodeResponse['change']) => void,
): Promise<Error | undefined> {
  const client = connectUnix(socket)
  try {
    for await (const { change } of client.serverStream(DetectorService.watchNode, {}, signal)) onChange(change)
    return undefined
  } catch (err) {
    return err instanceof Error ? err : new Error(String(err))
  } finally {
    client.close()
  }
}

interface Waiting {
  readonly clock: Clock
  readonly signal: AbortSignal
  /** Until when, on the monotonic clock; infinite: until the signal. */
  readonly untilMs: number
}

/** Waits until somebody takes connections again. @returns false when the signal or the end of the wait was first */
async function whenBack(socket: string, { clock, signal, untilMs }: Waiting): Promise<boolean> {
  const client = connectUnix(socket)
  const late = new AbortController()
  const callOff =
    untilMs === Number.POSITIVE_INFINITY
      ? () => undefined
      : clock.after(untilMs - clock.monotonicMs(), () => late.abort())
  const either = AbortSignal.any([signal, late.signal])
  try {
    await clock.sleep(AGAIN_MS, either)
    await client.connected(either)
    return true
  } catch {
    // One of the two was first.
    return false
  } finally {
    callOff()
    client.close()
  }
}

async function run(values: Values, clock: Clock): Promise<number> {
  const json = wantsJson(values)
  const waitMs = waitOption(values)
  const { settings } = await configOf(values)
  const socket = detectorSocket(settings.runDir)
  const teller = createTeller(json)
  const known = createKnown()
  const abort = new AbortController()
  process.once('SIGINT', () => abort.abort())
  process.once('SIGTERM', () => abort.abort())
  let silence: (Silence & { readonly sinceMs: number }) | undefined

  function take(change: WatchNodeResponse['change']): void {
    const now = clock.now()
    const isNews = json || known.isNews(change)
    const meanwhile = known.take(change)
    if (silence !== undefined && change?.$case === 'node') {
      teller.back(silence.kind, clock.monotonicMs() - silence.sinceMs, meanwhile, now)
      silence = undefined
    }
    if (isNews) teller.change(change, now)
  }

  for (;;) {
    const why = await follow(socket, abort.signal, take)
    if (abort.signal.aborted) return 0
    if (!known.isFilled) return tellNoAnswer(why ?? new Error('it ended the stream at once'), settings.runDir, values)
    const found = silenceOf(why)
    if (silence?.kind !== found.kind) teller.silent(found, clock.now())
    silence = { ...found, sinceMs: silence?.sinceMs ?? clock.monotonicMs() }
    const untilMs = silence.sinceMs + (waitMs ?? Number.POSITIVE_INFINITY)
    const isBack = await whenBack(socket, { clock, signal: abort.signal, untilMs })
    if (abort.signal.aborted) return 0
    if (!isBack) return tellNotBack(silence.kind, settings.runDir, waitMs ?? 0, json)
  }
}

export const watch: Command = {
  name: 'watch',
  summary: 'prints each change of the node as it happens',
  help: `Usage: node-doctor watch [--wait DURATION] [-o json]

Prints the node's state, then each change as a line, until Ctrl-C. A detector that goes away is said to be gone and is waited
for; one that cuts this watcher off, since it reads too slowly, is asked again. Then what changed meanwhile is printed;
events of the pause are not told. Where only figures with a unit move ("82.1 % used", "82.2 % used")
there is no line; -o json has all.

Options:
  --wait DURATION  how long to wait for a detector that is not heard: 30s, 10m; 0s ends at once (default: until Ctrl-C)
  --run-dir DIR    where the sockets are (env NODE_DOCTOR_RUN_DIR)
  --config FILE    the configuration that says where they are
  -o json          one JSON document a line

Exit code: 0 after Ctrl-C, 3 when the detector does not answer, or is not heard again in time.`,
  options: { ...CONFIG_OPTIONS, ...OUTPUT_OPTION, wait: { type: 'string' } },
  positionals: 0,
  run: (values, _positionals, clock) => run(values, clock),
}
