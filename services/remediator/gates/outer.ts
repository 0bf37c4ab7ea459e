/** Gates that ask whether anything is to be done at all: switches, truth, people and other tools, severity, whether it fits. */
import { compareSeverity, isSameOpening, PAUSED_BY } from '#model'
import { named } from '../state/named.ts'
import { runnerOf } from '../state/unended.ts'
import { allows, inWords, notKnown, refuses } from './say.ts'
import type { Question, Said } from './types.ts'

/** After this long without a heartbeat the detector vouches for nothing. */
export const HEARTBEAT_MS = 10_000
/** What has waited for longer may be a problem that is over. */
export const WAITING_MS = 2_000
/** A node that came up shows much that passes by itself. */
const SETTLING_MS = 120_000
/** Looks of a check that may be late before it counts as not looking. */
export const LATE_LOOKS = 2

/** Every switch is on, no person has paused, and the journal can be trusted. */
export function enabled(question: Question): Said {
  const all = allEnabled(question)
  if (all.word !== 'allows') return all
  if (question.rung.isEnabled) return question.isUnrecorded ? allows(BEHIND) : all
  return refuses('remediation.enabled of its check is false')
}

const BEHIND =
  'repairs are switched on; the journal has no room, and this may free its disk: it is written down as soon as there is'

/** The same, whatever it is about. */
export function allEnabled({
  limits,
  state,
  journalTrouble,
  nowMs,
}: Pick<Question, 'limits' | 'state' | 'journalTrouble' | 'nowMs'>): Said {
  if (journalTrouble !== undefined) return refuses(journalTrouble)
  if (!limits.enabled.isOn) return refuses(limits.enabled.why)
  const { paused } = state
  if (paused !== undefined && (paused.untilMs === undefined || paused.untilMs > nowMs))
    return refuses(`${PAUSED_BY}${paused.by}: ${paused.why}`, paused.untilMs)
  return allows('repairs are switched on')
}

/** Whoever saw it is awake, and it stands as it did when it was judged. */
export function truth(question: Pick<Question, 'truth' | 'opening' | 'ledger' | 'nowMs'>): Said {
  const said = vouched(question.truth, question.nowMs)
  return said.word === 'allows' ? standing(question) : said
}

/** How awake whoever tells of problems is. */
type Vouching = Pick<Question['truth'], 'heartbeatAgeMs' | 'waitingMs' | 'waitsOf' | 'nodeUpMs' | 'isGoingDown'>

/** The same of everything that the detector tells. */
export function vouched({ heartbeatAgeMs, waitingMs, waitsOf, nodeUpMs, isGoingDown }: Vouching, nowMs: number): Said {
  if (isGoingDown) return refuses('the remediator ends: the next one goes on')
  if (nodeUpMs < SETTLING_MS)
    return refuses(`the node came up ${inWords(nodeUpMs)} ago`, nowMs + SETTLING_MS - nodeUpMs)
  if (heartbeatAgeMs === undefined) return notKnown('no heartbeat of the detector was heard')
  if (heartbeatAgeMs > HEARTBEAT_MS) return notKnown(`the detector was last heard ${inWords(heartbeatAgeMs)} ago`)
  if (waitingMs > WAITING_MS) {
    if (waitsOf !== undefined) return notKnown(`${waitsOf} says more than it may, and is ${inWords(waitingMs)} behind`)
    return notKnown(`a change of the detector has waited for the bus for ${inWords(waitingMs)}`)
  }
  return allows('the detector vouches for what it told')
}

/** The problem itself, as it is in the bucket now. */
function standing({ opening, truth: { problem }, ledger, nowMs }: Parameters<typeof truth>[0]): Said {
  if (problem === undefined || !problem.isOpen || !isSameOpening(problem.sight.opening, opening))
    return refuses('this opening of the problem is over')
  if (problem.isUnproven) return refuses('it was brought over a reboot, and no check has looked since')
  if (problem.isFlapping) return refuses('it comes and goes')
  if (problem.held !== '') return refuses(`its condition is held back: ${problem.held}`)
  // A look that could not see is none, however young.
  if (problem.unseen !== undefined) return notKnown(`its check cannot see it now: ${problem.unseen}`)
  const { lookedAtMs, intervalMs } = problem
  if (lookedAtMs === undefined) return notKnown('its check has not looked in this boot')
  if (intervalMs !== undefined && nowMs - lookedAtMs > LATE_LOOKS * intervalMs)
    return notKnown(`its check has not looked for ${inWords(nowMs - lookedAtMs)}`)
  const blindSinceMs = named(ledger.problems, opening.fingerprint)?.blindSinceMs
  if (blindSinceMs !== undefined && lookedAtMs <= blindSinceMs)
    return refuses('nobody has seen what came of the last attempt')
  return allows(`seen ${inWords(nowMs - lookedAtMs)} ago`)
}

/** No person and no other tool wants to be left alone. */
export function mute({
  mute: { annotation, holds, disruptiveHolds },
  isDisruptive,
}: Pick<Question, 'mute' | 'isDisruptive'>): Said {
  if (annotation === 'off') return refuses('the node is annotated node-doctor.io/remediation=off')
  const [first] = isDisruptive ? [...holds, ...disruptiveHolds] : holds
  return first === undefined ? allows('nobody asks to be left alone') : refuses(first.text, first.untilMs)
}

/** It is bad enough. */
export function severity({ truth: { problem }, rung: { minSeverity } }: Question): Said {
  if (problem === undefined) return notKnown('there is no such problem now')
  const is = problem.sight.severity
  if (compareSeverity(is, minSeverity) < 0) return refuses(`it is ${is}, and minSeverity is ${minSeverity}`)
  return allows(`it is ${is}`)
}

/** Who is asked whether it could be done, as people call him. For a reboot both are, and no answer says of neither that it was his. */
function askedOf(act: Question['rung']['act']): string {
  const runner = runnerOf(act)
  if (runner !== '') return runner
  return act.strategy === 'node-reboot' ? 'host-actions or the API server' : 'the API server'
}

/** The act is made for it, and whoever carries it out could do it now. */
export function fit({ truth: { problem }, rung: { types, act }, fit: answer }: Question): Said {
  const type = problem?.sight.type
  if (type !== undefined && types !== undefined && !types.includes(type)) return refuses(`it is not for ${type}`)
  if (problem?.isObserveOnly === true) return refuses('its check says that nobody is to act on it')
  if (answer === undefined) return notKnown(`${askedOf(act)} did not answer`)
  return answer.refusal === '' ? allows('it can be done') : refuses(answer.refusal)
}
