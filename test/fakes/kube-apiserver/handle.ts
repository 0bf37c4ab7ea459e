/** One request, from who asks to what is answered. */
import type { IncomingHttpHeaders, ServerResponse } from 'node:http'
import type { Ask } from './ask.ts'
import { discover, isBelowKnownGroup } from './discovery.ts'
import { evict } from './evict.ts'
import { answerHealth } from './health.ts'
import type { JsonObject } from './json.ts'
import { asksForMetadata, renderMetadata } from './metadata.ts'
import { get, list, remove, removeMany } from './read.ts'
import { findResource, type Resource } from './resources.ts'
import type { Answer } from './respond.ts'
import { review } from './review.ts'
import { noSuchResource, notAllowed, Refusal } from './status.ts'
import type { Store } from './store.ts'
import { renderTable, wantsTable } from './table.ts'
import type { User } from './types.ts'
import { startWatch } from './watch.ts'
import { create, patch, update, type Write } from './write.ts'

export interface World {
  readonly store: Store
  readonly now: () => Date
  /** Names of disruption budgets that do not spare this pod now; counts each. */
  readonly budgetsOver: (namespace: string, pod: string) => readonly string[]
  /** Names of checks of /readyz that fail now. */
  readonly failingChecks: () => readonly string[]
}

/** What is asked, by whom, and with what. */
export interface Asked {
  readonly ask: Ask
  readonly user: User
  readonly headers: IncomingHttpHeaders
  /** The body. */
  readonly text: string
}

const MEDIA = /application\/json|application\/\*|\*\/\*/

/** @returns undefined when it is a watch, which answers by itself @throws Refusal */
export function handle(
  world: World,
  { ask, user, headers, text }: Asked,
  response: ServerResponse,
): Answer | undefined {
  const resource = findResource(ask.group, ask.version, ask.plural)
  if (resource === undefined) return answerHealth(ask, world.failingChecks()) ?? found(ask)
  checkPath(resource, ask)
  if (!MEDIA.test(headers.accept ?? '*/*'))
    throw new Refusal(
      406,
      'NotAcceptable',
      '406: Not Acceptable\n\nAvailable representations: application/json, application/yaml, application/vnd.kubernetes.protobuf',
      {},
    )
  if (ask.verb === 'watch') {
    startWatch(world.store, resource, ask, response)
    return undefined
  }
  const write: Write = {
    ask,
    resource,
    text,
    contentType: headers['content-type'],
    accept: headers.accept,
    warn(texts) {
      response.setHeader(
        'warning',
        texts.map((one) => `299 - ${JSON.stringify(one)}`),
      )
    },
  }
  if (resource.kind === 'SelfSubjectReview') return { code: 201, body: review(write, user, world.now()) }
  return answer(world, resource, ask, write)
}

function answer({ store, now, budgetsOver }: World, resource: Resource, ask: Ask, write: Write): Answer {
  const shown = (body: JsonObject) => {
    if (asksForMetadata(write.accept)) return renderMetadata(body)
    return wantsTable(write.accept) ? renderTable(resource, body, { now: now(), query: ask.query }) : body
  }
  const written = (made: ReturnType<typeof create>) => ({ code: made.code, body: made.object })
  switch (ask.verb) {
    case 'get':
      return { code: 200, body: shown(get(store, resource, ask)) }
    case 'list':
      return { code: 200, body: shown(list(store, resource, ask)) }
    case 'create':
      if (ask.subresource === '') return written(create(store, write))
      return {
        code: 201,
        body: evict(store, resource, {
          ...write,
          now: now(),
          budgets: () => budgetsOver(ask.namespace, ask.name),
        }),
      }
    case 'update':
      return written(update(store, write))
    case 'patch':
      return written(patch(store, write))
    case 'delete':
      return { code: 200, body: remove(store, resource, ask, write.text, now()) }
    case 'deletecollection':
      return { code: 200, body: removeMany(store, resource, ask, write.text, now()) }
    default:
      throw notAllowed()
  }
}

function found({ path, method }: Ask): Answer {
  const body = discover(path)
  if (body !== undefined && (method === 'GET' || method === 'HEAD')) return { code: 200, body }
  if (isBelowKnownGroup(path)) throw noSuchResource()
  return { code: 404, body: '404 page not found\n' }
}

/** @throws Refusal 404 for a path that the real server has no route for, 405 for a verb that the path does not take */
function checkPath(resource: Resource, { subresource, name, namespace, verb, plural }: Ask): void {
  const isEviction = plural === 'pods' && subresource === 'eviction'
  if (subresource !== '' && !isEviction && !(subresource === 'status' && resource.hasStatus)) throw noSuchResource()
  if (resource.isNamespaced && namespace === '' && name !== '') throw noSuchResource()
  // What is only made has no path for one of them.
  if (name !== '' && resource.verbs.length === 1) throw noSuchResource()
  const isAllowed = isEviction
    ? verb === 'create'
    : subresource === 'status'
      ? ['get', 'update', 'patch'].includes(verb)
      : resource.verbs.includes(verb)
  const needsNamespace = resource.isNamespaced && namespace === '' && verb !== 'list' && verb !== 'watch'
  const isMisplaced =
    (verb === 'create' && name !== '' && !isEviction) || ((verb === 'update' || verb === 'patch') && name === '')
  if (!isAllowed || needsNamespace || isMisplaced) throw notAllowed()
}
