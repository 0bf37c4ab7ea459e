/** A problem's step as an exporter from outside is told it: as an event, the same facts that Kubernetes' events tell. Pure. */
import { compareSeverity, type Problem, type Severity } from '#model'
import { renderDuration } from '#view'
import { type Content, contextOf } from '../content.ts'
import { aboutText, severityOf } from './words.ts'

/** Which step of a problem was told last. */
export interface ToldStep {
  readonly opening: string
  readonly severity: Severity
  readonly isOver: boolean
}

/** What is to be told of a step, and as what it is remembered then; no content: nothing is to be told. */
export interface Step {
  readonly content: Content | undefined
  readonly told: ToldStep | undefined
}

const NOTHING: Step = { content: undefined, told: undefined }

/** Identity of one opening: it survives a store that was made anew and a reboot, where generations may begin again. */
function openingOf({ generation, opened }: Problem): string {
  return `${generation} ${opened.getTime()}`
}

interface Said {
  readonly phase: 'opened' | 'worse' | 'resolved'
  readonly reason: string
  readonly text: string
  readonly at: Date
}

function stepContent(problem: Problem, { phase, reason, text, at }: Said, severity: Severity): Content {
  const { fingerprint, generation, source, owner, check, type, entity, subject, action, label } = problem
  return {
    key: `problem ${fingerprint} ${openingOf(problem)} ${phase} ${problem.severity}`,
    at,
    status: {
      source: (source === '' ? owner : source).toWellFormed(),
      events: [
        {
          severity: severityOf(severity),
          timestamp: at,
          reason: reason.toWellFormed(),
          message: aboutText({ entity, subject }, text),
        },
      ],
      conditions: [],
    },
    context: contextOf({
      kind: 'problem',
      phase,
      fingerprint,
      generation: String(generation),
      monitor: source,
      check,
      type,
      entity,
      subject,
      label,
      severity: problem.severity,
      action,
      observe_only: problem.observeOnly ? 'true' : '',
      opened: problem.opened.toISOString(),
    }),
  }
}

function resolvedSaid(problem: Problem): Said {
  const { label, type, reason, fromEvent, openMs, opened, proofText } = problem
  const over = openMs > 0 ? `over after ${renderDuration(openMs)}` : `over; opened ${opened.toISOString()}`
  return {
    phase: 'resolved',
    reason: `${fromEvent ? reason : type}Resolved`,
    text: `${label === '' ? type : label}: ${over}${proofText === '' ? '' : `; ${proofText}`}`,
    at: problem.resolved ?? problem.changed,
  }
}

/** @param told the severity that was told last in this opening; undefined: none */
function openSaid(problem: Problem, told: Severity | undefined): Said | undefined {
  // A problem that came from an event was told by that event.
  if (problem.fromEvent) return undefined
  const { type, reason, summary, message, severity, opened, changed } = problem
  const text = `${message === '' ? summary : message} (${reason}${told === undefined ? '' : `, now ${severity}`})`
  if (told === undefined) return { phase: 'opened', reason: type, text, at: opened }
  return compareSeverity(severity, told) > 0 ? { phase: 'worse', reason: type, text, at: changed } : undefined
}

/**
 * Opened, become worse, over: each once in an opening, however often its step is on the bus. What is told word by word is told by its
 * source's own events.
 * @param before what was told of this fingerprint last
 */
export function problemStep(problem: Problem, before: ToldStep | undefined, minSeverity: Severity): Step {
  if (problem.verbatim) return NOTHING
  const opening = openingOf(problem)
  const isOver = problem.phase === 'resolved'
  const severity = isOver ? problem.worst : problem.severity
  const known = before?.opening === opening ? before : undefined
  if (compareSeverity(severity, minSeverity) < 0 || known?.isOver) return NOTHING
  const said = isOver ? resolvedSaid(problem) : openSaid(problem, known?.severity)
  if (said === undefined) return NOTHING
  return {
    content: stepContent(problem, said, isOver ? 'info' : severity),
    told: { opening, severity: problem.severity, isOver },
  }
}
