/** What a program is given is shown without its secrets: none of the values under `env`, and not all under `args`. */
import { withoutSecretArguments } from '../secret-arguments.ts'
import { HIDDEN } from '../secrets.ts'
import type { MapNode, Tree } from '../tree/tree.ts'

/** Keys of what a program is given, wherever they stand. */
export const [ARGUMENTS, ENVIRONMENT] = ['args', 'env'] as const

/** Whether a value at or below this key may hold a secret that its own name does not speak of. */
export function isGivenToProgram(steps: readonly string[]): boolean {
  return steps.some((step) => step === ARGUMENTS || step === ENVIRONMENT)
}

/** Characters of names. Whatever has others is no name, and may be what somebody wrote into its place. */
const NAME = /^[A-Za-z0-9_./-]*$/

/** A key as it is shown, of which a value with its name may have become a part: `TOKEN=…`. */
export function shownKey(key: string, steps: readonly string[] = []): string {
  if (NAME.test(key)) return key
  return isGivenToProgram(steps) ? HIDDEN : withoutSecretArguments([key]).join('')
}

/** A value of which nothing is shown. */
export function hidden(node: Tree): Tree {
  if (node.kind === 'scalar') return { ...node, shown: HIDDEN }
  if (node.kind === 'list') return { ...node, items: node.items.map(hidden) }
  const entries = [...node.entries].map(([key, entry]) => [key, { ...entry, node: hidden(entry.node) }] as const)
  return { ...node, entries: new Map(entries) }
}

/** Arguments one by one; what is none is hidden as a whole. */
function withoutArguments(node: Tree): Tree {
  if (node.kind !== 'list') return hidden(node)
  const shown = withoutSecretArguments(node.items.map((item) => (item.kind === 'scalar' ? item.text : '')))
  const items = node.items.map((item, index): Tree => {
    if (item.kind !== 'scalar') return hidden(item)
    return item.shown !== undefined || shown[index] === item.text ? item : { ...item, shown: shown[index] ?? HIDDEN }
  })
  return { ...node, items }
}

/** A configuration with what is to be shown of such values. What is in force stays as it is. */
export function hideGiven(tree: MapNode): MapNode {
  const entries = [...tree.entries].map(([key, entry]) => [key, { ...entry, node: each(key, entry.node) }] as const)
  return { ...tree, entries: new Map(entries) }
}

function each(key: string, node: Tree): Tree {
  if (key === ENVIRONMENT) return hidden(node)
  if (key === ARGUMENTS) return withoutArguments(node)
  if (node.kind === 'list') return { ...node, items: node.items.map((item) => each('', item)) }
  return node.kind === 'map' ? hideGiven(node) : node
}
