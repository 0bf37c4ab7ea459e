/**
 * `${VARIABLE}` and `${VARIABLE:-otherwise}` in values. Done on parsed texts, so that a variable can be nothing but a
 * part of one value: it cannot add a key, close a quote or comment something out.
 */
import type { ConfigProblem } from '../errors.ts'
import { HIDDEN, isSecretKey } from '../secrets.ts'
import type { MapNode, Place, ScalarNode, Tree } from '../tree/tree.ts'
import type { ConfigNote } from '../types.ts'

/** `$${NAME}` stands for the text `${NAME}`. */
const REFERENCE = /(\$?)\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}/g
const ONLY_REFERENCE = /^\$\{([A-Za-z_][A-Za-z0-9_]*)\}$/

/** Texts of a rule for logs, in which `${dev}` is a group of its expression, not a variable. */
export const OF_GROUPS = /^monitors\[\d+\]\.config\.rules\[\d+\]\.(?:match|message|entity|recover\.match)$/

export type Environment = Readonly<Record<string, string | undefined>>

export interface Substituted {
  readonly tree: MapNode
  readonly problems: readonly ConfigProblem[]
  readonly notes: readonly ConfigNote[]
}

/** A text with its variables, and which those are. */
interface Expanded {
  readonly text: string
  readonly used: readonly string[]
  /** Those of `used` that have neither a value nor another one in their place. */
  readonly unset: ReadonlySet<string>
}

function expand(text: string, env: Environment): Expanded {
  const used: string[] = []
  const unset = new Set<string>()
  // Behind the last brace nothing can end: a long text full of beginnings would be read once for each of them.
  const end = text.lastIndexOf('}') + 1
  const head = text
    .slice(0, end)
    .replace(REFERENCE, (whole: string, dollar: string, name: string, otherwise: string | undefined) => {
      if (dollar !== '') return whole.slice(1)
      used.push(name)
      const found = env[name]
      if (otherwise !== undefined) return found === undefined || found === '' ? otherwise : found
      if (found === undefined) unset.add(name)
      return found ?? ''
    })
  return { text: head + text.slice(end), used, unset }
}

/** @param hostName what stands for `settings.nodeName` when the variable that it names is not set */
export function substitute(tree: MapNode, env: Environment, hostName: string): Substituted {
  const problems: ConfigProblem[] = []
  const notes: ConfigNote[] = []

  function each(node: Tree, path: string, place: Place): Tree {
    if (node.kind === 'map') return map(node, path)
    if (node.kind === 'list')
      return { ...node, items: node.items.map((item, i) => each(item, `${path}[${i}]`, item.place)) }
    if (typeof node.value !== 'string' || !node.value.includes('${') || OF_GROUPS.test(path)) return node
    return scalar(node, node.value, path, place)
  }

  function map(node: MapNode, path: string): MapNode {
    const entries = [...node.entries].map(([key, entry]) => {
      const value = each(entry.node, path === '' ? key : `${path}.${key}`, entry.place)
      const place = value === entry.node ? entry.place : placeOf(entry.place, value)
      return [key, { place, node: value }] as const
    })
    return { ...node, entries: new Map(entries) }
  }

  /** A key is where its value comes from. */
  function placeOf(place: Place, value: Tree): Place {
    return value.kind === 'scalar' ? { ...place, origin: value.place.origin } : place
  }

  function scalar(node: ScalarNode, text: string, path: string, place: Place): Tree {
    if (path === 'settings.nodeName') {
      const name = ONLY_REFERENCE.exec(text)?.[1]
      if (name !== undefined && (env[name] ?? '') === '') return hostNamed(node, name)
    }
    const { text: value, used, unset } = expand(text, env)
    for (const name of unset) {
      problems.push({
        where: place.where,
        path,
        text: `the environment has no ${name}; set it, or write \${${name}:-VALUE} for a value without it`,
      })
    }
    if (used.length === 0) return { ...node, value, text: value }
    const { layer, text: at } = node.place.origin
    const origin = { layer, text: `${at}, from ${[...new Set(used)].join(', ')}` }
    const hidden = used.some(isSecretKey) ? { shown: HIDDEN } : {}
    return { ...node, place: { ...node.place, origin }, value, text: value, untyped: true, ...hidden }
  }

  function hostNamed(node: ScalarNode, variable: string): ScalarNode {
    const { layer, text } = node.place.origin
    const origin = { layer, text: `${text}; the host’s name, since ${variable} is not set` }
    notes.push({
      key: 'settings.nodeName',
      text: `${variable} is not set; the host’s name "${hostName}" is used`,
      origin,
    })
    return { ...node, place: { ...node.place, origin }, value: hostName, text: hostName }
  }

  return { tree: map(tree, ''), problems, notes }
}
