/** Stop, and what comes after it. */
import { ABSENT_WORDS, LOST_WORDS } from '../line.ts'
import type { Facts, Outcome, Rule, Verdict } from '../types.ts'
import { fail, failedWords, pass, skip, unless } from '../verdict.ts'

/** What grpc-js says of a call whose stream ended before its answer. */
const CUT_OFF = /RST_STREAM|without gRPC status/

/** Of Stop where it was asked for. */
function stopped(judge: (facts: Facts) => Verdict) {
  return (facts: Facts): Verdict => {
    const [first] = facts.end.stops
    return first === undefined || first.kind === 'not-asked' ? skip(first?.why ?? 'it was not asked') : judge(facts)
  }
}

function isLost(stop: Outcome<unknown>): boolean {
  if (stop.kind !== 'failed') return false
  const isGone = stop.code === 'UNAVAILABLE' && [LOST_WORDS, ABSENT_WORDS].includes(stop.details)
  return isGone || stop.code === 'CANCELLED' || (stop.code === 'INTERNAL' && CUT_OFF.test(stop.details))
}

function judgeStop({ end: { stops, isOver }, options: { timeoutMs } }: Facts): Verdict {
  const failed = stops.find((stop) => stop.kind === 'failed')
  if (!stops.some(({ kind }) => kind === 'answered') && failed?.kind === 'failed' && !isLost(failed))
    return fail(`Stop failed: ${failedWords(failed)}`, 'answer it, and end then')
  return unless(
    isOver ? undefined : `it still listens ${timeoutMs / 1000} s after Stop`,
    'end once it was answered',
    'it ended',
  )
}

function judgeTwice({ end: { stops } }: Facts): Verdict {
  const lost = stops.filter(isLost).length
  const fault = lost === 0 ? undefined : `${lost} of 2 calls of Stop at once lost their connection without an answer`
  return unless(fault, 'answer both: close what ends you once, whoever asks', 'both were answered')
}

export const endRules: readonly Rule[] = [
  {
    id: 'stop',
    level: 'must',
    of: 'npd.external.v1',
    why: 'Stop is answered and ends the plug-in in order: node-problem-detector asks for it when it ends.',
    judge: stopped(judgeStop),
  },
  {
    id: 'stop-twice',
    level: 'must',
    of: 'npd.external.v1',
    why: 'A second Stop is answered too, or refused: two clients may end at once, and a crash is no end in order.',
    judge: stopped(judgeTwice),
  },
  {
    id: 'stop-cleans',
    level: 'should',
    of: 'npd.external.v1',
    why: 'After Stop its socket is gone: one that nobody listens on is told as a problem.',
    judge: stopped(({ end: { isFileLeft } }) =>
      unless(
        isFileLeft ? 'its socket is still there, and nobody listens' : undefined,
        'remove it at the end',
        'removed',
      ),
    ),
  },
  {
    id: 'restart',
    level: 'must',
    why: 'Started anew it listens at the same path again, also where the one before left its socket (kill -9).',
    judge: ({ end: { restart } }) => {
      if (restart.kind === 'not-tried') return skip(restart.why)
      if (restart.kind === 'failed')
        return fail(restart.why, 'remove a socket that nobody listens on before you listen there')
      return pass(`back after ${Math.ceil(restart.ms)} ms${restart.wasStale ? ', over the socket that was left' : ''}`)
    },
  },
]
