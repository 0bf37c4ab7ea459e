/** What a monitor says of itself, in both protocols. */
import type { DescribeResponse } from '#proto/nodedoctor/v1/monitor.ts'
import type { MonitorMetadata } from '#proto/npd/external/v1/external_monitor.ts'
import { toProtoConditionType, toProtoEventReason } from '#wire'
import { conditionTypeOf, eventReasonOf } from './define.ts'
import type { Runner } from './run-check.ts'
import { STRAIN_EVENTS } from './strain.ts'
import type { MonitorDefinition } from './types.ts'
import { HEARTBEAT_MS } from './watch-stream.ts'

/** The first of each name: instances of one check, and checks that share a type, declare it once. */
function once<T>(items: readonly T[], name: (item: T) => string): T[] {
  return [...new Map([...items].reverse().map((item) => [name(item), item])).values()].reverse()
}

/** Only of the checks that are configured: what is not watched is not declared. */
export function describeMonitor(
  definition: MonitorDefinition,
  runners: readonly Runner[],
  identity: { readonly version: string; readonly incarnation: number },
): DescribeResponse {
  const declared = runners.map((runner) => runner.declared)
  return {
    name: definition.name,
    version: identity.version,
    description: definition.description,
    incarnation: identity.incarnation,
    heartbeatIntervalMs: HEARTBEAT_MS,
    conditionTypes: once(
      declared.flatMap(({ conditions }) => conditions),
      ({ type }) => type,
    ).map((spec) => toProtoConditionType(conditionTypeOf(spec))),
    eventReasons: once([...declared.flatMap(({ events }) => events), ...STRAIN_EVENTS], ({ reason }) => reason).map(
      (spec) => toProtoEventReason(eventReasonOf(spec)),
    ),
    metrics: once(
      declared.flatMap(({ metrics }) => metrics),
      ({ name }) => name,
    ).map(({ name, help, kind, unit, title = '' }) => ({ name, help, kind, unit, title })),
    checks: runners.map(({ instance, definition: check, declared: own }) => ({
      check: instance.name,
      checkType: check.type,
      intervalMs: instance.intervalMs,
      timeoutMs: instance.timeoutMs,
      conditionTypes: own.conditions.map(({ type }) => type),
      dependsOn: [...instance.dependsOn],
      explainedBy: [...(instance.explainedBy ?? [])],
    })),
  }
}

export function metadataOf(
  definition: MonitorDefinition,
  runners: readonly Runner[],
  version: string,
): MonitorMetadata {
  const types = runners.flatMap((runner) => runner.declared.conditions.map(({ type }) => type))
  return {
    name: definition.name,
    version,
    description: definition.description,
    supportedConditions: [...new Set(types)],
    capabilities: { 'nodedoctor.v1.Monitor': 'true' },
    apiVersion: 'v1',
  }
}
