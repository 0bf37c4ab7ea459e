/** /healthz, /livez, /readyz: the checks of a real server, after k8s.io/apiserver/pkg/server/healthz. */
import type { Ask } from './ask.ts'
import type { Answer } from './respond.ts'
import { notAllowed } from './status.ts'

const HOOKS = [
  'start-apiserver-admission-initializer',
  'generic-apiserver-start-informers',
  'priority-and-fairness-config-consumer',
  'priority-and-fairness-filter',
  'storage-object-count-tracker-hook',
  'start-apiextensions-informers',
  'start-apiextensions-controllers',
  'crd-informer-synced',
  'start-system-namespaces-controller',
  'peer-endpoint-reconciler-controller',
  'start-cluster-authentication-info-controller',
  'start-kube-apiserver-identity-lease-controller',
  'start-kube-apiserver-identity-lease-garbage-collector',
  'storage-readiness',
  'start-legacy-token-tracking-controller',
  'start-service-ip-repair-controllers',
  'rbac/bootstrap-roles',
  'scheduling/bootstrap-system-priority-classes',
  'priority-and-fairness-config-producer',
  'bootstrap-controller',
  'start-kubernetes-service-cidr-controller',
  'start-kube-aggregator-informers',
  'apiservice-status-local-available-controller',
  'apiservice-status-remote-available-controller',
  'apiservice-registration-controller',
  'apiservice-discovery-controller',
  'kube-apiserver-autoregistration',
].map((name) => `poststarthook/${name}`)
const LAST = [
  'autoregister-completion',
  'poststarthook/apiservice-openapi-controller',
  'poststarthook/apiservice-openapiv3-controller',
]
const ALIVE = ['ping', 'log', 'loopback-serving-certificate', 'etcd', ...HOOKS, ...LAST]
const CHECKS: Readonly<Record<string, readonly string[]>> = {
  healthz: ALIVE,
  livez: ALIVE,
  readyz: ['ping', 'log', 'etcd', 'etcd-readiness', 'informer-sync', ...HOOKS, ...LAST, 'shutdown'],
}

/** @returns undefined where the path is none of these @throws Refusal 405 */
export function answerHealth({ path, method, query }: Ask, failing: readonly string[]): Answer | undefined {
  const [, root = '', name] = /^\/(healthz|livez|readyz)(?:\/(.+))?$/.exec(path) ?? []
  const checks = CHECKS[root]
  if (checks === undefined) return undefined
  if (method !== 'GET' && method !== 'HEAD') throw notAllowed()
  if (name !== undefined) return answerCheck(name, checks, failing)
  const excluded = new Set(query.getAll('exclude'))
  const strange = [...excluded].filter((one) => !checks.includes(one)).sort()
  const failed = checks.filter((check) => failing.includes(check) && !excluded.has(check))
  const lines = checks.map((check) => {
    if (excluded.has(check)) return `[+]${check} excluded: ok`
    return failed.includes(check) ? `[-]${check} failed: reason withheld` : `[+]${check} ok`
  })
  if (strange.length > 0)
    lines.push(
      `warn: some health checks cannot be excluded: no matches for ${strange.map((one) => `"${one}"`).join(',')}`,
    )
  // On failure it always says all.
  if (failed.length > 0) return { code: 500, body: `${lines.join('\n')}\n${root} check failed\n` }
  return { code: 200, body: query.has('verbose') ? `${lines.join('\n')}\n${root} check passed\n` : 'ok' }
}

function answerCheck(name: string, checks: readonly string[], failing: readonly string[]): Answer {
  if (!checks.includes(name)) return { code: 404, body: '404 page not found\n' }
  if (failing.includes(name)) return { code: 500, body: `internal server error: ${name} fails in this fake\n` }
  return { code: 200, body: 'ok' }
}
