/** policy/v1 Eviction: a pod is asked to go, and the disruption budgets over it are heard. */
import type { Caller } from './call.ts'
import { type KubeCause, KubeStatusError } from './errors.ts'
import { named } from './object.ts'
import type { CallOptions } from './request.ts'

/** Which pod, and how. */
export interface Eviction extends CallOptions {
  readonly namespace: string
  readonly name: string
  /** Only while it is this one: another of its name stays. */
  readonly uid: string
  /** Seconds that it gets. Absent: as many as it asks for itself. */
  readonly graceSeconds?: number | undefined
  /** The server looks whether it would, budgets too, and nothing ends. */
  readonly isDryRun?: boolean | undefined
}

/**
 * What the server says. `accepted`: it was told to end, and is gone when its uid is. `gone`: there is none of this uid. `blocked`: a
 * disruption budget does not spare it now; `budgets` are their names, as far as the server says them. `busy`: the server takes no such
 * request now. `ending`: its namespace ends, and takes it along.
 */
export type EvictionAnswer =
  | { readonly kind: 'accepted' }
  | { readonly kind: 'gone' }
  | {
      readonly kind: 'blocked'
      readonly budgets: readonly string[]
      /** The server's words about it. */
      readonly text: string
      readonly retryAfterMs: number | undefined
    }
  | { readonly kind: 'busy'; readonly text: string; readonly retryAfterMs: number | undefined }
  | { readonly kind: 'ending' }

/** Requests about evictions. */
export interface EvictionCalls {
  /** Within 30 s, unless said otherwise. @throws KubeStatusError for every other refusal, as two budgets over one pod (500), and as for every request */
  evict(eviction: Eviction): Promise<EvictionAnswer>
}

/** Of a pod that no budget holds the server tries for 10 s before it says that its uid is another (EvictionsRetry). */
const TIMEOUT_MS = 30_000
/** k8s.io/api/policy/v1, DisruptionBudgetCause. */
const BUDGET = 'DisruptionBudget'
/** k8s.io/api/core/v1, NamespaceTerminatingCause. */
const TERMINATING = 'NamespaceTerminating'
/** "The disruption budget web needs 2 healthy pods …": all of the server's words about one begin so. */
const NAMED = /^The disruption budget (\S+) /

/** The requests about evictions, over this caller. */
export function createEvictionCalls({ call }: Caller): EvictionCalls {
  return {
    async evict({ namespace, name, uid, graceSeconds, isDryRun = false, ...more }) {
      const path = `/api/v1/namespaces/${named(namespace)}/pods/${named(name)}/eviction`
      const body = JSON.stringify({
        apiVersion: 'policy/v1',
        kind: 'Eviction',
        metadata: { name, namespace },
        deleteOptions: {
          preconditions: { uid },
          ...(graceSeconds === undefined ? {} : { gracePeriodSeconds: graceSeconds }),
          ...(isDryRun ? { dryRun: ['All'] } : {}),
        },
      })
      const of = `${namespace}/${name}`
      try {
        await call({
          ...more,
          timeoutMs: more.timeoutMs ?? TIMEOUT_MS,
          verb: 'create',
          resource: 'pods/eviction',
          of,
          ask: { method: 'POST', path, body },
        })
        return { kind: 'accepted' }
      } catch (err) {
        const known = err instanceof KubeStatusError ? answerOf(err) : undefined
        if (known === undefined) throw err
        return known
      }
    },
  }
}

function answerOf({ refusal }: KubeStatusError): EvictionAnswer | undefined {
  const { status, reason, message, causes = [], retryAfterMs } = refusal
  const of = (name: string): readonly KubeCause[] => causes.filter((cause) => cause.reason === name)
  if (status === 404 && reason === 'NotFound') return { kind: 'gone' }
  // Without a version in the precondition nothing but the uid conflicts.
  if (status === 409 && /UID in the precondition|Precondition failed: UID/.test(message)) return { kind: 'gone' }
  if (status === 403 && of(TERMINATING).length > 0) return { kind: 'ending' }
  const budgets = of(BUDGET)
  if ((status === 429 || status === 403) && budgets.length > 0)
    return {
      kind: 'blocked',
      budgets: budgets.flatMap(({ message: text }) => NAMED.exec(text)?.[1] ?? []),
      text: budgets.map(({ message: text }) => text).join('; '),
      retryAfterMs,
    }
  return status === 429 ? { kind: 'busy', text: message, retryAfterMs } : undefined
}
