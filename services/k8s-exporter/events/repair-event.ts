/** Records of repairs as what is told to the cluster of them. Pure. */
import {
  type BreakerWord,
  entityName,
  type NodeEvent,
  type ProblemSight,
  type Remediation,
  type Severity,
  type ToldRemediation,
} from '#model'
import { type RepairAttempt, type RepairFacts, renderDuration } from '#view'
import { REPAIR } from './reasons.ts'

type Kind<K extends Remediation['kind']> = Extract<Remediation, { readonly kind: K }>

/** As an event says it. */
interface Said {
  readonly reason: string
  readonly severity: Severity
  readonly message: string
  /** What it is about; absent: the node. */
  readonly problem?: ProblemSight | undefined
}

/** Under this name its events have their budget. */
const REMEDIATOR = 'remediator'

function why(text: string): string {
  return text === '' ? '' : `: ${text}`
}

function times({ number, of }: Pick<RepairAttempt, 'number' | 'of'>): string {
  return of > 0 ? ` (attempt ${number} of ${of})` : ''
}

/** "DiskFull of /var". */
function what({ type, entity, subject }: ProblemSight): string {
  return entity === '' && subject === undefined ? type : `${type} of ${subject ?? entityName(entity)}`
}

/** The same of a record that has its fingerprint alone, by what was done or refused about it; of what nobody remembers the fingerprint. */
function whatOf(fingerprint: string, { attempts, refusals }: RepairFacts): string {
  const isOf = ({ problem }: Pick<RepairAttempt, 'problem'>) => problem.opening.fingerprint === fingerprint
  const known = [...attempts.values()].findLast(isOf) ?? refusals.findLast(isOf)
  return known === undefined ? fingerprint : what(known.problem)
}

/** "clean up /var/log (attempt 1 of 3) for DiskFull of /var". */
function named(attempt: RepairAttempt): string {
  return `${attempt.act.text}${times(attempt)} for ${what(attempt.problem)}`
}

const BREAKER_SAID: Readonly<
  Record<BreakerWord, { readonly reason: string; readonly severity: Severity; readonly words: string }>
> = {
  open: { reason: REPAIR.breakerOpen, severity: 'warning', words: 'nothing is begun' },
  'half-open': { reason: REPAIR.breakerHalfOpen, severity: 'info', words: 'one attempt is let through' },
  closed: { reason: REPAIR.breakerClosed, severity: 'info', words: 'repairs go on' },
}

function lasting(forMs: number | undefined): string {
  return forMs === undefined ? '' : ` for ${renderDuration(forMs)}`
}

function tellEnded({ attempt: id, outcome, message }: Kind<'ended'>, { attempts }: RepairFacts): Said | undefined {
  const attempt = attempts.get(id)
  // What succeeded is told once somebody has seen what came of it; what a dry run would have done has ended with its beginning.
  if (attempt === undefined || attempt.mode === 'dry-run' || outcome === 'succeeded') return undefined
  const { problem } = attempt
  if (outcome === 'declined')
    return { reason: REPAIR.declined, severity: 'info', message: `${named(attempt)}${why(message)}`, problem }
  const words = outcome === 'lost' ? 'it was begun, and nobody knows how it ended' : message
  return { reason: REPAIR.failed, severity: 'warning', message: `${named(attempt)}${why(words)}`, problem }
}

function tellVerified(
  { attempt: id, verdict, message }: Kind<'verified'>,
  { attempts }: RepairFacts,
): Said | undefined {
  const attempt = attempts.get(id)
  if (attempt === undefined || attempt.mode === 'dry-run') return undefined
  const { problem } = attempt
  const text = `${named(attempt)}${why(message)}`
  if (verdict === 'proven') return { reason: REPAIR.succeeded, severity: 'info', message: text, problem }
  if (verdict === 'not-proven') return { reason: REPAIR.failed, severity: 'warning', message: text, problem }
  return { reason: REPAIR.notObserved, severity: 'warning', message: text, problem }
}

/** What each kind of record tells. Those that are not here tell nothing. */
const SAID: { readonly [K in Remediation['kind']]?: (what: Kind<K>, facts: RepairFacts) => Said | undefined } = {
  started({ attempt, problem, act, mode, number, of }, { attempts }) {
    const known = attempts.get(attempt)
    const message = known === undefined ? `${act.text}${times({ number, of })} for ${what(problem)}` : named(known)
    return { reason: mode === 'act' ? REPAIR.started : REPAIR.would, severity: 'info', message, problem }
  },
  ended: tellEnded,
  verified: tellVerified,
  refused: ({ problem, act, gate, reason, mode }) =>
    mode === 'dry-run'
      ? undefined
      : {
          reason: REPAIR.refused,
          severity: 'info',
          message: `${act.text} for ${what(problem)} is held back by ${gate}: ${reason}`,
          problem,
        },
  exhausted: ({ problem, mode }) =>
    mode === 'dry-run'
      ? undefined
      : {
          reason: REPAIR.exhausted,
          severity: 'error',
          message: `every strategy for ${what(problem)} is used up; it is left to people`,
          problem,
        },
  breaker({ of, state, failures, forMs }, facts) {
    const { reason, severity, words } = BREAKER_SAID[state]
    const whose =
      of === undefined ? 'of all repairs of this node' : `of ${of.strategy} for ${whatOf(of.fingerprint, facts)}`
    const after = state === 'open' ? ` after ${failures} failures in a row` : ''
    return { reason, severity, message: `the breaker ${whose} is ${state}${after}: ${words}${lasting(forMs)}` }
  },
  paused: ({ by, why: text, forMs }) => ({
    reason: REPAIR.paused,
    severity: 'info',
    message: `${by} paused repairs${lasting(forMs)}${why(text)}`,
  }),
  resumed: ({ by }) => ({ reason: REPAIR.resumed, severity: 'info', message: `${by} resumed repairs` }),
  approved: ({ id, by, opening, forMs }, facts) => ({
    reason: REPAIR.approved,
    severity: 'info',
    message: `${by} approved the repair ${id} of ${whatOf(opening.fingerprint, facts)}${lasting(forMs)}`,
  }),
  reset: ({ fingerprint, by }, facts) => ({
    reason: REPAIR.reset,
    severity: 'info',
    message: `${by} had forgotten what was tried for ${whatOf(fingerprint, facts)}: its attempts, cooldowns and breakers`,
  }),
}

/**
 * What is told of a record; undefined: nothing.
 * @param facts with it, so that an attempt's end can say what was tried
 */
export function repairEvent(
  { journal, sequence, time, what: told }: ToldRemediation,
  facts: RepairFacts,
): NodeEvent | undefined {
  const tell = SAID[told.kind] as ((what: Remediation, facts: RepairFacts) => Said | undefined) | undefined
  const said = tell?.(told, facts)
  if (said === undefined) return undefined
  const { reason, severity, message, problem } = said
  return {
    id: `repair ${journal} ${sequence}`,
    monitor: REMEDIATOR,
    check: problem?.check ?? '',
    entity: problem?.entity ?? '',
    severity,
    reason,
    message,
    firstSeen: time,
    lastSeen: time,
    count: 1,
  }
}
