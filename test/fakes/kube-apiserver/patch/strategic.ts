/**
 * Strategic merge, after apimachinery's pkg/util/strategicpatch (mergeMap and what it calls), with the texts of its
 * errors. Lists merge by the key that their field declares; everything else is replaced.
 */
import { goKind, printed } from '../go.ts'
import { isObject, isSame, type Json, type JsonObject } from '../json.ts'
import { type FieldType, findDefinition } from '../schema.ts'
import { badRequest, internal } from '../status.ts'

const DIRECTIVE = '$patch'
const RETAIN_KEYS = '$retainKeys'
const DELETE_PREFIX = '$deleteFromPrimitiveList/'
const ORDER_PREFIX = '$setElementOrder/'

/** How one field is merged; `type` is that of its values or elements. */
interface Meta {
  readonly merges: boolean
  readonly key: string
  readonly definition: string
}

/**
 * @param patch directives that were followed are gone from it afterwards, as they are where the real server prints it
 * @returns the merged object; `original` is not touched
 * @throws Refusal when the patch is none
 */
export function strategicMerge(definition: string, original: JsonObject, patch: JsonObject): JsonObject {
  return mergeMap(structuredClone(original), patch, definition)
}

function metaOf(definition: string, field: string): Meta {
  const type = findDefinition(definition)?.fields[field]
  if (definition === '') return { merges: false, key: '', definition: '' }
  if (type === undefined)
    throw internal(`unable to find api field in struct ${definition.split('.').at(-1)} for the json field "${field}"`)
  const element = typeof type === 'object' && 'list' in type ? type.list : type
  return {
    merges: typeof type === 'object' && 'list' in type && type.merge === true,
    key: typeof type === 'object' && 'list' in type ? (type.key ?? '') : '',
    definition: definitionOf(element),
  }
}

function definitionOf(type: FieldType): string {
  return typeof type === 'string' && type.startsWith('#') ? type.slice(1) : ''
}

function mergeMap(original: JsonObject, patch: JsonObject, definition: string): JsonObject {
  const directive = patch[DIRECTIVE]
  if (directive !== undefined) {
    if (directive !== 'replace' && directive !== 'delete') throw unknownDirective(directive, patch)
    if (directive === 'delete') return {}
    delete patch[DIRECTIVE]
    return patch
  }
  retainKeys(original, patch)
  mergeOrdered(original, patch, definition)
  for (const [key, value] of Object.entries(patch)) {
    const isDeletion = key.startsWith(DELETE_PREFIX)
    const field = isDeletion ? key.slice(DELETE_PREFIX.length) : key
    if (value === null) delete original[field]
    else mergeField(original, field, value, definition, isDeletion)
  }
  return original
}

function mergeField(original: JsonObject, field: string, value: Json, definition: string, isDeletion: boolean): void {
  const old = original[field]
  if (isObject(old) && isObject(value)) {
    original[field] = mergeMap(old, value, metaOf(definition, field).definition)
  } else if (Array.isArray(old) && Array.isArray(value)) {
    const meta = metaOf(definition, field)
    original[field] = meta.merges || isDeletion ? mergeSlice(old, value, meta, isDeletion) : value
  } else if (!isDeletion) {
    const kept = withoutDirectives(withoutNulls(value))
    if (kept === undefined) delete original[field]
    else original[field] = kept
  }
}

function retainKeys(original: JsonObject, patch: JsonObject): void {
  const keys = patch[RETAIN_KEYS]
  if (keys === undefined) return
  delete patch[RETAIN_KEYS]
  const bad = badRequest('invalid patch format of retainKeys')
  if (!Array.isArray(keys)) throw bad
  for (const [key, value] of Object.entries(patch)) {
    if (value === null || key.startsWith(DELETE_PREFIX) || key.startsWith(ORDER_PREFIX)) continue
    if (!keys.includes(key)) throw bad
  }
  for (const key of Object.keys(original)) if (!keys.includes(key)) delete original[key]
}

/** Lists whose order the patch gives are merged with it, and taken out of the patch. */
function mergeOrdered(original: JsonObject, patch: JsonObject, definition: string): void {
  for (const [directive, order] of Object.entries(patch)) {
    if (!directive.startsWith(ORDER_PREFIX)) continue
    delete patch[directive]
    if (!Array.isArray(order)) throw noList(order)
    const field = directive.slice(ORDER_PREFIX.length)
    const old = original[field]
    const value = patch[field]
    if (old !== undefined && !Array.isArray(old)) throw noList(old)
    if (value !== undefined && !Array.isArray(value)) throw noList(value)
    const meta = metaOf(definition, field)
    checkOrder(value ?? [], order, meta.key)
    if (old === undefined && value === undefined) continue
    if ((old ?? []).length === 0 && (value ?? []).length === 0) throw internal('no elements in any of the given slices')
    let merged = old ?? []
    if (old === undefined) merged = withoutDirectives(value ?? []) as Json[]
    else if (value !== undefined) merged = meta.merges ? mergeSlice([...old], value, meta, false) : value
    const [named, others] = partition(merged, order, meta.key)
    original[field] = ordered(named, others, order, old ?? [], meta.key)
    delete patch[field]
  }
}

function checkOrder(patch: readonly Json[], order: readonly Json[], key: string): void {
  if (order.length === 0) return
  const left = patch.filter((item) => !(isObject(item) && DIRECTIVE in item))
  const keyless = left.find((item) => key !== '' && isObject(item) && item[key] === undefined)
  if (isObject(keyless)) throw noMergeKey(keyless, key)
  let at = 0
  for (const item of order) if (at < left.length && isSameKey(left[at], item, key)) at += 1
  if (at < left.length)
    throw internal(
      `The order in patch list:\n${printed([...patch])}\n doesn't match ${ORDER_PREFIX.slice(0, -1)} list:\n${printed([...order])}\n`,
    )
}

function mergeSlice(original: Json[], patch: Json[], meta: Meta, isDeletion: boolean): Json[] {
  if (original.length === 0 && patch.length === 0) return original
  if (!isObject(original[0] ?? patch[0])) {
    if (isDeletion) return original.filter((item) => !patch.includes(item))
    const merged = [...new Set([...original, ...patch])]
    const [named, others] = partition(merged, patch, '')
    return ordered(named, others, patch, original, '')
  }
  if (meta.key === '') throw internal(`cannot merge lists without merge key for ${meta.definition.split('.').at(-1)}`)
  const { old, items } = applyDirectives(original, patch, meta.key)
  const merged = [...old]
  for (const item of items) {
    const key = item[meta.key]
    if (key === undefined) throw noMergeKey(item, meta.key)
    const index = merged.findIndex((other) => isObject(other) && isSame(other[meta.key], key))
    const found = merged[index]
    if (isObject(found)) merged[index] = mergeMap(found, structuredClone(item), meta.definition)
    else merged.push(item)
  }
  const [named, others] = partition(merged, items, meta.key)
  return ordered(named, others, items, old, meta.key)
}

function applyDirectives(
  original: readonly Json[],
  patch: readonly Json[],
  key: string,
): { readonly old: Json[]; readonly items: JsonObject[] } {
  let old = [...original]
  const items: JsonObject[] = []
  let isReplaced = false
  for (const item of patch) {
    if (!isObject(item)) throw internal(`the elements of a list that merges by ${key} are maps, not ${printed(item)}`)
    const directive = item[DIRECTIVE]
    if (directive === undefined) items.push(item)
    else if (directive === 'replace') isReplaced = true
    else if (directive === 'merge') throw internal('merging lists cannot yet be specified in the patch')
    else if (directive !== 'delete') throw unknownDirective(directive, item)
    else if (item[key] === undefined) throw noMergeKey(item, key)
    else old = old.filter((other) => !(isObject(other) && isSame(other[key], item[key])))
  }
  return isReplaced ? { old: items, items: [] } : { old, items }
}

function unknownDirective(directive: Json, patch: JsonObject) {
  return internal(`unknown patch type: ${printed(directive)} in map: ${printed(patch)}`)
}

/** Go prints what it expected and got; of a nil it can only say so. */
function noList(value: Json) {
  const got = value === null ? '%!s(<nil>)' : typeof value === 'string' ? 'string' : goKind(value)
  return internal(`expected a []interface {}, but received a ${got}`)
}

function noMergeKey(item: JsonObject, key: string) {
  return internal(`map: ${printed(item)} does not contain declared merge key: ${key}`)
}

function isSameKey(a: Json | undefined, b: Json | undefined, key: string): boolean {
  return key === '' || !isObject(a) || !isObject(b) ? isSame(a, b) : isSame(a[key], b[key])
}

function indexIn(list: readonly Json[], item: Json, key: string): number {
  return list.findIndex((other) => isSameKey(other, item, key))
}

function partition(items: readonly Json[], by: readonly Json[], key: string): [Json[], Json[]] {
  const isNamed = (item: Json) => indexIn(by, item, key) >= 0
  return [items.filter(isNamed), items.filter((item) => !isNamed(item))]
}

/** What the patch names comes in its order, the rest in the server's; a new item comes before what it cannot be compared with. */
function ordered(named: Json[], others: Json[], order: readonly Json[], old: readonly Json[], key: string): Json[] {
  const sorted = (items: Json[], by: readonly Json[]) =>
    items.toSorted((a, b) => indexIn(by, a, key) - indexIn(by, b, key))
  const left = sorted(others, old)
  const right = sorted(named, order)
  const out: Json[] = []
  while (left.length > 0 && right.length > 0) {
    const l = indexIn(old, left[0] ?? null, key)
    const r = indexIn(old, right[0] ?? null, key)
    out.push((l >= 0 && r >= 0 && l < r ? left.shift() : right.shift()) ?? null)
  }
  return [...out, ...left, ...right]
}

function withoutNulls(value: Json): Json {
  if (Array.isArray(value)) for (const item of value) withoutNulls(item)
  if (!isObject(value)) return value
  for (const [key, item] of Object.entries(value)) {
    if (item === null) delete value[key]
    else withoutNulls(item)
  }
  return value
}

/** undefined when the value is itself a directive. */
function withoutDirectives(value: Json): Json | undefined {
  if (Array.isArray(value)) return value.map(withoutDirectives).filter((item) => item !== undefined)
  if (!isObject(value)) return value
  if (DIRECTIVE in value) return undefined
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, item]) => {
      const kept = withoutDirectives(item)
      return kept === undefined ? [] : [[key, kept]]
    }),
  )
}
