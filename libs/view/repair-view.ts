/** Repairs in words for people. Pure; every text in them is clean. */
import { cleanText } from '#model'
import { cleanCount, cleanMessage, SHOWN } from './clean.ts'
import { renderDuration, renderTime } from './duration.ts'
import type { NodeFacts } from './facts.ts'
import { renderHindrances } from './repair-attention.ts'
import type { AttemptView, RepairState, RepairView } from './repair-types.ts'
import { isByPause, type ProblemRepairs, type RepairAttempt, type RepairFacts, type RepairRefusal } from './repairs.ts'
import type { Words } from './words.ts'
import { text } from './words.ts'

const COMMAND = 240

/** A number that JSON can carry. */
function finite(value: number): number {
  return Number.isFinite(value) ? value + 0 : 0
}

function until(at: Date | undefined, now: Date): { readonly until?: string } {
  return at === undefined ? {} : { until: renderTime(at, now) }
}

function renderEnded({ ended }: RepairAttempt, now: Date): Partial<AttemptView> {
  if (ended === undefined) return {}
  return {
    ended: renderTime(ended.at, now),
    ...(ended.durationMs === undefined ? {} : { durationMs: cleanCount(ended.durationMs) }),
    outcome: ended.outcome,
    message: cleanText(ended.message, SHOWN.message),
    output: cleanMessage(ended.output),
    isOutputCut: ended.isOutputCut,
    ...(ended.exitCode === undefined ? {} : { exitCode: finite(ended.exitCode) }),
    figures: ended.figures.slice(0, 32).map(({ what, before, after, unit }) => ({
      what: cleanText(what, SHOWN.name),
      before: finite(before),
      after: finite(after),
      unit: cleanText(unit, SHOWN.unit),
    })),
  }
}

/** An attempt, whole. */
export function renderAttempt(attempt: RepairAttempt, now: Date): AttemptView {
  const { act, verified } = attempt
  return {
    attempt: cleanText(attempt.attempt, SHOWN.name),
    mode: attempt.mode,
    strategy: cleanText(act.strategy, SHOWN.name),
    target: cleanText(act.target, SHOWN.entity),
    text: cleanText(act.text, COMMAND) || cleanText(act.strategy, SHOWN.name),
    number: cleanCount(attempt.number),
    of: cleanCount(attempt.of),
    started: renderTime(attempt.started, now),
    message: '',
    output: '',
    isOutputCut: false,
    figures: [],
    steps: attempt.steps.map(({ at, step, detail }) => ({
      at: renderTime(at, now),
      step: cleanText(step, SHOWN.name),
      detail: cleanText(detail, SHOWN.detail),
    })),
    verdictText: cleanText(verified?.message ?? '', SHOWN.message),
    ...(verified === undefined ? {} : { verdict: verified.verdict, verified: renderTime(verified.at, now) }),
    ...renderEnded(attempt, now),
  }
}

/** How an attempt stands. */
export function stateOfAttempt({ mode, ended, verified }: RepairAttempt): RepairState {
  if (mode === 'dry-run') return 'would'
  if (ended === undefined) return 'running'
  if (ended.outcome === 'declined') return 'declined'
  if (ended.outcome !== 'succeeded') return 'failed'
  if (verified === undefined) return 'verifying'
  return verified.verdict === 'proven' ? 'repaired' : verified.verdict === 'not-proven' ? 'failed' : 'not-observed'
}

const STATE_WORDS = {
  running: 'Being repaired',
  verifying: 'Done, being looked at',
  repaired: 'Repaired',
  failed: 'Repair failed',
  'not-observed': 'Done, and nobody can see what came of it',
  declined: 'Nothing was to be done',
  would: 'Would be repaired (dry run)',
  'held-back': 'Repair held back',
  exhausted: 'Everything was tried',
} as const satisfies Record<RepairState, string>

/** How a state is called. */
export function repairWord(state: RepairState): string {
  return STATE_WORDS[state]
}

function whyOf(view: AttemptView): string {
  return view.outcome === 'succeeded' ? view.verdictText : view.message
}

function attemptWords(view: AttemptView, state: RepairState): Words[] {
  const times = view.of > 0 ? ` (attempt ${view.number} of ${view.of})` : ''
  const why = whyOf(view)
  const isRefused = state === 'would' && view.outcome !== undefined && view.outcome !== 'succeeded'
  const said = `${isRefused ? 'Would not be done (dry run)' : repairWord(state)}: ${view.text}${times}`
  const since: Words[] = state === 'running' ? [text(', for '), { since: view.started, precise: true }] : []
  return [text(said), ...since, text(why === '' ? '.' : `: ${why.replace(/\.$/, '')}.`)]
}

/** "until 03:20 UTC" is for readers with a clock: the time stands beside it. */
function refusalWords({ gate, reason }: Pick<RepairRefusal, 'gate' | 'reason'>): string {
  return `Held back by ${cleanText(gate, SHOWN.name)}: ${cleanText(reason, SHOWN.detail)}`
}

/** What stands behind a pause that has a time. */
function isOver(at: Date | undefined, now: Date): boolean {
  return at !== undefined && at.getTime() <= now.getTime()
}

/** What still holds it back: a pause does until its time, which nobody tells is over. */
function standingOf(refusal: RepairRefusal | undefined, now: Date): RepairRefusal | undefined {
  return refusal !== undefined && isByPause(refusal) && isOver(refusal.until, now) ? undefined : refusal
}

/** The repair of one problem; undefined: nothing is known of one. */
export function renderRepair({ attempt, refusal: told, exhausted }: ProblemRepairs, now: Date): RepairView | undefined {
  const refusal = standingOf(told, now)
  const view = attempt && renderAttempt(attempt, now)
  const held = refusal && {
    gate: cleanText(refusal.gate, SHOWN.name),
    reason: cleanText(refusal.reason, SHOWN.detail),
    at: renderTime(refusal.at, now),
    ...until(refusal.until, now),
    text: cleanText(refusal.act.text, COMMAND),
  }
  const more = { ...(view === undefined ? {} : { attempt: view }), ...(held === undefined ? {} : { refusal: held }) }
  const own = attempt && stateOfAttempt(attempt)
  const said = view === undefined || own === undefined ? [] : attemptWords(view, own)
  if (own === 'running' || own === 'verifying') return { state: own, words: said, ...more }
  if (exhausted !== undefined)
    return { state: 'exhausted', words: [...said, text(' Every strategy is used up; it is left to people.')], ...more }
  if (refusal !== undefined) {
    const space = said.length === 0 ? '' : ' '
    return { state: 'held-back', words: [...said, text(`${space}${refusalWords(refusal)}.`)], ...more }
  }
  return own === undefined ? undefined : { state: own, words: said, ...more }
}

/** What is known of the remediator beside its records. */
export interface RepairStanding {
  /** It gave a sign of life of late. */
  readonly isHeard: boolean
  /** What it told of itself: false while its journal cannot be used. */
  readonly isJournalWell: boolean
  /** Whoever carries acts out in a process of its own, and does not answer. Absent: nobody is known to be so. */
  readonly silent?: readonly string[]
  /** By the configuration nothing is done, and told what would be. */
  readonly isDryRun: boolean
}

function sentenceOf(
  facts: RepairFacts,
  { isHeard, isJournalWell, isDryRun }: RepairStanding,
  running: RepairAttempt | undefined,
  now: Date,
): string {
  const { paused, breakers } = facts
  if (!isHeard) return 'The remediator is not heard: what it did stands here, and nothing is repaired by itself.'
  if (!isJournalWell)
    return 'The journal of repairs cannot be used: nothing is repaired by itself until it can, or until "node-doctor reset journal".'
  if (running !== undefined) return `Being repaired now: ${cleanText(running.act.text, COMMAND)}.`
  if (paused !== undefined && !isOver(paused.until, now)) {
    const left = paused.until === undefined ? '' : ` for ${renderDuration(paused.until.getTime() - now.getTime())} more`
    return `Repairs are paused by ${cleanText(paused.by, SHOWN.name)}${left}: ${cleanText(paused.why, SHOWN.detail)}.`
  }
  if (breakers.some(({ fingerprint, state }) => fingerprint === '' && state === 'open'))
    return 'Too many repairs of this node failed in a row: none is begun for now.'
  if (isDryRun) return 'A dry run: what would be repaired is told, and nothing is done.'
  return 'What the configuration names is repaired by itself.'
}

/** The repairs of the node. */
export function renderRemediation(facts: RepairFacts, standing: RepairStanding, now: Date): NodeFacts['remediation'] {
  const running = [...facts.attempts.values()].findLast(({ ended, mode }) => ended === undefined && mode === 'act')
  const { paused, breakers } = facts
  const attention = renderHindrances({ ...standing, paused, breakers }, now)
  const now_ = running && {
    attempt: cleanText(running.attempt, SHOWN.name),
    fingerprint: cleanText(running.problem.opening.fingerprint, 512),
    text: cleanText(running.act.text, COMMAND),
    since: renderTime(running.started, now),
  }
  return {
    running: standing.isHeard,
    text: sentenceOf(facts, standing, running, now),
    ...(attention.length === 0 ? {} : { attention }),
    ...(now_ === undefined ? {} : { now: now_ }),
    ...(paused === undefined || isOver(paused.until, now)
      ? {}
      : {
          paused: {
            since: renderTime(paused.since, now),
            by: cleanText(paused.by, SHOWN.name),
            why: cleanText(paused.why, SHOWN.detail),
            ...until(paused.until, now),
          },
        }),
    ...(breakers.length === 0
      ? {}
      : {
          breakers: breakers.slice(0, 100).map(({ fingerprint, strategy, state, failures, since, until: at }) => ({
            fingerprint: cleanText(fingerprint, 512),
            strategy: cleanText(strategy, SHOWN.name),
            state,
            failures: cleanCount(failures),
            since: renderTime(since, now),
            ...until(at, now),
          })),
        }),
  }
}
