/** Puts single values of the environment and of flags over what the file says. */
import { isDeepStrictEqual } from 'node:util'
import type { ConfigProblem } from '../errors.ts'
import { suggestion } from '../nearest.ts'
import { cut, HIDDEN, isSecretKey, withoutUserinfo } from '../secrets.ts'
import { parseInline } from '../tree/read-yaml.ts'
import { emptyMap, isEmpty, type ListNode, type MapNode, type Place, plainOf, type Tree, treeOf } from '../tree/tree.ts'
import type { JsonSchema } from '../walk/json-schema.ts'
import type { Assignment } from './environment.ts'
import { hidden, isGivenToProgram, shownKey } from './hide.ts'

/** The schema of a check's own keys, by its type; undefined for a type that none of ours serves. */
export type ConfigSchemaOf = (type: string) => JsonSchema | undefined

/** The beginning of a list or a map as a flag gives it. */
const INLINE = /^\s*[[{]/

class NoSuchKeyError extends Error {}

/** Applies one after the other; a later one wins. */
export function overlay(
  tree: MapNode,
  assignments: readonly Assignment[],
  schema: JsonSchema,
  configSchemaOf: ConfigSchemaOf,
): { readonly tree: MapNode; readonly problems: readonly ConfigProblem[] } {
  const problems: ConfigProblem[] = []
  let current = tree
  for (const assignment of assignments) {
    const place = placeOf(assignment)
    try {
      current = putInMap(current, assignment.steps, { assignment, place, configSchemaOf }, schema)
    } catch (err) {
      if (!(err instanceof NoSuchKeyError)) throw err
      problems.push({ where: place.where, path: '', text: err.message })
    }
  }
  return { tree: current, problems }
}

/** A secret is not shown, and neither is a whole list or map, which may hold one. */
function placeOf({ name, value, layer, steps }: Assignment): Place {
  if (layer === 'environment') return { where: name, origin: { layer, text: `environment, ${name}` } }
  const hide = isSecretKey(steps.join('.')) || isGivenToProgram(steps) || INLINE.test(value)
  const bare = hide && value !== '' && name.endsWith(value) ? `${name.slice(0, -value.length)}…` : name
  const given = steps.findIndex((step, index) => shownKey(step, steps.slice(0, index)) !== step)
  const flag = cut(given < 0 ? withoutUserinfo(bare) : `--set ${steps.slice(0, given).join('.')}.${HIDDEN}=…`, 200)
  return { where: flag, origin: { layer, text: `flag, ${flag}` } }
}

interface Putting {
  readonly assignment: Assignment
  readonly place: Place
  readonly configSchemaOf: ConfigSchemaOf
}

function put(node: Tree | undefined, steps: readonly string[], putting: Putting, schema: JsonSchema | undefined): Tree {
  if (steps.length === 0) {
    const value = valueNode(putting, schema)
    return putting.assignment.isAdded === true ? withItems(node, value, putting, schema) : value
  }
  if (node?.kind === 'list') return putInList(node, steps, putting, schema)
  const map = node?.kind === 'map' ? node : undefined
  if (map === undefined && node !== undefined && !isEmpty(node)) {
    throw new NoSuchKeyError(`there is no "${shownStep(steps, putting)}" in a single value`)
  }
  if (map === undefined && schema?.type === 'array') {
    throw new NoSuchKeyError(
      `there is no item "${shownStep(steps, putting)}", the list is not written; set the list as a whole`,
    )
  }
  return putInMap(map ?? emptyMap(putting.place), steps, putting, schema)
}

function valueNode({ assignment, place }: Putting, schema: JsonSchema | undefined): Tree {
  const section = schema?.type === 'array' || schema?.type === 'object' || schema?.type === undefined
  const parsed = section ? parseInline(assignment.value) : undefined
  if (typeof parsed === 'object' && parsed !== null) return treeOf(parsed, place)
  if (schema !== undefined && schema.type === undefined && schema.anyOf === undefined && schema.enum === undefined) {
    return treeOf(parsed ?? assignment.value, place)
  }
  const tree = treeOf(assignment.value, place, true)
  // A list or a map that is none, for want of a bracket: what of it is a secret nobody can say.
  return section && INLINE.test(assignment.value) ? hidden(tree) : tree
}

/** The list as it is, or as it is by default, and behind it what is new. */
function withItems(node: Tree | undefined, value: Tree, { place }: Putting, schema: JsonSchema | undefined): Tree {
  if (schema?.type !== 'array') throw new NoSuchKeyError('it is no list, to which something could be added; set it')
  const isWritten = node !== undefined && !isEmpty(node)
  // What stands there by default is made later, of other keys: what is added would take its place.
  if (!isWritten && schema.default === undefined)
    throw new NoSuchKeyError('it is not written, and nothing can be added to what it is then; set it as a whole')
  const before = isWritten ? node : treeOf(schema.default, place)
  // What stands there is no list: that is its own fault.
  if (before.kind !== 'list') return before
  const more = value.kind === 'list' ? value.items : [value]
  const known = before.items.map(plainOf)
  const added = more.filter((item) => !known.some((one) => isDeepStrictEqual(one, plainOf(item))))
  return { ...before, items: [...before.items, ...added] }
}

function putInMap(map: MapNode, steps: readonly string[], putting: Putting, schema: JsonSchema | undefined): MapNode {
  const [written = '', ...rest] = steps
  const known = Object.entries(schema?.properties ?? {}).flatMap(([name, { aliases = [] }]) => [name, ...aliases])
  const key = putting.assignment.folded ? unfold(written, [...map.entries.keys(), ...known]) : written
  const property = propertyOf(schema, key, map, putting)
  const node = put(map.entries.get(key)?.node, rest, putting, property)
  const entries = new Map(map.entries)
  // Another name of the same key gives way: what comes later wins.
  const { aliases = [] } = own(schema?.properties, key) ?? {}
  for (const other of aliases) entries.delete(other)
  const before = map.entries.get(key)
  entries.set(key, { place: rest.length === 0 || before === undefined ? putting.place : before.place, node })
  return { ...map, entries }
}

function propertyOf(schema: JsonSchema | undefined, key: string, map: MapNode, putting: Putting) {
  const property = own(schema?.properties, key)
  if (property?.deferred === true) {
    const type = map.entries.get('type')?.node
    return (type?.kind === 'scalar' ? putting.configSchemaOf(type.text) : undefined) ?? {}
  }
  if (property !== undefined) return property
  return typeof schema?.additionalProperties === 'object' ? schema.additionalProperties : undefined
}

function putInList(
  list: ListNode,
  steps: readonly string[],
  putting: Putting,
  schema: JsonSchema | undefined,
): ListNode {
  const [step = '', ...rest] = steps
  const names = list.items.map((item) => nameOf(item) ?? '')
  const name = putting.assignment.folded ? unfold(step, names) : step
  const byName = names.indexOf(name)
  const index = byName >= 0 ? byName : /^\d{1,4}$/.test(step) ? Number(step) : -1
  if (list.items[index] === undefined) {
    const known = names.filter((known) => known !== '')
    const hint = known.length > 0 ? suggestion(step, known) : `expected a number below ${list.items.length}`
    throw new NoSuchKeyError(
      `there is no item "${shownStep(steps, putting)}" in ${putting.assignment.steps.slice(0, -steps.length).join('.')}; ${hint}`,
    )
  }
  return { ...list, items: list.items.map((item, i) => (i === index ? put(item, rest, putting, schema?.items) : item)) }
}

/** The first of the steps that are left. */
function shownStep(left: readonly string[], { assignment }: Putting): string {
  return shownKey(left[0] ?? '', assignment.steps.slice(0, -left.length))
}

function own<T>(record: Readonly<Record<string, T>> | undefined, key: string): T | undefined {
  return record !== undefined && Object.hasOwn(record, key) ? record[key] : undefined
}

function nameOf(node: Tree): string | undefined {
  const name = node.kind === 'map' ? node.entries.get('name')?.node : undefined
  return name?.kind === 'scalar' ? name.text : undefined
}

/** The name that was meant where neither case nor "-" can be written. */
function unfold(written: string, names: readonly string[]): string {
  const fold = (text: string) => text.toLowerCase().replace(/[-.]/g, '_')
  return names.includes(written) ? written : (names.find((name) => fold(name) === fold(written)) ?? written)
}
