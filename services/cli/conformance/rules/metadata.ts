/** Who a plug-in says it is, and what it says that it watches. */
import { cleanText } from '#model'
import { DECLARED_MAX, isTypeName, PLUGIN_NAME, VERSION_MAX } from '../limits.ts'
import { saidIn } from '../said.ts'
import type { Facts, Protocol, Rule } from '../types.ts'
import { counted, fail, failedWords, ofAnswer, pass, quoted, skip, unless } from '../verdict.ts'

/** What it says of itself, by each protocol that it speaks and answers. */
interface Self {
  readonly protocol: Protocol
  readonly call: string
  readonly name: string
  readonly version: string
  readonly types: readonly string[]
}

function selvesOf({ external, monitor }: Facts): Self[] {
  const selves: Self[] = []
  if (external?.metadata.kind === 'answered') {
    const { name, version, supportedConditions: types } = external.metadata.value
    selves.push({ protocol: 'npd.external.v1', call: 'GetMetadata', name, version, types })
  }
  if (monitor?.describe.kind === 'answered') {
    const { name, version, conditionTypes } = monitor.describe.value
    const types = conditionTypes.filter(({ verbatim }) => !verbatim).map(({ type }) => type)
    selves.push({ protocol: 'nodedoctor.v1', call: 'Describe', name, version, types })
  }
  return selves
}

/** Of whoever says who it is. */
function ofSelves(faultOf: (self: Self) => string | undefined, advice: string, well: (self: Self) => string) {
  return (facts: Facts) => {
    const [first, ...others] = selvesOf(facts)
    if (first === undefined) return skip('it does not say who it is')
    return unless(
      [first, ...others].map(faultOf).find((fault) => fault !== undefined),
      advice,
      well(first),
    )
  }
}

function versionFault({ call, version }: Self): string | undefined {
  if (version === '') return `${call} says no version`
  const isClean = cleanText(version, VERSION_MAX) === version
  return isClean ? undefined : `${call} says the version ${quoted(version)}, which is cut or cleaned`
}

function typesFault({ call, types }: Self): string | undefined {
  if (types.length > DECLARED_MAX) return `${call} names ${types.length} condition types, and ${DECLARED_MAX} are taken`
  const wrong = types.find((type) => !isTypeName(type))
  if (wrong !== undefined) return `${call} names the condition type ${quoted(wrong)}, which is not a name`
  const twice = types.find((type, index) => types.indexOf(type) !== index)
  return twice === undefined ? undefined : `${call} names ${twice} twice`
}

/** A type that is told and was not announced, by the same protocol. */
function undeclared(facts: Facts): string | undefined {
  const declared = new Map<Protocol, ReadonlySet<string>>(
    selvesOf(facts).map(({ protocol, types }) => [protocol, new Set(types)]),
  )
  const described = facts.monitor?.describe
  const told = described?.kind === 'answered' ? described.value.conditionTypes.map(({ type }) => type) : []
  for (const { protocol, where, conditions } of saidIn(facts)) {
    const names = declared.get(protocol)
    const isDeclared = (type: string) => names?.has(type) || (protocol === 'nodedoctor.v1' && told.includes(type))
    const strange = names && conditions.find(({ type }) => isTypeName(type) && !isDeclared(type))
    if (strange !== undefined) return `${where} tells of ${quoted(strange.type)}, which it does not declare`
  }
  return undefined
}

const NAMES = 'of letters, digits, ".", "_", "/" and "-", at most 63, the first a letter or digit'

export const metadataRules: readonly Rule[] = [
  {
    id: 'metadata',
    level: 'must',
    of: 'npd.external.v1',
    why: 'GetMetadata is answered: it is asked at the start and after each reconnection.',
    judge: ({ external }) => {
      const { metadata } = external ?? {}
      if (metadata === undefined || metadata.kind === 'not-asked') return skip(metadata?.why ?? 'it was not asked')
      if (metadata.kind === 'answered') return pass(quoted(metadata.value.description))
      return fail(`GetMetadata failed: ${failedWords(metadata)}`, 'answer it at any time, without waiting for a check')
    },
  },
  {
    id: 'metadata-name',
    level: 'must',
    why: 'It says a name, which is one: people see it beside the name of the socket.',
    judge: ofSelves(
      ({ call, name }) => (PLUGIN_NAME.test(name) ? undefined : `${call} says the name ${quoted(name)}`),
      'say one of letters, digits, ".", "_" and "-", at most 63, the first a letter or digit',
      ({ name }) => name,
    ),
  },
  {
    id: 'metadata-version',
    level: 'must',
    why: 'It says its own version, in at most 64 visible characters: by that people know what runs on a node.',
    judge: ofSelves(versionFault, 'say one such as "1.4.0", at most 64 characters', ({ version }) => version),
  },
  {
    id: 'metadata-api-version',
    level: 'must',
    of: 'npd.external.v1',
    why: 'GetMetadata says which version of the protocol it speaks: "v1".',
    judge: ({ external }) =>
      ofAnswer('GetMetadata', external?.metadata ?? { kind: 'not-asked', why: '' }, ({ apiVersion }) =>
        unless(
          /^v\d+(?:(?:alpha|beta)\d+)?$/.test(apiVersion)
            ? undefined
            : `GetMetadata says the api_version ${quoted(apiVersion)}`,
          'say "v1"',
          apiVersion,
        ),
      ),
  },
  {
    id: 'metadata-conditions',
    level: 'must',
    why: 'The condition types that it declares are names, none of them twice, at most 512.',
    judge: ofSelves(typesFault, `declare each once, ${NAMES}`, ({ types }) => counted(types.length, 'type')),
  },
  {
    id: 'declared',
    level: 'must',
    why: 'What it tells of is among what it declares: by nodedoctor.v1 anything else is refused.',
    judge: (facts) =>
      selvesOf(facts).length === 0
        ? skip('it does not say who it is')
        : unless(undeclared(facts), 'declare every type that may ever be told', 'all that it told of'),
  },
  {
    id: 'source',
    level: 'should',
    of: 'npd.external.v1',
    why: 'Status.source is the name that GetMetadata says: node-problem-detector shows it as the source of events.',
    judge: ({ external }) => {
      if (external?.metadata.kind !== 'answered') return skip('GetMetadata was not answered')
      const { name } = external.metadata.value
      return ofAnswer('CheckHealth', external.first, ({ source }) =>
        unless(
          source === name
            ? undefined
            : `CheckHealth says the source ${quoted(source)}, GetMetadata the name ${quoted(name)}`,
          'say the same in both',
          quoted(source),
        ),
      )
    },
  },
]
