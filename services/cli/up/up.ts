/** The supervisor for one machine: starts the set, restarts what dies, shows one line per process, passes signals on. */
import { rm } from 'node:fs/promises'
import { aborted, type Clock } from '#clock'
import { EXTERNAL_MONITOR, keepHeapSmall } from '#service'
import { CONFIG_OPTIONS, type Command, type Values } from '../command.ts'
import { complain, say } from '../print.ts'
import { listenForRestarts } from './asked.ts'
import { fileNotes } from './file-notes.ts'
import { stateNote } from './folder.ts'
import { takeUpLock } from './lock.ts'
import { overview } from './overview.ts'
import { portsOf, whenRefused } from './ports.ts'
import { removeStaleStores } from './stale-stores.ts'
import { listenForStop } from './stopping.ts'
import { chooseStore, MEMORY } from './store.ts'
import { type ProcessState, type Supervised, supervise } from './supervise.ts'
import { type Wanted, wantedOf } from './wanted.ts'

/** The detector waits up to 15 s for the bus's other clients and ends it then. */
const GRACE_MS = 30_000
/** What is not ready after this long is shown as it is. */
const PATIENCE_MS = 15_000
/** A line of a process that is longer is no log line. */
const LOG_LINE_MAX = 16_384

/** What is told while the set runs. */
interface Telling {
  readonly isVerbose: boolean
  readonly clock: Clock
  /** The overview stands on the screen: before it only what went wrong is worth a line. */
  isShown: boolean
}

function tellState({ isShown, clock }: Telling, name: string, [state, detail]: readonly [ProcessState, string]): void {
  const isWrong = state === 'ended' || (['stopped', 'not ready'].includes(state) && detail !== '')
  if (!isShown && !isWrong) return
  say(`${clock.now().toISOString().slice(11, 19)} ${name} ${state}${detail === '' ? '' : `: ${detail}`}`)
}

/** On standard error: who keeps what `up` says in a file, or reads it through a pipe, has sentences and tables there, and no log. */
function tellLine({ isVerbose }: Telling, line: string): void {
  if (isVerbose || / (warn|error) |"level":"(warn|error)"/.test(line) || !/^[{\d]/.test(line))
    complain(line, LOG_LINE_MAX)
}

function startAll({ services, argsFor }: Wanted, storeDir: string, telling: Telling): Supervised[] {
  const args = argsFor(storeDir)
  return services.map(({ bundle, ...service }) =>
    supervise({
      service,
      bundle,
      args,
      clock: telling.clock,
      onState: (name, ...how) => tellState(telling, name, how),
      onLine: (_name, line) => tellLine(telling, line),
    }),
  )
}

/** Resolves when there is nothing to wait for with the overview: all is ready, something will not be soon, or it is asked to stop. */
async function settled(
  { config }: Wanted,
  running: readonly Supervised[],
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<void> {
  const late = Promise.withResolvers<void>()
  const callOff = clock.after(PATIENCE_MS, late.resolve)
  const end = new AbortController()
  const exporter = running.find(({ service }) => service.name === 'http-exporter')
  const firstReady = (of: readonly Supervised[]) => Promise.all(of.map((one) => one.firstReady))
  async function refused({ service }: Supervised): Promise<void> {
    await firstReady(running.filter((one) => one !== exporter))
    await whenRefused(portsOf(config), service.socket, { clock, signal: end.signal })
  }
  const ends = [
    firstReady(running),
    late.promise,
    aborted(signal),
    ...(exporter === undefined ? [] : [refused(exporter)]),
  ]
  await Promise.race(ends)
  callOff()
  end.abort()
}

/** Each kind after the one before it: the detector ends the bus, so it goes last. */
async function stopAll(running: readonly Supervised[]): Promise<void> {
  const orders = new Set(running.map(({ service }) => service.stopOrder))
  for (const order of [...orders].sort((a, b) => a - b))
    await Promise.all(running.filter(({ service }) => service.stopOrder === order).map((one) => one.stop(GRACE_MS)))
  for (const { service } of running) await rm(service.socket, { force: true })
}

async function run(values: Values, clock: Clock): Promise<number> {
  const wanted = await wantedOf(values)
  const { config } = wanted
  const lock = await takeUpLock(config.settings.runDir)
  const store = await chooseStore(config).catch(async (err: unknown) => {
    await lock.release()
    throw err
  })
  // Nothing here waits for it.
  void removeStaleStores(MEMORY, clock.now())
  const own = [store.note, await stateNote(config.settings.stateDir)].filter((note) => note !== '')
  const notes = [...own, ...fileNotes(config.npd.files)]
  const begunMs = clock.monotonicMs()
  const telling: Telling = { isVerbose: wanted.isVerbose, clock, isShown: false }
  const running = startAll(wanted, store.dir, telling)
  const leaveHeap = keepHeapSmall(clock)
  const stopping = listenForStop(running, clock)
  const endRestarts = listenForRestarts(running)
  await settled(wanted, running, { clock, signal: stopping.signal })
  if (!stopping.signal.aborted) {
    const tookMs = clock.monotonicMs() - begunMs
    say(await overview(config, running, { tookMs, notes, clock }))
    telling.isShown = true
  }
  await Promise.race([aborted(stopping.signal), Promise.all(running.map(({ ended }) => ended))])
  const isAsked = stopping.signal.aborted
  process.stdout.write(isAsked ? 'Stopping everything; Ctrl-C again kills.\n' : 'Every process ended for good.\n')
  await stopAll(running)
  leaveHeap()
  endRestarts()
  stopping.end()
  await lock.release()
  process.stdout.write('Stopped.\n')
  return isAsked ? 0 : 1
}

export const up: Command = {
  name: 'up',
  summary: 'starts everything on this machine and keeps it running',
  help: `Usage: node-doctor up [options]

Starts the detector with its bus, the monitors and the exporters of the configuration, each as a process of its own;
restarts with backoff what dies; stops all of it in order on Ctrl-C.

Options:
  --config FILE        configuration (env NODE_DOCTOR_CONFIG; default /etc/node-doctor/config.yaml, else the embedded one)
  --config.external-monitor FILE,FILE
                       files of node-problem-detector's external monitors, in place of npd.externalMonitors; may be repeated
  --run-dir DIR        sockets and the bus (default /run/node-doctor as root, else $XDG_RUNTIME_DIR/node-doctor)
  --state-dir DIR      what survives a reboot (default /var/lib/node-doctor as root, else ~/.local/state/node-doctor)
  --port PORT          of the page
  --services A,B       only these
  --set KEY=VALUE      any key of the configuration; may be repeated
  --log-level LEVEL    of what the processes log: debug, info, warn, error
  --log-format FORMAT  of what the processes log, on standard error: pretty or json (default: settings.logFormat, or pretty on
                       a terminal and else json)
  --verbose, -v        every log line; otherwise warnings and errors

Exit code: 0 after Ctrl-C, 1 when everything ended by itself, 2 for a wrong command line or configuration.`,
  options: {
    ...CONFIG_OPTIONS,
    [EXTERNAL_MONITOR.flag]: { type: 'string', multiple: true },
    port: { type: 'string' },
    services: { type: 'string' },
    'log-level': { type: 'string' },
    'log-format': { type: 'string' },
    verbose: { type: 'boolean', short: 'v' },
  },
  positionals: 0,
  run: (values, _positionals, clock) => run(values, clock),
}
