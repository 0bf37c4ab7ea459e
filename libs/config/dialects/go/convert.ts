/** Values as they are written here. Pure. */
import type { ScalarNode, Tree } from '../../tree/tree.ts'
import type { Conversion, Row } from './types.ts'

/** What became of a value; undefined where it cannot be known before its variables are. */
export type Converted = { readonly node: Tree; readonly isOther: boolean } | undefined

const VARIABLE = /\$\{/

/** 0.8 of 80 %, without the tail of a division. */
function divided(value: number): number {
  return Number((value / 100).toPrecision(12))
}

function number(node: ScalarNode, value: number): Converted {
  return { node: { ...node, value, text: String(value) }, isOther: value !== node.value }
}

const BY: Readonly<Record<Exclude<Conversion, 'switch'>, (node: ScalarNode) => Converted>> = {
  percent: (node) => (typeof node.value === 'number' ? number(node, divided(node.value)) : { node, isOther: false }),
  share: (node) =>
    typeof node.value === 'number' && node.value > 1 ? number(node, divided(node.value)) : { node, isOther: false },
  ms: (node) => {
    if (typeof node.value !== 'number') return { node, isOther: false }
    const text = `${node.value}ms`
    return { node: { ...node, value: text, text }, isOther: true }
  },
}

/** `{ enabled: true }` as `true`. */
function switched(node: Tree): Converted {
  const enabled = node.kind === 'map' && node.entries.size === 1 ? node.entries.get('enabled')?.node : undefined
  return enabled === undefined ? { node, isOther: false } : { node: enabled, isOther: true }
}

/** A value of theirs as ours. What is of another kind than it should be stays, and is a fault of the walk. */
export function converted({ convert, words = {} }: Row, node: Tree): Converted {
  if (convert === 'switch') return switched(node)
  if (node.kind !== 'scalar') return { node, isOther: false }
  if (convert !== undefined) return VARIABLE.test(node.text) ? undefined : BY[convert](node)
  const word = typeof node.value === 'string' && Object.hasOwn(words, node.value) ? words[node.value] : undefined
  return word === undefined ? { node, isOther: false } : { node: { ...node, value: word, text: word }, isOther: true }
}
