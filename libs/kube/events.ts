/** core/v1 Event. */
import type { CoreV1Event } from '@kubernetes/client-node/dist/gen/models/CoreV1Event.js'
import type { V1EventSource } from '@kubernetes/client-node/dist/gen/models/V1EventSource.js'
import type { V1ObjectReference } from '@kubernetes/client-node/dist/gen/models/V1ObjectReference.js'
import { type Caller, STRATEGIC } from './call.ts'
import { type Json, named, type ObjectMeta } from './object.ts'
import type { CallOptions } from './request.ts'

/** What every event of ours says in words of the server's own. */
type Told = Required<
  Pick<
    Json<CoreV1Event>,
    'reason' | 'message' | 'reportingComponent' | 'reportingInstance' | 'firstTimestamp' | 'lastTimestamp' | 'count'
  >
>

/** An event about a node, as we write it. Its times are whole seconds. */
export interface KubeEvent extends Told {
  readonly apiVersion: 'v1'
  readonly kind: 'Event'
  readonly metadata: ObjectMeta
  readonly involvedObject: Required<Pick<Json<V1ObjectReference>, 'name' | 'uid'>> & {
    readonly kind: 'Node'
    readonly apiVersion: 'v1'
    /** The event's own, where that is not `default`. */
    readonly namespace?: string
  }
  readonly type: 'Normal' | 'Warning'
  readonly source: Required<Pick<Json<V1EventSource>, 'component' | 'host'>>
}

/** What of an event may follow. Counts are absolute. */
export type EventPatch = Pick<KubeEvent, 'count' | 'lastTimestamp' | 'message'>

/** Requests about events. */
export interface EventCalls {
  createEvent(event: KubeEvent, options?: CallOptions): Promise<void>
  patchEvent(namespace: string, name: string, patch: EventPatch, options?: CallOptions): Promise<void>
}

const eventsPath = (namespace: string) => `/api/v1/namespaces/${named(namespace)}/events`

/** The requests about events, over this caller. */
export function createEventCalls({ call }: Caller): EventCalls {
  return {
    async createEvent(event, more = {}) {
      const namespace = event.metadata.namespace ?? 'default'
      const ask = { method: 'POST', path: eventsPath(namespace), body: JSON.stringify(event) } as const
      await call({ ...more, verb: 'create', resource: 'events', of: `${namespace}/${event.metadata.name}`, ask })
    },
    async patchEvent(namespace, name, patch, more = {}) {
      const path = `${eventsPath(namespace)}/${named(name)}`
      const ask = { method: 'PATCH', path, contentType: STRATEGIC, body: JSON.stringify(patch) } as const
      await call({ ...more, verb: 'patch', resource: 'events', of: `${namespace}/${name}`, ask })
    },
  }
}
