/**
 * From words to the one finding of a condition: what must last is counted, what is not said any more stays as it was, what is switched
 * off is not there, and the worst counts. Pure.
 */
import type { Action, Severity } from '#model'
import type { Finding } from '#monitor-kit'
import { extendStreak, judgeStreak, lasting, NO_STREAK, type Streak } from '#monitor-kit/evaluate'
import type { Mode } from '../numbers.ts'
import type { Bad, Said } from './said.ts'

/** What is kept of a condition from look to look. */
export interface Standing {
  /** Words that were a problem when they were said last. */
  readonly open: readonly string[]
  /** Those of them that were an error when they were told last; absent: none. */
  readonly errors?: readonly string[]
  /** How often in a row a word was bad, by id. */
  readonly streaks: Readonly<Record<string, Streak>>
  /** How it was told when it was a problem last, while one of its words is open; undefined: it was only watched. */
  readonly told?: ToldAs | undefined
}

/** What is told of a problem, for who tells of it while it cannot be seen. */
export interface ToldAs {
  readonly severity: Severity
  readonly summary: string
  readonly action?: Action | undefined
}

/** Before the first look, and after a person's word. */
export const NOTHING_STANDS: Standing = { open: [], streaks: {} }

/** Whose condition it is. */
export interface About {
  readonly type: string
  readonly entity: string
  readonly subject: string | undefined
  readonly healthyReason: string
  /** By id; act where it says nothing. */
  readonly modes: Readonly<Record<string, Mode>>
}

type Settled =
  | { readonly kind: 'problem'; readonly bad: Bad; readonly severity: Bad['severity'] }
  | { readonly kind: 'unknown'; readonly reason: string; readonly message: string }
  | { readonly kind: 'pending'; readonly reason: string; readonly message: string }
  | { readonly kind: 'ok'; readonly reason?: string | undefined; readonly message: string }

const SEVERITIES = ['warning', 'error', 'critical'] as const
const NAMED_MAX = 3

/** What was critical only now, and bad before that, is as bad as it was until it has lasted. */
function severityOf({ id, severity }: Bad, isCritical: boolean, { errors }: Standing): Bad['severity'] {
  if (severity !== 'critical' || isCritical) return severity
  return errors?.includes(id) === true ? 'error' : 'warning'
}

function settleBad(bad: Bad, streak: Streak, before: Standing): Settled {
  const { needed = 1 } = bad
  const verdict = judgeStreak(streak, needed)
  if (verdict === 'healthy' || verdict === 'pending')
    return { kind: 'pending', reason: 'NotSustainedYet', message: `${bad.message}${lasting(verdict, streak, needed)}` }
  return { kind: 'problem', bad, severity: severityOf(bad, verdict === 'critical', before) }
}

function settleSaid(said: Said, before: Standing): readonly [Settled, Streak] {
  const streak = before.streaks[said.id] ?? NO_STREAK
  switch (said.level) {
    case 'ok':
      return [{ kind: 'ok', reason: said.reason, message: said.message }, NO_STREAK]
    case 'unknown':
      return [{ kind: 'unknown', reason: said.reason, message: said.message }, NO_STREAK]
    case 'waiting':
      return [{ kind: 'pending', reason: said.reason, message: said.message }, NO_STREAK]
    case 'bad': {
      const counted = extendStreak(streak, said.severity === 'critical' ? 'critical' : 'warning')
      const { looks } = said
      const next = looks === undefined ? counted : { warning: looks, critical: Math.min(looks, counted.critical) }
      return [settleBad(said, next, before), next]
    }
  }
}

/** What was a problem, and of which nothing is said now: it is not over by that. */
function settleSilent(id: string): Settled {
  const message = `${id.replaceAll('-', ' ')} is not known now, since the driver has no such value; it stays as it was`
  return { kind: 'pending', reason: 'NotSaidNow', message }
}

function problemFinding(problems: readonly Extract<Settled, { kind: 'problem' }>[], about: About): Finding {
  const { type, entity, subject, modes } = about
  const isObserved = (one: (typeof problems)[number]) => modes[one.bad.id] === 'observe'
  const rank = (one: (typeof problems)[number]) => SEVERITIES.indexOf(one.severity) + (isObserved(one) ? 0 : 10)
  const sorted = problems.toSorted((a, b) => rank(b) - rank(a))
  const [worst] = sorted as [(typeof problems)[number]]
  const { reason, summary, action, evidence } = worst.bad
  return {
    type,
    entity,
    health: 'problem',
    severity: worst.severity,
    reason,
    message: sorted
      .slice(0, NAMED_MAX)
      .map(({ bad }) => bad.message)
      .join('; '),
    summary: subject === undefined ? summary : `${subject}: ${summary}`,
    subject,
    ...(evidence !== undefined && { evidence }),
    ...(action !== undefined && { action }),
    ...(isObserved(worst) && { observeOnly: true }),
  }
}

function findingOf(settled: readonly Settled[], about: About): Finding | undefined {
  const { type, entity, subject, healthyReason } = about
  const problems = settled.filter((one) => one.kind === 'problem')
  if (problems.length > 0) return problemFinding(problems, about)
  const unknown = settled.find((one) => one.kind === 'unknown')
  const common = { type, entity, subject }
  if (unknown !== undefined) return { ...common, health: 'unknown', reason: unknown.reason, message: unknown.message }
  const pending = settled.find((one) => one.kind === 'pending')
  if (pending !== undefined)
    return { ...common, health: 'healthy', pending: true, reason: pending.reason, message: pending.message }
  const oks = settled.filter((one) => one.kind === 'ok')
  if (oks.length === 0) return undefined
  const reason = oks.find((one) => one.reason !== undefined)?.reason ?? healthyReason
  return { ...common, health: 'healthy', reason, message: oks.map(({ message }) => message).join(', ') }
}

/** What is kept of how it is told. */
function toldAs(finding: Finding | undefined, before: Standing): ToldAs | undefined {
  if (finding?.health !== 'problem') return before.told
  const { severity = 'warning', summary = '', action, observeOnly } = finding
  return observeOnly === true ? undefined : { severity, summary, action }
}

/** The finding of a condition, undefined where nobody says anything of it and nothing was wrong; and what is kept. */
export function settle(
  says: readonly Said[],
  before: Standing,
  about: About,
): { readonly finding: Finding | undefined; readonly standing: Standing } {
  const heard = says.filter(({ id }) => about.modes[id] !== 'off')
  const isSilent = (id: string) => about.modes[id] !== 'off' && !heard.some((one) => one.id === id)
  const silent = before.open.filter(isSilent)
  const settled = heard.map((said) => [said, ...settleSaid(said, before)] as const)
  // What cannot be seen now, or is counted anew, was not seen well.
  const open = settled.filter(([{ id }, { kind }]) => kind === 'problem' || (kind !== 'ok' && before.open.includes(id)))
  const counted = settled.filter(([, , { warning }]) => warning > 0).map(([{ id }, , streak]) => [id, streak] as const)
  // A look of which nothing follows ends no count.
  const waiting = Object.entries(before.streaks).filter(([id]) => isSilent(id))
  const finding = findingOf([...settled.map(([, one]) => one), ...silent.map(settleSilent)], about)
  const stands = [...open.map(([{ id }]) => id), ...silent]
  const told = stands.length === 0 ? undefined : toldAs(finding, before)
  const wasError = (id: string) => before.errors?.includes(id) === true
  const errors = [
    ...open
      .filter(([{ id }, one]) => (one.kind === 'problem' ? one.severity === 'error' : wasError(id)))
      .map(([{ id }]) => id),
    ...silent.filter(wasError),
  ]
  return {
    finding,
    standing: {
      open: stands,
      streaks: Object.fromEntries([...waiting, ...counted]),
      ...(errors.length > 0 && { errors }),
      ...(told !== undefined && { told }),
    },
  }
}
