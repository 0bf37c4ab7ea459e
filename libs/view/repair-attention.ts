/** What holds repairs up as a whole, or waits for a person, in a sentence each. Pure; every text in them is clean. */
import { cleanText } from '#model'
import { SHOWN } from './clean.ts'
import { renderClock } from './duration.ts'
import type { RepairBreaker, RepairPause } from './repairs.ts'
import type { ProblemView } from './types.ts'

/** Problems and runners that are named; the rest is counted. */
const NAMED = 3

/** What stands in their way. */
export interface RepairHindrances {
  /** It gave a sign of life of late. */
  readonly isHeard: boolean
  /** false while its journal cannot be used. */
  readonly isJournalWell: boolean
  /** Whoever carries acts out in a process of its own, and does not answer: "host-actions". */
  readonly silent?: readonly string[] | undefined
  readonly paused: RepairPause | undefined
  readonly breakers: readonly RepairBreaker[]
}

function listed(names: readonly string[]): string {
  const more = names.length - NAMED
  return `${names
    .slice(0, NAMED)
    .map((name) => cleanText(name, SHOWN.name))
    .join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}

function pausedWords({ by, why, until }: RepairPause, now: Date): string {
  const end = until === undefined ? 'until "node-doctor resume"' : `until ${renderClock(until, now)}`
  return `Paused by ${cleanText(by, SHOWN.name)} ${end}: ${cleanText(why, SHOWN.detail).replace(/\.$/, '')}.`
}

function breakerWords(breakers: readonly RepairBreaker[]): string[] {
  const isOpen = ({ state }: RepairBreaker) => state === 'open'
  const isOfNode = ({ fingerprint }: RepairBreaker) => fingerprint === ''
  const others = breakers.filter((one) => isOpen(one) && !isOfNode(one))
  return [
    ...(breakers.some((one) => isOpen(one) && isOfNode(one))
      ? ['Too many repairs of this node failed in a row: none is begun for now (node-doctor breakers).']
      : []),
    ...(others.length === 0
      ? []
      : [`The breaker of ${listed(others.map(({ strategy }) => strategy))} is open (node-doctor breakers).`]),
  ]
}

/** Of the node; the worst first. Nothing where repairs go on as they should. */
export function renderHindrances(hindrances: RepairHindrances, now: Date): string[] {
  const { isHeard, isJournalWell, silent = [], paused, breakers } = hindrances
  if (!isHeard) return ['The remediator is not heard: nothing is repaired by itself.']
  const isPaused = paused !== undefined && (paused.until === undefined || paused.until > now)
  return [
    ...(isJournalWell
      ? []
      : [
          'The journal of repairs cannot be used: nothing is repaired by itself. "node-doctor history" says why, and what ends it.',
        ]),
    ...(silent.length === 0 ? [] : [`No answer from ${listed(silent)}: nothing that it would do is done.`]),
    ...(isPaused ? [pausedWords(paused, now)] : []),
    ...breakerWords(breakers),
  ]
}

/** As a command takes it. */
function nameOf({ type, entity }: ProblemView): string {
  return entity === '' ? type : `${type}/${entity}`
}

/** Of problems that are open: those that wait for a person. */
export function renderWaiting(open: readonly ProblemView[]): string[] {
  const exhausted = open.filter(({ repair }) => repair?.state === 'exhausted').map(nameOf)
  const waits = open
    .filter(({ repair }) => repair?.state === 'held-back' && repair.refusal?.gate === 'approval')
    .map(nameOf)
  return [
    ...(waits.length === 0 ? [] : [`A repair waits for approval, of ${listed(waits)} (node-doctor plan).`]),
    ...(exhausted.length === 0 ? [] : [`Every repair was tried, and it is left to people: ${listed(exhausted)}.`]),
  ]
}
