/** The objects, and what happened to them, under one version that only grows. */
import { randomUUID } from 'node:crypto'
import { isObject, isSame, type JsonObject, textAt, valueAt } from './json.ts'
import type { Resource } from './resources.ts'

export type ChangeType = 'ADDED' | 'MODIFIED' | 'DELETED'

export interface Change {
  readonly version: number
  readonly type: ChangeType
  readonly resource: Resource
  readonly object: JsonObject
  /** What it was before; undefined for ADDED. */
  readonly old: JsonObject | undefined
}

export interface Store {
  /** Of the last change. */
  version(): number
  /** Of the oldest change that is still known. */
  oldestVersion(): number
  get(resource: Resource, namespace: string, name: string): JsonObject | undefined
  /** Ordered by namespace and name; "" for all namespaces. */
  list(resource: Resource, namespace: string): JsonObject[]
  /** Gives it uid, version and time of creation. */
  add(resource: Resource, object: JsonObject, isDryRun?: boolean): JsonObject
  /** The same object back when nothing changed. */
  replace(resource: Resource, object: JsonObject): JsonObject
  remove(resource: Resource, object: JsonObject): JsonObject
  /** Changes after a version, oldest first. */
  since(version: number): readonly Change[]
  /** @returns takes the listener away */
  onChange(listener: (change: Change) => void): () => void
  /** The version at which the object with this uid was made; 0 when it is gone. */
  createdAt(uid: string): number
  close(): void
}

export interface StoreOptions {
  readonly now: () => Date
  readonly eventTtlMs: number
  readonly historyMax: number
}

const SWEEP_MS = 1000

export function createStore({ now, eventTtlMs, historyMax }: StoreOptions): Store {
  const objects = new Map<string, JsonObject>()
  /** When an event or an ending pod goes; set anew by each write of it. */
  const deadlines = new Map<string, { readonly atMs: number; readonly resource: Resource }>()
  const listeners = new Set<(change: Change) => void>()
  const history: Change[] = []
  const births = new Map<string, number>()
  let version = 1
  let forgotten = 0
  /** Before this no deadline is over. */
  let nextMs = Number.POSITIVE_INFINITY

  const prefixOf = ({ group, plural }: Resource) => `${group}/${plural}/`
  const keyOf = (resource: Resource, object: JsonObject) =>
    `${prefixOf(resource)}${textAt(object, 'metadata', 'namespace')}/${textAt(object, 'metadata', 'name')}`

  function record(type: ChangeType, resource: Resource, object: JsonObject, old: JsonObject | undefined): void {
    const change = { version, type, resource, object, old }
    history.push(change)
    if (history.length > historyMax) forgotten = history.shift()?.version ?? forgotten
    for (const listener of [...listeners]) listener(change)
  }

  function stamp(object: JsonObject): void {
    version += 1
    if (isObject(object['metadata'])) object['metadata']['resourceVersion'] = String(version)
  }

  function keep(resource: Resource, object: JsonObject): void {
    const key = keyOf(resource, object)
    objects.set(key, object)
    const atMs = deadlineOf(resource, object)
    if (atMs === undefined) return
    deadlines.set(key, { atMs, resource })
    nextMs = Math.min(nextMs, atMs)
  }

  function deadlineOf(resource: Resource, object: JsonObject): number | undefined {
    if (resource.kind === 'Event') return now().getTime() + eventTtlMs
    // No kubelet says that a pod has ended: it has when it had to.
    if (Number(valueAt(object, 'metadata', 'deletionGracePeriodSeconds') ?? 0) <= 0) return undefined
    return Date.parse(textAt(object, 'metadata', 'deletionTimestamp'))
  }

  function remove(resource: Resource, object: JsonObject): JsonObject {
    const key = keyOf(resource, object)
    const old = objects.get(key)
    if (!objects.delete(key)) return object
    deadlines.delete(key)
    births.delete(textAt(object, 'metadata', 'uid'))
    const last = structuredClone(object)
    stamp(last)
    record('DELETED', resource, last, old)
    return last
  }

  function sweep(): void {
    const nowMs = now().getTime()
    if (nowMs < nextMs) return
    for (const [key, { atMs, resource }] of [...deadlines]) {
      const object = objects.get(key)
      if (atMs <= nowMs && object !== undefined) remove(resource, object)
    }
    nextMs = [...deadlines.values()].reduce((least, { atMs }) => Math.min(least, atMs), Number.POSITIVE_INFINITY)
  }
  const timer = setInterval(sweep, SWEEP_MS)
  timer.unref()

  return {
    version: () => version,
    oldestVersion: () => forgotten,
    get(resource, namespace, name) {
      sweep()
      const found = objects.get(`${prefixOf(resource)}${namespace}/${name}`)
      return found === undefined ? undefined : structuredClone(found)
    },
    list(resource, namespace) {
      sweep()
      const prefix = `${prefixOf(resource)}${namespace === '' ? '' : `${namespace}/`}`
      return [...objects.keys()]
        .filter((key) => key.startsWith(prefix))
        .sort()
        .map((key) => structuredClone(objects.get(key) ?? {}))
    },
    add(resource, given, isDryRun = false) {
      const object = structuredClone(given)
      const meta = isObject(object['metadata']) ? object['metadata'] : {}
      object['metadata'] = meta
      meta['uid'] = randomUUID()
      meta['creationTimestamp'] = `${now().toISOString().slice(0, 19)}Z`
      if (isDryRun) return object
      stamp(object)
      births.set(textAt(meta, 'uid'), version)
      keep(resource, object)
      record('ADDED', resource, object, undefined)
      return structuredClone(object)
    },
    replace(resource, given) {
      const old = objects.get(keyOf(resource, given))
      const object = structuredClone(given)
      if (isObject(object['metadata']))
        object['metadata']['resourceVersion'] = textAt(old, 'metadata', 'resourceVersion')
      if (isSame(object, old)) {
        keep(resource, object)
        return object
      }
      stamp(object)
      keep(resource, object)
      record('MODIFIED', resource, object, old)
      return structuredClone(object)
    },
    remove,
    since: (after) => history.filter((change) => change.version > after),
    onChange(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    createdAt: (uid) => births.get(uid) ?? 0,
    close() {
      clearInterval(timer)
      listeners.clear()
    },
  }
}
