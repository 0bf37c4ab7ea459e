/** Sysctls of the network, and whether pods have one. */
import type { Host } from '#host'
import { type Reading, unobserved } from '#monitor-kit/evaluate'
import { observe } from '#monitor-kit/source'
import { createLinkKinds, type LinkKind, type LinkKinds, watchedOf } from '../../links/kinds.ts'
import type { Config } from './config.ts'
import { type Place, pathOf, type Want, wantsOf } from './plan.ts'
import { readPods } from './pods.ts'

/** A sysctl that has to be something, and what it is. */
export interface SysctlReading {
  readonly want: Want
  /** White space is one space; undefined: there is no such sysctl. */
  readonly value: Reading<string | undefined>
}

async function readPlace(host: Host, kinds: LinkKinds): Promise<Place> {
  const all = await observe(() => kinds.list())
  const links: ReadonlyMap<string, LinkKind> = all.ok ? all.value : new Map()
  const hasIPv6 = await observe(() => host.files.exists('/proc/sys/net/ipv6'))
  return {
    pods: await readPods(host, all),
    hasIPv6: hasIPv6.ok && hasIPv6.value,
    interfaces: watchedOf(links, [], []),
  }
}

async function readValue(host: Host, { key, unseen }: Want): Promise<Reading<string | undefined>> {
  if (unseen !== undefined) return unseen
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
    return Promise.all(wants.map(async (want) => ({ want, value: await readValue(host, want) })))
  }
}
