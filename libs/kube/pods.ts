/** core/v1 Pod. */
import type { V1Pod } from '@kubernetes/client-node/dist/gen/models/V1Pod.js'
import type { Caller, CallOptions } from './call.ts'
import { type Json, named } from './object.ts'

/** Requests about pods. */
export interface PodCalls {
  /** Names of the pods that a label selector finds. */
  listPods(namespace: string, selector: string, options?: CallOptions): Promise<string[]>
}

/** The requests about pods, over this caller. */
export function createPodCalls({ listAll }: Caller): PodCalls {
  return {
    async listPods(namespace, selector, more = {}) {
      const path = `/api/v1/namespaces/${named(namespace)}/pods?labelSelector=${encodeURIComponent(selector)}`
      const pods: readonly Partial<Json<V1Pod>>[] = await listAll({ ...more, resource: 'pods', path })
      return pods.map(({ metadata }) => metadata?.name ?? '')
    },
  }
}
