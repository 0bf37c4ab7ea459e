/** discovery.k8s.io/v1 EndpointSlice: where a Service's servers are. */
import type { DiscoveryV1EndpointPort } from '@kubernetes/client-node/dist/gen/models/DiscoveryV1EndpointPort.js'
import type { V1Endpoint } from '@kubernetes/client-node/dist/gen/models/V1Endpoint.js'
import type { V1EndpointSlice } from '@kubernetes/client-node/dist/gen/models/V1EndpointSlice.js'
import type { Caller } from './call.ts'
import { KubeStatusError } from './errors.ts'
import { type Json, named } from './object.ts'
import type { CallOptions } from './request.ts'

/** One server of a Service. */
export interface Endpoint {
  /** The first is the one to be asked; a server has one, in practice. */
  readonly addresses: readonly string[]
  /** It takes new connections. Not said is yes, as the API has it. */
  readonly isReady: boolean
  /** It answers, whether it is about to end or not. Not said is as it is ready. */
  readonly isServing: boolean
  /** It is about to end. */
  readonly isTerminating: boolean
  /** "" where it is in none. */
  readonly zone: string
  /** "" where it is on none, or that is not said. */
  readonly nodeName: string
}

/** Where each server of a slice listens. */
export interface EndpointPort {
  /** "" where the Service has one alone. */
  readonly name: string
  readonly protocol: 'TCP' | 'UDP' | 'SCTP'
  readonly port: number
}

/** Servers of one Service, at most 1,000. */
export interface EndpointSlice {
  readonly name: string
  readonly addressType: 'IPv4' | 'IPv6' | 'FQDN'
  readonly ports: readonly EndpointPort[]
  readonly endpoints: readonly Endpoint[]
}

/** Slices of a Service, as many as were read. */
export interface ServiceEndpoints {
  readonly slices: readonly EndpointSlice[]
  /** There are more endpoints than were to be read. */
  readonly isCut: boolean
}

/** Requests about EndpointSlices. */
export interface EndpointSliceCalls {
  /** undefined: there is none of this name. `kubernetes` in `default` has the API servers. */
  getEndpointSlice(namespace: string, name: string, options?: CallOptions): Promise<EndpointSlice | undefined>
  /**
   * Names of a Service's slices, in order, without what is in them: who needs some servers of many gets one or two of these. At most 500.
   */
  listEndpointSliceNames(namespace: string, service: string, options?: CallOptions): Promise<string[]>
  /**
   * The slices of a Service, up to `endpointsMax` endpoints (default 5,000: 2 MiB, one or two requests).
   * What an older server's mirror has twice is twice.
   */
  listEndpointSlices(
    namespace: string,
    service: string,
    options?: CallOptions & { readonly endpointsMax?: number },
  ): Promise<ServiceEndpoints>
}

/** A page; slices have 100 endpoints as a rule (kube-controller-manager --max-endpoints-per-slice), so that is all of 5,000. */
const PAGE_SLICES = 50
/** Pages are read while there is room; of slices with hardly anything in them so many. */
const PAGES_MAX = 100
const NAMES_MAX = 500
const ENDPOINTS_MAX = 5000
/** The label by which a slice is a Service's (discovery.k8s.io/v1, LabelServiceName). */
const SERVICE_LABEL = 'kubernetes.io/service-name'
const RESOURCE = 'endpointslices'
const METADATA = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1'

interface Page {
  readonly items?: readonly Partial<Json<V1EndpointSlice>>[]
  readonly metadata?: { readonly continue?: string }
}

const pathOf = (namespace: string) => `/apis/discovery.k8s.io/v1/namespaces/${named(namespace)}/endpointslices`

/** Version 0: whatever the server has in memory, so that many nodes may ask and no store is. */
function listPath(namespace: string, service: string, limit: number, next = ''): string {
  const query = new URLSearchParams({ labelSelector: `${SERVICE_LABEL}=${service}`, limit: String(limit) })
  if (next === '') query.set('resourceVersion', '0')
  else query.set('continue', next)
  return `${pathOf(namespace)}?${query.toString()}`
}

/** The requests about EndpointSlices, over this caller. */
export function createEndpointSliceCalls({ call }: Caller): EndpointSliceCalls {
  const list = async (path: string, more: CallOptions, accept?: string) =>
    (await call({ ...more, verb: 'list', resource: RESOURCE, of: '', ask: { method: 'GET', path, accept } })) as Page

  return {
    async getEndpointSlice(namespace, name, more = {}) {
      const path = `${pathOf(namespace)}/${named(name)}?resourceVersion=0`
      const of = `${namespace}/${name}`
      try {
        return sliceOf(await call({ ...more, verb: 'get', resource: RESOURCE, of, ask: { method: 'GET', path } }))
      } catch (err) {
        if (err instanceof KubeStatusError && err.refusal.reason === 'NotFound' && err.refusal.status === 404)
          return undefined
        throw err
      }
    },
    async listEndpointSliceNames(namespace, service, more = {}) {
      const { items = [] } = await list(listPath(namespace, service, NAMES_MAX), more, METADATA)
      const names = items.map(({ metadata }) => metadata?.name ?? '').filter((name) => name !== '')
      // A server may pass over the limit where it is asked for what it has in memory.
      return names.slice(0, NAMES_MAX)
    },
    async listEndpointSlices(namespace, service, { endpointsMax = ENDPOINTS_MAX, ...more } = {}) {
      const slices: EndpointSlice[] = []
      let room = endpointsMax
      let next = ''
      for (let pages = 0; pages < PAGES_MAX; pages++) {
        const page = await list(listPath(namespace, service, PAGE_SLICES, next), more)
        for (const item of page.items ?? []) {
          const slice = sliceOf(item)
          if (slice.endpoints.length > room) {
            if (room > 0) slices.push({ ...slice, endpoints: slice.endpoints.slice(0, room) })
            return { slices, isCut: true }
          }
          slices.push(slice)
          room -= slice.endpoints.length
        }
        next = page.metadata?.continue ?? ''
        if (next === '' || room === 0) break
      }
      return { slices, isCut: next !== '' }
    },
  }
}

/** @throws KubeStatusError when something that is no API server answers 200 with a page of its own */
function sliceOf(value: unknown): EndpointSlice {
  const { metadata, addressType, endpoints, ports } = value as Partial<Json<V1EndpointSlice>>
  if (typeof metadata?.name !== 'string')
    throw new KubeStatusError({
      what: 'reading an EndpointSlice',
      verb: 'get',
      resource: RESOURCE,
      status: 200,
      reason: 'NotAnEndpointSlice',
      message: 'the answer is no EndpointSlice; does something else answer at this address?',
    })
  return {
    name: metadata.name,
    addressType: addressType === 'IPv6' || addressType === 'FQDN' ? addressType : 'IPv4',
    ports: (ports ?? []).flatMap(portOf),
    // Written anew: what else a slice says of each (the pod, hints) is let go at once.
    endpoints: (endpoints ?? []).map(endpointOf),
  }
}

/** None where it says no port: every port is meant, which nobody can ask. */
function portOf({ name, protocol, port }: Partial<Json<DiscoveryV1EndpointPort>>): EndpointPort[] {
  if (typeof port !== 'number') return []
  return [{ name: name ?? '', protocol: protocol === 'UDP' || protocol === 'SCTP' ? protocol : 'TCP', port }]
}

function endpointOf({ addresses, conditions, zone, nodeName }: Partial<Json<V1Endpoint>>): Endpoint {
  const isReady = conditions?.ready ?? true
  return {
    addresses: addresses ?? [],
    isReady,
    isServing: conditions?.serving ?? isReady,
    isTerminating: conditions?.terminating ?? false,
    zone: zone ?? '',
    nodeName: nodeName ?? '',
  }
}
