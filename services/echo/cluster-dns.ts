/** Whether the cluster's own name is known in the network of pods. However many ask, one question is asked at a time, and not again at once. */
import { Resolver } from 'node:dns/promises'
import { type Clock, within } from '#clock'
import { createStopwatch } from '#probe/stopwatch'

/** As the Go Node Doctor's overlay-test-server says it. */
export interface ClusterDns {
  readonly target: string
  readonly resolved: boolean
  readonly addresses: readonly string[]
  readonly latencyMs: number
  /** For how long of that this process was kept from working: that time is none of the nameserver's. Ours alone says it. */
  readonly lateMs: number
  /** "" where it was resolved. */
  readonly error: string
}

/** An answer counts for so long. */
const FRESH_MS = 5_000
const TIMEOUT_MS = 2_000
/** For all of the nameservers: whoever asks waits five seconds as a rule. */
const ALL_MS = 3_000
const ADDRESSES_MAX = 8
const DEFAULT_DOMAIN = 'cluster.local'

/** "kubernetes.default.svc.cluster.local", by the search path of a pod's resolv.conf ("search default.svc.cluster.local svc.cluster.local"). */
export function targetIn(resolvConf: string): string {
  const [, search = ''] = /^search[ \t]+(.+)$/m.exec(resolvConf) ?? []
  const domain = search.split(/[ \t]+/).flatMap((one) => /^svc\.([a-z0-9][a-z0-9.-]{0,200})$/i.exec(one)?.[1] ?? [])[0]
  return `kubernetes.default.svc.${domain ?? DEFAULT_DOMAIN}`
}

/** Asks the nameservers of the pod, each once, for both families: a cluster of IPv6 alone has no address of the other. */
async function resolve(name: string): Promise<readonly string[]> {
  const resolver = new Resolver({ timeout: TIMEOUT_MS, tries: 1 })
  const asked = [resolver.resolve4(`${name}.`), resolver.resolve6(`${name}.`)]
  const came = await Promise.allSettled(asked)
  const addresses = came.flatMap((one) => (one.status === 'fulfilled' ? one.value : []))
  // Why there is none.
  return addresses.length > 0 ? addresses : Promise.race(asked)
}

/** @param resolves who knows addresses; another in tests */
export function createClusterDns(
  target: string,
  clock: Clock,
  resolves: (name: string) => Promise<readonly string[]> = resolve,
): () => Promise<ClusterDns> {
  const stopwatch = createStopwatch(clock)
  let last: { readonly atMs: number; readonly found: Promise<ClusterDns> } | undefined

  async function look(): Promise<ClusterDns> {
    const stop = stopwatch.start()
    const done = (addresses: readonly string[], error: string): ClusterDns => {
      const { ms, lateMs } = stop()
      return {
        target,
        resolved: error === '',
        addresses: addresses.slice(0, ADDRESSES_MAX),
        latencyMs: Math.round(ms),
        lateMs: Math.round(lateMs),
        error,
      }
    }
    try {
      const late = () => Promise.reject(Object.assign(new Error('no answer'), { code: 'ETIMEOUT' }))
      const addresses = await within(clock, resolves(target), ALL_MS, late)
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
