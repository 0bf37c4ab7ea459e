/** Under which id an event is told, so that the same told again has the same one. Pure. */
import { hashText, type NodeEvent, tellsPersonsWord } from '#model'
import { secondOf } from './window.ts'

/** An event this much older than its report is told by that report alone: its second was closed long before. */
const LATE_MS = 5000

/** A report that brings events. */
export interface ToldBy {
  /** When it says that it was made. */
  readonly time: Date
  /** Tells a late event's second apart. */
  readonly name: string
}

/**
 * Names the window by the wall clock's second of its first occurrence, so that a redelivery names the same one. What passes on
 * another source's words is told apart by them: three lines of a log are three events.
 */
export function foldedId(event: NodeEvent, report: ToldBy): string {
  const passedOn = event.source === undefined ? [] : [event.source, event.message]
  const word = tellsPersonsWord(event) ? [event.id] : passedOn
  const told = hashText([event.entity, event.check, ...word].join('\u0000'))
  const id = `${event.monitor}.${event.reason}.${told}.${secondOf(event)}`
  return report.time.getTime() - event.firstSeen.getTime() > LATE_MS ? `${id}.${report.name}` : id
}

/** Names an event that its monitor knows by a key. */
export function keyedId({ id, monitor, reason, entity, check }: NodeEvent): string {
  return `${monitor}.${reason}.${hashText([entity, check, id].join('\u0000'))}`
}
