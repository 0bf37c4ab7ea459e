/** The leases of a fleet as this node has seen them, and as it writes them. */
import type { KubeClient, KubeLease, LeaseWish } from '#kube'
import { holderOf, type Sighting } from './judge.ts'

/** Which leases, on which clocks. */
export interface BookOptions {
  readonly calls: Pick<KubeClient, 'getLease' | 'createLease' | 'updateLease'>
  readonly namespace: string
  /** What the leases are called, before their numbers. */
  readonly name: string
  readonly count: number
  readonly durationMs: number
  readonly nowMs: () => number
  readonly wallClock: () => Date
}

/** What was seen, and the only way to change it. */
export interface Book {
  /** "node-doctor-remediation-0" */
  nameOf(index: number): string
  /** By number; undefined: it was never made. */
  readonly sightings: readonly (Sighting | undefined)[]
  /** Whether it was this one's when it was seen last. */
  isOf(index: number, node: string): boolean
  /** @throws as the client */
  read(index: number, signal: AbortSignal): Promise<void>
  /** Writes it in place of the one that was seen. undefined: somebody else was faster. @throws as the client */
  write(
    index: number,
    by: { readonly holder: string; readonly attempt: string },
    signal: AbortSignal,
  ): Promise<KubeLease | undefined>
}

const LABELS = { 'app.kubernetes.io/part-of': 'node-doctor' } as const
/** Which attempt it is held for, for people. */
const ATTEMPT = 'node-doctor.io/attempt'

/** A book in which nothing was seen yet. */
export function createBook({ calls, namespace, name, count, durationMs, nowMs, wallClock }: BookOptions): Book {
  const nameOf = (index: number) => `${name}-${index}`
  const sightings: (Sighting | undefined)[] = Array.from({ length: count }, () => undefined)

  function see(index: number, lease: KubeLease | undefined): void {
    const known = sightings[index]
    if (lease === undefined) sightings[index] = undefined
    else if (known?.lease.metadata.resourceVersion !== lease.metadata.resourceVersion)
      sightings[index] = { lease, sinceMs: nowMs() }
  }

  function wish(index: number, holder: string, attempt: string): LeaseWish {
    const old = sightings[index]?.lease
    const isSame = old !== undefined && holderOf(old) === holder
    const time = micro(wallClock())
    return {
      namespace,
      name: nameOf(index),
      labels: LABELS,
      annotations: { [ATTEMPT]: attempt },
      spec: {
        holderIdentity: holder,
        leaseDurationSeconds: Math.ceil(durationMs / 1000),
        acquireTime: isSame ? (old.spec.acquireTime ?? time) : time,
        renewTime: time,
        leaseTransitions: old === undefined ? 0 : (old.spec.leaseTransitions ?? 0) + (isSame ? 0 : 1),
      },
    }
  }

  return {
    nameOf,
    sightings,
    isOf(index, node) {
      const seen = sightings[index]
      return seen !== undefined && holderOf(seen.lease) === node
    },
    async read(index, signal) {
      see(index, await calls.getLease(namespace, nameOf(index), { signal }))
    },
    async write(index, { holder, attempt }, signal) {
      const made = wish(index, holder, attempt)
      const resourceVersion = sightings[index]?.lease.metadata.resourceVersion
      const lease =
        resourceVersion === undefined
          ? await calls.createLease(made, { signal })
          : await calls.updateLease({ ...made, resourceVersion }, { signal })
      if (lease !== undefined) see(index, lease)
      return lease
    },
  }
}

/** As a Lease has its times: with microseconds. */
function micro(date: Date): string {
  return date.toISOString().replace('Z', '000Z')
}
