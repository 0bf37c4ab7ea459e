/** core/v1 Pod. */
import type { V1Pod } from '@kubernetes/client-node/dist/gen/models/V1Pod.js'
import type { Caller } from './call.ts'
import { KubeStatusError } from './errors.ts'
import { type FollowOptions, follow } from './follow.ts'
import { type Json, named } from './object.ts'
import type { CallOptions } from './request.ts'

/** What of a pod decides whether it may go, and whether it is gone. The pod itself is not kept. */
export interface NodePod {
  readonly namespace: string
  readonly name: string
  /** Another pod of the same name has another one. */
  readonly uid: string
  /** "" while it is on none. */
  readonly nodeName: string
  /** Whoever made it and makes it anew; undefined: nobody does. */
  readonly controller: { readonly apiVersion: string; readonly kind: string; readonly name: string } | undefined
  /** It stands for one that the kubelet has from a file: to end it at the server ends nothing. */
  readonly isMirror: boolean
  /** Which application it is a part of (app.kubernetes.io/part-of); "": none is said. */
  readonly partOf: string
  /** It has a volume that goes with it. */
  readonly hasEmptyDir: boolean
  /** Pending, Running, Succeeded, Failed, Unknown. */
  readonly phase: string
  /** It was told to end. */
  readonly isEnding: boolean
}

/** Requests about pods. */
export interface PodCalls {
  /** Names of the pods that a label selector finds. */
  listPods(namespace: string, selector: string, options?: CallOptions): Promise<string[]>
  /** undefined: there is none. */
  getPod(namespace: string, name: string, options?: CallOptions): Promise<NodePod | undefined>
  /** Every pod that is assigned to this node, in all namespaces. */
  listPodsOfNode(node: string, options?: CallOptions): Promise<NodePod[]>
  /** The same as they are and become, by uid, until the signal ends. */
  followPodsOfNode(node: string, options: FollowOptions<NodePod>): Promise<void>
}

/** What the kubelet writes on the pod that stands for one of its files (k8s.io/api/core/v1, MirrorPodAnnotationKey). */
const MIRROR = 'kubernetes.io/config.mirror'
const PART_OF = 'app.kubernetes.io/part-of'

const ofNode = (node: string) => `/api/v1/pods?fieldSelector=${encodeURIComponent(`spec.nodeName=${node}`)}`

/** The requests about pods, over this caller. */
export function createPodCalls(caller: Caller): PodCalls {
  const { call, listAll, pages } = caller
  return {
    async listPods(namespace, selector, more = {}) {
      const path = `/api/v1/namespaces/${named(namespace)}/pods?labelSelector=${encodeURIComponent(selector)}`
      const pods: readonly Partial<Json<V1Pod>>[] = await listAll({ ...more, resource: 'pods', path })
      return pods.map(({ metadata }) => metadata?.name ?? '')
    },
    async getPod(namespace, name, more = {}) {
      const of = `${namespace}/${name}`
      const path = `/api/v1/namespaces/${named(namespace)}/pods/${named(name)}`
      try {
        return podOf(await call({ ...more, verb: 'get', resource: 'pods', of, ask: { method: 'GET', path } }))
      } catch (err) {
        if (err instanceof KubeStatusError && err.refusal.status === 404 && err.refusal.reason === 'NotFound')
          return undefined
        throw err
      }
    },
    async listPodsOfNode(node, more = {}) {
      const pods: NodePod[] = []
      for await (const { items = [] } of pages({ ...more, resource: 'pods', path: ofNode(node) }))
        pods.push(...items.map(podOf))
      return pods
    },
    followPodsOfNode(node, options) {
      const parse = (object: unknown) => {
        const value = podOf(object)
        return { uid: value.uid, value }
      }
      return follow(caller, { resource: 'pods', path: ofNode(node), parse }, options)
    },
  }
}

/** @throws KubeStatusError when something that is no API server answers 200 with a page of its own */
function podOf(value: unknown): NodePod {
  const { metadata, spec, status } = (value ?? {}) as Partial<Json<V1Pod>>
  if (typeof metadata?.name !== 'string' || typeof metadata.uid !== 'string')
    throw new KubeStatusError({
      what: 'reading a pod',
      verb: 'get',
      resource: 'pods',
      status: 200,
      reason: 'NotAPod',
      message: 'the answer is no pod; does something else answer at this address?',
    })
  const controller = metadata.ownerReferences?.find((owner) => owner.controller === true)
  return {
    namespace: metadata.namespace ?? '',
    name: metadata.name,
    uid: metadata.uid,
    nodeName: spec?.nodeName ?? '',
    controller:
      controller === undefined
        ? undefined
        : { apiVersion: controller.apiVersion, kind: controller.kind, name: controller.name },
    isMirror: metadata.annotations?.[MIRROR] !== undefined,
    partOf: metadata.labels?.[PART_OF] ?? '',
    hasEmptyDir: spec?.volumes?.some(({ emptyDir }) => emptyDir !== undefined && emptyDir !== null) ?? false,
    phase: status?.phase ?? 'Unknown',
    isEnding: metadata.deletionTimestamp !== undefined && metadata.deletionTimestamp !== null,
  }
}
