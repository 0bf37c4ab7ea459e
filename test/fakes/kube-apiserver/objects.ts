/** The store as tests see it, past every right and fault. */
import { decode } from './decode.ts'
import { type JsonObject, objectAt, textAt } from './json.ts'
import { findResource, type Resource } from './resources.ts'
import { NAMESPACES, namespaceOf, nodeOf, serviceAccountOf } from './seed.ts'
import type { Store } from './store.ts'
import type { FakeApiServer, FakeEvent, FakeNode } from './types.ts'

export type Objects = Pick<
  FakeApiServer,
  'nodes' | 'node' | 'events' | 'setNode' | 'addNode' | 'deleteNode' | 'recreateNode' | 'setRunning' | 'endPod'
>

function known(group: string, plural: string): Resource {
  const resource = findResource(group, 'v1', plural)
  if (resource === undefined) throw new Error(`the fake API server has no resource "${plural}" in group "${group}"`)
  return resource
}

/** Fills the store with what is there before anybody asks. */
export function createObjects(store: Store, now: () => Date): Objects {
  const [nodes, events, pods] = [known('', 'nodes'), known('', 'events'), known('', 'pods')]
  for (const name of NAMESPACES) {
    store.add(known('', 'namespaces'), namespaceOf(name))
    store.add(known('', 'serviceaccounts'), serviceAccountOf(name))
  }
  let made = 0

  function found(name: string): JsonObject {
    const node = store.get(nodes, '', name)
    if (node === undefined) throw new Error(`the fake API server has no node "${name}"; add it first`)
    return node
  }

  function foundPod(namespace: string, name: string): JsonObject {
    const pod = store.get(pods, namespace, name)
    if (pod === undefined) throw new Error(`the fake API server has no pod "${namespace}/${name}"; add it first`)
    return pod
  }

  function addNode(name: string): FakeNode {
    if (store.get(nodes, '', name) !== undefined) throw new Error(`the fake API server already has a node "${name}"`)
    made += 1
    return store.add(nodes, nodeOf(name, made, now())) as unknown as FakeNode
  }

  return {
    nodes: () => store.list(nodes, '').map((node) => node as unknown as FakeNode),
    node: (name) => store.get(nodes, '', name) as unknown as FakeNode | undefined,
    events(filter = () => true) {
      const byAge = (a: JsonObject, b: JsonObject) => createdAt(a) - createdAt(b)
      return store
        .list(events, '')
        .toSorted(byAge)
        .map((event) => event as unknown as FakeEvent)
        .filter(filter)
    },
    setNode(name, change) {
      const node = found(name)
      change(node as unknown as FakeNode)
      const { object } = decode(nodes.definition, node, 'body')
      return store.replace(nodes, { ...object, kind: 'Node', apiVersion: 'v1' }) as unknown as FakeNode
    },
    addNode,
    deleteNode: (name) => void store.remove(nodes, found(name)),
    recreateNode(name) {
      store.remove(nodes, found(name))
      return addNode(name)
    },
    setRunning(namespace, name) {
      const pod = foundPod(namespace, name)
      const ready = { type: 'Ready', status: 'True', lastProbeTime: null, lastTransitionTime: null }
      store.replace(pods, { ...pod, status: { ...objectAt(pod, 'status'), phase: 'Running', conditions: [ready] } })
    },
    endPod: (namespace, name) => void store.remove(pods, foundPod(namespace, name)),
  }

  function createdAt(object: JsonObject): number {
    return store.createdAt(textAt(object, 'metadata', 'uid'))
  }
}
