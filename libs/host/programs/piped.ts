/** Starting a program whose output is read by pipes. */
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Readable } from 'node:stream'
import { codeOf, HostExecError, withoutGiven } from '../errors.ts'

/** A program that runs, in a process group of its own, without input. */
export type PipedProcess = ChildProcessByStdio<null, Readable, Readable>

/** Where it runs. */
export interface Surroundings {
  readonly env: NodeJS.ProcessEnv
  /** Default "/". */
  readonly cwd?: string | undefined
}

/** Resolves once it runs. @throws HostExecError when it cannot be started */
export async function startPiped(
  file: string,
  args: readonly string[],
  { env, cwd = '/' }: Surroundings,
): Promise<PipedProcess> {
  try {
    // Some of what may be wrong is thrown at once (E2BIG, a NUL in an argument), the rest is told.
    const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'], env, cwd, detached: true })
    await once(child, 'spawn')
    return child
  } catch (cause) {
    throw new HostExecError({ file, code: codeOf(cause), cause: withoutGiven(cause) })
  }
}
