/** YAML and JSON (which is YAML too) as a tree with the place of each value. The one wrapper of the package yaml. */
import {
  type Alias,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  type Node,
  parseDocument,
  type YAMLMap,
} from 'yaml'
import type { ConfigProblem } from '../errors.ts'
import { shownKey } from '../layers/hide.ts'
import { cut } from '../secrets.ts'
import { type Entry, emptyMap, type MapNode, type Place, plainOf, type Scalar, type Tree } from './tree.ts'

/** More values than that, aliases followed, are no configuration. */
const NODES_MAX = 50_000
const DEPTH_MAX = 32
/** Words, signs and runs of space. A file of 1 MiB that is nothing but signs would last ten times as long as one of texts. */
const TOKENS_MAX = 250_000

export interface Parsed {
  readonly tree: MapNode
  readonly problems: readonly ConfigProblem[]
}

/** They may be a value that begins with such a sign and lacks its quotes: a password. */
const NO_ANCHOR = 'an alias begins with "*", and nothing before it is named so; expected a text in quotes'
const NO_TAG = 'not valid YAML: a tag begins with "!", and this one says nothing here; expected a text in quotes'

class TooLargeError extends Error {}

const EXPECTED = 'expected apiVersion, kind and metadata'

/** A document whose root is a map. @param file its name as errors give it, `shortName` as origins do */
export function readYaml(text: string, file: string, shortName: string): Parsed {
  const start: Place = { where: file, origin: { layer: 'file', text: shortName } }
  const { tree, problems } = readTree(text, start)
  if (problems.length > 0) return { tree: emptyMap(start), problems }
  if (tree?.kind === 'map') return { tree, problems }
  const problem =
    tree === undefined
      ? { where: file, path: '', text: `is empty; ${EXPECTED}` }
      : { where: tree.place.where, path: '', text: `is not a map; ${EXPECTED}` }
  return { tree: emptyMap(start), problems: [problem] }
}

/** A single value as a flag gives it: `["a"]`, `{ path: / }`; undefined when it is no list and no map. */
export function parseInline(text: string): unknown {
  if (!/^\s*[[{]/.test(text)) return undefined
  const { tree, problems } = readTree(text, { where: '', origin: { layer: 'flag', text: '' } })
  return tree === undefined || problems.length > 0 ? undefined : plainOf(tree)
}

interface Read {
  /** undefined: there is nothing in it. */
  readonly tree: Tree | undefined
  readonly problems: readonly ConfigProblem[]
}

function readTree(text: string, start: Place): Read {
  const lines = new LineCounter()
  const placeAt = (offset: number): Place => {
    const { line, col } = lines.linePos(offset)
    const { layer, text: name } = start.origin
    return { where: `${start.where}:${line}:${col}`, origin: { layer, text: `${name}, line ${line}` } }
  }
  const problems: ConfigProblem[] = []
  const fault = (offset: number, what: string) =>
    problems.push({ where: placeAt(offset).where, path: '', text: cut(what, 300) })
  try {
    // Keys are compared in readEntries: the package's own comparison is quadratic, and a file of 1 MiB would last minutes.
    const options = { lineCounter: lines, prettyErrors: false, merge: true, uniqueKeys: false } as const
    countTokens(text)
    const doc = withoutStacks(() => parseDocument(text, options))
    for (const { pos, code, message } of [...doc.errors, ...doc.warnings]) fault(pos[0], sentence(code, message))
    if (problems.length > 0 || doc.contents === null) return { tree: undefined, problems }
    return { tree: createReader(doc.contents, placeAt, fault)(), problems }
  } catch (err) {
    if (!(err instanceof TooLargeError) && !(err instanceof RangeError)) throw err
    const why = err instanceof TooLargeError ? err.message : `is nested deeper than ${DEPTH_MAX} levels`
    return { tree: undefined, problems: [{ where: start.where, path: '', text: why }] }
  }
}

/** @throws TooLargeError */
function countTokens(text: string): void {
  let tokens = 0
  for (const _ of new Lexer().lex(text)) {
    if (++tokens > TOKENS_MAX) {
      throw new TooLargeError(`has more than ${TOKENS_MAX} words and signs; expected a configuration`)
    }
  }
}

/** The parser makes an error of each fault; where in the parser it was made is nobody's business, and takes most of the time. */
function withoutStacks<T>(act: () => T): T {
  const before = Error.stackTraceLimit
  Error.stackTraceLimit = 0
  try {
    return act()
  } finally {
    Error.stackTraceLimit = before
  }
}

/** The parser's message on one line, or a plainer one. */
function sentence(code: string, message: string): string {
  if (code === 'MULTIPLE_DOCS') return 'a second document begins here; expected one'
  if (code === 'TAB_AS_INDENT') return 'a tab indents this line; expected spaces'
  if (code === 'TAG_RESOLVE_FAILED') return NO_TAG
  if (message.includes('Maximum call stack size exceeded')) return `is nested deeper than ${DEPTH_MAX} levels`
  return `not valid YAML: ${cut(message.split('\n')[0] ?? message, 200)}`
}

/** What an anchor names: read once, shared by its aliases, and counted with each of them. */
interface Anchored {
  readonly tree: Tree
  readonly nodes: number
  readonly height: number
}

/** How much was read, and how deep. */
function createBudget() {
  const spent = { nodes: 0, deepest: 0 }
  return {
    spent,
    /** @throws TooLargeError */
    count(more: number, depth: number): void {
      spent.nodes += more
      spent.deepest = Math.max(spent.deepest, depth)
      if (spent.nodes > NODES_MAX) {
        throw new TooLargeError(`has more than ${NODES_MAX} values, aliases followed; expected a configuration`)
      }
      if (depth > DEPTH_MAX) throw new TooLargeError(`is nested deeper than ${DEPTH_MAX} levels`)
    },
  }
}

function createReader(
  root: Node,
  placeAt: (offset: number) => Place,
  fault: (offset: number, what: string) => void,
): () => Tree {
  const anchors = new Map<string, Anchored | 'open'>()
  const { spent, count } = createBudget()

  function read(node: unknown, offset: number, depth: number): Tree {
    if (isAlias(node)) return readAlias(node, offset, depth)
    const anchor = isNode(node) ? node.anchor : undefined
    if (anchor === undefined) return readPlain(node, offset, depth)
    anchors.set(anchor, 'open')
    const before = { ...spent }
    spent.deepest = depth
    const tree = readPlain(node, offset, depth)
    anchors.set(anchor, { tree, nodes: spent.nodes - before.nodes, height: spent.deepest - depth })
    spent.deepest = Math.max(spent.deepest, before.deepest)
    return tree
  }

  function readPlain(node: unknown, offset: number, depth: number): Tree {
    count(1, depth)
    const at = rangeStart(node) ?? offset
    const place = placeAt(at)
    if (isSeq(node)) return { kind: 'list', place, items: node.items.map((item) => read(item, at, depth + 1)) }
    if (isMap(node)) return { kind: 'map', place, entries: readEntries(node, at, depth) }
    const value = isScalar(node) ? node.value : null
    return { kind: 'scalar', place, value: scalarOf(value), text: textOf(node, value), untyped: false }
  }

  function readAlias(alias: Alias, offset: number, depth: number): Tree {
    const at = rangeStart(alias) ?? offset
    const target = anchors.get(alias.source)
    if (target === undefined) fault(at, `not valid YAML: ${NO_ANCHOR}`)
    if (target === 'open') fault(at, `*${alias.source} stands inside of &${alias.source}; expected no circle`)
    if (typeof target !== 'object') return { kind: 'scalar', place: placeAt(at), value: null, text: '', untyped: false }
    count(target.nodes, depth + target.height)
    return target.tree
  }

  function readEntries(map: YAMLMap, offset: number, depth: number): Map<string, Entry> {
    const entries = new Map<string, Entry>()
    const merged: Tree[] = []
    for (const pair of map.items) {
      const at = rangeStart(pair.key) ?? offset
      const key = keyOf(pair.key)
      if (key === undefined) fault(at, 'this key is no plain text; expected a name')
      else if (isMerge(pair.key)) merged.push(read(pair.value, at, depth + 1))
      else if (entries.has(key)) fault(at, `key "${cut(shownKey(key), 80)}" is written twice; expected it once`)
      else entries.set(key, { place: placeAt(at), node: read(pair.value, at, depth + 1) })
    }
    for (const tree of merged) mergeInto(entries, tree)
    return entries
  }

  return () => read(root, 0, 0)
}

/** `<<: *base` adds what is not written itself; of a list of maps the first counts. */
function mergeInto(entries: Map<string, Entry>, tree: Tree): void {
  if (tree.kind === 'list') for (const item of tree.items) mergeInto(entries, item)
  if (tree.kind !== 'map') return
  for (const [key, entry] of tree.entries) if (!entries.has(key)) entries.set(key, entry)
}

/** In quotes it is a key of that name, as Go has it. */
function isMerge(key: unknown): boolean {
  if (keyOf(key) !== '<<') return false
  return !isScalar(key) || key.type === undefined || key.type === 'PLAIN'
}

function keyOf(key: unknown): string | undefined {
  if (typeof key === 'string') return key
  if (!isScalar(key) || typeof key.value === 'object' || typeof key.value === 'undefined') return undefined
  return typeof key.value === 'symbol' ? '<<' : `${key.value as string | number | boolean | bigint}`
}

function rangeStart(node: unknown): number | undefined {
  const range = typeof node === 'object' && node !== null && 'range' in node ? node.range : undefined
  return Array.isArray(range) && typeof range[0] === 'number' ? range[0] : undefined
}

function scalarOf(value: unknown): Scalar {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value
  return value === null || value === undefined ? null : JSON.stringify(value)
}

function textOf(node: unknown, value: unknown): string {
  const source = isScalar(node) ? node.source : undefined
  if (typeof value === 'string') return value
  return source ?? (value === null || value === undefined ? '' : JSON.stringify(value))
}
