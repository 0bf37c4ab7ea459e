/** What is written down of texts that others wrote: as much as people read. A record and the state stay small, whoever says what. Pure. */
import { cutText, type Evidence, type ProblemSight, type Remediation } from '#model'

/** UTF-16 units. A name, a line, what somebody wrote; output is a few lines of each of them. */
const NAME_MAX = 256
const LINE_MAX = 512
const MESSAGE_MAX = 1_024
const OUTPUT_MAX = 65_536
/** Of a step: its name, and what it has to know again. */
const STEP_MAX = 64
const DETAIL_MAX = 240
const FIGURES_MAX = 32
const FIGURE_MAX = 64

type Kind<K extends Remediation['kind']> = Extract<Remediation, { readonly kind: K }>

function cutEvidence(evidence: Evidence): Evidence {
  const { unit, label, detail } = evidence
  return {
    ...evidence,
    unit: cutText(unit, FIGURE_MAX),
    label: cutText(label, NAME_MAX),
    detail: cutText(detail, LINE_MAX),
  }
}

/** A sight as it is written down: of a verbatim message nobody reads more here. */
export function cutSight(sight: ProblemSight): ProblemSight {
  const { type, entity, subject, reason, message, evidence, check, monitor } = sight
  return {
    ...sight,
    type: cutText(type, NAME_MAX),
    entity: cutText(entity, LINE_MAX),
    reason: cutText(reason, LINE_MAX),
    message: cutText(message, MESSAGE_MAX),
    check: cutText(check, NAME_MAX),
    monitor: cutText(monitor, NAME_MAX),
    ...(subject !== undefined && { subject: cutText(subject, LINE_MAX) }),
    ...(evidence !== undefined && { evidence: cutEvidence(evidence) }),
  }
}

function cutEnded(what: Kind<'ended'>): Kind<'ended'> {
  const { message, output, isOutputCut, figures } = what
  return {
    ...what,
    message: cutText(message, MESSAGE_MAX),
    output: cutText(output, OUTPUT_MAX),
    isOutputCut: isOutputCut || output.length > OUTPUT_MAX,
    figures: figures.slice(0, FIGURES_MAX).map((figure) => ({
      ...figure,
      what: cutText(figure.what, FIGURE_MAX),
      unit: cutText(figure.unit, FIGURE_MAX),
    })),
  }
}

/** The record as it is written. An act's parameters are the configuration's, and have to be known whole. */
export function cutRecord(what: Remediation): Remediation {
  switch (what.kind) {
    case 'refused':
      return { ...what, problem: cutSight(what.problem), reason: cutText(what.reason, LINE_MAX) }
    case 'started':
    case 'exhausted':
      return { ...what, problem: cutSight(what.problem) }
    case 'step':
      return { ...what, step: cutText(what.step, STEP_MAX), detail: cutText(what.detail, DETAIL_MAX) }
    case 'ended':
      return cutEnded(what)
    case 'verified':
      return {
        ...what,
        message: cutText(what.message, MESSAGE_MAX),
        ...(what.after !== undefined && { after: cutSight(what.after) }),
      }
    case 'paused':
      return { ...what, by: cutText(what.by, NAME_MAX), why: cutText(what.why, NAME_MAX) }
    case 'resumed':
    case 'approved':
    case 'reset':
      return { ...what, by: cutText(what.by, NAME_MAX) }
    default:
      return what
  }
}
