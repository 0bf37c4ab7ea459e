/** Echo requests, by the program `ping`. */
import { HostExecError } from '#host'
import { ProbeFailedError } from '../ask.ts'
import type { Failure } from '../types.ts'
import { complaintOf, type PingStatistics, parsePing } from './iputils.ts'
import type { PingHost, PingQuestion } from './types.ts'

const COUNT_MAX = 100
/** Beyond what it should take by itself: who decides is the deadline of the probe. */
const GRACE_MS = 60_000

/** By what ping says, in the C locale. */
const COMPLAINTS: readonly (readonly [RegExp, Failure['kind']])[] = [
  [/Network is unreachable|No route to host|Host is unreachable/i, 'unreachable'],
  [/not permitted|Permission denied/i, 'denied'],
  // An address whose zone is no link here is taken for a name.
  [
    /Cannot assign requested address|Address family|unknown iface|Invalid argument|No such device|not known|No buffer space/i,
    'local',
  ],
]

/** Seconds, as every version takes them. */
function seconds(ms: number): string {
  return String(ms / 1000)
}

/** @throws TypeError for what nobody may ask */
export function pingArguments({
  address,
  count = 3,
  intervalMs = 200,
  waitMs = 1000,
}: PingQuestion): readonly string[] {
  if (!Number.isInteger(count) || count < 1 || count > COUNT_MAX)
    throw new TypeError(`${count} is no number of echo requests from 1 to ${COUNT_MAX}`)
  return ['-n', '-q', '-c', String(count), '-i', seconds(intervalMs), '-W', seconds(waitMs), address]
}

function nobody({ sent, errors }: PingStatistics, address: string): Failure {
  if (errors > 0) return { kind: 'unreachable', code: '', message: `host unreachable at ${address}` }
  return { kind: 'timeout', code: '', message: `no answer from ${address} to ${sent} echo requests` }
}

function complained(stderr: string, exitCode: number | null, address: string): Failure {
  const complaint = complaintOf(stderr)
  const kind = COMPLAINTS.find(([words]) => words.test(complaint))?.[1] ?? 'unexpected'
  const message =
    complaint === ''
      ? `ping ended with ${exitCode} and said nothing of ${address}`
      : `ping cannot ask ${address}: ${complaint}`
  return { kind, code: '', message }
}

/**
 * Sends echo requests one after the other. Undefined where the program cannot be started: it is not there, or its file claims a
 * capability that this process may not have (EPERM).
 * @throws ProbeFailedError where none is answered; the signal's reason
 */
export async function echoes(
  { programs }: PingHost,
  question: PingQuestion,
  signal: AbortSignal,
): Promise<PingStatistics | undefined> {
  const { address } = question
  const result = await programs
    .run('ping', pingArguments(question), { timeoutMs: GRACE_MS, killAtOnce: true, signal })
    .catch((err: unknown) => {
      if (err instanceof HostExecError) return undefined
      throw err
    })
  if (result === undefined) return undefined
  const { exitCode, stdout, stderr } = result
  const statistics = parsePing(stdout)
  if (statistics === undefined) throw new ProbeFailedError(complained(stderr, exitCode, address))
  if (statistics.received === 0) throw new ProbeFailedError(nobody(statistics, address))
  return statistics
}
