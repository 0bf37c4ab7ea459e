/** What we ask of the API server, by name. Every call has a deadline; none is repeated here. */
import { type ClientOptions, createCaller } from './call.ts'
import { createDaemonSetCalls, type DaemonSetCalls } from './daemon-sets.ts'
import { createEndpointSliceCalls, type EndpointSliceCalls } from './endpoint-slices.ts'
import { createEventCalls, type EventCalls } from './events.ts'
import { createEvictionCalls, type EvictionCalls } from './evictions.ts'
import { createLeaseCalls, type LeaseCalls } from './leases.ts'
import { createNodeRowCalls, type NodeRowCalls } from './node-rows.ts'
import { createNodeCalls, type NodeCalls } from './nodes.ts'
import { createPodCalls, type PodCalls } from './pods.ts'
import { createReadyzCalls, type ReadyzCalls } from './readyz.ts'
import { createReviewCalls, type ReviewCalls } from './self-subject-reviews.ts'

/**
 * A client of one API server: the requests about each kind of object, a file each.
 * @throws KubeStatusError when the server says no, KubeUnreachableError when there was no answer, KubeAccessError
 */
export interface KubeClient
  extends NodeCalls,
    EventCalls,
    DaemonSetCalls,
    PodCalls,
    ReadyzCalls,
    ReviewCalls,
    EndpointSliceCalls,
    EvictionCalls,
    LeaseCalls,
    NodeRowCalls {
  /** Where it is, as found last: "https://10.0.0.1:6443". */
  readonly server: string
  /** What said so: "the pod's service account". */
  readonly origin: string
  close(): void
}

/** A client with connections of its own, until it is closed. Nothing is asked before the first request. */
export function createKubeClient(options: ClientOptions): KubeClient {
  const { access } = options
  const caller = createCaller(options)
  return {
    get server() {
      return access.server
    },
    origin: access.origin,
    ...createNodeCalls(caller),
    ...createEventCalls(caller),
    ...createDaemonSetCalls(caller),
    ...createPodCalls(caller),
    ...createReadyzCalls(caller),
    ...createReviewCalls(caller),
    ...createEndpointSliceCalls(caller),
    ...createEvictionCalls(caller),
    ...createLeaseCalls(caller),
    ...createNodeRowCalls(caller),
    close: () => caller.close(),
  }
}
