/** What a real API server is given beforehand: accounts that no controller makes here, roles, disruption budgets. */
import type { Rule } from '../fakes/kube-apiserver/server.ts'
import { type Answer, type Api, MERGE } from './api.ts'

const NAMESPACES = ['default', 'kube-node-lease', 'kube-public', 'kube-system'] as const
const RBAC = '/apis/rbac.authorization.k8s.io/v1'
const GROUPS = ['', 'apps', 'coordination.k8s.io', 'policy', 'discovery.k8s.io'] as const
const WAIT_MS = 10_000

/** @throws Error with what the server said */
async function made(answer: Promise<Answer>): Promise<void> {
  const { status, body } = await answer
  if (status > 299 && status !== 409)
    throw new Error(`the API server refused what a test needs: ${JSON.stringify(body)}`)
}

/** Default service accounts: a pod cannot be made without. */
export async function prepare(api: Api): Promise<void> {
  for (const namespace of NAMESPACES) {
    const path = `/api/v1/namespaces/${namespace}`
    const deadlineMs = performance.now() + WAIT_MS
    // The server makes its namespaces itself, a little after it is ready.
    while ((await api.get(path)).status !== 200)
      if (performance.now() > deadlineMs) throw new Error(`the API server made no namespace ${namespace}`)
    await made(api.post(`${path}/serviceaccounts`, { metadata: { name: 'default' } }))
  }
}

/** Waits until the server lets the user do it. */
export async function grant(api: Api, user: string, rules: readonly Rule[]): Promise<void> {
  const subjects = [{ kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: user }]
  for (const [index, rule] of rules.entries()) {
    const name = `${user}-${index}`
    const { verbs, resources, apiGroups = GROUPS, resourceNames } = rule
    const role = {
      metadata: { name },
      rules: [{ verbs, resources, apiGroups, ...(resourceNames && { resourceNames }) }],
    }
    const binding = (kind: string) => ({
      metadata: { name },
      subjects,
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind, name },
    })
    for (const namespace of rule.namespaces ?? []) {
      await made(api.post(`${RBAC}/namespaces/${namespace}/roles`, role))
      await made(api.post(`${RBAC}/namespaces/${namespace}/rolebindings`, binding('Role')))
    }
    if (rule.namespaces === undefined) {
      await made(api.post(`${RBAC}/clusterroles`, role))
      await made(api.post(`${RBAC}/clusterrolebindings`, binding('ClusterRole')))
    }
    await untilAllowed(api, user, rule)
  }
}

async function untilAllowed(api: Api, user: string, rule: Rule): Promise<void> {
  const { verbs, resources, namespaces, apiGroups, resourceNames } = rule
  const [resource = '', subresource = ''] = (resources[0] ?? '').split('/')
  const attributes = {
    verb: verbs[0],
    group: apiGroups?.[0] ?? '',
    resource,
    subresource,
    namespace: namespaces?.[0] ?? '',
    name: resourceNames?.[0] ?? '',
  }
  const review = { spec: { user, groups: ['limited'], resourceAttributes: attributes } }
  const deadlineMs = performance.now() + WAIT_MS
  for (;;) {
    const { body } = await api.post('/apis/authorization.k8s.io/v1/subjectaccessreviews', review)
    if (body.status?.allowed === true) return
    if (performance.now() > deadlineMs) throw new Error(`the API server does not see the role of ${user}`)
  }
}

/** A budget that is counted, with nothing to spare, over a pod that runs. */
export async function standInTheWay(
  api: Api,
  { namespace, pod, budget }: { readonly namespace: string; readonly pod: string; readonly budget: string },
): Promise<void> {
  const path = `/api/v1/namespaces/${namespace}/pods/${pod}`
  const labels = { 'node-doctor.test/budget': pod }
  const status = { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] }
  await made(api.patch(path, { metadata: { labels } }))
  await made(api.patch(`${path}/status`, { status }))
  const budgets = `/apis/policy/v1/namespaces/${namespace}/poddisruptionbudgets`
  const spec = { minAvailable: 1, selector: { matchLabels: labels } }
  await made(api.post(budgets, { metadata: { name: budget }, spec }))
  const counted = {
    observedGeneration: 1,
    disruptionsAllowed: 0,
    currentHealthy: 1,
    desiredHealthy: 1,
    expectedPods: 1,
  }
  await made(api.patch(`${budgets}/${budget}/status`, { status: counted }, MERGE))
}
