/** Watches: what there is, then what happens, one JSON object a line. */
import type { ServerResponse } from 'node:http'
import { type Ask, isTrue } from './ask.ts'
import type { JsonObject } from './json.ts'
import { apiVersionOf, type Resource } from './resources.ts'
import { parseSelector } from './selectors.ts'
import { expired, internal } from './status.ts'
import type { Change, ChangeType, Store } from './store.ts'

const BOOKMARK_MS = 60_000
const TIMEOUT_S = 30 * 60

/** Answers with a stream that ends by its time-out, by the client, or with the server. @throws Refusal */
export function startWatch(store: Store, resource: Resource, ask: Ask, response: ServerResponse): void {
  const { query } = ask
  const isMatch = matcher(resource, ask)
  const from = query.get('resourceVersion') ?? ''
  if (from !== '' && !/^\d+$/.test(from))
    throw internal(`resourceVersion: Invalid value: "${from}": strconv.ParseUint: parsing "${from}": invalid syntax`)
  response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-cache, private' })
  response.flushHeaders()
  const send = (type: ChangeType | 'BOOKMARK' | 'ERROR', object: JsonObject) =>
    void response.write(`${JSON.stringify({ type, object })}\n`)
  const after = Number(from)
  const isFromNow = from === '' || after === 0
  if (!isFromNow && after < store.oldestVersion()) {
    send('ERROR', expired(`too old resource version: ${after} (${store.oldestVersion()})`).body)
    response.end()
    return
  }
  const tell = (change: Change) => {
    const event = eventOf(change, isMatch)
    if (change.resource === resource && event !== undefined) send(event, change.object)
  }
  if (isFromNow) {
    if (query.get('sendInitialEvents') !== 'false')
      for (const object of store.list(resource, ask.namespace).filter(isMatch)) send('ADDED', object)
  } else for (const change of store.since(after)) if (isWithin(change, ask)) tell(change)
  const wantsBookmarks = isTrue(query.get('allowWatchBookmarks'))
  const bookmark = (annotations?: JsonObject) =>
    send('BOOKMARK', {
      kind: resource.kind,
      apiVersion: apiVersionOf(resource),
      metadata: { resourceVersion: String(store.version()), ...(annotations === undefined ? {} : { annotations }) },
    })
  if (isTrue(query.get('sendInitialEvents'))) bookmark({ 'k8s.io/initial-events-end': 'true' })
  const stop = store.onChange((change) => {
    if (change.version > after && isWithin(change, ask)) tell(change)
  })
  const bookmarks = wantsBookmarks ? setInterval(() => bookmark(), BOOKMARK_MS) : undefined
  const timeoutS = Number(query.get('timeoutSeconds') ?? 0) || TIMEOUT_S
  const timer = setTimeout(() => {
    if (wantsBookmarks) bookmark()
    response.end()
  }, timeoutS * 1000)
  response.on('close', () => {
    stop()
    clearInterval(bookmarks)
    clearTimeout(timer)
  })
}

function matcher(resource: Resource, ask: Ask) {
  const isSelected = parseSelector(resource, ask.query)
  if (ask.name === '') return isSelected
  return (object: JsonObject) => (object['metadata'] as JsonObject)['name'] === ask.name && isSelected(object)
}

function isWithin({ object }: Change, { namespace }: Ask): boolean {
  return namespace === '' || (object['metadata'] as JsonObject)['namespace'] === namespace
}

/** An object that begins to fit is added, one that ceases to is deleted. */
function eventOf({ type, object, old }: Change, isMatch: (object: JsonObject) => boolean): ChangeType | undefined {
  const did = old !== undefined && isMatch(old)
  const does = type !== 'DELETED' && isMatch(object)
  if (does) return did ? 'MODIFIED' : 'ADDED'
  return did ? 'DELETED' : undefined
}
