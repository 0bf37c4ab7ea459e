import type { HostProgram, ProgramEnd } from '#host/acts'
import type { Attempt, Ended, Note, Tools } from '../actions/types.ts'

/** How a program's end is an attempt's. Pure. @param what for people: its command */
export function endedOf(end: ProgramEnd, what: string): Ended {
  if (end.kind === 'refused') return { outcome: 'declined', message: `${end.reason}: ${end.message}` }
  const output = { output: end.text, isOutputCut: end.isCut }
  if (end.kind === 'lost') return { outcome: 'lost', message: `${what}: ${end.message}`, ...output }
  const { isSuccess, words, exitCode } = end
  return { outcome: isSuccess ? 'succeeded' : 'failed', message: `${what} ${words}`, exitCode, ...output }
}

/** Of the attempt's time so much is left for what comes after the program. */
const AFTER_MS = 5_000

/** Runs the one program of an attempt, once over kills of this process. @param known what has to be known again at its end */
export async function runProgram(
  { id, act, deadlineMs, signal, cancel, note }: Attempt,
  { acts }: Tools,
  program: Pick<HostProgram, 'command' | 'afterwards' | 'env'>,
  known: Note = {},
): Promise<ProgramEnd> {
  await note(known)
  const description = `Node Doctor: ${act.strategy}, attempt ${id}`
  const runMs = Math.max(1_000, deadlineMs - AFTER_MS)
  return acts.programs.run({ name: id, description, runMs, ...program }, { signal, cancel })
}
