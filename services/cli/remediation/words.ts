/** Records of repairs in a line each. Pure. */
import type { Act, ProblemSight, ToldRemediation } from '#model'
import type { Paused, RunningAttempt } from '#proto/nodedoctor/v1/remediation.ts'
import { renderClock, renderDuration, renderQuantity } from '#view'
import { inLine } from '../print.ts'

/** "DiskFull/disk:/var", as a command takes it. */
export function problemWords({ type, entity }: Pick<ProblemSight, 'type' | 'entity'>): string {
  return entity === '' ? type : `${type}/${entity}`
}

/** The command, or what it is called. */
export function actWords({ text, strategy, target }: Act): string {
  return text === '' ? `${strategy} ${target}`.trim() : text
}

function lasting(forMs: number | undefined): string {
  return forMs === undefined ? '' : ` for ${renderDuration(forMs)}`
}

function why(text: string): string {
  return text === '' ? '' : `: ${text}`
}

function nodeWords({
  nodeUid = '',
  remediation,
  holds = [],
}: Extract<ToldRemediation['what'], { readonly kind: 'began' }>): string {
  const annotated = remediation === undefined ? '' : `, annotated node-doctor.io/remediation=${remediation}`
  return `the node was heard of${annotated} (uid ${nodeUid})${why(holds.join('; '))}`
}

function seenWords({ resolved, forgets }: Extract<ToldRemediation['what'], { readonly kind: 'seen' }>): string {
  return `${resolved ? 'over' : 'open again'}${forgets ? ', and was well for so long that its attempts count no more' : ''}`
}

/** What people call problems, by fingerprint; of one that nobody knows any more there is none. */
export type ProblemNames = Readonly<Record<string, string>>

/** As a command takes it: by its name, else by its fingerprint, which does too. */
export function namedWords(fingerprint: string, names: ProblemNames): string {
  return Object.hasOwn(names, fingerprint) ? (names[fingerprint] ?? fingerprint) : fingerprint
}

/** Why nothing is repaired, where the journal cannot be used: and what to do. */
export function unusableWords(unusable: string): string {
  const until = unusable.includes('reset journal') ? '' : '; nothing is repaired until it can'
  return `The journal of repairs cannot be used: ${inLine(unusable)}${until}.`
}

/** What happened, and in words: "started", "systemctl restart kubelet.service (attempt 1 of 3) for KubeletUnhealthy". */
export function recordWords(
  { what }: ToldRemediation,
  names: ProblemNames,
): readonly [happened: string, words: string] {
  switch (what.kind) {
    case 'began':
      return ['began', what.nodeUid === undefined ? `the remediator ${what.version} began to work` : nodeWords(what)]
    case 'tick':
      return ['tick', '']
    case 'refused':
      return [
        'refused',
        `${actWords(what.act)} for ${problemWords(what.problem)}, ${what.gate}: ${what.reason}${lasting(what.forMs)}`,
      ]
    case 'started': {
      const dry = what.mode === 'dry-run' ? ', dry run: not done' : ''
      const words = `${actWords(what.act)} (attempt ${what.number} of ${what.of}${dry}) for ${problemWords(what.problem)}`
      return ['started', `${what.attempt}: ${words}`]
    }
    case 'step':
      return ['step', `${what.attempt}: ${what.step}${why(what.detail)}`]
    case 'ended': {
      const figures = what.figures.map(
        ({ what: of, before, after, unit }) =>
          `; ${of} ${renderQuantity(before, unit)} before, ${renderQuantity(after, unit)} after`,
      )
      return [what.outcome, `${what.attempt}${why(what.message)}${figures.join('')}`]
    }
    case 'verified':
      return [what.verdict, `${what.attempt}${why(what.message)}`]
    case 'seen':
      return ['seen', `${namedWords(what.opening.fingerprint, names)} is ${seenWords(what)}`]
    case 'breaker': {
      const whose =
        what.of === undefined ? 'of the node' : `of ${what.of.strategy} for ${namedWords(what.of.fingerprint, names)}`
      return ['breaker', `${whose} is ${what.state}${lasting(what.forMs)}, ${what.failures} failures in a row`]
    }
    case 'exhausted':
      return ['exhausted', `every strategy for ${problemWords(what.problem)} is used up`]
    case 'paused':
      return ['paused', `by ${what.by}${lasting(what.forMs)}${why(what.why)}`]
    case 'resumed':
      return ['resumed', `by ${what.by}`]
    case 'approved':
      return ['approved', `${what.id} for ${namedWords(what.opening.fingerprint, names)} by ${what.by}`]
    case 'reset':
      return ['reset', `${what.fingerprint === '' ? 'the journal' : namedWords(what.fingerprint, names)} by ${what.by}`]
  }
}

/** Whose a pause is: "the pause by ada@w1 until 05:14:20 UTC (2 h): new firmware". */
export function pauseWords({ by, why: reason, forMs }: Paused, now: Date): string {
  const until = forMs === undefined ? 'until resumed' : untilWords(forMs, now)
  return `the pause by ${inLine(by, 80)} ${until}${why(inLine(reason))}`
}

/** A pause as JSON: what the message says, and nothing of how it was carried. */
export function pauseView(paused: Paused | undefined) {
  return paused === undefined ? null : { by: paused.by, why: paused.why, forMs: paused.forMs ?? null }
}

/** What a pause does not reach: "attempt 3f2a91c0-17 (drain node) runs on, for 2 min now: node-doctor history says when it has ended". */
export function runningWords({ attempt, strategy, target, forMs }: RunningAttempt): string {
  const what = inLine(`${strategy} ${target}`.trim())
  return `attempt ${inLine(attempt)} (${what}) runs on, for ${renderDuration(forMs)} now: node-doctor history says when it has ended`
}

/** A time that is so far away: "until 03:21:20 UTC (8 min)". */
export function untilWords(forMs: number | undefined, now: Date): string {
  if (forMs === undefined) return ''
  return `until ${renderClock(new Date(now.getTime() + forMs), now)} (${renderDuration(forMs)})`
}
