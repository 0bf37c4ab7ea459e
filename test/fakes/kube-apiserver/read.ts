/** get, list, delete, deletecollection. */
import type { Ask } from './ask.ts'
import { isObject, type Json, type JsonObject, listAt, objectAt, textAt } from './json.ts'
import { apiVersionOf, type Resource } from './resources.ts'
import { parseSelector } from './selectors.ts'
import { badRequest, expired, invalid, notFound, Refusal, tooLargeVersion } from './status.ts'
import type { Store } from './store.ts'
import { unsupported } from './validate/cause.ts'

const CONTINUE_FORM = 'meta.k8s.io/v1'
const POLICIES = ['Foreground', 'Background', 'Orphan', 'nil'] as const
const GRACE_S = 30

/** GET of one. @throws Refusal */
export function get(store: Store, resource: Resource, ask: Ask): JsonObject {
  checkVersion(store, resource, ask.query.get('resourceVersion') ?? '')
  const found = store.get(resource, ask.namespace, ask.name)
  if (found === undefined) throw notFound(resource, ask.name)
  return found
}

/** @throws Refusal 400 for what is no version, 504 for one that is not there yet */
function checkVersion(store: Store, { kind }: Resource, text: string): void {
  if (text === '') return
  if (!/^\d+$/.test(text))
    throw badRequest(
      `invalid resource version: resourceVersion: Invalid value: "${text}": strconv.ParseUint: parsing "${text}": invalid syntax`,
    )
  if (Number(text) > store.version()) throw tooLargeVersion(text, store.version(), kind !== 'Event')
}

/** GET of many. @throws Refusal */
export function list(store: Store, resource: Resource, ask: Ask): JsonObject {
  const { query } = ask
  const isMatch = parseSelector(resource, query)
  const limit = parseLimit(query.get('limit') ?? '')
  const from = parseContinue(query.get('continue') ?? '')
  const wanted = query.get('resourceVersion') ?? ''
  if (from === undefined) checkVersion(store, resource, wanted)
  if (query.get('resourceVersionMatch') === 'Exact' && Number(wanted) < store.version())
    throw expired('The resourceVersion for the provided list is too old.')
  if (from !== undefined && from.version < store.oldestVersion())
    throw expired(
      'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.',
    )
  const version = from?.version ?? store.version()
  const found = store
    .list(resource, ask.namespace)
    .filter((object) => isMatch(object) && (from === undefined || keyOf(object) > from.start))
  const items = limit === 0 ? found : found.slice(0, limit)
  const left = found.length - items.length
  const last = items.at(-1)
  const isSelective = query.get('labelSelector') || query.get('fieldSelector')
  const next = left > 0 && last !== undefined ? renderContinue(version, keyOf(last)) : undefined
  const metadata: JsonObject = {
    resourceVersion: String(version),
    ...(next === undefined ? {} : { continue: next, ...(isSelective ? {} : { remainingItemCount: left }) }),
  }
  return listOf(resource, metadata, items)
}

function listOf(resource: Resource, metadata: JsonObject, items: readonly JsonObject[]): JsonObject {
  return {
    kind: `${resource.kind}List`,
    apiVersion: apiVersionOf(resource),
    metadata,
    items: items.map(({ kind: _kind, apiVersion: _apiVersion, ...rest }) => rest),
  }
}

function keyOf(object: JsonObject): string {
  const namespace = textAt(object, 'metadata', 'namespace')
  return `${namespace === '' ? '' : `${namespace}/`}${textAt(object, 'metadata', 'name')}\0`
}

function parseLimit(text: string): number {
  if (text === '') return 0
  if (!/^-?\d+$/.test(text)) throw badRequest(`strconv.ParseInt: parsing "${text}": invalid syntax`)
  return Number(text)
}

function renderContinue(version: number, start: string): string {
  return Buffer.from(JSON.stringify({ v: CONTINUE_FORM, rv: version, start })).toString('base64url')
}

function parseContinue(text: string): { readonly version: number; readonly start: string } | undefined {
  if (text === '') return undefined
  try {
    const value: unknown = JSON.parse(Buffer.from(text, 'base64url').toString())
    if (isObject(value) && typeof value['rv'] === 'number' && typeof value['start'] === 'string')
      return { version: value['rv'], start: value['start'] }
  } catch {
    // What cannot be read is refused like what does not fit.
  }
  throw badRequest('invalid continue token: continue key is not valid')
}

interface DeleteOptions {
  readonly graceS: number
  readonly uid: string
  readonly version: string
}

function parseDelete(query: URLSearchParams, text: string): DeleteOptions {
  let body: JsonObject = {}
  if (text !== '') {
    try {
      const value = JSON.parse(text) as Json
      if (isObject(value)) body = value
    } catch {
      throw badRequest('the object provided is unrecognized (must be of type DeleteOptions): it is no JSON')
    }
  }
  const policy = textAt(body, 'propagationPolicy') || (query.get('propagationPolicy') ?? '')
  if (policy !== '' && !POLICIES.some((known) => known === policy))
    throw invalid({ kind: 'DeleteOptions', group: 'meta.k8s.io', name: '' }, [
      unsupported('propagationPolicy', policy, POLICIES),
    ])
  const grace = body['gracePeriodSeconds'] ?? query.get('gracePeriodSeconds')
  return {
    graceS: grace === null || grace === undefined ? GRACE_S : Number(grace),
    uid: textAt(body, 'preconditions', 'uid'),
    version: textAt(body, 'preconditions', 'resourceVersion'),
  }
}

/** DELETE of one. @throws Refusal */
export function remove(store: Store, resource: Resource, ask: Ask, text: string, now: Date): JsonObject {
  const options = parseDelete(ask.query, text)
  const object = store.get(resource, ask.namespace, ask.name)
  if (object === undefined) throw notFound(resource, ask.name)
  checkPreconditions(resource, object, options)
  if (ask.query.get('dryRun') === 'All') return successOf(resource, object)
  return removeObject(store, resource, object, options.graceS, now)
}

/** @throws Refusal 409 for another object of this name, or another version of it */
export function checkPreconditions(
  { kind, group }: Pick<Resource, 'kind' | 'group'>,
  object: JsonObject,
  { uid, version }: Omit<DeleteOptions, 'graceS'>,
): void {
  const name = textAt(object, 'metadata', 'name')
  const own = { uid: textAt(object, 'metadata', 'uid'), version: textAt(object, 'metadata', 'resourceVersion') }
  const refusal = (what: string) =>
    new Refusal(
      409,
      'Conflict',
      `Operation cannot be fulfilled on ${group === '' ? kind : `${kind}.${group}`} "${name}": the ${what}. The object might have been ${what.startsWith('UID') ? 'deleted and then recreated' : 'modified'}`,
      { name, ...(group === '' ? {} : { group }), kind },
    )
  if (uid !== '' && uid !== own.uid)
    throw refusal(`UID in the precondition (${uid}) does not match the UID in record (${own.uid})`)
  if (version !== '' && version !== own.version)
    throw refusal(
      `ResourceVersion in the precondition (${version}) does not match the ResourceVersion in record (${own.version})`,
    )
}

function successOf({ plural, group }: Resource, object: JsonObject): JsonObject {
  const details = {
    name: textAt(object, 'metadata', 'name'),
    ...(group === '' ? {} : { group }),
    kind: plural,
    uid: textAt(object, 'metadata', 'uid'),
  }
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details }
}

/** Ends it now, or lets it end; the object as it is then, or a Status. */
export function removeObject(
  store: Store,
  resource: Resource,
  object: JsonObject,
  graceS: number,
  now: Date,
): JsonObject {
  const meta = objectAt(object, 'metadata')
  const isAssigned = resource.isGraceful && textAt(object, 'spec', 'nodeName') !== ''
  const stays = listAt(meta, 'finalizers').length > 0 || (isAssigned && graceS > 0)
  if (!stays) {
    const last = store.remove(resource, object)
    return resource.isGraceful ? last : successOf(resource, object)
  }
  if (meta['deletionTimestamp'] !== undefined) return object
  const effectiveS = isAssigned ? graceS : 0
  meta['deletionTimestamp'] = `${new Date(now.getTime() + effectiveS * 1000).toISOString().slice(0, 19)}Z`
  meta['deletionGracePeriodSeconds'] = effectiveS
  if (meta['generation'] !== undefined) meta['generation'] = Number(meta['generation']) + 1
  return store.replace(resource, object)
}

/** DELETE of many: the list of what went. @throws Refusal */
export function removeMany(store: Store, resource: Resource, ask: Ask, text: string, now: Date): JsonObject {
  const { graceS } = parseDelete(ask.query, text)
  const isMatch = parseSelector(resource, ask.query)
  const version = String(store.version())
  const found = store.list(resource, ask.namespace).filter(isMatch)
  for (const object of found) removeObject(store, resource, structuredClone(object), graceS, now)
  return listOf(resource, { resourceVersion: version }, found)
}
