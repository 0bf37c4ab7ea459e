/** Regular expressions, and texts that name their groups. Refused here, in Go's words, so that nobody starts with one that is none. */
import type { Pattern } from '#pattern'
import type { MapNode, ScalarNode } from '../tree/tree.ts'
import type { JsonSchema } from './json-schema.ts'
import { below, type PatternReader, type Run, type Spot } from './run.ts'
import { quoted } from './words.ts'

/** A text that stands at a key, if one does. What is no text has its fault already. */
function textAt(node: MapNode, key: string) {
  const entry = node.entries.get(key)
  const text = entry?.node.kind === 'scalar' && typeof entry.node.value === 'string' ? entry.node : undefined
  return entry && text && { place: entry.place, node: text }
}

interface At {
  readonly spot: Spot
  readonly node: ScalarNode
}

function compiled({ compilePattern }: PatternReader, { spot, node }: At, run: Run): Pattern | undefined {
  try {
    return compilePattern(node.text)
  } catch (err) {
    // The class itself is not loaded here.
    if (!(err instanceof Error && 'reason' in err)) throw err
    const shown = quoted(node, spot.key)
    run.fault(spot, `${shown} is no regular expression: ${String(err.reason)}; expected one of Go's (RE2)`)
    return undefined
  }
}

function groupWords({ names, groupCount }: Pattern): string {
  const numbers = groupCount === 0 ? [] : [groupCount === 1 ? '$1' : `$1 to $${groupCount}`]
  const all = [...[...names.keys()].map((name) => `\${${name}}`), ...numbers]
  return all.length === 0 ? 'none, since it has none' : all.join(', ')
}

function checkTemplate(
  { parseTemplate }: PatternReader,
  { spot, node }: At,
  pattern: Pattern,
  key: string,
  run: Run,
): void {
  try {
    parseTemplate(node.text, pattern)
  } catch (err) {
    if (!(err instanceof Error && 'group' in err)) throw err
    const shown = quoted(node, spot.key)
    run.fault(spot, `${shown} names group "${String(err.group)}"; expected groups of "${key}": ${groupWords(pattern)}`)
  }
}

/** Those of a map, and of what stands beside them. */
export function checkPatterns({ properties = {} }: JsonSchema, node: MapNode, spot: Spot, run: Run): void {
  const { patterns } = run
  if (patterns === undefined) return
  const known = new Map<string, Pattern>()
  for (const [key, { regexp }] of Object.entries(properties)) {
    const found = regexp === true ? textAt(node, key) : undefined
    const pattern = found && compiled(patterns, { spot: below(spot, key, found.place), node: found.node }, run)
    if (pattern !== undefined) known.set(key, pattern)
  }
  for (const [key, { groupsOf = '' }] of Object.entries(properties)) {
    const pattern = known.get(groupsOf)
    const found = pattern && textAt(node, key)
    if (found)
      checkTemplate(patterns, { spot: below(spot, key, found.place), node: found.node }, pattern, groupsOf, run)
  }
}

/** Whether a schema asks for regular expressions anywhere. */
export function asksForPatterns({
  regexp,
  properties = {},
  items,
  additionalProperties,
  anyOf = [],
}: JsonSchema): boolean {
  const rest = typeof additionalProperties === 'object' ? [additionalProperties] : []
  return (
    regexp === true ||
    [...Object.values(properties), ...(items ? [items] : []), ...rest, ...anyOf].some(asksForPatterns)
  )
}
