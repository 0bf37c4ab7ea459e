/** Programs that a helper asks, and what Go says where one fails. */
import { HostExecError, type RunBytes } from '#host'
import type { ToolAround } from './tool.ts'

/** What each may take that is not asked for its own time. */
export const COMMAND_MS = 10_000
const OUTPUT_BYTES = 1_048_576
/** What is there so long after SIGKILL sleeps where no signal reaches it. */
const KILLED_MS = 300

/** A command could not be run, or did not end well; in Go's words. */
export class CommandError extends Error {
  override readonly name = 'CommandError'
  readonly code = 'COMMAND_FAILED'
}

const START: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or directory',
  EACCES: 'permission denied',
  ENOEXEC: 'exec format error',
}

/** As os/exec says it. */
function startText(file: string, { code }: HostExecError): string {
  if (!file.includes('/') && code === 'ENOENT') return `exec: "${file}": executable file not found in $PATH`
  return `fork/exec ${file}: ${START[code] ?? code}`
}

function endText({ exitCode, timedOut }: RunBytes): string {
  return exitCode === null || timedOut ? 'signal: killed' : `exit status ${exitCode}`
}

/** Beside or in place of what it inherits. */
export interface CommandOptions {
  /** [10 s] */
  readonly timeoutMs?: number
  readonly env?: Readonly<Record<string, string>>
}

/**
 * What a command prints, without the line break at its end.
 * @throws CommandError in Go's words; HostExecError where its mount hangs; the signal's reason
 */
export async function ask(
  { host, env, signal, onAbandoned }: Pick<ToolAround, 'host' | 'env' | 'signal' | 'onAbandoned'>,
  file: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<string> {
  const timeoutMs = options.timeoutMs ?? COMMAND_MS
  if (timeoutMs <= 0) throw new CommandError('context deadline exceeded')
  const wholeEnv = { ...env, ...options.env }
  let result: RunBytes
  try {
    const kill = { killAtOnce: true, killGraceMs: KILLED_MS }
    const run = { timeoutMs, signal, wholeEnv, ...kill, maxOutputBytes: OUTPUT_BYTES }
    const tellLeft = onAbandoned && ((ended: Promise<void>, pid: number) => onAbandoned({ pid, ended }))
    result = await host.programs.runBytes(file, args, { ...run, ...(tellLeft && { onAbandoned: tellLeft }) })
  } catch (err) {
    // What its mount keeps from being asked has not failed.
    if (err instanceof HostExecError && err.code !== 'TIMEOUT')
      throw new CommandError(startText(file, err), { cause: err })
    throw err
  }
  const output = result.stdout.toString('utf8')
  if (result.exitCode === 0 && !result.timedOut) return output.replace(/\n$/, '')
  throw new CommandError(endText(result))
}
