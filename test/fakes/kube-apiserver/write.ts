/** create, update, patch: what the real server does between the body and the store, in its order. */
import type { Ask } from './ask.ts'
import { checkMedia, parseWriteOptions, readBody, type Scrutiny } from './body.ts'
import { isObject, isSame, type JsonObject, objectAt, textAt, valueAt } from './json.ts'
import { applyPatch, readPatch } from './patch/apply.ts'
import { findResource, type Resource } from './resources.ts'
import { alreadyExists, badRequest, conflict, internal, invalid, modified, notFound } from './status.ts'
import type { Store } from './store.ts'
import { invalidValue } from './validate/cause.ts'

export interface Written {
  readonly code: 200 | 201
  readonly object: JsonObject
}

/** A request with a body. */
export interface Write {
  readonly ask: Ask
  readonly resource: Resource
  readonly text: string
  readonly contentType: string | undefined
  readonly accept: string | undefined
  readonly warn: Scrutiny['warn']
}

const SUFFIX = 'bcdfghjklmnpqrstvwxz2456789'
const GENERATED_MAX = 58
/** A new node is not ready until somebody takes this away: an admission plug-in sets it. */
const NOT_READY = { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' }

function metaOf(object: JsonObject): JsonObject {
  const meta = object['metadata']
  if (isObject(meta)) return meta
  const made: JsonObject = {}
  object['metadata'] = made
  return made
}

/** POST. @throws Refusal */
export function create(store: Store, { ask, resource, text, contentType, warn }: Write): Written {
  const { isDryRun, validation } = parseWriteOptions(ask.query, 'CreateOptions')
  checkMedia(contentType)
  const object = readBody(resource, { text, validation, warn })
  return { code: 201, object: addObject(store, resource, object, ask.namespace, isDryRun) }
}

function addObject(store: Store, resource: Resource, object: JsonObject, namespace: string, isDryRun: boolean) {
  const meta = metaOf(object)
  setNamespace(resource, meta, namespace)
  admit(store, resource, object, namespace)
  for (const key of ['uid', 'creationTimestamp', 'deletionTimestamp', 'selfLink', 'managedFields', 'generation'])
    delete meta[key]
  if (resource.generationOf !== undefined) meta['generation'] = 1
  if (textAt(meta, 'name') === '' && textAt(meta, 'generateName') !== '')
    meta['name'] = textAt(meta, 'generateName').slice(0, GENERATED_MAX) + randomSuffix()
  resource.applyDefaults(object)
  if (resource.kind === 'Pod') object['status'] = { phase: 'Pending', qosClass: 'BestEffort' }
  refuseInvalid(resource, object, resource.validate(object))
  const name = textAt(meta, 'name')
  if (meta['resourceVersion'] !== undefined)
    throw internal('resourceVersion should not be set on objects to be created')
  if (store.get(resource, textAt(meta, 'namespace'), name) !== undefined) throw alreadyExists(resource, name)
  return store.add(resource, object, isDryRun)
}

function setNamespace(resource: Resource, meta: JsonObject, namespace: string): void {
  if (!resource.isNamespaced) delete meta['namespace']
  else if (textAt(meta, 'namespace') === '') meta['namespace'] = namespace
  else if (meta['namespace'] !== namespace)
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request')
}

function admit(store: Store, resource: Resource, object: JsonObject, namespace: string): void {
  const namespaces = findResource('', 'v1', 'namespaces')
  if (resource.isNamespaced && namespaces !== undefined && store.get(namespaces, '', namespace) === undefined)
    throw notFound(namespaces, namespace)
  if (resource.kind !== 'Node') return
  const spec = objectAt(object, 'spec')
  const taints = Array.isArray(spec['taints']) ? spec['taints'] : []
  if (taints.some((taint) => isSame(taint, NOT_READY))) return
  object['spec'] = { ...spec, taints: [...taints, NOT_READY] }
}

function randomSuffix(): string {
  return Array.from({ length: 5 }, () => SUFFIX[Math.floor(Math.random() * SUFFIX.length)]).join('')
}

function refuseInvalid({ kind, group }: Resource, object: JsonObject, causes: ReturnType<Resource['validate']>): void {
  if (causes.length > 0) throw invalid({ kind, group, name: textAt(object, 'metadata', 'name') }, causes)
}

/** PUT. @throws Refusal */
export function update(store: Store, { ask, resource, text, contentType, warn }: Write): Written {
  const { isDryRun, validation } = parseWriteOptions(ask.query, 'UpdateOptions')
  checkMedia(contentType)
  const object = readBody(resource, { text, validation, warn })
  checkName(object, ask)
  setNamespace(resource, metaOf(object), ask.namespace)
  const old = store.get(resource, ask.namespace, ask.name)
  if (old === undefined) {
    if (!resource.createsOnUpdate || ask.subresource !== '') throw notFound(resource, ask.name)
    delete metaOf(object)['resourceVersion']
    return { code: 201, object: addObject(store, resource, object, ask.namespace, isDryRun) }
  }
  const uid = textAt(object, 'metadata', 'uid')
  const oldUid = textAt(old, 'metadata', 'uid')
  if (uid !== '' && uid !== oldUid) {
    const key = `/registry/${resource.kind === 'Node' ? 'minions' : resource.plural}/${resource.isNamespaced ? `${ask.namespace}/` : ''}${ask.name}`
    throw conflict(
      resource,
      ask.name,
      `StorageError: invalid object, Code: 4, Key: ${key}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: ${uid}, UID in object meta: ${oldUid}`,
    )
  }
  if (textAt(object, 'metadata', 'resourceVersion') === '' && !resource.updatesUnconditionally) {
    const field = 'metadata.resourceVersion'
    throw invalid({ kind: resource.plural, group: resource.group, name: ask.name }, [
      { ...invalidValue(field, 0, 'must be specified for an update'), field },
    ])
  }
  return { code: 200, object: replaceObject(store, { ask, resource, old, object, isDryRun }) }
}

/** PATCH. @throws Refusal */
export function patch(store: Store, { ask, resource, text, contentType, warn }: Write): Written {
  const patched = readPatch(contentType, text)
  const { isDryRun, validation } = parseWriteOptions(ask.query, 'PatchOptions')
  const old = store.get(resource, ask.namespace, ask.name)
  if (old === undefined) throw notFound(resource, ask.name)
  const object = applyPatch(resource, old, patched, { text, validation, warn })
  checkName(object, ask)
  setNamespace(resource, metaOf(object), ask.namespace)
  return { code: 200, object: replaceObject(store, { ask, resource, old, object, isDryRun }) }
}

function checkName(object: JsonObject, { name }: Ask): void {
  const own = textAt(object, 'metadata', 'name')
  if (own === '')
    throw badRequest(`the name of the object (${name} based on URL) was undeterminable: name must be provided`)
  if (own !== name) throw badRequest(`the name of the object (${own}) does not match the name on the URL (${name})`)
}

interface Replacement {
  readonly ask: Ask
  readonly resource: Resource
  readonly old: JsonObject
  readonly object: JsonObject
  readonly isDryRun: boolean
}

function replaceObject(store: Store, { ask, resource, old, object, isDryRun }: Replacement): JsonObject {
  const meta = metaOf(object)
  const version = textAt(meta, 'resourceVersion')
  if (version !== '' && version !== textAt(old, 'metadata', 'resourceVersion')) throw modified(resource, ask.name)
  keepMeta(meta, objectAt(old, 'metadata'))
  keepPart(object, old, ask.subresource === 'status' ? 'spec' : resource.hasStatus ? 'status' : undefined)
  resource.applyDefaults(object)
  if (resource.generationOf !== undefined && isAnother(resource, object, old))
    meta['generation'] = Number(meta['generation']) + 1
  refuseInvalid(resource, object, resource.validateUpdate(object, old))
  if (isDryRun) return object
  const isEnding =
    valueAt(meta, 'deletionTimestamp') !== undefined && valueAt(old, 'metadata', 'finalizers') !== undefined
  if (isEnding && meta['finalizers'] === undefined) return store.remove(resource, object)
  return store.replace(resource, object)
}

/** Whether it is another generation: by its spec, or by all that it says but for what is said about it. */
function isAnother({ generationOf }: Resource, object: JsonObject, old: JsonObject): boolean {
  if (generationOf === 'spec') return !isSame(object['spec'], old['spec'])
  const contentOf = ({ metadata, ...content }: JsonObject) => ({ ...content, labels: objectAt(metadata, 'labels') })
  return !isSame(contentOf(object), contentOf(old))
}

/** What nobody changes from outside, and what an update may leave out. */
function keepMeta(meta: JsonObject, old: JsonObject): void {
  for (const key of ['creationTimestamp', 'generation', 'selfLink', 'managedFields', 'resourceVersion']) {
    const value = old[key]
    if (value === undefined) delete meta[key]
    else meta[key] = value
  }
  for (const key of ['uid', 'deletionTimestamp', 'deletionGracePeriodSeconds'])
    if (meta[key] === undefined && old[key] !== undefined) meta[key] = old[key]
}

function keepPart(object: JsonObject, old: JsonObject, part: 'spec' | 'status' | undefined): void {
  if (part === undefined) return
  const value = old[part]
  if (value === undefined) delete object[part]
  else object[part] = value
}
