/** Starting a program whose output is read by pipes. */
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Readable } from 'node:stream'
import { codeOf, HostExecError, withoutGiven } from '../errors.ts'
import type { ProgramPlaces } from './program-place.ts'

/** A program that runs, in a process group of its own, without input. */
export type PipedProcess = ChildProcessByStdio<null, Readable, Readable>

/** What a program is looked for by before it is started. Absent: whoever starts it has looked. */
export interface Looked {
  readonly places?: ProgramPlaces
}

/** Where it runs. */
export interface Surroundings extends Looked {
  readonly env: NodeJS.ProcessEnv
  /** Default "/". */
  readonly cwd?: string | undefined
  /** Ends the look for it. */
  readonly signal?: AbortSignal | undefined
}

/**
 * Starts a program from where it was found, under the name that it was asked for. What is not found is left to the system, which
 * says why. @throws HostExecError when it cannot be started; the signal's reason
 */
export async function started<Child>(
  file: string,
  { env, cwd = '/', places, signal }: Surroundings,
  start: (place: string) => Child | Promise<Child>,
): Promise<Child> {
  const command = { file, cwd, env }
  const place = (await places?.find(command, signal)) ?? file
  signal?.throwIfAborted()
  try {
    return await start(place)
  } catch (cause) {
    const code = codeOf(cause)
    if (code === 'ENOENT') places?.forget(command)
    throw new HostExecError({ file, code, cause: withoutGiven(cause) })
  }
}

/** Resolves once it runs. @throws HostExecError when it cannot be started; the signal's reason */
export function startPiped(file: string, args: readonly string[], surroundings: Surroundings): Promise<PipedProcess> {
  const { env, cwd = '/' } = surroundings
  return started(file, surroundings, async (place) => {
    // Some of what may be wrong is thrown at once (E2BIG, a NUL in an argument), the rest is told.
    const child = spawn(place, args, { argv0: file, stdio: ['ignore', 'pipe', 'pipe'], env, cwd, detached: true })
    await once(child, 'spawn')
    return child
  })
}
