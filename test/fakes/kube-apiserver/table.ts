/** What kubectl prints: rows made by the server. */
import { isObject, type Json, type JsonObject, listAt, objectAt, textAt, valueAt } from './json.ts'
import { renderMetadata } from './metadata.ts'
import { apiVersionOf, type Resource } from './resources.ts'
import { badRequest } from './status.ts'

type Cell = readonly [name: string, of: (object: JsonObject, now: Date) => Json]

const NAME: Cell = ['Name', (object) => textAt(object, 'metadata', 'name')]
const AGE: Cell = ['Age', (object, now) => ageOf(textAt(object, 'metadata', 'creationTimestamp'), now)]

const COLUMNS: Readonly<Record<string, readonly Cell[]>> = {
  Node: [
    NAME,
    ['Status', statusOf],
    ['Roles', () => '<none>'],
    AGE,
    ['Version', (node) => textAt(node, 'status', 'nodeInfo', 'kubeletVersion')],
  ],
  Event: [
    ['Last Seen', (event, now) => ageOf(lastSeen(event), now)],
    ['Type', (event) => textAt(event, 'type')],
    ['Reason', (event) => textAt(event, 'reason')],
    [
      'Object',
      (event) => `${textAt(event, 'involvedObject', 'kind').toLowerCase()}/${textAt(event, 'involvedObject', 'name')}`,
    ],
    ['Message', (event) => textAt(event, 'message').trim()],
  ],
  Pod: [NAME, ['Status', podStatus], ['Node', (pod) => textAt(pod, 'spec', 'nodeName')], AGE],
  Lease: [NAME, ['Holder', (lease) => textAt(lease, 'spec', 'holderIdentity')], AGE],
  Namespace: [NAME, ['Status', (namespace) => textAt(namespace, 'status', 'phase')], AGE],
}

/** Whether this was asked for instead of the objects. */
export function wantsTable(accept: string | undefined): boolean {
  return /application\/json;[^,]*as=Table/.test(accept ?? '')
}

/** @param body an object or a list of them @throws Refusal 400 for what is nothing to come along with a row */
export function renderTable(
  resource: Resource,
  body: JsonObject,
  { now, query }: { readonly now: Date; readonly query: URLSearchParams },
): JsonObject {
  const includes = query.get('includeObject') ?? ''
  const columns = COLUMNS[resource.kind] ?? [NAME, AGE]
  const items = Array.isArray(body['items']) ? body['items'].filter(isObject) : [body]
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata: Array.isArray(body['items']) ? objectAt(body, 'metadata') : {},
    columnDefinitions: columns.map(([name]) => ({
      name,
      type: 'string',
      format: name === 'Name' ? 'name' : '',
      description: '',
      priority: 0,
    })),
    rows: items.map((object) => ({
      cells: columns.map(([, of]) => of(object, now)),
      object: objectOf(resource, object, includes),
    })),
  }
}

/** What comes along with a row. */
function objectOf(resource: Resource, object: JsonObject, includes: string): Json {
  if (includes === 'None') return null
  if (includes === 'Object') return { ...object, kind: resource.kind, apiVersion: apiVersionOf(resource) }
  if (includes === '' || includes === 'Metadata') return renderMetadata(object)
  throw badRequest(
    `Unable to convert to Table as requested: includeObject: Invalid value: ${JSON.stringify(includes)}: must be 'Metadata', 'Object', 'None', or empty`,
  )
}

function statusOf(node: JsonObject): string {
  const ready = listAt(node, 'status', 'conditions').find((condition) => textAt(condition, 'type') === 'Ready')
  const status = ready === undefined ? 'Unknown' : textAt(ready, 'status') === 'True' ? 'Ready' : 'NotReady'
  return valueAt(node, 'spec', 'unschedulable') === true ? `${status},SchedulingDisabled` : status
}

function podStatus(pod: JsonObject): string {
  return valueAt(pod, 'metadata', 'deletionTimestamp') === undefined ? textAt(pod, 'status', 'phase') : 'Terminating'
}

function lastSeen(event: JsonObject): string {
  return textAt(event, 'lastTimestamp') || textAt(event, 'firstTimestamp') || textAt(event, 'eventTime')
}

/** "5m", as kubectl shortens it. */
function ageOf(time: string, now: Date): string {
  const seconds = Math.floor((now.getTime() - Date.parse(time)) / 1000)
  if (!(seconds >= 0)) return '<unknown>'
  if (seconds < 120) return `${seconds}s`
  if (seconds < 7200) return `${Math.floor(seconds / 60)}m`
  return seconds < 172_800 ? `${Math.floor(seconds / 3600)}h` : `${Math.floor(seconds / 86_400)}d`
}
