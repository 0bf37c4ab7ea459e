/** A program as a process group of ours, which ends with this process: where a machine has no systemd. */
import type { Clock } from '#clock'
import { passes } from '#steps'
import { HostExecError } from '../errors.ts'
import { spawnChild } from '../programs/child.ts'
import { createKeptOutput } from './kept-output.ts'
import type { HostProgram, ProgramEnd, ProgramOptions } from './program-types.ts'
import { isFirst } from './unit-program.ts'

/** The kernel sends it a SIGTERM when this process dies, however: then all of its group goes with it. */
const TOGETHER = 'trap "kill -KILL 0" TERM; "$@" & wait $!'
const GRACE_MS = 2_000

/** It was begun once, and whoever did that is no more. */
export const GROUP_IS_GONE: ProgramEnd = {
  kind: 'lost',
  message: 'the process that began it has ended, and it with that',
  text: '',
  isCut: false,
}

/**
 * See {@link HostPrograms.run}.
 * @param mark a file that says to later processes of ours that it was begun: it is not again
 * @throws what the file system says of the mark, the signal's reason
 */
export async function runAsGroup(
  clock: Clock,
  mark: string,
  program: HostProgram,
  options: ProgramOptions,
): Promise<ProgramEnd> {
  const { signal, cancel, onBegun } = options
  signal.throwIfAborted()
  if (!(await isFirst(mark))) return GROUP_IS_GONE
  passes('program marked')
  const kept = createKeptOutput()
  const state = { isTimedOut: false }
  try {
    const args = ['--pdeathsig', 'TERM', '--', '/bin/sh', '-c', TOGETHER, 'sh', ...program.command]
    const child = await spawnChild(clock, 'setpriv', args, {
      env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', ...program.env },
      onChunk: (chunk) => kept.take(chunk),
    })
    passes('program begun')
    onBegun?.(false)
    const end = (): void => void child.stop(GRACE_MS)
    const callOff = clock.after(program.runMs, () => {
      state.isTimedOut = true
      end()
    })
    for (const each of [signal, cancel]) each?.addEventListener('abort', end, { once: true })
    const { code, signal: by } = await child.exited
    callOff()
    for (const each of [signal, cancel]) each?.removeEventListener('abort', end)
    signal.throwIfAborted()
    passes('program over')
    return endedOf(code, by, state.isTimedOut, kept.output())
  } catch (err) {
    if (!(err instanceof HostExecError)) throw err
    return { kind: 'refused', reason: 'Unable', message: err.message }
  }
}

/** A shell tells the end of a program by a signal as 128 and its number. */
function endedOf(
  code: number | null,
  by: NodeJS.Signals | null,
  isTimedOut: boolean,
  output: { readonly text: string; readonly isCut: boolean },
): ProgramEnd {
  const exitCode = code ?? undefined
  const how = exitCode === undefined ? `was ended by ${by ?? 'a signal'}` : `exited with code ${exitCode}`
  return {
    kind: 'ended',
    isSuccess: exitCode === 0 && !isTimedOut,
    isTimedOut,
    exitCode,
    words: isTimedOut ? `${how}, since its time was over` : how,
    ...output,
  }
}
