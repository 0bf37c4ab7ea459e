/** What the server says of itself: versions, groups, resources. */
import type { JsonObject } from './json.ts'
import { openApi } from './openapi.ts'
import { apiVersionOf, RESOURCES, type Resource } from './resources.ts'

export const VERSION = {
  major: '1',
  minor: '37',
  gitVersion: 'v1.37.2',
  gitCommit: '$Format:%H$',
  gitTreeState: '',
  buildDate: '1970-01-01T00:00:00Z',
  goVersion: 'go1.26.8',
  compiler: 'gc',
  platform: 'linux/amd64',
} as const

/** The answer to a path that leads to no resource; undefined when there is none. A text is answered as it is. */
export function discover(path: string): JsonObject | string | undefined {
  const at = path === '/' ? path : path.replace(/\/+$/, '')
  if (at === '/version') return { ...VERSION }
  if (at === '/') return { paths: ['/api', '/api/v1', '/apis', '/healthz', '/livez', '/readyz', '/version'] }
  if (at === '/api') return { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [] }
  const groups = [...new Set(RESOURCES.map(({ group }) => group).filter((group) => group !== ''))]
  if (at === '/apis') return { kind: 'APIGroupList', apiVersion: 'v1', groups: groups.map(groupOf) }
  if (at.startsWith('/openapi/')) return openApi(at)
  const [, root, first, second] = /^\/(api|apis)\/([^/]+)(?:\/([^/]+))?$/.exec(at) ?? []
  if (root === 'api') return first === 'v1' && second === undefined ? listOf('') : undefined
  if (first === undefined || !groups.includes(first)) return undefined
  if (second === undefined) return { kind: 'APIGroup', apiVersion: 'v1', ...groupOf(first) }
  return second === 'v1' ? listOf(first) : undefined
}

function groupOf(name: string): JsonObject {
  const version = { groupVersion: `${name}/v1`, version: 'v1' }
  return { name, versions: [version], preferredVersion: version }
}

function listOf(group: string): JsonObject {
  const own = RESOURCES.filter((resource) => resource.group === group)
  return {
    kind: 'APIResourceList',
    ...(group === '' ? {} : { apiVersion: 'v1' }),
    groupVersion: group === '' ? 'v1' : `${group}/v1`,
    resources: own.flatMap((resource) => [rowOf(resource), ...subresourcesOf(resource)]),
  }
}

function rowOf({ plural, singular, isNamespaced, kind, verbs, shortNames }: Resource): JsonObject {
  const names = shortNames.length === 0 ? {} : { shortNames: [...shortNames] }
  return { name: plural, singularName: singular, namespaced: isNamespaced, kind, verbs: [...verbs], ...names }
}

function subresourcesOf({ plural, isNamespaced, kind, hasStatus }: Resource): JsonObject[] {
  const of = { singularName: '', namespaced: isNamespaced }
  const status = { name: `${plural}/status`, ...of, kind, verbs: ['get', 'patch', 'update'] }
  const eviction = {
    name: 'pods/eviction',
    ...of,
    group: 'policy',
    version: 'v1',
    kind: 'Eviction',
    verbs: ['create'],
  }
  return [...(plural === 'pods' ? [eviction] : []), ...(hasStatus ? [status] : [])]
}

/** Whether the path is below a group that is served, so that what is not found there is told by a Status. */
export function isBelowKnownGroup(path: string): boolean {
  const versions = new Set(RESOURCES.map((resource) => apiVersionOf(resource)))
  const [, root, first, second] = /^\/(api|apis)\/([^/]+)(?:\/([^/]+))?/.exec(path) ?? []
  return root === 'api' ? versions.has(first ?? '') : versions.has(`${first}/${second}`)
}
