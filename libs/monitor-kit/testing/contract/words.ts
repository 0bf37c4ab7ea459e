/** What a monitor says of itself: its declaration and its README. */
import { KUBELET_CONDITIONS } from '#model'
import type { CheckDefinition, ConditionSpec } from '../../types.ts'
import { type Clause, repeated } from './clause.ts'
import type { MonitorRoom } from './rooms.ts'

const CAMEL = /^[A-Z][A-Za-z\d]+$/

function ownedNames({ conditions, events = [], metrics = [] }: CheckDefinition<unknown>): readonly string[] {
  return [
    ...conditions.filter(({ shared }) => shared !== true).map(({ type }) => type),
    ...events.map(({ reason }) => reason),
    ...metrics.map(({ name }) => name),
  ]
}

/** What its checks declare, and what their instances do with the keys of fixtures. */
async function specsOf({ definition, checks }: MonitorRoom): Promise<readonly ConditionSpec[]> {
  const common = definition.checks.flatMap(({ conditions }) => conditions)
  const own = checks.filter((check) => check.definition.declare !== undefined)
  const rooms = own.flatMap((check) => check.named('well', 'sick', 'hostile').map((name) => check.declaredOver(name)))
  // One that may not declare is told by a sentence of its own.
  const declared = (await Promise.allSettled(rooms)).flatMap((one) =>
    one.status === 'fulfilled' ? one.value.conditions : [],
  )
  const bySpec = new Map([...common, ...declared].map((spec) => [spec.type, spec]))
  return [...bySpec.values()]
}

const belongsToOne: Clause<MonitorRoom> = {
  name: 'condition types, event reasons and metrics belong to one check each, and none is a condition of the kubelet',
  async faults(room) {
    const { definition } = room
    const twice = repeated(definition.checks.flatMap(ownedNames)).map((name) => `${name} belongs to two checks`)
    const kubelets = (await specsOf(room)).filter(({ type }) => KUBELET_CONDITIONS.has(type))
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
  faults: async (room) =>
    (await specsOf(room)).flatMap((spec) => [
      ...wordsMissing(spec),
      // What is told word by word is called as its source calls it.
      ...(spec.verbatim === true ? [] : [spec.type, spec.healthyReason])
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
