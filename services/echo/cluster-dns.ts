/** Whether the cluster's own name is known in the network of pods. However many ask, one question is asked at a time, and not again at once. */
import { Resolver } from 'node:dns/promises'
import type { Clock } from '#clock'

/** As the Go Node Doctor's overlay-test-server says it. */
export interface ClusterDns {
  readonly target: string
  readonly resolved: boolean
  readonly addresses: readonly string[]
  readonly latencyMs: number
  /** "" where it was resolved. */
  readonly error: string
}

/** An answer counts for so long. */
const FRESH_MS = 5_000
const TIMEOUT_MS = 2_000
const ADDRESSES_MAX = 8
const DEFAULT_DOMAIN = 'cluster.local'

/** "kubernetes.default.svc.cluster.local", by the search path of a pod's resolv.conf ("search default.svc.cluster.local svc.cluster.local"). */
export function targetIn(resolvConf: string): string {
  const [, search = ''] = /^search[ \t]+(.+)$/m.exec(resolvConf) ?? []
  const domain = search.split(/[ \t]+/).flatMap((one) => /^svc\.([a-z0-9][a-z0-9.-]{0,200})$/i.exec(one)?.[1] ?? [])[0]
  return `kubernetes.default.svc.${domain ?? DEFAULT_DOMAIN}`
}

/** Asks the nameservers of the pod, each once. */
function resolve4(name: string): Promise<string[]> {
  return new Resolver({ timeout: TIMEOUT_MS, tries: 1 }).resolve4(`${name}.`)
}

/** @param resolve who knows addresses; another in tests */
export function createClusterDns(
  target: string,
  clock: Clock,
  resolve: (name: string) => Promise<readonly string[]> = resolve4,
): () => Promise<ClusterDns> {
  let last: { readonly atMs: number; readonly found: Promise<ClusterDns> } | undefined

  async function look(): Promise<ClusterDns> {
    const beganMs = clock.monotonicMs()
    const done = (addresses: readonly string[], error: string): ClusterDns => ({
      target,
      resolved: error === '',
      addresses: addresses.slice(0, ADDRESSES_MAX),
      latencyMs: Math.round(clock.monotonicMs() - beganMs),
      error,
    })
    try {
      const addresses = await resolve(target)
      return done(addresses, addresses.length === 0 ? 'no address' : '')
    } catch (err) {
      return done([], err instanceof Error && 'code' in err ? String(err.code) : String(err))
    }
  }

  return () => {
    if (last === undefined || clock.monotonicMs() - last.atMs >= FRESH_MS)
      last = { atMs: clock.monotonicMs(), found: look() }
    return last.found
  }
}
