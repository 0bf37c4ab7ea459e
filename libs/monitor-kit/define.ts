/** Checks and monitors as values. What cannot work is refused where it is written down, not when it runs. */
import { asRules, type ConditionType, type EventReason, TYPES_PATH } from '#model'
import { COMMON_FLAGS } from '#service'
import { DefinitionError } from './errors.ts'
import { declarationFaults, type Fault, repeated, wrongNames } from './names.ts'
import type { CheckDefinition, CheckResult, CheckSpec, ConditionSpec, EventSpec, MonitorDefinition } from './types.ts'

/** A name of a monitor or a check's type: part of paths, subjects and the configuration. */
const NAME = /^[a-z][a-z0-9-]{0,62}$/

/** Where its socket is, of every monitor that has its process for itself. */
export const SOCKET_FLAG = 'socket'

function refuse(what: string, problems: readonly Fault[]): void {
  const problem = problems.find((text) => typeof text === 'string')
  if (problem) throw new DefinitionError(what, problem)
}

function followsOnly(): Promise<CheckResult> {
  return Promise.resolve({ findings: [], partial: true })
}

/**
 * A check as a value. One folder and one line in its monitor's registry make it run.
 * @throws DefinitionError
 */
export function defineCheck<Config, Shared = unknown>(
  definition: CheckSpec<Config, Shared>,
): CheckDefinition<Config, Shared> {
  const { type, aliases = [], intervalMs, timeoutMs, typesFrom = [], apartBy, instances } = definition
  refuse(`check ${JSON.stringify(type)}`, [
    wrongNames('name', [type, ...aliases], NAME),
    repeated('name', [type, ...aliases]),
    !(timeoutMs > 0 && timeoutMs <= intervalMs) &&
      `its timeout of ${timeoutMs} ms is not between 0 and its interval of ${intervalMs} ms`,
    ...declarationFaults(definition),
    repeated('parameter', definition.parameters ?? []),
    wrongNames('path', [...typesFrom, ...(apartBy === undefined ? [] : [apartBy])], TYPES_PATH),
    typesFrom.length > 0 && definition.declare === undefined && 'it has typesFrom and no declare',
    apartBy !== undefined && instances === 'many' && 'of many instances each has its name; it has apartBy beside',
  ])
  // The turns of one that only follows say that it does, or why it does not.
  return 'create' in definition ? definition : { ...definition, create: () => followsOnly }
}

/**
 * A monitor as a value: a name and its checks.
 * @throws DefinitionError
 */
export function defineMonitor(definition: MonitorDefinition): MonitorDefinition {
  const { name, checks, flags = [] } = definition
  const named = flags.map((flag) => flag.name)
  const taken = named.find((flag) => [SOCKET_FLAG, ...COMMON_FLAGS].includes(flag))
  const types = checks.flatMap(({ conditions }) => conditions.filter(({ shared }) => !shared).map(({ type }) => type))
  refuse(`monitor ${JSON.stringify(name)}`, [
    wrongNames('name', [name], NAME),
    repeated(
      'check',
      checks.flatMap(({ type, aliases = [] }) => [type, ...aliases]),
    ),
    repeated('condition type, which no check says is shared,', types),
    wrongNames('flag', named, NAME),
    repeated('flag', named),
    taken !== undefined && `every monitor has the flag ${taken}`,
  ])
  return definition
}

/** A condition type with its defaults filled in. */
export function conditionTypeOf(spec: ConditionSpec): ConditionType {
  return {
    type: spec.type,
    polarity: spec.polarity ?? 'true-is-problem',
    description: spec.description,
    shared: spec.shared ?? false,
    recovery: asRules(spec.recovery),
    label: spec.label,
    recoveryText: spec.recoveryText ?? '',
    healthyReason: spec.healthyReason,
    healthyMessage: spec.healthyMessage,
    ...(spec.verbatim === true ? { verbatim: true } : {}),
  }
}

/** A reason of events with its defaults filled in. */
export function eventReasonOf({ reason, severity, description, recovery, verbatim }: EventSpec): EventReason {
  return {
    reason,
    severity,
    description,
    ...(recovery === undefined ? {} : { recovery: asRules(recovery) }),
    ...(verbatim === true ? { verbatim } : {}),
  }
}
