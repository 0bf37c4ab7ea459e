/** Which kind of file it is, by what stands in it. */
import type { JsonNode } from './json.ts'
import type { NpdKind } from './kinds.ts'
import { matchesKey } from './shapes.ts'

const STATS_KEYS = ['invokeInterval', 'procPath', 'cpu', 'disk', 'host', 'memory', 'osFeature', 'net'] as const
const RULE_KEYS = [
  'rules',
  'conditions',
  'pluginConfig',
  'bufferSize',
  'logPath',
  'lookback',
  'delay',
  'skipList',
] as const

/** By the value of `plugin`; every other is a log's. */
const KIND_OF_PLUGIN: ReadonlyMap<string, NpdKind> = new Map([
  ['custom', 'plugin'],
  ['external', 'external'],
])

/** Undefined where no key of any kind stands in it. */
export function kindOf(root: JsonNode): NpdKind | undefined {
  if (root.kind !== 'object') return undefined
  const has = (names: readonly string[]) => root.members.some(({ key }) => matchesKey(key, names))
  const plugin = root.members.findLast(({ key }) => matchesKey(key, ['plugin']))?.value
  if (plugin?.kind === 'text') return KIND_OF_PLUGIN.get(plugin.value) ?? 'log'
  if (namesSocket(root)) return 'external'
  if (has(STATS_KEYS)) return 'stats'
  if (plugin === undefined && !has(RULE_KEYS)) return undefined
  return has(RULE_KEYS.slice(3)) || !rulesHavePaths(root) ? 'log' : 'plugin'
}

function namesSocket(root: JsonNode & { readonly kind: 'object' }): boolean {
  const config = root.members.findLast(({ key }) => matchesKey(key, ['pluginConfig']))?.value
  if (config?.kind !== 'object') return false
  return config.members.some(({ key }) => matchesKey(key, ['socketAddress', 'socketPath']))
}

function rulesHavePaths(root: JsonNode & { readonly kind: 'object' }): boolean {
  const rules = root.members.findLast(({ key }) => matchesKey(key, ['rules']))?.value
  if (rules?.kind !== 'array') return false
  return rules.items.some((rule) => rule.kind === 'object' && rule.members.some(({ key }) => matchesKey(key, ['path'])))
}
