/**
 * Holds a tree against a schema: returns its plain value with defaults applied and durations in milliseconds; every
 * fault goes to the run with its place. Where there was a fault the value is not to be used.
 */
import { parseDurationMs } from '../duration.ts'
import { emptyMap, isEmpty, type MapNode, type Place, type Tree } from '../tree/tree.ts'
import type { JsonSchema } from './json-schema.ts'
import { at, below, Run, type Spot } from './run.ts'
import { walkAny } from './walk-any.ts'
import { checkOrder } from './walk-order.ts'
import { checkPatterns } from './walk-patterns.ts'
import { nameFault, walkScalar } from './walk-scalar.ts'
import { checkIdle, checkTogether } from './walk-together.ts'
import { expectedWords, mapWords, quoted } from './words.ts'

/** A map with keys of anybody's choice (labels, parameters) has no more. */
const RECORD_KEYS_MAX = 1000
/** Levels of a list whose items have the keys of what encloses it, as the Go Node Doctor has it. */
export const NESTED_MAX = 10

type Values = Readonly<Record<string, unknown>>

/** @param outer the values of the enclosing object, for keys that inherit */
export function walk(schema: JsonSchema, node: Tree, spot: Spot, run: Run, outer: Values = {}): unknown {
  if (schema.type === 'object') return walkObject(schema, node, spot, run)
  if (schema.type === 'array') return walkList(schema, node, spot, run, outer)
  if (schema.type === undefined && schema.anyOf === undefined && schema.enum === undefined) {
    return walkAny(schema, node, spot, run)
  }
  return walkScalar(schema, node, spot, run)
}

function walkList(schema: JsonSchema, node: Tree, spot: Spot, run: Run, outer: Values): unknown {
  if (node.kind !== 'list') {
    run.fault(spot, `${quoted(node, spot.key)} is not a list; expected a list, each item beginning with "- "`)
    return []
  }
  const { maxItems = Number.POSITIVE_INFINITY, minItems = 0, items = {} } = schema
  if (node.items.length > maxItems) run.fault(spot, `has ${node.items.length} items; expected at most ${maxItems}`)
  if (node.items.length < minItems) run.fault(spot, `has ${node.items.length} items; expected at least ${minItems}`)
  if (node.items.length === 0) run.wrote(spot, node, schema)
  const seen = new Map<unknown, Place>()
  return node.items.slice(0, maxItems).map((item, index) => {
    const { unique } = schema
    const named = unique === undefined ? undefined : textOf(item, unique)
    const itemSpot = at(spot, index, unique === 'name' ? named : undefined, item.place)
    const value =
      items.type === 'object' ? walkObject(items, item, itemSpot, run, outer) : walk(items, item, itemSpot, run)
    if (named !== undefined && unique !== undefined) {
      // As it is in force: one path spelled twice is one path.
      const told = isValues(value) ? (value[unique] ?? named) : named
      const first = seen.get(told)
      const where = item.kind === 'map' ? (item.entries.get(unique)?.place ?? item.place) : item.place
      if (first === undefined) seen.set(told, where)
      else
        run.fault(
          below(itemSpot, unique, where),
          `"${named}" is taken already, at ${first.where}; expected another ${unique}`,
        )
    }
    return value
  })
}

function isValues(value: unknown): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function textOf(node: Tree, key: string): string | undefined {
  const found = node.kind === 'map' ? node.entries.get(key)?.node : undefined
  return found?.kind === 'scalar' && found.value !== null ? found.text : undefined
}

function walkObject(schema: JsonSchema, node: Tree, spot: Spot, run: Run, outer: Values = {}): unknown {
  if (node.kind !== 'map') {
    run.fault(spot, `${quoted(node, spot.key)} is not a map; expected ${mapWords(schema)}`)
    // As if it were not written, so that what else is wrong can be looked for.
    return schema.properties === undefined ? {} : walkProperties(schema, emptyMap(spot.place), spot, new Run(), outer)
  }
  if (schema.properties === undefined) return walkRecord(schema, node, spot, run)
  const value = walkProperties(schema, node, spot, run, outer)
  checkOrder(schema, node, value, spot, run)
  checkTogether(schema, node, spot, run)
  checkPatterns(schema, node, spot, run)
  return value
}

function walkRecord(schema: JsonSchema, node: MapNode, spot: Spot, run: Run): Record<string, unknown> {
  const rest = typeof schema.additionalProperties === 'object' ? schema.additionalProperties : {}
  const { size } = node.entries
  if (size > RECORD_KEYS_MAX) run.fault(spot, `has ${size} keys; expected at most ${RECORD_KEYS_MAX}`)
  const entries = [...node.entries].slice(0, RECORD_KEYS_MAX).map(([key, entry]) => {
    const itemSpot = below(spot, key, entry.place)
    const name = keyFault(schema.propertyNames, key, run)
    if (name !== undefined) run.fault(itemSpot, name)
    const faults = run.problems.length
    const value = walk(rest, asWritten(rest, entry.node), itemSpot, run)
    if (run.problems.length === faults) checkIdle(schema, key, value, { spot: itemSpot, run })
    return [key, value] as const
  })
  return Object.fromEntries(entries)
}

/** Why a key may not stand in a map: it is none of those there are, or none at all. */
function keyFault(names: JsonSchema | undefined, key: string, run: Run): string | undefined {
  if (names?.enum === undefined) return nameFault(names, key)
  const known = names.enum.map(String)
  return known.includes(key) ? undefined : `unknown key; ${run.suggest(key, known)}`
}

/** Where texts by any key are wanted (parameters of a plug-in), a number or a boolean is the text as it was written. */
function asWritten(schema: JsonSchema, node: Tree): Tree {
  if (schema.type !== 'string' || node.kind !== 'scalar' || node.value === null) return node
  return { ...node, untyped: true }
}

function walkProperties(schema: JsonSchema, node: MapNode, spot: Spot, run: Run, outer: Values): Values {
  const properties = schema.properties ?? {}
  const written = canonical(schema, node, spot, run)
  // Keys that items of a list inherit come before the lists.
  const names = Object.keys(properties).sort((a, b) => rank(properties[a]) - rank(properties[b]))
  const value: Record<string, unknown> = {}
  for (const name of names) {
    const property = properties[name] ?? {}
    if (property.deferred === true) continue
    const entry = written.get(name)
    if (entry !== undefined && !(isEmpty(entry.node) && isSection(property))) {
      const inner = below(spot, name, entry.place)
      value[name] =
        property.nested === true
          ? walkNested(schema, name, entry.node, inner, run)
          : walk(property, entry.node, inner, run, value)
    } else if (property.inherits === true && name in outer) {
      value[name] = outer[name]
    } else if (property.default !== undefined) {
      value[name] = defaultOf(property, run)
    } else if (schema.required?.includes(name)) {
      run.fault({ ...spot, path: below(spot, name, spot.place).path }, `missing; expected ${expectedWords(property)}`)
    }
  }
  return value
}

/** A list of what encloses it. @param schema of that */
function walkNested(schema: JsonSchema, name: string, node: Tree, spot: Spot, run: Run): unknown {
  if (spot.path.split(`.${name}[`).length <= NESTED_MAX)
    return walkList({ ...schema.properties?.[name], items: schema }, node, spot, run, {})
  run.fault(spot, `is nested too deep; expected at most ${NESTED_MAX} levels`)
  return []
}

function rank(schema: JsonSchema | undefined): number {
  return schema?.type === 'array' ? 1 : 0
}

function isSection(schema: JsonSchema): boolean {
  return schema.type === 'object' || schema.type === 'array'
}

/** The entries by their canonical names; unknown keys are faults, other names of a key are noted. */
function canonical(schema: JsonSchema, node: MapNode, spot: Spot, run: Run) {
  const properties = schema.properties ?? {}
  const aliases = new Map(
    Object.entries(properties).flatMap(([name, { aliases: others = [] }]) => others.map((other) => [other, name])),
  )
  const entries = new Map<string, { place: Place; node: Tree }>()
  for (const [key, entry] of node.entries) {
    const keySpot = below(spot, key, entry.place)
    const name = Object.hasOwn(properties, key) ? key : aliases.get(key)
    if (name === undefined) run.fault(keySpot, `unknown key; ${run.suggest(key, Object.keys(properties))}`)
    else if (entries.has(name))
      run.fault(keySpot, `says the same as "${name}", which is written too; expected one of them`)
    else {
      entries.set(name, entry)
      if (name !== key) run.note(keySpot, `"${key}" is read as "${name}"`)
    }
  }
  return entries
}

/** A default in the form that the walker returns. */
export function defaultOf(schema: JsonSchema, run: Run): unknown {
  const silent: Place = { where: '', origin: { layer: 'default', text: 'default' } }
  const spot: Spot = { path: '', key: '', place: silent }
  if (schema.type === 'object' && schema.properties !== undefined) {
    return walkObject(schema, { kind: 'map', place: silent, entries: new Map() }, spot, run)
  }
  run.defaults++
  if (schema.duration !== undefined && typeof schema.default === 'string') return parseDurationMs(schema.default)
  return structuredClone(schema.default)
}
