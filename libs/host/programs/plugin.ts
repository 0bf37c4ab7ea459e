/** Running a plug-in: to the end of its output, or to its deadline, and no further whatever it does. */
import type { Socket } from 'node:net'
import { type Clock, patiently } from '#clock'
import { HostExecError } from '../errors.ts'
import { hasDumped } from './core-dump.ts'
import { keepOutput } from './output.ts'
import { type PipedProcess, startPiped } from './piped.ts'
import { explained, whyNotStarted, whyNotTried } from './plugin-start.ts'
import type { PluginAnswer, PluginOptions, PluginResult } from './plugin-types.ts'
import { isGroupAlive, lastOf, signalGroup } from './process-group.ts'
import type { Command, ProgramLook } from './program-place.ts'

/** Of each pipe, without another wish: as much as node-problem-detector keeps. */
export const DEFAULT_OUTPUT_BYTES = 4_096
/** What is still there so long after SIGKILL is left behind. */
const KILL_GRACE_MS = 500
/** Where what it leaves ends with it: so long after its end what it wrote may be on its way. */
const OUTPUT_GRACE_MS = 500
/** So much in so long is read of what nobody waits for any more: its writer must not cost us. */
const TRICKLE_BYTES = 65_536
const TRICKLE_MS = 250

/** What plug-ins are run with. */
export interface PluginDoor {
  readonly clock: Clock
  readonly look: ProgramLook
}

/** The environment that a plug-in is given. */
export function pluginEnvironment({ inherit = 'all', env }: Pick<PluginOptions, 'inherit' | 'env'>): NodeJS.ProcessEnv {
  if (inherit === 'all') return { ...process.env, ...env }
  return { ...Object.fromEntries(inherit.map((name) => [name, process.env[name]])), ...env }
}

/** Begins to read what a plug-in says; `resultOf` is what is known at the time. */
function listen(child: PipedProcess, maxOutputBytes: number) {
  const [stdout, stderr] = [keepOutput(child.stdout, maxOutputBytes), keepOutput(child.stderr, maxOutputBytes)]
  return async (timedOut: boolean): Promise<PluginResult> => ({
    exitCode: child.exitCode,
    signal: child.signalCode,
    coreDumped: await hasDumped(child.signalCode),
    stdout: stdout.bytes(),
    stderr: stderr.bytes(),
    truncated: stdout.truncated() || stderr.truncated(),
    timedOut,
  })
}

/** Reads on slowly: to its end, which says that nobody holds it any more. */
function trickle(clock: Clock, stream: Socket): void {
  let bytes = 0
  stream.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes < TRICKLE_BYTES) return
    bytes = 0
    stream.pause()
    clock.after(TRICKLE_MS, () => stream.resume(), TRICKLE_MS)
  })
  stream.unref()
}

/** Signals a group while its number can be nobody else's: until the last of it was seen to have ended. */
function groupOf(child: PipedProcess, pid: number, killsRest: boolean) {
  let isGone = false
  child.once('exit', () => {
    isGone = !signalGroup(pid, killsRest ? 'SIGKILL' : 0)
  })
  return {
    kill: (): void => void (isGone || signalGroup(pid, 'SIGKILL')),
    /** Resolves when the last of it, which was killed, has ended. */
    async gone(clock: Clock): Promise<void> {
      if (!isGone) await lastOf(clock, pid)
      isGone = true
    },
    /** By a look at it now, since `gone` looks less and less often. Where nobody can look it has ended. */
    async isThere(): Promise<boolean> {
      isGone ||= !(await isGroupAlive(pid).catch(() => false))
      return !isGone
    },
    get isGone() {
      return isGone
    },
  }
}

/** The processes that a plug-in runs in. */
type Group = ReturnType<typeof groupOf>

/** Resolves when it is over, at the deadline, or when it is called off. */
function firstOf<Over extends string>(
  clock: Clock,
  over: Promise<Over>,
  ms: number,
  signal?: AbortSignal,
): Promise<Over | 'due' | 'off'> {
  return new Promise((resolve) => {
    const off = (): void => end('off')
    const callOff = patiently(clock, ms, () => end('due'))
    function end(first: Over | 'due' | 'off'): void {
      callOff()
      signal?.removeEventListener('abort', off)
      resolve(first)
    }
    signal?.addEventListener('abort', off)
    if (signal?.aborted) off()
    void over.then(end)
  })
}

/** The end of a plug-in and its output, or before that of itself, where nobody else who holds it is waited for; its deadline, or a call. */
async function firstEnd(
  clock: Clock,
  child: PipedProcess,
  closed: Promise<'closed'>,
  { timeoutMs, killsRest, signal }: PluginOptions,
): Promise<'closed' | 'exited' | 'due' | 'off'> {
  if (!killsRest) return firstOf(clock, closed, timeoutMs, signal)
  const exited = new Promise<'exited'>((resolve) => child.once('exit', () => resolve('exited')))
  const first = await firstOf(clock, Promise.race([closed, exited]), timeoutMs, signal)
  if (first !== 'exited') return first
  const then = await firstOf(clock, closed, OUTPUT_GRACE_MS, signal)
  return then === 'due' ? 'exited' : then
}

/** Who is there and ends by nothing. @param over when all of it has ended and nobody holds its output any more */
async function leaveBehind(
  clock: Clock,
  child: PipedProcess,
  { group, over }: { readonly group: Group; readonly over: Promise<unknown> },
  resultOf: () => Promise<PluginResult>,
): Promise<PluginAnswer> {
  const pid = child.pid as number
  const streams = [child.stdout, child.stderr]
  child.unref()
  // Node's own pipes of a child are sockets, whatever its types say.
  for (const stream of streams) trickle(clock, stream as Socket)
  const hasEnded = child.exitCode !== null || child.signalCode !== null
  const why = hasEnded && !(await group.isThere()) ? 'stranger' : 'uninterruptible'
  let isAlive = true
  const ended = over.then(() => {
    isAlive = false
    return resultOf()
  })
  return {
    kind: 'abandoned',
    result: await resultOf(),
    program: {
      pid,
      why,
      ended,
      get isAlive() {
        return isAlive
      },
      letGo() {
        for (const stream of streams) stream.destroy()
      },
    },
  }
}

/** What started runs, until it has ended or is left behind. @throws the signal's reason, where nothing is left */
async function live({ clock }: PluginDoor, child: PipedProcess, options: PluginOptions): Promise<PluginAnswer> {
  const { maxOutputBytes = DEFAULT_OUTPUT_BYTES, killsRest = false, signal } = options
  const resultOf = listen(child, maxOutputBytes)
  const group = groupOf(child, child.pid as number, killsRest)
  let isClosed = false
  const closed = new Promise<'closed'>((resolve) => child.once('close', () => resolve('closed')))
  void closed.then(() => {
    isClosed = true
  })
  const first = await firstEnd(clock, child, closed, options)
  const timedOut = first === 'due'
  if (first === 'closed' && (!killsRest || group.isGone)) return { kind: 'ended', result: await resultOf(false) }
  if (first === 'due' || first === 'off') group.kill()
  // One that holds no output, and sleeps where no signal reaches it, is there behind the end of that.
  const over = Promise.all([closed, group.gone(clock)]).then(() => 'over' as const)
  const isOver = async () =>
    (await firstOf(clock, over, KILL_GRACE_MS)) === 'over' || (isClosed && !(await group.isThere()))
  // Who has ended by itself has had that time for its output.
  if (first !== 'exited' && (await isOver())) {
    if (first !== 'closed') signal?.throwIfAborted()
    return { kind: 'ended', result: await resultOf(timedOut) }
  }
  return leaveBehind(clock, child, { group, over }, () => resultOf(timedOut))
}

/** See {@link Programs.runPlugin}. */
export async function runPlugin(
  door: PluginDoor,
  file: string,
  args: readonly string[],
  options: PluginOptions,
): Promise<PluginAnswer> {
  options.signal?.throwIfAborted()
  const command: Command = { file, cwd: options.cwd ?? '/', env: pluginEnvironment(options) }
  const not = await whyNotTried(door.look, command, options.timeoutMs, options.signal)
  if (not !== undefined) return { kind: 'not-started', ...not }
  options.signal?.throwIfAborted()
  let child: PipedProcess
  try {
    child = await startPiped(file, args, command)
  } catch (error) {
    if (!(error instanceof HostExecError)) throw error
    const why = await whyNotStarted(command, error)
    return { kind: 'not-started', why, error: explained(error, why) }
  }
  return live(door, child, options)
}
