/** What a monitor says it is, as a declaration: from Describe, or from GetMetadata and the configuration. */
import type { PluginEntry } from '#config'
import {
  type ConditionType,
  cleanName,
  cleanText,
  DEFAULT_RECOVERY,
  type EventReason,
  isVerbatimName,
  type MetricDescriptor,
  type MonitorDeclaration,
  VIOLATIONS_KEPT,
} from '#model'
import type { DescribeResponse } from '#proto/nodedoctor/v1/monitor.ts'
import type { MonitorMetadata } from '#proto/npd/external/v1/external_monitor.ts'
import { fromProtoConditionType, fromProtoEventReason, fromProtoMetric } from '#wire'

/** More declared types, reasons or checks of one monitor than this are not taken. */
const DECLARED_MAX = 512
/** More dependencies of one check than this are not taken: for each, every report asks whether it is well. */
const DEPENDENCIES_MAX = 100
const CHECK_NAME_MAX = 128
/** More declared metrics than this are not taken: they are kept with the monitor's state, in one value of the bus. */
const METRICS_MAX = 128
/** As long as a help stands in /metrics: NPD's longest has 165 characters. */
const HELP_MAX = 240
const METRIC = /^[a-zA-Z_][a-zA-Z0-9_]{0,127}$/
/** Two heartbeats of a monitor may not be further apart than this, whatever it declares. */
export const HEARTBEAT_MAX_MS = 60_000
const TYPE = /^[A-Za-z0-9][A-Za-z0-9._/-]{0,62}$/

/** How a monitor is known before it has answered. */
export interface KnownMonitor {
  readonly name: string
  readonly origin: MonitorDeclaration['origin']
  readonly socket: string
  /** What the configuration says of a plug-in's types. */
  readonly conditions: PluginEntry['conditions']
  /** It must be here: it is missed from the start. Of any other nobody knows before it spoke. */
  readonly expected: boolean
  /** It is a monitor of ours where it describes itself as that, and else nobody: {@link takenAs}. */
  readonly isByWord?: true | undefined
  /** At the monitor's own socket, where nobody else may make one. */
  readonly isAtHome?: true | undefined
}

/** A type of a plug-in that says nothing of it but its name. */
export function plainType(type: string, known: KnownMonitor): ConditionType {
  const configured = known.conditions.find((condition) => condition.type === type)
  return {
    type,
    polarity: configured?.polarity ?? 'true-is-problem',
    description: `reported by ${known.name}`,
    // What nobody declares belongs to every plug-in that reports it, each as a source of its own.
    shared: configured?.shared ?? true,
    recovery: DEFAULT_RECOVERY,
    label: '',
    recoveryText: '',
    healthyReason: '',
    healthyMessage: '',
  }
}

export function expectedDeclaration(known: KnownMonitor): MonitorDeclaration {
  return {
    name: known.name,
    origin: known.origin,
    protocol: '',
    socket: known.socket,
    version: '',
    description: '',
    conditionTypes: new Map(known.conditions.map(({ type }) => [type, plainType(type, known)])),
    eventReasons: new Map(),
    checks: [],
    open: known.origin !== 'built-in',
  }
}

/** A declaration, and what of it was not taken, in words for its author. */
export interface Declared {
  readonly declaration: MonitorDeclaration
  readonly violations: readonly string[]
}

/** A name of somebody else's, as it may stand in a message. */
function quoted(name: string): string {
  return JSON.stringify(cleanText(name, 80))
}

/** The first {@link DECLARED_MAX} of them whose names are names; what is left out is said. */
function byName<T extends { readonly verbatim?: true | undefined }>(
  items: readonly T[],
  what: string,
  name: (item: T) => string,
  violations: string[],
): Map<string, T> {
  if (items.length > DECLARED_MAX)
    violations.push(`it declares ${items.length} ${what}s, and ${DECLARED_MAX} are taken`)
  const byName = new Map<string, T>()
  for (const item of items.slice(0, DECLARED_MAX)) {
    if (TYPE.test(name(item)) || (item.verbatim === true && isVerbatimName(name(item)))) byName.set(name(item), item)
    else violations.push(`it declares the ${what} ${quoted(name(item))}, which is not a name`)
  }
  return byName
}

interface Around {
  /** Names of the monitor's own checks. */
  readonly own: ReadonlySet<string>
  readonly isKnown: (name: string) => boolean
  readonly violations: string[]
}

/** What a check may depend on: other checks of its monitor, and what `isKnown` of the rest of the node. */
function dependenciesOf(check: string, dependsOn: readonly string[], { own, isKnown, violations }: Around): string[] {
  if (dependsOn.length > DEPENDENCIES_MAX)
    violations.push(
      `its check ${quoted(check)} depends on ${dependsOn.length} others, and ${DEPENDENCIES_MAX} are taken`,
    )
  const named = [...new Set(dependsOn.slice(0, DEPENDENCIES_MAX))].filter((name) => name !== check)
  const known = named.filter((name) => own.has(name) || isKnown(name))
  const unknown = named.find((name) => !own.has(name) && !isKnown(name))
  if (unknown !== undefined)
    violations.push(`its check ${quoted(check)} depends on ${quoted(unknown)}, which is no check and no monitor here`)
  return known
}

function checksOf(
  { checks }: DescribeResponse,
  isKnown: (name: string) => boolean,
  violations: string[],
): MonitorDeclaration['checks'] {
  if (checks.length > DECLARED_MAX)
    violations.push(`it declares ${checks.length} checks, and ${DECLARED_MAX} are taken`)
  const taken = checks.slice(0, DECLARED_MAX)
  const around = { own: new Set(taken.map(({ check }) => check)), isKnown, violations }
  return taken.map((schedule) => ({
    check: cleanText(schedule.check, CHECK_NAME_MAX),
    conditionTypes: schedule.conditionTypes
      .slice(0, DECLARED_MAX)
      .filter((type) => TYPE.test(type) || isVerbatimName(type)),
    dependsOn: dependenciesOf(schedule.check, schedule.dependsOn, around),
    explainedBy: dependenciesOf(schedule.check, schedule.explainedBy, around),
  }))
}

function metricsOf({ metrics }: DescribeResponse, violations: string[]): MetricDescriptor[] {
  if (metrics.length > METRICS_MAX)
    violations.push(`it declares ${metrics.length} metrics, and ${METRICS_MAX} are taken`)
  return metrics
    .slice(0, METRICS_MAX)
    .filter(({ name }) => METRIC.test(name))
    .map(fromProtoMetric)
    .map((metric) => ({
      ...metric,
      help: cleanText(metric.help, HELP_MAX),
      unit: cleanText(metric.unit, 16),
      title: cleanText(metric.title, 60),
    }))
}

/** What nobody configured is not taken at its word, and says nothing in another's name. */
function verbatimOf(
  what: string,
  name: string,
  { verbatim, known, violations }: { verbatim: true | undefined; known: KnownMonitor; violations: string[] },
): true | undefined {
  if (verbatim === undefined || known.origin !== 'discovered') return verbatim
  if (violations.length < VIOLATIONS_KEPT)
    violations.push(`it declares the ${what} ${quoted(name)} verbatim, which is taken of configured monitors only`)
  return undefined
}

/** A type as its monitor declares it; the configuration has the last word on what it means. */
function typeOf(type: ConditionType, known: KnownMonitor, violations: string[]): ConditionType {
  const configured = known.conditions.find((condition) => condition.type === type.type)
  return {
    ...type,
    // A type of a monitor that nobody configured belongs to no one alone, whatever it says of it.
    shared: known.origin === 'discovered' ? true : type.shared,
    description: cleanText(type.description, 400),
    label: cleanText(type.label, 60),
    recoveryText: cleanText(type.recoveryText, 160),
    healthyReason: cleanName(type.healthyReason, 128),
    healthyMessage: cleanText(type.healthyMessage, 240),
    verbatim: verbatimOf('condition type', type.type, { verbatim: type.verbatim, known, violations }),
    ...(configured ? { polarity: configured.polarity, shared: configured.shared } : {}),
  }
}

/** @param isKnown whether a check or a monitor of this name is on this node, by configuration */
export function declarationOfDescribe(
  described: DescribeResponse,
  known: KnownMonitor,
  isKnown: (name: string) => boolean,
): Declared {
  const violations: string[] = []
  const types = described.conditionTypes.map((type) => typeOf(fromProtoConditionType(type), known, violations))
  const reasons = described.eventReasons.map(fromProtoEventReason).map((reason) => ({
    ...reason,
    description: cleanText(reason.description, 400),
    verbatim: verbatimOf('event reason', reason.reason, { verbatim: reason.verbatim, known, violations }),
  }))
  if (described.heartbeatIntervalMs > HEARTBEAT_MAX_MS) {
    const seconds = Math.round(described.heartbeatIntervalMs / 1000)
    violations.push(
      `it declares a heartbeat every ${seconds} s, and at most ${HEARTBEAT_MAX_MS / 1000} s are believed; it is lost when silent for longer than two of these`,
    )
  }
  const declaration: MonitorDeclaration = {
    name: known.name,
    origin: known.origin,
    protocol: 'nodedoctor.v1',
    socket: known.socket,
    version: cleanText(described.version, 64),
    description: cleanText(described.description, 200),
    conditionTypes: byName<ConditionType>(types, 'condition type', (type) => type.type, violations),
    eventReasons: byName<EventReason>(reasons, 'event reason', (reason) => reason.reason, violations),
    checks: checksOf(described, isKnown, violations),
    metrics: metricsOf(described, violations),
    open: false,
  }
  return { declaration, violations: violations.slice(0, VIOLATIONS_KEPT) }
}

/** `seen` are types that came in answers beyond those the metadata names. */
export function declarationOfMetadata(
  metadata: MonitorMetadata | undefined,
  known: KnownMonitor,
  seen: ReadonlySet<string>,
): MonitorDeclaration {
  const names = new Set([
    ...known.conditions.map(({ type }) => type),
    ...(metadata?.supportedConditions ?? []).slice(0, DECLARED_MAX),
    ...seen,
  ])
  const types = [...names].filter((type) => TYPE.test(type)).map((type) => plainType(type, known))
  const who =
    metadata?.name && cleanName(metadata.name, 60) !== known.name
      ? ` (calls itself ${cleanText(metadata.name, 60)})`
      : ''
  return {
    ...expectedDeclaration(known),
    protocol: 'npd.external.v1',
    version: cleanText(metadata?.version ?? '', 64),
    description: cleanText(`${metadata?.description ?? ''}${who}`, 200),
    conditionTypes: new Map(types.slice(0, DECLARED_MAX).map((type) => [type.type, type])),
    open: true,
  }
}
