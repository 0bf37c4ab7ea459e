/** apps/v1 DaemonSet. */
import type { V1DaemonSet } from '@kubernetes/client-node/dist/gen/models/V1DaemonSet.js'
import type { Caller } from './call.ts'
import { type Json, named } from './object.ts'
import type { CallOptions } from './request.ts'

/** Requests about DaemonSets. */
export interface DaemonSetCalls {
  /** Label selector of its pods, as a query has it. */
  daemonSetSelector(namespace: string, name: string, options?: CallOptions): Promise<string>
  /** Lets its pods end with it. */
  deleteDaemonSet(namespace: string, name: string, options?: CallOptions): Promise<void>
}

const pathOf = (namespace: string, name: string) =>
  `/apis/apps/v1/namespaces/${named(namespace)}/daemonsets/${named(name)}`

/** The requests about DaemonSets, over this caller. */
export function createDaemonSetCalls({ call }: Caller): DaemonSetCalls {
  const resource = 'daemonsets'
  return {
    async daemonSetSelector(namespace, name, more = {}) {
      const ask = { method: 'GET', path: pathOf(namespace, name) } as const
      const answer = await call({ ...more, verb: 'get', resource, of: `${namespace}/${name}`, ask })
      const { spec } = answer as Partial<Json<V1DaemonSet>>
      return Object.entries(spec?.selector?.matchLabels ?? {})
        .map(([label, value]) => `${label}=${value}`)
        .join(',')
    },
    async deleteDaemonSet(namespace, name, more = {}) {
      const path = `${pathOf(namespace, name)}?propagationPolicy=Background`
      await call({ ...more, verb: 'delete', resource, of: `${namespace}/${name}`, ask: { method: 'DELETE', path } })
    },
  }
}
