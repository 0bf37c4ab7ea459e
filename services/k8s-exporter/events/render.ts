/** Facts as events of core/v1. Pure. Names follow from the fact alone, so that nothing is ever told twice. */
import { sprintf } from '#golang'
import type { KubeEvent } from '#kube'
import { compareSeverity, entityName, hashText, type NodeEvent, type Problem, type Severity } from '#model'
import { renderDuration } from '#view'
import {
  beginsWith,
  cutBytes,
  kubeText,
  kubeTime,
  MESSAGE_MAX_BYTES,
  REASON_MAX_BYTES,
  SOURCE_MAX_BYTES,
  todoText,
} from '../text.ts'
import { HELD_BACK, RESOLVED_SUFFIX } from './reasons.ts'

/** Events of things without a namespace have to be here (k8s.io/kubernetes, legacyValidateEvent). */
const EVENT_NAMESPACE = 'default'
/** Of what is told word by word; the core API of events has no bound of its own. */
export const VERBATIM_MAX_BYTES = 32 * 1024
/** metadata.name, a DNS subdomain. */
const NAME_MAX = 253
const REPORTER = 'node-doctor'

/** What the API server knows the node as. */
export interface NodeReference {
  readonly name: string
  readonly uid: string
}

/** What is told about a fact, before it is known whom it is told of. */
export interface Told {
  readonly name: string
  /** The monitor it comes from, whose budget it uses. */
  readonly source: string
  /** Who is named as its source in place of the monitor, where that tells another's words. */
  readonly component?: string
  /** Reason and message are told as they are. */
  readonly verbatim?: true
  readonly reason: string
  readonly message: string
  readonly severity: Severity
  readonly first: Date
  readonly last: Date
  readonly count: number
}

/** `<node>.<16 hex digits>`: as unique as the identity, however long the node's name is. */
export function eventName(nodeName: string, ...identity: readonly string[]): string {
  const digits = hashText(identity.join('\u0000'))
  return `${nodeName.slice(0, NAME_MAX - digits.length - 1).replace(/[.-]+$/, '')}.${digits}`
}

/** What stands before the text of an event that client-go makes of several, which then says who reports it nowhere. */
export const COMBINED = '(combined from similar events): '

/** Where events are, by the namespace that is configured; "": where those of things without one have to be. */
export function namespaceOf(configured: string): string {
  return configured === '' ? EVENT_NAMESPACE : configured
}

/** "Normal" or "Warning", as Kubernetes tells events apart. */
export function eventType(severity: Severity): KubeEvent['type'] {
  return severity === 'info' ? 'Normal' : 'Warning'
}

/** @param namespace as configured; the node that it names is said to be there too, which the server asks for */
export function renderEventObject(told: Told, node: NodeReference, namespace = ''): KubeEvent {
  const component = kubeText(told.component ?? told.source, SOURCE_MAX_BYTES)
  // The event that client-go makes for all of them says nothing there.
  const isForAll = told.verbatim === true && told.message.startsWith(COMBINED)
  const reporter = told.component === undefined ? REPORTER : component
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: told.name, namespace: namespaceOf(namespace) },
    involvedObject: {
      kind: 'Node',
      apiVersion: 'v1',
      name: node.name,
      uid: node.uid,
      ...(namespace === '' ? {} : { namespace }),
    },
    type: eventType(told.severity),
    reason: told.verbatim ? told.reason : kubeText(told.reason, REASON_MAX_BYTES),
    message: told.verbatim ? told.message : kubeText(told.message, MESSAGE_MAX_BYTES),
    source: { component, host: node.name },
    reportingComponent: isForAll ? '' : reporter,
    reportingInstance: node.name,
    firstTimestamp: kubeTime(told.first),
    lastTimestamp: kubeTime(told.last),
    count: told.count,
  }
}

/** One event is told from another by its words alone: what it is about stands in them, as people call it. */
function about({ entity, subject }: Pick<Problem, 'entity' | 'subject'>, text: string): string {
  const name = subject ?? entityName(entity)
  return (entity === '' && subject === undefined) || text.includes(name) ? text : `${name}: ${text}`
}

/** Who an event of a file of node-problem-detector is from; undefined for what is none of one. */
export type NpdSource = (event: Pick<NodeEvent, 'monitor' | 'check'>) => string | undefined

/**
 * The first of what may repeat. Events of node-problem-detector's files are told word by word, as their users know them.
 * @param compat bugs of it that they are told with: B1, a text is a format
 */
export function tellEvent(
  event: NodeEvent,
  nodeName: string,
  npdSource: NpdSource = () => undefined,
  compat: readonly string[] = [],
): Told {
  const { monitor, reason, entity, message, severity, firstSeen, lastSeen, count, id } = event
  const ofFile = npdSource(event)
  const component = ofFile ?? event.source
  const text = compat.includes('B1') ? sprintf(message) : message
  const words =
    ofFile === undefined
      ? { message: kubeText(about({ entity }, message), MESSAGE_MAX_BYTES) }
      : { verbatim: true as const, message: cutBytes(text, VERBATIM_MAX_BYTES) }
  return {
    name: eventName(nodeName, 'event', monitor, reason, entity, id),
    source: monitor,
    ...(component === undefined ? {} : { component }),
    reason,
    ...words,
    severity,
    first: firstSeen,
    last: lastSeen,
    count,
  }
}

/** Identity of one opening: it survives a store that was made anew and a reboot, where generations may begin again. */
export function openingOf({ fingerprint, generation, opened }: Problem): string {
  return `${fingerprint} ${generation} ${opened.getTime()}`
}

/**
 * What is told of a problem's step; undefined for a step that is told of by something else, or by nothing.
 * @param toldSeverity the severity that its last event had; undefined: none was told in this opening
 */
export function tellProblem(problem: Problem, nodeName: string, toldSeverity: Severity | undefined): Told | undefined {
  // What is told word by word is told by its source's own events.
  if (problem.verbatim) return undefined
  if (problem.phase === 'resolved') return tellResolved(problem, nodeName)
  // A problem that came from an event was told by that event.
  if (problem.fromEvent) return undefined
  const isWorse = toldSeverity !== undefined && compareSeverity(problem.severity, toldSeverity) > 0
  if (toldSeverity !== undefined && !isWorse) return undefined
  const at = isWorse ? problem.changed : problem.opened
  const now = isWorse ? `, now ${problem.severity}` : ''
  return {
    name: eventName(nodeName, 'problem', openingOf(problem), isWorse ? problem.severity : 'opened'),
    source: sourceOf(problem),
    reason: problem.type,
    message: `${about(problem, wordsOf(problem))} (${problem.reason}${now})${todoText(problem)}`,
    severity: problem.severity === 'info' ? 'info' : problem.severity,
    first: at,
    last: at,
    count: 1,
  }
}

/** A headline that the message goes on from, or that ends with the message, says nothing that is to be said twice. */
function wordsOf({ summary, message }: Problem): string {
  if (summary === '' || beginsWith(message, summary)) return message
  return message === '' || summary.endsWith(`: ${message}`) ? summary : `${summary}: ${message}`
}

/** Who reported it. Its owner is who may speak of the type: nobody in particular, where none has declared it. */
function sourceOf({ source, owner }: Problem): string {
  return source === '' ? owner : source
}

/** How long it was open, by the clock that nobody sets; where that is not known, nothing is made up from the other one. */
function overText({ openMs, opened }: Problem): string {
  if (openMs >= 1000) return `over after ${renderDuration(openMs)}`
  if (openMs > 0) return 'over within a second'
  return `over; opened ${kubeTime(opened)} by the clock of the node, how long it lasted is not known`
}

function tellResolved(problem: Problem, nodeName: string): Told {
  const at = problem.resolved ?? problem.changed
  const what = problem.label === '' ? problem.type : problem.label
  return {
    name: eventName(nodeName, 'problem', openingOf(problem), 'resolved'),
    source: sourceOf(problem),
    reason: `${problem.fromEvent ? problem.reason : problem.type}${RESOLVED_SUFFIX}`,
    message: `${about(problem, what)}: ${overText(problem)}${problem.proofText === '' ? '' : `; ${problem.proofText}`}`,
    severity: 'info',
    first: at,
    last: at,
    count: 1,
  }
}

/** What was not told one by one. */
export interface HeldBack {
  readonly source: string
  readonly since: Date
  readonly last: Date
  readonly reasons: ReadonlyMap<string, number>
}

export function tellHeldBack({ source, since, last, reasons }: HeldBack, nodeName: string, budget: string): Told {
  const total = [...reasons.values()].reduce((sum, count) => sum + count, 0)
  const worst = [...reasons].toSorted(([, a], [, b]) => b - a)
  const named = worst.slice(0, 8).map(([reason, count]) => `${reason} ${count}`)
  const more = worst.length > named.length ? `, ${worst.length - named.length} more reasons` : ''
  return {
    name: eventName(nodeName, 'held', source, String(since.getTime())),
    source: 'k8s-exporter',
    reason: HELD_BACK,
    message: `${total} events of ${source} were held back since ${kubeTime(since)}: ${named.join(', ')}${more}; ${budget}`,
    severity: 'warning',
    first: since,
    last,
    count: 1,
  }
}
