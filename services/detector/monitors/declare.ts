/** What a monitor says it is, as a declaration: from Describe, or from GetMetadata and the configuration. */
import { type ConditionType, cleanName, cleanText, type EventReason, type MonitorDeclaration } from '#model'
import type { DescribeResponse } from '#proto/nodedoctor/v1/monitor.ts'
import type { MonitorMetadata } from '#proto/npd/external/v1/external_monitor.ts'
import { DEFAULT_RECOVERY, fromProtoConditionType, fromProtoEventReason } from '#wire'

/** More declared types, reasons or checks of one monitor than this are not taken. */
const DECLARED_MAX = 512
const TYPE = /^[A-Za-z0-9][A-Za-z0-9._/-]{0,62}$/

/** How a monitor is known before it has answered. */
export interface KnownMonitor {
  readonly name: string
  readonly origin: MonitorDeclaration['origin']
  readonly socket: string
  /** What the configuration says of a plug-in's types. */
  readonly conditions: readonly {
    readonly type: string
    readonly polarity: ConditionType['polarity']
    readonly shared: boolean
  }[]
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

function byName<T>(items: readonly T[], name: (item: T) => string): Map<string, T> {
  return new Map(
    items.slice(0, DECLARED_MAX).flatMap((item) => (TYPE.test(name(item)) ? [[name(item), item] as const] : [])),
  )
}

export function declarationOfDescribe(described: DescribeResponse, known: KnownMonitor): MonitorDeclaration {
  const configured = new Map(known.conditions.map((condition) => [condition.type, condition]))
  const types = described.conditionTypes.map(fromProtoConditionType).map((type): ConditionType => {
    const word = configured.get(type.type)
    // The configuration has the last word on what a plug-in's type means.
    return {
      ...type,
      // A type of a monitor that nobody configured belongs to no one alone, whatever it says of it.
      shared: known.origin === 'discovered' ? true : type.shared,
      description: cleanText(type.description, 400),
      label: cleanText(type.label, 60),
      recoveryText: cleanText(type.recoveryText, 160),
      ...(word ? { polarity: word.polarity, shared: word.shared } : {}),
    }
  })
  const reasons = described.eventReasons.map(fromProtoEventReason)
  return {
    name: known.name,
    origin: known.origin,
    protocol: 'nodedoctor.v1',
    socket: known.socket,
    version: cleanText(described.version, 64),
    description: cleanText(described.description, 200),
    conditionTypes: byName<ConditionType>(types, (type) => type.type),
    eventReasons: byName<EventReason>(reasons, (reason) => reason.reason),
    checks: described.checks.slice(0, DECLARED_MAX).map(({ check, conditionTypes, dependsOn }) => ({
      check: cleanText(check, 128),
      conditionTypes: [...conditionTypes],
      dependsOn: [...dependsOn],
    })),
    open: false,
  }
}

/** `seen` are types that came in answers beyond those the metadata names. */
export function declarationOfMetadata(
  metadata: MonitorMetadata | undefined,
  known: KnownMonitor,
  seen: ReadonlySet<string>,
): MonitorDeclaration {
  const names = new Set([
    ...known.conditions.map(({ type }) => type),
    ...(metadata?.supportedConditions ?? []),
    ...seen,
  ])
  const types = [...names].map((type) => plainType(type, known))
  const who =
    metadata?.name && cleanName(metadata.name, 60) !== known.name
      ? ` (calls itself ${cleanText(metadata.name, 60)})`
      : ''
  return {
    ...expectedDeclaration(known),
    protocol: 'npd.external.v1',
    version: cleanText(metadata?.version ?? '', 64),
    description: cleanText(`${metadata?.description ?? ''}${who}`, 200),
    conditionTypes: byName<ConditionType>(types, (type) => type.type),
    open: true,
  }
}
