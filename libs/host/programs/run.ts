/** Running a program to its end, or to its deadline. */
import { type Clock, patiently } from '#clock'
import { keepOutput } from './output.ts'
import { type Looked, type PipedProcess, startPiped } from './piped.ts'
import { baseEnvironment, signalGroup } from './process-group.ts'
import type { ChildExit, RunBytes, RunOptions, RunResult } from './types.ts'

const DEFAULT_OUTPUT_BYTES = 65_536
/** Between SIGTERM and SIGKILL. */
const TERM_GRACE_MS = 2_000
/** After SIGKILL only a process in uninterruptible sleep is still there: it is left behind. */
const KILL_GRACE_MS = 1_000
/** Output that is still on its way when the program has ended. */
const DRAIN_MS = 500

/** How a run came to its end. */
interface RunEnd extends ChildExit {
  readonly timedOut: boolean
}

/** Ends the group step by step; `abandon` when nothing helps. Returns what stops it. */
function endGroup(clock: Clock, pid: number, killAtOnce: boolean, abandon: () => void): () => void {
  let callOff = (): void => {}
  const kill = (): void => {
    signalGroup(pid, 'SIGKILL')
    callOff = clock.after(KILL_GRACE_MS, abandon)
  }
  if (killAtOnce) kill()
  else {
    signalGroup(pid, 'SIGTERM')
    callOff = clock.after(TERM_GRACE_MS, kill)
  }
  return () => callOff()
}

/** Its own end, or at the deadline or the signal the one that it is brought to; one that cannot be ended is left behind. */
function endOf(clock: Clock, child: PipedProcess, options: RunOptions): Promise<RunEnd> {
  const pid = child.pid as number
  const { promise: ended, resolve } = Promise.withResolvers<RunEnd>()
  const callOffs: (() => void)[] = []
  let timedOut = false
  let ending = false

  // Nothing may be signalled any more by the time that its number can be another's.
  function finish(code: number | null, signal: NodeJS.Signals | null): void {
    for (const callOff of callOffs) callOff()
    resolve({ code, signal, timedOut })
  }
  function abandon(): void {
    options.onAbandoned?.(new Promise((gone) => child.once('exit', () => gone())))
    child.unref()
    finish(null, null)
  }
  function end(): void {
    if (ending) return
    ending = true
    callOffs.push(endGroup(clock, pid, options.killAtOnce === true, abandon))
  }

  callOffs.push(
    patiently(clock, options.timeoutMs, () => {
      timedOut = true
      end()
    }),
    () => options.signal?.removeEventListener('abort', end),
  )
  options.signal?.addEventListener('abort', end, { once: true })
  if (options.signal?.aborted) end()
  child.once('exit', (code, signal) => {
    signalGroup(pid, 'SIGKILL')
    // One that left the group may hold the pipes open for ever.
    callOffs.push(clock.after(DRAIN_MS, () => finish(code, signal)))
  })
  child.once('close', finish)
  return ended
}

/** See {@link Programs.run}, here without the host's namespaces. */
export async function execProgram(
  clock: Clock,
  file: string,
  args: readonly string[],
  options: RunOptions & Looked,
): Promise<RunResult> {
  const result = await execForBytes(clock, file, args, options)
  return { ...result, stdout: result.stdout.toString('utf8'), stderr: result.stderr.toString('utf8') }
}

/** See {@link Programs.runBytes}, here without the host's namespaces. */
export async function execForBytes(
  clock: Clock,
  file: string,
  args: readonly string[],
  options: RunOptions & Looked,
): Promise<RunBytes> {
  options.signal?.throwIfAborted()
  const env = options.wholeEnv ?? { ...baseEnvironment(), ...options.env }
  const { cwd, places, signal: stop, maxOutputBytes = DEFAULT_OUTPUT_BYTES } = options
  const child = await startPiped(file, args, { env, cwd, signal: stop, ...(places && { places }) })
  const [stdout, stderr] = [keepOutput(child.stdout, maxOutputBytes), keepOutput(child.stderr, maxOutputBytes)]
  const { code, signal, timedOut } = await endOf(clock, child, options)
  child.stdout.destroy()
  child.stderr.destroy()
  options.signal?.throwIfAborted()
  const truncated = stdout.truncated() || stderr.truncated()
  return { exitCode: code, signal, stdout: stdout.bytes(), stderr: stderr.bytes(), timedOut, truncated }
}
