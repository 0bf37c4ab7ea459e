/** The kernel's log as dmesg tells it, line by line as it is read: what it says, or why it does not. */
import { type Clock, unlessAborted, within } from '#clock'
import { HostExecError, HostReadError } from '../errors.ts'
import type { Child, ChildExit, Programs } from '../programs/types.ts'
import { createTextLines } from './text-lines.ts'

/** From one piece of its output to the next, and to its end. Who does not ask for more may take as long as he likes. */
const TIMEOUT_MS = 8_000
/** The kernel's own limit of a record is 1 KiB of text; dmesg makes four bytes of one that cannot be printed. */
const LINE_BYTES = 16_384
/** So many lines are handed on at a time: what waits is what takes memory. */
const LINES = 128
const LATE = `it has not ended within ${TIMEOUT_MS / 1000} s`

export interface DmesgDoor {
  readonly clock: Clock
  readonly programs: Programs
}

/** How it is asked. */
export interface DmesgQuestion {
  /**
   * Of the log's end no more than this, in whole records: dmesg has them in its memory, and writes them byte by byte. Where it is not told
   * it takes the size of the kernel's buffer, in which no line has its time in front yet: of a full one that is not all.
   */
  readonly bytes: number
  readonly signal: AbortSignal
}

function failed(detail: string, cause?: unknown): HostReadError {
  return new HostReadError({ action: 'ask', path: 'dmesg', code: 'DMESG_FAILED', detail, cause })
}

/** Why what it said is not the log, or not all of it; undefined: it is. */
async function whyNot({ clock }: DmesgDoor, child: Child, said: readonly string[]): Promise<HostReadError | undefined> {
  const exit = await within<ChildExit | typeof LATE>(clock, child.exited, TIMEOUT_MS, () => LATE)
  if (exit === LATE) return failed(LATE)
  if (exit.code === 0) return undefined
  const end = exit.code === null ? `it ended with ${exit.signal}` : `exit code ${exit.code}`
  return failed(said[0] === undefined ? end : `${end}: ${said[0]}`)
}

async function* read(
  { clock }: DmesgDoor,
  child: Child,
  signal: AbortSignal,
): AsyncGenerator<string[] | HostReadError> {
  const lines = createTextLines({ count: LINES, maxLength: LINE_BYTES })
  for (;;) {
    const next = unlessAborted(child.read(), signal)
    const chunk = await within<Buffer | undefined | typeof LATE>(clock, next, TIMEOUT_MS, () => LATE)
    if (chunk === undefined) return
    if (chunk === LATE) {
      yield failed(LATE)
      return
    }
    yield* lines.cut(chunk.toString('latin1'))
  }
}

/**
 * The lines of the log's end, the oldest first, as they are asked for; and last why they are not all of it, which is not thrown.
 */
export async function* askDmesg(
  door: DmesgDoor,
  { bytes, signal }: DmesgQuestion,
): AsyncGenerator<readonly string[] | HostReadError> {
  const said: string[] = []
  const onLine = (line: string): void => void (said.length === 0 && said.push(line))
  let child: Child | undefined
  try {
    child = await door.programs.start('dmesg', ['-S', '-r', '-s', String(bytes)], { pulled: true, onLine })
    let isRead = true
    for await (const lines of read(door, child, signal)) {
      isRead = !(lines instanceof HostReadError)
      yield lines
    }
    const why = isRead ? await whyNot(door, child, said) : undefined
    if (why !== undefined) yield why
  } catch (error) {
    if (error instanceof HostExecError) yield failed(error.message, error)
    else if (signal.aborted) yield failed('nobody waits for it any more', error)
    else throw error
  } finally {
    child?.kill('SIGKILL')
  }
}
