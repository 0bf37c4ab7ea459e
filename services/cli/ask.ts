/** Asking the detector, and what is said when it does not answer. */
import { deniedWords, RpcError } from '#rpc'
import type { Values } from './command.ts'
import { wantsJson } from './command.ts'
import { detectorSocket } from './node.ts'
import { complain, inLine, sayJson } from './print.ts'

/** Not known, or no answer. */
export const EXIT_UNKNOWN = 3
/** The detector answered that there is no such thing, or that it cannot be done. */
export const EXIT_REFUSED = 1

export interface NoAnswer {
  readonly code: 'NO_SOCKET' | 'NOT_ALLOWED' | 'NO_ANSWER' | 'REFUSED' | 'MONITOR'
  readonly message: string
  readonly advice: string
}

const REFUSALS: readonly string[] = ['NOT_FOUND', 'FAILED_PRECONDITION', 'INVALID_ARGUMENT', 'RESOURCE_EXHAUSTED']

/** What gRPC's library, or the system, says of a connection; what else is said with UNAVAILABLE the detector says itself. */
const OF_CONNECTION =
  /^$|^No connection established|^Connection dropped|^(?:read|write) E[A-Z]+|^Write (?:error|failed)|^Stream refused|^this client is closed/

/** Of a call that the detector hands on to a monitor: what it says of that one. undefined: it did not answer itself. */
export function saidOfMonitor(err: unknown, monitor: string): NoAnswer | undefined {
  if (!(err instanceof RpcError)) return undefined
  const isSaid = REFUSALS.includes(err.code) || (err.code === 'UNAVAILABLE' && !OF_CONNECTION.test(err.details))
  if (!isSaid) return undefined
  return {
    code: 'MONITOR',
    message: `the monitor ${inLine(monitor, 80)} gave no answer: ${inLine(err.details)}`,
    advice: 'How the monitors are says: node-doctor status --all',
  }
}

/** How long was waited, of gRPC's words: "Deadline exceeded after 5.002s,…". */
function secondsOf(details: string): string {
  const seconds = /^Deadline exceeded after (\d{1,6})/.exec(details)?.[1]
  return seconds === undefined ? '' : ` for ${seconds} s`
}

/** Who was asked, where, and what is said where nobody stands there. */
export interface Asked {
  /** "detector". */
  readonly who: string
  readonly socket: string
  readonly absent: string
}

function theDetector(runDir: string): Asked {
  return {
    who: 'detector',
    socket: detectorSocket(runDir),
    absent: 'Is it running? Start it with: make run. If it runs with another folder, name that: --run-dir DIR.',
  }
}

/** Why there is no answer, in words that say what to do. @param asked default the detector */
export function explainNoAnswer(err: unknown, runDir: string, asked: Asked = theDetector(runDir)): NoAnswer {
  const { who, socket, absent } = asked
  const why = err instanceof RpcError ? err.details : err instanceof Error ? err.message : String(err)
  if (err instanceof RpcError && REFUSALS.includes(err.code)) {
    return { code: 'REFUSED', message: inLine(why), advice: '' }
  }
  if (/\bEACCES\b|\bEPERM\b/.test(why)) {
    return {
      code: 'NOT_ALLOWED',
      message: `no permission to use the ${who}'s socket ${socket}: ${deniedWords(socket)}`,
      advice: 'Ask as root, or as the user that started Node Doctor.',
    }
  }
  if (/\bENOENT\b|\bENOTDIR\b/.test(why)) {
    return {
      code: 'NO_SOCKET',
      message: `there is no ${who} on ${socket}`,
      advice: absent,
    }
  }
  if (err instanceof RpcError && err.code === 'DEADLINE_EXCEEDED') {
    // Whoever listens there took the connection, or has it in its queue: gRPC's own words are of no use to anybody.
    return {
      code: 'NO_ANSWER',
      message: `the ${who} is there, on ${socket}, and does not answer${secondsOf(why)}`,
      advice: 'It may be frozen: look at its log, or stop it and start it again.',
    }
  }
  const reason = /\bECONNREFUSED\b/.test(why) ? 'nobody listens there' : inLine(why, 200)
  return {
    code: 'NO_ANSWER',
    message: `the ${who} does not answer on ${socket} (${reason})`,
    advice: 'Is it running? Start it with: make run',
  }
}

/** Says so, as JSON too where JSON was asked for. @returns the exit code */
export function tellNoAnswer(err: unknown, runDir: string, values: Values): number {
  return tell(explainNoAnswer(err, runDir), runDir, values)
}

/** Says it, as JSON where JSON was asked for. @returns the exit code */
export function tell(answer: NoAnswer, runDir: string, values: Values, socket = detectorSocket(runDir)): number {
  const { code, message, advice } = answer
  if (wantsJson(values)) sayJson({ error: { code, message, advice, socket } })
  else if (code === 'REFUSED') complain(message)
  else complain(`Not known: ${message}.\n${advice}`)
  return code === 'REFUSED' ? EXIT_REFUSED : EXIT_UNKNOWN
}
