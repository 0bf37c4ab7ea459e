/** core/v1 Node. */
import type { V1Node } from '@kubernetes/client-node/dist/gen/models/V1Node.js'
import type { V1NodeCondition } from '@kubernetes/client-node/dist/gen/models/V1NodeCondition.js'
import type { V1NodeStatus } from '@kubernetes/client-node/dist/gen/models/V1NodeStatus.js'
import type { V1Taint } from '@kubernetes/client-node/dist/gen/models/V1Taint.js'
import { type Caller, STRATEGIC } from './call.ts'
import { KubeStatusError } from './errors.ts'
import { type FollowOptions, follow } from './follow.ts'
import { type Json, named, type ObjectMeta } from './object.ts'
import type { CallOptions } from './request.ts'

/** A condition of a node. A time that was never set is null at some servers. */
export type KubeCondition = Omit<Json<V1NodeCondition>, 'status' | 'lastHeartbeatTime' | 'lastTransitionTime'> & {
  readonly status: 'True' | 'False' | 'Unknown'
  readonly lastHeartbeatTime?: string | null
  readonly lastTransitionTime?: string | null
}

/** A node as the server has it. */
export type KubeNode = Omit<Json<V1Node>, 'metadata' | 'status'> & {
  readonly metadata: ObjectMeta
  readonly status?: Omit<Json<V1NodeStatus>, 'conditions'> & { readonly conditions?: readonly KubeCondition[] }
}

/** A taint of a node. */
export type KubeTaint = Omit<Json<V1Taint>, 'effect'> & { readonly effect: string }

/** A condition as a strategic-merge patch names it; by `type` alone and `$patch` it is taken away. */
export type ConditionPatch = KubeCondition | { readonly type: string; readonly $patch: 'delete' }

/** A patch of nodes/status. It may also move annotations: the server keeps only `spec` from being changed there. */
export interface NodeStatusPatch {
  readonly metadata?: { readonly uid?: string; readonly annotations?: Readonly<Record<string, string | null>> }
  readonly status?: { readonly conditions: readonly ConditionPatch[] }
}

/**
 * A patch of the node itself, all of it or nothing: `resourceVersion` is the one of the node that it was made from, and the server
 * refuses it with 409 when that is not the node any more. Taints are one list that is replaced as a whole.
 */
export interface NodePatch {
  readonly metadata: {
    readonly uid?: string
    readonly resourceVersion: string
    /** null takes it away. */
    readonly annotations?: Readonly<Record<string, string | null>>
  }
  readonly spec?: {
    /** null: pods may be scheduled again; kubectl says it so, too. */
    readonly unschedulable?: true | null
    readonly taints?: readonly KubeTaint[] | null
  }
}

/** Requests about nodes. */
export interface NodeCalls {
  getNode(name: string, options?: CallOptions & { readonly cached?: boolean }): Promise<KubeNode>
  listNodes(options?: CallOptions): Promise<KubeNode[]>
  /** Strategic merge: our conditions by their type, everything else stays. */
  patchNodeStatus(name: string, patch: NodeStatusPatch, options?: CallOptions): Promise<KubeNode>
  /** `isDryRun`: the server looks whether it would, and changes nothing. */
  patchNode(name: string, patch: NodePatch, options?: CallOptions & { readonly isDryRun?: boolean }): Promise<KubeNode>
  /** The node as it is and becomes, until the signal ends; undefined: there is none of this name. */
  followNode(name: string, options: FollowNodeOptions): Promise<void>
}

/** How a node is followed. */
export type FollowNodeOptions = Omit<FollowOptions<KubeNode>, 'onChange'> & {
  /** What it throws ends the following. */
  readonly onChange: (node: KubeNode | undefined) => void
}

const NODES = '/api/v1/nodes'

/** The requests about nodes, over this caller. */
export function createNodeCalls(caller: Caller): NodeCalls {
  const { call, listAll } = caller
  return {
    async patchNode(name, patch, { isDryRun = false, ...more } = {}) {
      const path = `${NODES}/${named(name)}${isDryRun ? '?dryRun=All' : ''}`
      const ask = { method: 'PATCH', path, contentType: STRATEGIC, body: JSON.stringify(patch) } as const
      return nodeOf(await call({ ...more, verb: 'patch', resource: 'nodes', of: name, ask }))
    },
    followNode(name, { onChange, ...options }) {
      const path = `${NODES}?fieldSelector=${encodeURIComponent(`metadata.name=${name}`)}`
      const parse = (object: unknown) => {
        const node = object as Partial<KubeNode> | null
        if (node?.metadata?.name !== name) return undefined
        return { uid: node.metadata.uid ?? '', value: node as KubeNode }
      }
      const tell = (all: ReadonlyMap<string, KubeNode>) => onChange([...all.values()].at(-1))
      return follow(caller, { resource: 'nodes', path, parse }, { ...options, onChange: tell })
    },
    async getNode(name, { cached = false, ...more } = {}) {
      // Version 0: whatever the server has in memory; it need not ask its store.
      const path = `${NODES}/${named(name)}${cached ? '?resourceVersion=0' : ''}`
      return nodeOf(await call({ ...more, verb: 'get', resource: 'nodes', of: name, ask: { method: 'GET', path } }))
    },
    async listNodes(more = {}) {
      return (await listAll({ ...more, resource: 'nodes', path: NODES })).map(nodeOf)
    },
    async patchNodeStatus(name, patch, more = {}) {
      const path = `${NODES}/${named(name)}/status`
      const ask = { method: 'PATCH', path, contentType: STRATEGIC, body: JSON.stringify(patch) } as const
      return nodeOf(await call({ ...more, verb: 'patch', resource: 'nodes/status', of: name, ask }))
    },
  }
}

/** @throws KubeStatusError when something that is no API server answers 200 with a page of its own */
function nodeOf(value: unknown): KubeNode {
  const node = value as { metadata?: { name?: unknown } }
  if (typeof node.metadata?.name !== 'string')
    throw new KubeStatusError({
      what: 'reading a node',
      verb: 'get',
      resource: 'nodes',
      status: 200,
      reason: 'NotANode',
      message: 'the answer is no node; does something else answer at this address?',
    })
  return value as KubeNode
}
