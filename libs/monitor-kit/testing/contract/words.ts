/** What a monitor says of itself: its declaration and its README. */
import { KUBELET_CONDITIONS } from '#model'
import type { CheckDefinition, ConditionSpec, MonitorDefinition } from '../../types.ts'
import { type Clause, repeated } from './clause.ts'
import type { MonitorRoom } from './rooms.ts'

const CAMEL = /^[A-Z][A-Za-z]+$/

function ownedNames({ conditions, events = [], metrics = [] }: CheckDefinition<unknown>): readonly string[] {
  return [
    ...conditions.filter(({ shared }) => shared !== true).map(({ type }) => type),
    ...events.map(({ reason }) => reason),
    ...metrics.map(({ name }) => name),
  ]
}

function specsOf({ checks }: MonitorDefinition): readonly ConditionSpec[] {
  return checks.flatMap(({ conditions }) => conditions)
}

const belongsToOne: Clause<MonitorRoom> = {
  name: 'condition types, event reasons and metrics belong to one check each, and none is a condition of the kubelet',
  faults({ definition }) {
    const twice = repeated(definition.checks.flatMap(ownedNames)).map((name) => `${name} belongs to two checks`)
    const kubelets = specsOf(definition).filter(({ type }) => KUBELET_CONDITIONS.has(type))
    return [...twice, ...kubelets.map(({ type }) => `${type} is the kubelet's`)]
  },
}

function wordsMissing(spec: ConditionSpec): readonly string[] {
  const { description, label, healthyMessage, recoveryText = '', source, warning, critical, sustained } = spec
  const texts = { description, label, healthyMessage, recoveryText, source, warning, critical, sustained }
  const empty = Object.entries(texts).filter(([, text]) => text.trim() === '')
  return empty.map(([key]) => `${spec.type} has no ${key}`)
}

const saysWhatItIs: Clause<MonitorRoom> = {
  name: 'every condition says to people what it is, from where, from when on, and what proves it gone',
  faults: ({ definition }) =>
    specsOf(definition).flatMap((spec) => [
      ...wordsMissing(spec),
      ...[spec.type, spec.healthyReason]
        .filter((name) => !CAMEL.test(name))
        .map((name) => `"${name}" is not CamelCase`),
    ]),
}

const readmeNamesAll: Clause<MonitorRoom> = {
  name: 'the README names every check, condition, event, metric and key of the configuration',
  faults: ({ readme, checks }) =>
    checks.flatMap(({ definition, schema }) => {
      const types = definition.conditions.map(({ type }) => type)
      const names = [definition.type, ...types, ...ownedNames(definition), ...Object.keys(schema.shape)]
      const missing = [...new Set(names)].filter((name) => !readme.includes(`\`${name}\``))
      return missing.map((name) => `README.md says nothing of \`${name}\` (${definition.type})`)
    }),
}

/** Sentences about a whole monitor. */
export const MONITOR_CLAUSES: readonly Clause<MonitorRoom>[] = [belongsToOne, saysWhatItIs, readmeNamesAll]
