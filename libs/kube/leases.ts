/** coordination.k8s.io/v1 Lease: who has something, until somebody else sees that he has it no more. */
import type { V1Lease } from '@kubernetes/client-node/dist/gen/models/V1Lease.js'
import type { V1LeaseSpec } from '@kubernetes/client-node/dist/gen/models/V1LeaseSpec.js'
import type { Caller } from './call.ts'
import { KubeStatusError } from './errors.ts'
import { type Json, named, type ObjectMeta } from './object.ts'
import type { CallOptions } from './request.ts'

/** What a lease says. Its times are RFC 3339 with microseconds, of whoever wrote them: no measure for others. */
export type LeaseSpec = Json<V1LeaseSpec>

/** A lease as the server has it. */
export interface KubeLease {
  readonly metadata: ObjectMeta & { readonly resourceVersion: string }
  readonly spec: LeaseSpec
}

/** A lease as it is to be. With `resourceVersion`: only in place of that very one. */
export interface LeaseWish {
  readonly namespace: string
  readonly name: string
  readonly annotations?: Readonly<Record<string, string>>
  readonly labels?: Readonly<Record<string, string>>
  readonly spec: LeaseSpec
}

/** Requests about leases. */
export interface LeaseCalls {
  /** undefined: there is none. */
  getLease(namespace: string, name: string, options?: CallOptions): Promise<KubeLease | undefined>
  listLeases(
    namespace: string,
    options?: CallOptions & { readonly selector?: string | undefined },
  ): Promise<KubeLease[]>
  /** undefined: somebody else made it first. */
  createLease(wish: LeaseWish, options?: CallOptions): Promise<KubeLease | undefined>
  /** In place of the one of this version. undefined: it is another by now, or gone. */
  updateLease(
    wish: LeaseWish & { readonly resourceVersion: string },
    options?: CallOptions,
  ): Promise<KubeLease | undefined>
  /** Whoever has it has it no more. false: there was none. */
  deleteLease(namespace: string, name: string, options?: CallOptions): Promise<boolean>
}

const resource = 'leases'
const pathOf = (namespace: string) => `/apis/coordination.k8s.io/v1/namespaces/${named(namespace)}/leases`

/** The requests about leases, over this caller. */
export function createLeaseCalls({ call, pages }: Caller): LeaseCalls {
  async function unless(statuses: readonly number[], answer: Promise<unknown>): Promise<KubeLease | undefined> {
    try {
      return leaseOf(await answer)
    } catch (err) {
      if (err instanceof KubeStatusError && statuses.includes(err.refusal.status) && isOfLeases(err)) return undefined
      throw err
    }
  }

  return {
    getLease(namespace, name, more = {}) {
      const ask = { method: 'GET', path: `${pathOf(namespace)}/${named(name)}` } as const
      return unless([404], call({ ...more, verb: 'get', resource, of: `${namespace}/${name}`, ask }))
    },
    async listLeases(namespace, { selector = '', ...more } = {}) {
      const query = selector === '' ? '' : `?labelSelector=${encodeURIComponent(selector)}`
      const leases: KubeLease[] = []
      for await (const { items = [] } of pages({ ...more, resource, path: pathOf(namespace) + query }))
        leases.push(...items.map(leaseOf))
      return leases
    },
    createLease(wish, more = {}) {
      const { namespace, name } = wish
      const ask = { method: 'POST', path: pathOf(namespace), body: bodyOf(wish) } as const
      return unless([409], call({ ...more, verb: 'create', resource, of: `${namespace}/${name}`, ask }))
    },
    updateLease(wish, more = {}) {
      const { namespace, name, resourceVersion } = wish
      const path = `${pathOf(namespace)}/${named(name)}`
      const ask = { method: 'PUT', path, body: bodyOf(wish, resourceVersion) } as const
      return unless([404, 409], call({ ...more, verb: 'update', resource, of: `${namespace}/${name}`, ask }))
    },
    async deleteLease(namespace, name, more = {}) {
      const ask = { method: 'DELETE', path: `${pathOf(namespace)}/${named(name)}` } as const
      try {
        await call({ ...more, verb: 'delete', resource, of: `${namespace}/${name}`, ask })
        return true
      } catch (err) {
        if (err instanceof KubeStatusError && err.refusal.status === 404 && isOfLeases(err)) return false
        throw err
      }
    },
  }
}

/** No lease, or another one: not a namespace that is missing, or something else that answers 404. */
function isOfLeases({ refusal: { reason, message } }: KubeStatusError): boolean {
  return ['NotFound', 'AlreadyExists', 'Conflict'].includes(reason) && message.includes(resource)
}

function bodyOf({ namespace, name, annotations, labels, spec }: LeaseWish, resourceVersion?: string): string {
  const metadata = { namespace, name, annotations, labels, resourceVersion }
  return JSON.stringify({ apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata, spec })
}

/** @throws KubeStatusError when something that is no API server answers 200 with a page of its own */
function leaseOf(value: unknown): KubeLease {
  const { metadata, spec } = (value ?? {}) as Partial<Json<V1Lease>>
  if (typeof metadata?.name !== 'string' || typeof metadata.resourceVersion !== 'string')
    throw new KubeStatusError({
      what: 'reading a lease',
      verb: 'get',
      resource,
      status: 200,
      reason: 'NotALease',
      message: 'the answer is no lease; does something else answer at this address?',
    })
  return { metadata: { ...metadata, name: metadata.name, resourceVersion: metadata.resourceVersion }, spec: spec ?? {} }
}
