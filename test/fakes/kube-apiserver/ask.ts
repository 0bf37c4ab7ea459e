/** What a request asks for, read from its method and path as the real server does. */

export interface Ask {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  /** As RBAC names it; the method in small letters for a path without a resource. */
  readonly verb: string
  readonly group: string
  readonly version: string
  /** "nodes"; "" when the path leads to none. */
  readonly plural: string
  readonly subresource: string
  /** "nodes/status" */
  readonly resource: string
  readonly namespace: string
  readonly name: string
}

const VERBS: Readonly<Record<string, string>> = { POST: 'create', PUT: 'update', PATCH: 'patch', DELETE: 'delete' }

export function parseAsk(method: string, url: string): Ask {
  const { pathname, searchParams: query } = new URL(url, 'http://x')
  const none = {
    method,
    path: pathname,
    query,
    group: '',
    version: '',
    plural: '',
    subresource: '',
    resource: '',
    namespace: '',
    name: '',
  }
  const parts = pathname
    .split('/')
    .filter((part) => part !== '')
    .map(decodeURIComponent)
  const isCore = parts[0] === 'api'
  if ((!isCore && parts[0] !== 'apis') || parts.length < (isCore ? 3 : 4))
    return { ...none, verb: method.toLowerCase() }
  const [group = '', version = ''] = isCore ? ['', parts[1]] : [parts[1], parts[2]]
  let rest = parts.slice(isCore ? 2 : 3)
  const isWatchPath = rest[0] === 'watch'
  if (isWatchPath) rest = rest.slice(1)
  let namespace = ''
  if (rest[0] === 'namespaces' && rest.length > 2 && rest[2] !== 'status' && rest[2] !== 'finalize') {
    namespace = rest[1] ?? ''
    rest = rest.slice(2)
  } else if (rest[0] === 'namespaces') namespace = rest[1] ?? ''
  const [plural = '', name = '', subresource = ''] = rest
  const resource = subresource === '' ? plural : `${plural}/${subresource}`
  const verb = verbOf(method, name, isWatchPath || isTrue(query.get('watch')))
  return { ...none, verb, group, version, plural, subresource, resource, namespace, name }
}

function verbOf(method: string, name: string, isWatch: boolean): string {
  if (method === 'GET' || method === 'HEAD') {
    if (isWatch) return 'watch'
    return name === '' ? 'list' : 'get'
  }
  if (method === 'DELETE' && name === '') return 'deletecollection'
  return VERBS[method] ?? method.toLowerCase()
}

export function isTrue(text: string | null): boolean {
  return text === '' || text === 'true' || text === '1'
}
