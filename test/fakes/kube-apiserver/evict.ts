/** POST of pods/eviction, after pkg/registry/core/pod/storage/eviction.go. */
import type { Ask } from './ask.ts'
import { parseWriteOptions, readBody, type Scrutiny } from './body.ts'
import { isObject, type JsonObject, listAt, objectAt, textAt, valueAt } from './json.ts'
import { checkPreconditions, removeObject } from './read.ts'
import type { Resource } from './resources.ts'
import { badRequest, internal, notFound, Refusal } from './status.ts'
import type { Store } from './store.ts'

/** One eviction, and what stands in its way. */
export interface Evicting extends Pick<Scrutiny, 'text' | 'warn'> {
  readonly ask: Ask
  readonly now: Date
  /** Names of disruption budgets that do not spare it now; counts them. */
  readonly budgets: () => readonly string[]
}

const EVICTION = { kind: 'Eviction', group: 'policy', version: 'v1', definition: 'policy.v1.Eviction' } as const
const GRACE_S = 30
/** In these phases nobody is disrupted any more, or not yet. */
const FREE = new Set(['Succeeded', 'Failed', 'Pending'])

/** @returns a Status that says that it was done @throws Refusal */
export function evict(store: Store, resource: Resource, { ask, now, budgets, ...scrutiny }: Evicting): JsonObject {
  const { isDryRun: isAskedDry, validation } = parseWriteOptions(ask.query, 'CreateOptions')
  const body = readBody(EVICTION, { ...scrutiny, validation })
  if (textAt(body, 'metadata', 'name') !== ask.name)
    throw badRequest('name in URL does not match name in Eviction object')
  const options = objectAt(body, 'deleteOptions')
  const isDryRun = isAskedDry || isDryBy(options)
  const pod = store.get(resource, ask.namespace, ask.name)
  if (pod === undefined) throw notFound(resource, ask.name)
  const isFree = FREE.has(textAt(pod, 'status', 'phase')) || valueAt(pod, 'metadata', 'deletionTimestamp') !== undefined
  if (!isFree) {
    const [budget, another] = budgets()
    if (another !== undefined)
      throw internal('This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.')
    if (budget !== undefined) throw refusedBy(budget)
  }
  checkPreconditions({ kind: 'Pod', group: '' }, pod, {
    uid: textAt(options, 'preconditions', 'uid'),
    version: textAt(options, 'preconditions', 'resourceVersion'),
  })
  if (!isDryRun) {
    const grace = valueAt(options, 'gracePeriodSeconds') ?? valueAt(pod, 'spec', 'terminationGracePeriodSeconds')
    markDisrupted(pod, now)
    removeObject(store, resource, pod, typeof grace === 'number' ? grace : GRACE_S, now)
  }
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 }
}

/** @throws Refusal 500 for what is no dry run */
function isDryBy(options: JsonObject): boolean {
  const asked = listAt(options, 'dryRun')
  if (asked.some((one) => one !== 'All'))
    throw internal(`Non-matching dry-run options in request and content: [] and [${asked.join(' ')}]`)
  return asked.length > 0
}

function refusedBy(budget: string): Refusal {
  const message = `The disruption budget ${budget} needs 1 healthy pods and has 1 currently`
  return new Refusal(429, 'TooManyRequests', "Cannot evict pod as it would violate the pod's disruption budget.", {
    causes: [{ reason: 'DisruptionBudget', message }],
  })
}

/** Whoever made the pod reads from it that it did not fail by itself. */
function markDisrupted(pod: JsonObject, now: Date): void {
  const status = isObject(pod['status']) ? pod['status'] : {}
  const others = listAt(status, 'conditions').filter((one) => textAt(one, 'type') !== 'DisruptionTarget')
  const mark = {
    type: 'DisruptionTarget',
    status: 'True',
    lastProbeTime: null,
    lastTransitionTime: `${now.toISOString().slice(0, 19)}Z`,
    reason: 'EvictionByEvictionAPI',
    message: 'Eviction API: evicting',
  }
  pod['status'] = { ...status, conditions: [...others, mark] }
}
