/** What rows alone cannot say of the keys of checks of the kubelet, the API servers and the container runtime. */
import { isDeepStrictEqual } from 'node:util'
import { type Entry, type MapNode, plainOf, type ScalarNode, treeOf } from '../../tree/tree.ts'
import { millisecondsOf } from './convert.ts'
import { withEntry, without } from './edit.ts'
import { SOCKETS_FOUND } from './rows/kubernetes.ts'
import { type Site, siteBelow, type Told } from './told.ts'

/** The Service of the API servers by its name, however long that is written. */
const OF_SERVICE = /^https:\/\/kubernetes(?:\.default(?:\.svc(?:\.[a-z0-9.-]{1,253})?)?)?(?::443)?\/?$/
/** What is no name. */
const ADDRESS = /^https?:\/\/(?:\d{1,3}(?:\.\d{1,3}){3}|\[[0-9a-fA-F:]+\])(?:[:/]|$)/

/** A limit beyond what is critical by default is critical too: there is one limit there. */
interface Limits {
  readonly warning: readonly string[]
  readonly critical: readonly string[]
  /** By default, in milliseconds. */
  readonly byDefaultMs: number
}

function scalarAt(
  config: MapNode,
  keys: readonly string[],
): readonly [key: string, entry: Entry, node: ScalarNode] | undefined {
  for (const key of keys) {
    const entry = config.entries.get(key)
    if (entry?.node.kind === 'scalar') return [key, entry, entry.node]
  }
  return undefined
}

function withCritical(config: MapNode, { warning, critical, byDefaultMs }: Limits, site: Site, told: Told): MapNode {
  const [key, entry, node] = scalarAt(config, warning) ?? []
  const ms = node === undefined ? undefined : millisecondsOf(node)
  const [to = ''] = critical
  if (entry === undefined || ms === undefined || ms <= byDefaultMs || scalarAt(config, critical) !== undefined)
    return config
  const text = `${Math.round(ms)}ms`
  told.note(
    'renamed',
    siteBelow(site, key ?? ''),
    entry,
    `is read as "${to}" too: it is above the ${byDefaultMs} ms that are critical by default`,
  )
  return withEntry(config, [to], { place: entry.place, node: treeOf(text, entry.place) })
}

/** Names are not looked up: the Service's address is known, and so are the servers. */
export function apiserver(config: MapNode, site: Site, told: Told): MapNode {
  const limits = {
    warning: ['latencyThreshold', 'warningLatency'],
    critical: ['criticalLatencyThreshold', 'criticalLatency'],
    byDefaultMs: 5000,
  }
  const limited = withCritical(config, limits, site, told)
  const endpoint = config.entries.get('endpoint')
  if (endpoint?.node.kind !== 'scalar' || typeof endpoint.node.value !== 'string') return limited
  const { text } = endpoint.node
  if (text === '' || text.includes('${') || ADDRESS.test(text)) return limited
  if (!OF_SERVICE.test(text))
    told.refused(
      siteBelow(site, 'endpoint'),
      endpoint,
      'no name is looked up; the Service’s address and each server that the cluster names are tried',
      'write an address, as https://10.0.0.1:6443',
    )
  return without(limited, ['endpoint'])
}

export function kubelet(config: MapNode, site: Site, told: Told): MapNode {
  const limits = { warning: ['plegThreshold'], critical: ['plegCriticalThreshold'], byDefaultMs: 30_000 }
  return withCritical(config, limits, site, told)
}

const RUNTIMES = { containerdSocket: 'containerd', crioSocket: 'crio', dockerSocket: 'docker' } as const
type SocketKey = keyof typeof RUNTIMES

interface Socket {
  readonly key: SocketKey
  readonly entry: Entry
}

/** Of which runtime none is, where another one is named; where it is found anyway nothing is said. */
function isFound({ key, entry }: Socket): boolean {
  return SOCKETS_FOUND[key].some((one) => one === plainOf(entry.node))
}

function refuseSocket({ key, entry }: Socket, site: Site, told: Told, chosen: string): void {
  const at = siteBelow(site, key)
  if (key === 'dockerSocket')
    told.refused(
      at,
      entry,
      'Docker answers no questions of the container runtime interface',
      'name the socket of cri-dockerd in criSocket',
    )
  else told.refused(at, entry, `${chosen} is asked`, 'write criSocket for another one, or take it out')
}

/** One socket is asked: the one of the runtime that is named, or the first that is not found by itself. */
export function sockets(config: MapNode, site: Site, told: Told): MapNode {
  const written = (Object.keys(RUNTIMES) as SocketKey[]).flatMap((key): Socket[] => {
    const entry = config.entries.get(key)
    return entry?.node.kind === 'scalar' ? [{ key, entry }] : []
  })
  if (written.length === 0) return config
  const [, , named] = scalarAt(config, ['runtimeType']) ?? []
  const runtime = named?.text ?? 'auto'
  const others = written.filter((one) => !isFound(one))
  const fitting = others.filter(
    ({ key }) => key !== 'dockerSocket' && (runtime === 'auto' || RUNTIMES[key] === runtime),
  )
  const [taken] = fitting
  for (const one of others)
    if (one !== taken)
      refuseSocket(one, site, told, taken === undefined ? `the runtime "${runtime}"` : `"${taken.key}"`)
  const bare = written.reduce((map, { key }) => without(map, [key]), config)
  return taken === undefined ? bare : withSocket(bare, taken, site, told)
}

function withSocket(config: MapNode, { key, entry }: Socket, site: Site, told: Told): MapNode {
  const there = config.entries.get('criSocket')
  const at = siteBelow(site, key)
  if (there === undefined) {
    told.note('renamed', at, entry, `"${key}" is read as "criSocket"`)
    return withEntry(config, ['criSocket'], entry)
  }
  if (isDeepStrictEqual(plainOf(there.node), plainOf(entry.node)))
    told.note('renamed', at, entry, 'is read as "criSocket", which is written too and counts')
  else told.fault(at, entry, `says another thing than "criSocket" at ${there.place.where}; expected one of them`)
  return config
}
