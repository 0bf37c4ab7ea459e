/** Asking a program that must not be killed. */
import { type Clock, patiently } from '#clock'
import { keepOutput } from './output.ts'
import { type Looked, type PipedProcess, startPiped } from './piped.ts'
import { baseEnvironment, groupEnd, signalGroup } from './process-group.ts'
import type { ProbeAnswer, ProbeOptions, RunResult } from './types.ts'

const DEFAULT_OUTPUT_BYTES = 65_536
const DEFAULT_GRACE_MS = 1_000
/** Output that is still on its way when the program has ended. */
const DRAIN_MS = 500

/** Resolves when the program and all of its group have ended, and what they wrote was read. */
async function wholeEnd(clock: Clock, child: PipedProcess, pid: number): Promise<void> {
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()))
  await new Promise((resolve) => child.once('exit', resolve))
  signalGroup(pid, 'SIGTERM')
  await groupEnd(clock, pid)
  // Who left the group may hold the pipes as long as he likes.
  const callOff = clock.after(DRAIN_MS, () => {
    child.stdout.destroy()
    child.stderr.destroy()
  })
  await closed
  callOff()
}

/** See {@link Programs.probe}, here without the host's namespaces. */
export async function probeProgram(
  clock: Clock,
  file: string,
  args: readonly string[],
  options: ProbeOptions & Looked,
): Promise<ProbeAnswer> {
  const { timeoutMs, maxOutputBytes = DEFAULT_OUTPUT_BYTES, graceMs = DEFAULT_GRACE_MS, signal, places } = options
  const env = { ...baseEnvironment(), ...options.env }
  const child = await startPiped(file, args, { env, ...(places && { places }) })
  const pid = child.pid as number
  const [stdout, stderr] = [keepOutput(child.stdout, maxOutputBytes), keepOutput(child.stderr, maxOutputBytes)]
  const life = { isOver: false, isAsked: false }
  const ended = wholeEnd(clock, child, pid).then((): RunResult => {
    life.isOver = true
    return {
      exitCode: child.exitCode,
      signal: child.signalCode,
      stdout: stdout.bytes().toString('utf8'),
      stderr: stderr.bytes().toString('utf8'),
      timedOut: life.isAsked,
      truncated: stdout.truncated() || stderr.truncated(),
    }
  })

  const { promise: isLate, resolve: late } = Promise.withResolvers<'late'>()
  let callOffGrace: (() => void) | undefined
  const ask = (): void => {
    if (life.isAsked || life.isOver) return
    life.isAsked = true
    signalGroup(pid, 'SIGTERM')
    callOffGrace = clock.after(graceMs, () => late('late'))
  }
  const callOffDeadline = patiently(clock, timeoutMs, ask)
  signal?.addEventListener('abort', ask)
  if (signal?.aborted) ask()
  const first = await Promise.race([ended, isLate])
  callOffDeadline()
  callOffGrace?.()
  signal?.removeEventListener('abort', ask)
  if (first !== 'late') return { kind: 'ended', result: first }
  return {
    kind: 'late',
    program: {
      pid,
      ended,
      get isAlive() {
        return !life.isOver
      },
    },
  }
}
