/** Checks and monitors as values. What cannot work is refused where it is written down, not when it runs. */
import { type ConditionType, DEFAULT_RECOVERY } from '#model'
import { DefinitionError } from './errors.ts'
import type { CheckDefinition, ConditionSpec, MonitorDefinition } from './types.ts'

/** A name of a monitor or a check's type: part of paths, subjects and the configuration. */
const NAME = /^[a-z][a-z0-9-]{0,62}$/
/** A condition type or reason: CamelCase, as Kubernetes has them. */
const CAMEL = /^[A-Z][A-Za-z0-9]{0,62}$/
const METRIC = /^[a-z][a-z0-9_]{0,127}$/

function twice(names: readonly string[]): string[] {
  return names.filter((name, index) => names.indexOf(name) !== index)
}

function refuse(what: string, problems: readonly (string | false | undefined)[]): void {
  const problem = problems.find((text) => typeof text === 'string')
  if (problem) throw new DefinitionError(what, problem)
}

function wrongNames(what: string, names: readonly string[], pattern: RegExp): string | false {
  const wrong = names.filter((name) => !pattern.test(name))
  return wrong.length > 0 && `${what} ${JSON.stringify(wrong[0])} does not match ${pattern.source}`
}

function repeated(what: string, names: readonly string[]): string | false {
  const [name] = twice(names)
  return name !== undefined && `${what} ${name} stands there twice`
}

/**
 * A check as a value. One folder and one line in its monitor's registry make it run.
 * @throws DefinitionError
 */
export function defineCheck<Config>(definition: CheckDefinition<Config>): CheckDefinition<Config> {
  const { type, aliases = [], intervalMs, timeoutMs, conditions, events = [], metrics = [] } = definition
  const reasons = events.map(({ reason }) => reason)
  const types = conditions.map((condition) => condition.type)
  const names = metrics.map(({ name }) => name)
  refuse(`check ${JSON.stringify(type)}`, [
    wrongNames('name', [type, ...aliases], NAME),
    repeated('name', [type, ...aliases]),
    !(timeoutMs > 0 && timeoutMs <= intervalMs) &&
      `its timeout of ${timeoutMs} ms is not between 0 and its interval of ${intervalMs} ms`,
    wrongNames('condition type', types, CAMEL),
    repeated('condition type', types),
    wrongNames('event reason', reasons, CAMEL),
    repeated('event reason', reasons),
    wrongNames('metric', names, METRIC),
    repeated('metric', names),
  ])
  return definition
}

/**
 * A monitor as a value: a name and its checks.
 * @throws DefinitionError
 */
export function defineMonitor(definition: MonitorDefinition): MonitorDefinition {
  const { name, checks } = definition
  const types = checks.flatMap(({ conditions }) => conditions.filter(({ shared }) => !shared).map(({ type }) => type))
  refuse(`monitor ${JSON.stringify(name)}`, [
    wrongNames('name', [name], NAME),
    repeated(
      'check',
      checks.flatMap(({ type, aliases = [] }) => [type, ...aliases]),
    ),
    repeated('condition type, which no check says is shared,', types),
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
    recovery: spec.recovery ?? DEFAULT_RECOVERY,
    label: spec.label,
    recoveryText: spec.recoveryText ?? '',
    healthyReason: spec.healthyReason,
    healthyMessage: spec.healthyMessage,
  }
}
