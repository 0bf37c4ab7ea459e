/** authentication.k8s.io/v1 SelfSubjectReview: who the server takes us for. */
import type { V1SelfSubjectReview } from '@kubernetes/client-node/dist/gen/models/V1SelfSubjectReview.js'
import type { Caller } from './call.ts'
import { KubeStatusError } from './errors.ts'
import type { Json } from './object.ts'
import type { CallOptions } from './request.ts'

/** Who we are to the server. */
export type Identity =
  | { readonly kind: 'known'; readonly name: string; readonly groups: readonly string[] }
  /** 401: it does not know our token or certificate, which is expired, of another cluster, or of an account that is gone. */
  | { readonly kind: 'unknown' }
  /** 403: it knows us, or takes us for nobody (system:anonymous), and does not let us ask. */
  | { readonly kind: 'forbidden'; readonly message: string }

/** Requests about ourselves. */
export interface ReviewCalls {
  /** Needs Kubernetes 1.28. @throws KubeStatusError for what says nothing of us, KubeUnreachableError */
  whoAmI(options?: CallOptions): Promise<Identity>
}

const PATH = '/apis/authentication.k8s.io/v1/selfsubjectreviews'
const BODY = JSON.stringify({ apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' })
const GROUPS_MAX = 64

/** The requests about ourselves, over this caller. */
export function createReviewCalls({ call }: Caller): ReviewCalls {
  return {
    async whoAmI(more = {}) {
      try {
        const ask = { method: 'POST', path: PATH, body: BODY } as const
        return identityOf(await call({ ...more, verb: 'create', resource: 'selfsubjectreviews', of: '', ask }))
      } catch (err) {
        if (!(err instanceof KubeStatusError)) throw err
        const { status, message } = err.refusal
        if (status === 401) return { kind: 'unknown' }
        if (status === 403) return { kind: 'forbidden', message }
        throw err
      }
    },
  }
}

/** @throws KubeStatusError when something that is no API server answers with a page of its own */
function identityOf(value: unknown): Identity {
  const { username, groups } = (value as Partial<Json<V1SelfSubjectReview>>).status?.userInfo ?? {}
  if (typeof username !== 'string')
    throw new KubeStatusError({
      what: 'reading a SelfSubjectReview',
      verb: 'create',
      resource: 'selfsubjectreviews',
      status: 200,
      reason: 'NotAReview',
      message: 'the answer is no SelfSubjectReview; does something else answer at this address?',
    })
  const known = Array.isArray(groups) ? groups.filter((group) => typeof group === 'string') : []
  return { kind: 'known', name: username, groups: known.slice(0, GROUPS_MAX) }
}
