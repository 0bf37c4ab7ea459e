/** Records of repairs as marks on the ribbon, at the lane of their problem. Pure. */
import { cleanText, type ProblemSight, type ToldRemediation } from '#model'
import type { LaneView, RepairFacts } from '#view'
import { conditionLane, eventLane } from './facts.ts'

/** A mark, and the lanes that it may stand at: of these there is one, that of a condition or that of a problem from events. */
export interface RepairMark {
  readonly lanes: readonly string[]
  readonly at: Date
  readonly kind: Extract<LaneView['marks'][number]['kind'], 'remediation' | 'held-back'>
  readonly text: string
}

const TEXT = 240

/** What is drawn of a record; undefined: nothing. What a dry run tells is not drawn: nothing was done. */
export function repairMark({ time, what }: ToldRemediation, { attempts }: RepairFacts): RepairMark | undefined {
  const lanes = ({ type, entity, opening }: ProblemSight) => [
    conditionLane(cleanText(type, 128), cleanText(entity, 128)),
    eventLane(opening.fingerprint),
  ]
  if (what.kind === 'started' || what.kind === 'refused') {
    if (what.mode === 'dry-run') return undefined
    const { problem, act } = what
    const did = cleanText(act.text, TEXT) || cleanText(act.strategy, 128)
    return what.kind === 'started'
      ? { lanes: lanes(problem), at: time, kind: 'remediation', text: `repair begun: ${did}` }
      : { lanes: lanes(problem), at: time, kind: 'held-back', text: cleanText(`${what.gate}: ${what.reason}`, TEXT) }
  }
  if (what.kind !== 'verified' && !(what.kind === 'ended' && what.outcome !== 'succeeded')) return undefined
  const attempt = attempts.get(what.attempt)
  if (attempt === undefined || attempt.mode === 'dry-run') return undefined
  const word = what.kind === 'verified' ? what.verdict.replace('-', ' ') : what.outcome
  const text = cleanText(`repair ${word}${what.message === '' ? '' : `: ${what.message}`}`, TEXT)
  return { lanes: lanes(attempt.problem), at: time, kind: 'remediation', text }
}
