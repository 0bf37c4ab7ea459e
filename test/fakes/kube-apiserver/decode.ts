/**
 * Turns what a request brings into an object as the server keeps it: fields of the right type, none unknown, times in
 * one form, and the fields there that the real server always writes.
 */
import { goKind, jsonKind, parseTime } from './go.ts'
import { isObject, type Json, type JsonObject } from './json.ts'
import { canonicalQuantity } from './quantity.ts'
import { type FieldType, findDefinition, goName } from './schema.ts'

/** A value of the wrong type; the text is the real server's. */
export class DecodeError extends Error {}

/** Where the value came from: the two decoders of the real server say the same in other words. */
export type Source = 'body' | 'patch'

export interface Decoded {
  readonly object: JsonObject
  /** `unknown field "spec.q"`, as warnings and refusals of strict validation have it. */
  readonly unknown: readonly string[]
}

/** Fields that the real server writes even when they are empty. */
const ALWAYS: Readonly<Record<string, JsonObject>> = {
  'core.v1.Node': { spec: {}, status: {} },
  'core.v1.NodeStatus': { daemonEndpoints: {}, nodeInfo: {} },
  'core.v1.NodeDaemonEndpoints': { kubeletEndpoint: {} },
  'core.v1.DaemonEndpoint': { Port: 0 },
  'core.v1.NodeCondition': { type: '', status: '', lastHeartbeatTime: null, lastTransitionTime: null },
  'core.v1.NodeAddress': { type: '', address: '' },
  'core.v1.NodeSystemInfo': {
    machineID: '',
    systemUUID: '',
    bootID: '',
    kernelVersion: '',
    osImage: '',
    containerRuntimeVersion: '',
    kubeletVersion: '',
    kubeProxyVersion: '',
    operatingSystem: '',
    architecture: '',
  },
  'core.v1.Taint': { key: '', effect: '' },
  'core.v1.EventSeries': { lastObservedTime: null },
  'core.v1.Event': {
    involvedObject: {},
    source: {},
    firstTimestamp: null,
    lastTimestamp: null,
    eventTime: null,
    reportingComponent: '',
    reportingInstance: '',
  },
  'core.v1.Pod': { spec: {}, status: {} },
  'core.v1.PodSpec': { containers: null },
  'core.v1.Container': { name: '', resources: {} },
  'core.v1.Namespace': { spec: {}, status: {} },
  'coordination.v1.Lease': { spec: {} },
  'apps.v1.DaemonSet': { spec: {}, status: {} },
  'apps.v1.DaemonSetSpec': { selector: null, template: {}, updateStrategy: {} },
  'apps.v1.DaemonSetStatus': {
    currentNumberScheduled: 0,
    numberMisscheduled: 0,
    desiredNumberScheduled: 0,
    numberReady: 0,
  },
  'core.v1.PodTemplateSpec': { metadata: {}, spec: {} },
  'discovery.v1.EndpointSlice': { addressType: '', endpoints: null, ports: null },
  'discovery.v1.Endpoint': { addresses: null, conditions: {} },
}

/** Whose fields are pointers in Go: an empty text and a false are kept, and mean something else than none. */
const POINTERS: ReadonlySet<string> = new Set([
  'discovery.v1.Endpoint',
  'discovery.v1.EndpointConditions',
  'discovery.v1.EndpointPort',
])

/** Types of strings that have a name of their own in Go. */
const NAMED: Readonly<Record<string, string>> = {
  'core.v1.NodeCondition.status': 'v1.ConditionStatus',
  'core.v1.NodeCondition.type': 'v1.NodeConditionType',
  'core.v1.NodeStatus.phase': 'v1.NodePhase',
  'core.v1.NodeAddress.type': 'v1.NodeAddressType',
  'core.v1.Taint.effect': 'v1.TaintEffect',
}

const INT_LIMITS = { int32: 2 ** 31, int64: 2 ** 63 } as const

/** @throws DecodeError when a value is of another type than its field */
export function decode(definition: string, value: JsonObject, source: Source): Decoded {
  const unknown: string[] = []
  const object = decodeObject(value, { definition, path: '', source, unknown })
  return { object, unknown: unknown.sort() }
}

interface Place {
  readonly definition: string
  readonly path: string
  readonly source: Source
  readonly unknown: string[]
}

function decodeObject(value: JsonObject, place: Place): JsonObject {
  const { definition, path, unknown } = place
  const fields = findDefinition(definition)?.fields ?? {}
  const out: JsonObject = {}
  for (const [key, given] of Object.entries(value)) {
    const at = path === '' ? key : `${path}.${key}`
    const type = fields[key]
    if (type === undefined) unknown.push(`unknown field "${at}"`)
    else if (given !== null) {
      const kept = decodeValue(given, type, { ...place, path: at }, `${definition}.${key}`)
      if (!isEmpty(kept) || (!Array.isArray(kept) && POINTERS.has(definition.replace(/^#/, '')))) out[key] = kept
    }
  }
  for (const [key, empty] of Object.entries(ALWAYS[definition.replace(/^#/, '')] ?? {})) {
    if (out[key] !== undefined) continue
    const type = fields[key]
    const isNested = isObject(empty) && typeof type === 'string' && type.startsWith('#')
    out[key] = isNested ? decodeObject({}, { ...place, definition: type.slice(1) }) : empty
  }
  return out
}

/** Lists, maps and texts without content are left out, as `omitempty` has it. */
function isEmpty(value: Json): boolean {
  return value === '' || value === false || (Array.isArray(value) && value.length === 0)
}

function decodeValue(value: Json, type: FieldType, place: Place, field: string): Json {
  if (typeof type === 'object') {
    if ('list' in type) {
      if (!Array.isArray(value)) throw wrong(value, 'slice', `[]${goType(type.list)}`, place, field)
      return value.map((item, index) =>
        decodeValue(item, type.list, { ...place, path: `${place.path}[${index}]` }, field),
      )
    }
    if (!isObject(value)) throw wrong(value, 'map', `map[string]${goType(type.map)}`, place, field)
    if (Object.keys(value).length === 0) return []
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [
        key,
        decodeValue(item, type.map, { ...place, path: `${place.path}.${key}` }, field),
      ]),
    )
  }
  if (type.startsWith('#')) {
    if (value === null) return decodeObject({}, { ...place, definition: type.slice(1) })
    if (!isObject(value)) throw wrong(value, 'struct', `v1.${goName(type)}`, place, field)
    return decodeObject(value, { ...place, definition: type.slice(1) })
  }
  return decodeScalar(value, type, place, field)
}

function decodeScalar(value: Json, type: string, place: Place, field: string): Json {
  switch (type) {
    case 'string':
      if (value === null) return ''
      if (typeof value !== 'string') throw wrong(value, 'string', NAMED[field] ?? 'string', place, field)
      return value
    case 'bool':
      if (typeof value !== 'boolean') throw wrong(value, 'bool', 'bool', place, field)
      return value
    case 'int32':
    case 'int64':
      if (typeof value !== 'number' || !Number.isInteger(value) || Math.abs(value) >= INT_LIMITS[type])
        throw wrong(value, type, type, place, field)
      return value
    case 'time':
    case 'microtime': {
      if (typeof value !== 'string') throw wrong(value, 'string', 'string', place, field)
      const time = parseTime(value, type === 'microtime')
      if ('error' in time) throw new DecodeError(time.error)
      return time.value
    }
    case 'quantity':
      return decodeQuantity(value)
    default:
      return value
  }
}

function decodeQuantity(value: Json): string {
  if (value === null) return '0'
  const kept = typeof value === 'string' || typeof value === 'number' ? canonicalQuantity(String(value)) : undefined
  if (kept === undefined)
    throw new DecodeError("quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'")
  return kept
}

function goType(type: FieldType): string {
  if (typeof type === 'object') return 'list' in type ? `[]${goType(type.list)}` : `map[string]${goType(type.map)}`
  return type.startsWith('#') ? `v1.${goName(type)}` : type
}

function wrong(
  value: Json,
  wanted: string,
  type: string,
  { source, path, definition }: Place,
  field: string,
): DecodeError {
  if (source === 'patch') {
    if (wanted === 'slice' || wanted === 'map' || wanted === 'struct') {
      const what = wanted === 'struct' ? 'struct from:' : `${wanted} from`
      return new DecodeError(`cannot restore ${what} ${goKind(value)}`)
    }
    if (wanted.startsWith('int') && typeof value === 'string') return new DecodeError(`unrecognized type: ${wanted}`)
    return new DecodeError(`cannot convert ${goKind(value)} to ${type}`)
  }
  const struct = goName(field.split('.').slice(0, -1).join('.') || definition)
  return new DecodeError(
    `json: cannot unmarshal ${jsonKind(value)} into Go struct field ${struct}.${path.replace(/\[\d+\]/g, '')} of type ${type}`,
  )
}
