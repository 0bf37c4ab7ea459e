/** Running a program to its end, or to its deadline. */
import { type Clock, patiently } from '#clock'
import { keepOutput } from './output.ts'
import { type Looked, type PipedProcess, startPiped } from './piped.ts'
import { baseEnvironment, groupEnd, lastOf, signalGroup } from './process-group.ts'
import type { ChildExit, RunBytes, RunOptions, RunResult } from './types.ts'

const DEFAULT_OUTPUT_BYTES = 65_536
/** Between SIGTERM and SIGKILL. */
const TERM_GRACE_MS = 2_000
/** After SIGKILL only a process in uninterruptible sleep is still there: it is left behind. Without another wish so late. */
const KILL_GRACE_MS = 1_000
/** Output that is still on its way when the program has ended. */
const DRAIN_MS = 500

/** How a run came to its end. */
interface RunEnd extends ChildExit {
  readonly timedOut: boolean
}

/** Ends the group step by step; `abandon` when nothing helps. Returns what stops it. */
function endGroup(clock: Clock, pid: number, options: RunOptions, abandon: () => void): () => void {
  const { killAtOnce = false, killGraceMs = KILL_GRACE_MS } = options
  let callOff = (): void => {}
  const kill = (): void => {
    signalGroup(pid, 'SIGKILL')
    callOff = clock.after(killGraceMs, abandon)
  }
  if (killAtOnce) kill()
  else {
    signalGroup(pid, 'SIGTERM')
    callOff = clock.after(TERM_GRACE_MS, kill)
  }
  return () => callOff()
}

/** Its own end, or at the deadline or the signal the one that it is brought to; what cannot be ended is left behind. */
function endOf(clock: Clock, child: PipedProcess, options: RunOptions): Promise<RunEnd> {
  const pid = child.pid as number
  const { killGraceMs = KILL_GRACE_MS } = options
  const { promise: ended, resolve } = Promise.withResolvers<RunEnd>()
  const callOffs: (() => void)[] = []
  const life = { timedOut: false, isEnding: false, isOver: false }

  // Nothing may be signalled any more by the time that its number can be another's.
  function finish(code: number | null, signal: NodeJS.Signals | null): void {
    for (const callOff of callOffs) callOff()
    resolve({ code, signal, timedOut: life.timedOut })
  }
  function abandon(): void {
    if (life.isOver) return
    life.isOver = true
    options.onAbandoned?.(new Promise((gone) => child.once('exit', () => gone())), pid)
    child.unref()
    finish(null, null)
  }
  /** It has ended, and its output; what was ended with it is seen to have. */
  async function over(code: number | null, signal: NodeJS.Signals | null): Promise<void> {
    if (life.isOver) return
    life.isOver = true
    const isWatched = life.isEnding && options.onAbandoned !== undefined
    const isGone = !isWatched || (await groupEnd(clock, pid, killGraceMs).catch(() => true))
    if (!isGone) options.onAbandoned?.(lastOf(clock, pid), pid)
    finish(code, signal)
  }
  function end(): void {
    if (life.isEnding) return
    life.isEnding = true
    callOffs.push(endGroup(clock, pid, options, abandon))
  }

  callOffs.push(
    patiently(clock, options.timeoutMs, () => {
      life.timedOut = true
      end()
    }),
    () => options.signal?.removeEventListener('abort', end),
  )
  options.signal?.addEventListener('abort', end, { once: true })
  if (options.signal?.aborted) end()
  child.once('exit', (code, signal) => {
    signalGroup(pid, 'SIGKILL')
    // One that left the group may hold the pipes open for ever.
    callOffs.push(clock.after(DRAIN_MS, () => void over(code, signal)))
  })
  child.once('close', (code, signal) => void over(code, signal))
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
