/** What may be configured of a check, and what it needs to be tested. */
import { z } from 'zod'
import { type Clause, faultsOf } from './clause.ts'
import type { CheckRoom } from './rooms.ts'

const DESCRIPTION_MIN = 20

interface Described {
  readonly required?: readonly string[]
  readonly properties?: Readonly<Record<string, { readonly description?: string; readonly default?: unknown }>>
  readonly additionalProperties?: unknown
  readonly order?: readonly (readonly [string, string])[]
}

function describe({ schema }: CheckRoom): Described {
  return z.toJSONSchema(schema, { io: 'input' }) as Described
}

const hasDefaults: Clause<CheckRoom> = {
  name: 'describes every key, has a default for each that is not required, and takes no unknown one',
  faults(check) {
    const { required = [], properties = {}, additionalProperties } = describe(check)
    const keys = Object.entries(properties).flatMap(([key, { description = '', default: value }]) => [
      ...(description.length < DESCRIPTION_MIN ? [`key ${key} is not described`] : []),
      ...(value === undefined && !required.includes(key) ? [`key ${key} has no default`] : []),
    ])
    return [...keys, ...(additionalProperties === false ? [] : ['takes unknown keys'])]
  },
}

const limitsInOrder: Clause<CheckRoom> = {
  name: 'no warning limit may lie above its critical one',
  faults(check) {
    const { properties = {}, order } = describe(check)
    // Without an order of its own the catalogue pairs the keys by these names.
    if (order === undefined) return []
    const pairs = Object.keys(properties).flatMap((low) => {
      const high = low.replace('warning', 'critical').replace('Warning', 'Critical')
      return high !== low && high in properties ? [[low, high]] : []
    })
    const held = order.map((pair) => pair.join(' '))
    const lacking = pairs.filter((pair) => !held.includes(pair.join(' ')))
    return lacking.map(([low, high]) => `the schema's order does not hold ${low} against ${high}`)
  },
}

const hasFixtures: Clause<CheckRoom> = {
  name: 'has fixtures: well, and sick and hostile ones where it has conditions',
  faults(check) {
    const { conditions, typesFrom } = check.definition
    const kinds =
      conditions.length > 0 || typesFrom !== undefined ? (['well', 'sick', 'hostile'] as const) : (['well'] as const)
    return kinds.filter((kind) => check.named(kind).length === 0).map((kind) => `has no fixture ${kind}-…`)
  },
}

const declaresWhatIsNamed: Clause<CheckRoom> = {
  name: 'declares beside what every instance says only condition types that its keys name',
  faults: (check) =>
    faultsOf(check.named('well', 'sick', 'hostile'), (fixture) =>
      check.declaredOver(fixture).then(
        () => [],
        (err: unknown) => [err instanceof Error ? err.message : String(err)],
      ),
    ),
}

/** Sentences about what stands beside a check. */
export const CONFIGURATION_CLAUSES: readonly Clause<CheckRoom>[] = [
  hasDefaults,
  limitsInOrder,
  hasFixtures,
  declaresWhatIsNamed,
]
