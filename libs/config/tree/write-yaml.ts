/** A tree as YAML again: with the comments, the order and the quotes of the text that it was read from, where they have a place in it. */
import { isDeepStrictEqual } from 'node:util'
import {
  Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  Pair,
  parseDocument,
  Scalar,
  visit,
  YAMLMap,
  YAMLSeq,
} from 'yaml'
import { readYaml } from './read-yaml.ts'
import { type Entry, type ListNode, type MapNode, type Place, plainOf, type ScalarNode, type Tree } from './tree.ts'

const OPTIONS = { merge: true, uniqueKeys: false, prettyErrors: false } as const
/** Long texts stay on their line. */
const WRITING = { lineWidth: 0 } as const

/** "config.yaml:6:5" → "6:5"; what stands nowhere in the file is found nowhere. */
function positionOf({ where, origin }: Place): string {
  return origin.layer === 'file' ? (/(\d+:\d+)$/.exec(where)?.[1] ?? '') : ''
}

/** The nodes of a document by their kind and place, and its pairs by the place of their keys. */
interface Known {
  readonly nodes: ReadonlyMap<string, Node>
  readonly pairs: ReadonlyMap<string, Pair>
  readonly hasAliases: boolean
}

function kindOf(node: Node): Tree['kind'] {
  if (isMap(node)) return 'map'
  return isSeq(node) ? 'list' : 'scalar'
}

function known(doc: Document.Parsed, lines: LineCounter): Known {
  const nodes = new Map<string, Node>()
  const pairs = new Map<string, Pair>()
  let hasAliases = false
  const at = (node: Node) => {
    const { line, col } = lines.linePos(node.range?.[0] ?? 0)
    return `${line}:${col}`
  }
  visit(doc, {
    Node(key, node) {
      if (isAlias(node) || node.anchor !== undefined) hasAliases = true
      if (key !== 'key' && node.range) nodes.set(`${kindOf(node)} ${at(node)}`, node)
    },
    Pair(_, pair) {
      if (isScalar(pair.key) && pair.key.value === '<<') hasAliases = true
      if (isScalar(pair.key)) pairs.set(at(pair.key), pair)
    },
  })
  return { nodes, pairs, hasAliases }
}

/** What stands around a node in the text. */
function withSurroundings<T extends Node>(node: T, from: unknown): T {
  if (!isScalar(from) && !isMap(from) && !isSeq(from)) return node
  if (from.comment) node.comment = from.comment
  if (from.commentBefore) node.commentBefore = from.commentBefore
  if (from.spaceBefore === true) node.spaceBefore = true
  return node
}

function createBuilder({ nodes, pairs }: Known) {
  const used = new Set<Node>()
  /** The node of the text, once: what is written in two places now has its comments in the first. */
  function once(node: Tree): Node | undefined {
    const found = nodes.get(`${node.kind} ${positionOf(node.place)}`)
    if (found === undefined || used.has(found)) return undefined
    used.add(found)
    return found
  }

  function scalar(node: ScalarNode): Node {
    const found = once(node)
    if (isScalar(found) && found.value === node.value) return found
    return withSurroundings(new Scalar(node.value), found)
  }

  function list(node: ListNode): Node {
    const found = once(node)
    const seq = isSeq(found) ? found : new YAMLSeq()
    seq.items = node.items.map(build)
    return seq
  }

  function pair([key, entry]: readonly [string, Entry]): Pair {
    const found = pairs.get(positionOf(entry.place))
    const isSame = isScalar(found?.key) && found.key.value === key && !used.has(found.key)
    const name = isSame
      ? (found.key as Scalar)
      : withSurroundings(new Scalar(key), isUsed(found?.key) ? undefined : found?.key)
    if (isScalar(found?.key)) used.add(found.key)
    return new Pair(name, build(entry.node))
  }

  function isUsed(node: unknown): boolean {
    return isScalar(node) && used.has(node)
  }

  function map(node: MapNode): Node {
    const found = once(node)
    const built = isMap(found) ? found : new YAMLMap()
    built.items = [...node.entries].map(pair)
    return built
  }

  function build(node: Tree): Node {
    if (node.kind === 'scalar') return scalar(node)
    return node.kind === 'list' ? list(node) : map(node)
  }
  return build
}

/** A comment as YAML's own lines, without their signs. */
function commentOf(lines: readonly string[]): string {
  return lines.map((line) => ` ${line.replace(/[\r\n]+/g, ' ')}`).join('\n')
}

/**
 * @param text that the tree was read from, changed since; it is valid
 * @param head lines of a comment before everything
 */
export function writeYaml(text: string, tree: MapNode, head: readonly string[] = []): string {
  const lines = new LineCounter()
  const doc = parseDocument(text, { ...OPTIONS, lineCounter: lines })
  const parts = known(doc, lines)
  const plain = plainOf(tree)
  if (!parts.hasAliases) {
    // Its comments stand before the first key, where one would look for what it says of the file.
    if (head.length > 0)
      doc.commentBefore = [doc.commentBefore ?? '', commentOf(head)].filter((one) => one !== '').join('\n\n')
    doc.contents = createBuilder(parts)(tree) as typeof doc.contents
    const written = doc.toString(WRITING)
    const again = readYaml(written, '', '')
    if (again.problems.length === 0 && isDeepStrictEqual(plainOf(again.tree), plain)) return written
  }
  const comment = head.map((line) => `# ${line.replace(/[\r\n]+/g, ' ')}\n`).join('')
  const anew = new Document(plain, { aliasDuplicateObjects: false })
  // What is merged is merged already: a key of this name is one, and is none where it is not quoted.
  visit(anew, {
    Pair(_, { key }) {
      if (isScalar(key) && key.value === '<<') key.type = Scalar.QUOTE_DOUBLE
    },
  })
  return `${comment}${anew.toString(WRITING)}`
}
