/** What a run of a plug-in means, and says, as node-problem-detector has it. Pure. */
import { constants } from 'node:os'
import { quote, trimSpace } from '#golang'
import type { PluginAnswer, PluginResult } from '#host'

/** What an exit code says: 0 is OK, 1 is NonOK, all else is Unknown. */
export type ExitStatus = 'OK' | 'NonOK' | 'Unknown'

/** A run, told. */
export interface Outcome {
  readonly status: ExitStatus
  /** Need be no UTF-8: a character may be cut in half. */
  readonly output: Buffer
}

const NOT_STARTED: Outcome = {
  status: 'Unknown',
  output: Buffer.from('Error in starting plugin. Please check the error log'),
}
const NOT_WAITED: Outcome = {
  status: 'Unknown',
  output: Buffer.from('Error in waiting for plugin. Please check the error log'),
}

/** Signals as Go calls them; others are "signal 31". */
const SIGNAL_NAMES: Partial<Record<NodeJS.Signals, string>> = {
  SIGHUP: 'hangup',
  SIGINT: 'interrupt',
  SIGQUIT: 'quit',
  SIGILL: 'illegal instruction',
  SIGTRAP: 'trace/breakpoint trap',
  SIGABRT: 'aborted',
  SIGBUS: 'bus error',
  SIGFPE: 'floating point exception',
  SIGKILL: 'killed',
  SIGUSR1: 'user defined signal 1',
  SIGSEGV: 'segmentation fault',
  SIGUSR2: 'user defined signal 2',
  SIGPIPE: 'broken pipe',
  SIGALRM: 'alarm clock',
  SIGTERM: 'terminated',
}

/** Go's text of how a process ended. One that no signal ends has not: then it says that, which Go never has to. */
function stateText({ exitCode, signal, coreDumped }: PluginResult): string {
  if (signal !== null) {
    const name = SIGNAL_NAMES[signal] ?? `signal ${constants.signals[signal]}`
    return `signal: ${name}${coreDumped ? ' (core dumped)' : ''}`
  }
  return exitCode === null ? 'still running' : `exit status ${exitCode}`
}

function statusOf({ exitCode }: PluginResult): ExitStatus {
  if (exitCode === 0) return 'OK'
  return exitCode === 1 ? 'NonOK' : 'Unknown'
}

/** @param maxBytes what is kept of what it says, also of the text of a run that took too long; not of other fixed texts */
export function outcomeOf(answer: PluginAnswer, path: string, maxBytes: number): Outcome {
  if (answer.kind === 'not-started') return NOT_STARTED
  const { result } = answer
  const said = trimSpace(result.stdout)
  if (!result.timedOut) return { status: statusOf(result), output: said.subarray(0, maxBytes) }
  // Go's Wait says of a program that had ended well by then that its time is over, and not how it ended.
  if (result.exitCode === 0) return NOT_WAITED
  const text = `Timeout when running plugin ${quote(path)}: state - ${stateText(result)}. output - ${quote(said)}`
  return { status: statusOf(result), output: Buffer.from(text).subarray(0, maxBytes) }
}
