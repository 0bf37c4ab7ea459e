/**
 * For properties of the lease: an API server in memory, as far as leases and rows of nodes go, whose every answer waits for its turn, may
 * be lost, and may come long after what it tells of. The real one is asked by `fleet-lease.test.ts`.
 */
import { type KubeLease, KubeUnreachableError, type LeaseWish, type NodeRow } from '#kube'
import type { FleetCalls } from './fleet-lease.ts'

/** What the world is like for requests. */
export interface Weather {
  /** Resolves when the next step may be done. */
  turn(): Promise<void>
  /** Whether this answer is lost, though what was asked is done. */
  loses(): boolean
}

/** What the server holds. */
export interface MemoryServer {
  readonly calls: (weather: Weather) => FleetCalls
  readonly nodes: Map<string, NodeRow>
  holder(name: string): string
}

/** A server with these nodes, all of them well. */
export function createMemoryServer(names: readonly string[]): MemoryServer {
  const leases = new Map<string, KubeLease>()
  const nodes = new Map<string, NodeRow>(names.map((name) => [name, { name, isReady: true, isCordoned: false }]))
  let version = 0

  function keep({ name, namespace, spec }: LeaseWish): KubeLease {
    version += 1
    const lease = { metadata: { name, namespace, resourceVersion: `${version}` }, spec }
    leases.set(name, lease)
    return lease
  }

  return {
    nodes,
    holder: (name) => leases.get(name)?.spec.holderIdentity ?? '',
    calls({ turn, loses }) {
      async function asked<T>(work: () => T): Promise<T> {
        await turn()
        const answer = work()
        await turn()
        if (loses()) throw new KubeUnreachableError('a request', 'memory', new Error('the answer was lost'))
        return answer
      }
      return {
        getLease: (_, name) => asked(() => leases.get(name)),
        createLease: (wish) => asked(() => (leases.has(wish.name) ? undefined : keep(wish))),
        updateLease: (wish) =>
          asked(() =>
            leases.get(wish.name)?.metadata.resourceVersion === wish.resourceVersion ? keep(wish) : undefined,
          ),
        listNodeRows: () => asked(() => [...nodes.values()]),
      }
    },
  }
}
