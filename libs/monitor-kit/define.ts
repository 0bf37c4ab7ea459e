import type { ConditionType } from '#model'
import type { CheckDefinition, ConditionSpec, MonitorDefinition } from './types.ts'

/** A check as a value. One folder and one line in its monitor's registry make it run. */
export function defineCheck<Config>(definition: CheckDefinition<Config>): CheckDefinition<Config> {
  return definition
}

/** A monitor as a value: a name and its checks. */
export function defineMonitor(definition: MonitorDefinition): MonitorDefinition {
  return definition
}

/** A condition type with its defaults filled in. */
export function conditionTypeOf(spec: ConditionSpec): ConditionType {
  return {
    type: spec.type,
    polarity: spec.polarity ?? 'true-is-problem',
    description: spec.description,
    shared: spec.shared ?? false,
    recovery: spec.recovery ?? { kind: 'healthy-checks', count: 2 },
    label: spec.label,
    recoveryText: spec.recoveryText ?? '',
    healthyReason: spec.healthyReason,
    healthyMessage: spec.healthyMessage,
  }
}
