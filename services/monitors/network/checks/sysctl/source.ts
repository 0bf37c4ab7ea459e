/** Sysctls of the network, and whether pods have one. */
import type { Host, Route } from '#host'
import { type Reading, unobserved } from '#monitor-kit/evaluate'
import { observe } from '#monitor-kit/source'
import { createLinkKinds, isPodLink, type LinkKind, type LinkKinds, watchedOf } from '../../links/kinds.ts'
import { hasKubelet } from '../../pods/kubelet.ts'
import type { Config } from './config.ts'
import { type Place, type PodNetworks, pathOf, type Want, wantsOf } from './plan.ts'

/** A sysctl that has to be something, and what it is. */
export interface SysctlReading {
  readonly want: Want
  /** White space is one space; undefined: there is no such sysctl. */
  readonly value: Reading<string | undefined>
}

async function hasPodLink(host: Host, kinds: ReadonlyMap<string, LinkKind>): Promise<boolean> {
  for (const [name, kind] of kinds) {
    if (kind !== 'made') continue
    const found = await observe(() => isPodLink(host, name))
    if (found.ok && found.value) return true
  }
  return false
}

/** A way to more than the link's own, over an interface that has no device: to pods, over their ends, a bridge, or what a CNI made. */
function leadsToPods({ hops, destination, prefixLength }: Route, kinds: ReadonlyMap<string, LinkKind>): boolean {
  const isOwn = prefixLength === 0 || /^(fe[89ab]|ff|127\.)/i.test(destination)
  return !isOwn && hops.some((hop) => hop.interface !== 'lo' && kinds.get(hop.interface) === 'made')
}

/**
 * Which networks pods have: this is a kubelet's node, at least one pod is in a network of its own, and routes lead there. A pod in the
 * node's network needs nothing of it.
 */
async function readPods(host: Host, kinds: ReadonlyMap<string, LinkKind>): Promise<PodNetworks> {
  if (!(await hasKubelet(host)) || !(await hasPodLink(host, kinds))) return { v4: false, v6: false }
  const [v4, v6] = await Promise.all(
    (['v4', 'v6'] as const).map(async (family) => {
      const routes = await observe(() => host.network.routes(family))
      return routes.ok && routes.value.some((route) => leadsToPods(route, kinds))
    }),
  )
  return { v4: v4 === true, v6: v6 === true }
}

async function readPlace(host: Host, kinds: LinkKinds): Promise<Place> {
  const all = await observe(() => kinds.list())
  const links = all.ok ? all.value : new Map<string, LinkKind>()
  const hasIPv6 = await observe(() => host.files.exists('/proc/sys/net/ipv6'))
  return {
    pods: await readPods(host, links),
    hasIPv6: hasIPv6.ok && hasIPv6.value,
    interfaces: watchedOf(links, [], []),
  }
}

async function readValue(host: Host, key: string): Promise<Reading<string | undefined>> {
  const path = pathOf(key)
  if (path === undefined) return { ok: true, value: undefined }
  const value = await observe(async () => (await host.files.readText(path)).trim().replace(/\s+/g, ' '))
  if (value.ok || value.reason !== 'SourceMissing') return value
  // That one is missing is known only where the others are.
  const others = await observe(() => host.files.exists('/proc/sys/net'))
  if (others.ok && others.value) return { ok: true, value: undefined }
  return unobserved(value.reason, value.message)
}

/** Reads what has to be something here. */
export type ReadSysctls = (config: Config) => Promise<readonly SysctlReading[]>

export function createSysctlSource(host: Host): ReadSysctls {
  const kinds = createLinkKinds(host)
  return async (config) => {
    const wants = wantsOf(config, await readPlace(host, kinds))
    return Promise.all(wants.map(async (want) => ({ want, value: await readValue(host, want.key) })))
  }
}
