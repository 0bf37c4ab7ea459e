/** What one configured instance of a check may say: what every instance may, and what its configuration adds. */
import { CAMEL_CASE, namedTypes } from '#model'
import { DeclarationError } from './errors.ts'
import { declarationFaults } from './names.ts'
import type { CheckDefinition, ConditionSpec, Declaration } from './types.ts'

/** The parts of a definition that declare. */
export type Declaring<Config> = Pick<
  CheckDefinition<Config>,
  'conditions' | 'events' | 'metrics' | 'declare' | 'typesFrom' | 'typesOf'
>

/** Of a type of which only the name is known. */
const NO_WORDS = { source: '', warning: '', critical: '', sustained: '' } as const

/** What every instance of a check may say. */
export function commonDeclaration({ conditions, events = [], metrics = [] }: Declaration): Required<Declaration> {
  return { conditions, events, metrics }
}

function notNamed<Config>(types: readonly string[], definition: Declaring<Config>, config: Config): string | false {
  const { typesFrom: paths = [], typesOf } = definition
  const named = namedTypes(config, paths, typesOf)
  const strange = types.find((type) => !named.includes(type))
  const where =
    paths.length === 0 ? 'its definition has no typesFrom' : `its configuration has no such text at ${paths.join(', ')}`
  return strange !== undefined && `it declares condition type ${JSON.stringify(strange)}, and ${where}`
}

/**
 * What an instance may say.
 * @param name its configured name
 * @throws DeclarationError, or what `declare` throws
 */
export function declarationOf<Config>(
  definition: Declaring<Config>,
  name: string,
  config: Config,
): Required<Declaration> {
  const common = commonDeclaration(definition)
  if (definition.declare === undefined) return common
  const own = commonDeclaration(definition.declare(config))
  const named = namedTypes(config, definition.typesFrom ?? [], definition.typesOf)
  // What every instance may say this one may say in other words; what its configuration names is a type of its own.
  const instead = own.conditions.filter(
    ({ type }) => !named.includes(type) && common.conditions.some((spec) => spec.type === type),
  )
  const added = own.conditions.filter((spec) => !instead.includes(spec))
  const all = {
    conditions: [...common.conditions.map((spec) => instead.find(({ type }) => type === spec.type) ?? spec), ...added],
    events: [...common.events, ...own.events],
    metrics: [...common.metrics, ...own.metrics],
  }
  const types = added.map(({ type }) => type)
  const faults = [...declarationFaults(own), ...declarationFaults(all), notNamed(types, definition, config)]
  const fault = faults.find((text) => text !== false)
  if (fault !== undefined) throw new DeclarationError(name, fault)
  return all
}

/** What of its own an instance declares that is refused as a whole; nothing where it cannot say, or says what is no declaration. */
function refusedOf<Config>({ declare }: Declaring<Config>, config: Config): readonly ConditionSpec[] | undefined {
  try {
    const conditions: unknown = declare?.(config).conditions
    return Array.isArray(conditions)
      ? conditions.filter((spec: ConditionSpec) => typeof spec?.type === 'string')
      : undefined
  } catch {
    // It was refused for that already, and its conditions say why.
    return undefined
  }
}

/**
 * What an instance is taken to say whose declaration is refused: what every instance may, and the types that its configuration names,
 * as it declares them or else bare. A bare one that is no name of ours can only be told word by word.
 */
export function plainDeclaration<Config>(definition: Declaring<Config>, config: Config): Required<Declaration> {
  const common = commonDeclaration(definition)
  const known = new Set(common.conditions.map(({ type }) => type))
  const refused = refusedOf(definition, config)
  const bareOf = (type: string): ConditionSpec => ({
    ...{ type, label: type, description: '', healthyReason: '', healthyMessage: '' },
    ...NO_WORDS,
    ...(CAMEL_CASE.test(type) ? {} : { verbatim: true }),
  })
  const plain = [...new Set(namedTypes(config, definition.typesFrom ?? [], definition.typesOf))]
    .filter((type) => !known.has(type))
    .map((type) => refused?.find((spec) => spec.type === type) ?? bareOf(type))
    .filter((spec) => declarationFaults({ conditions: [spec] }).every((fault) => fault === false))
  return { ...common, conditions: [...common.conditions, ...plain] }
}
