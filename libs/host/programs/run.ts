/** Running a program to its end, or to its deadline. */
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import type { Readable } from 'node:stream'
import { codeOf, HostExecError } from '../errors.ts'
import { keepOutput } from './output.ts'
import { baseEnvironment, signalGroup } from './process-group.ts'
import type { RunBytes, RunOptions, RunResult } from './types.ts'

const DEFAULT_OUTPUT_BYTES = 65_536
/** Between SIGTERM and SIGKILL. */
const TERM_GRACE_MS = 2_000
/** After SIGKILL only a process in uninterruptible sleep is still there: it is left behind. */
const KILL_GRACE_MS = 1_000
/** Output that is still on its way when the program has ended. */
const DRAIN_MS = 500

type Process = ChildProcessByStdio<null, Readable, Readable>

/** Ends the group step by step; `abandon` when nothing helps. Returns what stops it. */
function endGroup(pid: number, killAtOnce: boolean, abandon: () => void): () => void {
  const kill = (): NodeJS.Timeout => {
    signalGroup(pid, 'SIGKILL')
    return setTimeout(abandon, KILL_GRACE_MS)
  }
  let timer: NodeJS.Timeout
  if (killAtOnce) timer = kill()
  else {
    signalGroup(pid, 'SIGTERM')
    timer = setTimeout(() => {
      timer = kill()
    }, TERM_GRACE_MS)
  }
  return () => clearTimeout(timer)
}

/** See {@link Programs.run}, here without the host's namespaces. */
export async function execProgram(file: string, args: readonly string[], options: RunOptions): Promise<RunResult> {
  const result = await execForBytes(file, args, options)
  return { ...result, stdout: result.stdout.toString('utf8'), stderr: result.stderr.toString('utf8') }
}

/** See {@link Programs.runBytes}, here without the host's namespaces. */
export function execForBytes(file: string, args: readonly string[], options: RunOptions): Promise<RunBytes> {
  if (options.signal?.aborted) return Promise.reject(options.signal.reason)
  return new Promise((resolve, reject) => {
    const child: Process = spawn(file, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: options.wholeEnv ?? { ...baseEnvironment(), ...options.env },
      cwd: options.cwd ?? '/',
      detached: true,
    })
    const maxBytes = options.maxOutputBytes ?? DEFAULT_OUTPUT_BYTES
    const stdout = keepOutput(child.stdout, maxBytes)
    const stderr = keepOutput(child.stderr, maxBytes)
    const cleanups: (() => void)[] = []
    let timedOut = false
    let ended = false

    const finish = (exitCode: number | null, signal: NodeJS.Signals | null): void => {
      if (ended) return
      ended = true
      for (const cleanup of cleanups) cleanup()
      child.stdout.destroy()
      child.stderr.destroy()
      if (options.signal?.aborted) {
        reject(options.signal.reason)
        return
      }
      const truncated = stdout.truncated() || stderr.truncated()
      resolve({ exitCode, signal, stdout: stdout.bytes(), stderr: stderr.bytes(), timedOut, truncated })
    }

    child.once('error', (error) => {
      // Before it ran there is no pid; later errors (a failed kill) change nothing.
      if (child.pid !== undefined || ended) return
      ended = true
      for (const cleanup of cleanups) cleanup()
      reject(new HostExecError({ file, code: codeOf(error), cause: error }))
    })
    const { pid } = child
    if (pid === undefined) return

    let ending = false
    const end = (): void => {
      if (ended || ending) return
      ending = true
      const abandon = (): void => {
        options.onAbandoned?.(new Promise((gone) => child.once('exit', () => gone())))
        child.unref()
        finish(null, null)
      }
      cleanups.push(endGroup(pid, options.killAtOnce === true, abandon))
    }
    const deadline = setTimeout(() => {
      timedOut = true
      end()
    }, options.timeoutMs)
    options.signal?.addEventListener('abort', end, { once: true })
    cleanups.push(
      () => clearTimeout(deadline),
      () => options.signal?.removeEventListener('abort', end),
    )
    child.once('exit', (code, signal) => {
      signalGroup(pid, 'SIGKILL')
      // One that left the group may hold the pipes open for ever.
      const drain = setTimeout(() => finish(code, signal), DRAIN_MS)
      cleanups.push(() => clearTimeout(drain))
    })
    child.once('close', (code, signal) => finish(code, signal))
  })
}
