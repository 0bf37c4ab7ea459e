/** CNI on this node: its configuration, binaries, interfaces, and the addresses that are taken. */
import type { Host } from '#host'
import { observed, type Reading, unobserved } from '#monitor-kit/evaluate'
import { count, observe } from '#monitor-kit/source'
import { isPodLink, LINKS, linkNames } from '../../links/kinds.ts'
import { hasKubelet } from '../../pods/kubelet.ts'
import { type Active, type ActiveNetwork, readActive } from './active.ts'
import { addressIn, type IpAddress } from './addresses.ts'
import type { Config } from './config.ts'
import { poolsOfFlannel } from './flannel.ts'
import { type Places, readPlaces } from './places.ts'
import type { Lease } from './plugins.ts'
import type { AddressPool } from './pools.ts'

/** Binaries of plug-ins. */
export interface BinariesReading {
  readonly missing: readonly string[]
  /** Folders that are there. */
  readonly folders: readonly string[]
  /** Folders that were looked for. */
  readonly looked: readonly string[]
}

/** An interface as it is now. */
export type InterfaceState = 'up' | 'down' | 'missing'

export interface InterfacesReading {
  readonly states: ReadonlyMap<string, InterfaceState>
  /** There is the node's end of a pod's link that no bridge has. */
  readonly hasLoosePod: boolean
}

/** Addresses of a network, and those of them that are taken. */
export interface LeaseReading {
  readonly folder: string
  readonly pools: readonly AddressPool[]
  readonly taken: readonly IpAddress[]
}

export interface CniReading {
  readonly active: Reading<Active>
  /** A kubelet runs pods here. */
  readonly hasKubelet: boolean
  /** There is a folder of binaries. Only asked where there is no configuration. */
  readonly hasBinaries: boolean
  /** flannel's file is missing: undefined: flannel is not used, or it is there. */
  readonly missingSubnetFile: string | undefined
  /** undefined: the configuration does not tell which. */
  readonly binaries: Reading<BinariesReading> | undefined
  readonly interfaces: Reading<InterfacesReading> | undefined
  readonly leases: readonly Reading<LeaseReading>[]
}

/** As many files of addresses as are counted: the addresses of a /16. */
const LEASES_MAX = 65_536

async function isThere(host: Host, path: string): Promise<Reading<boolean>> {
  return observe(() => host.files.exists(path))
}

/** Folders that are there; unobserved where one cannot be looked into. */
async function foldersThere(host: Host, folders: readonly string[]): Promise<Reading<readonly string[]>> {
  const there: string[] = []
  for (const folder of folders) {
    const found = await isThere(host, folder)
    if (!found.ok) return found
    if (found.value) there.push(folder)
  }
  return observed(there)
}

async function readBinaries(
  host: Host,
  { binaries: looked, unsure }: Places,
  types: readonly string[],
): Promise<Reading<BinariesReading>> {
  const folders = await foldersThere(host, looked)
  if (!folders.ok) return folders
  const missing: string[] = []
  for (const type of types) {
    let isFound = false
    for (const folder of folders.value) {
      const found = await isThere(host, `${folder}/${type}`)
      if (!found.ok) return found
      isFound = found.value
      if (isFound) break
    }
    if (!isFound) missing.push(type)
  }
  // They may lie where a configuration says that cannot be read.
  if (missing.length > 0 && unsure !== undefined) return unobserved(unsure.reason, unsure.message)
  return observed({ missing, folders: folders.value, looked })
}

const IFF_UP = 1

function stateOf(flags: string | undefined): InterfaceState {
  const text = flags?.trim() ?? ''
  // What the kernel does not tell of an interface that is there is nothing against it.
  return /^0x[\da-f]+$/i.test(text) && (Number.parseInt(text, 16) & IFF_UP) === 0 ? 'down' : 'up'
}

async function statesOf(host: Host, names: readonly string[], there: readonly string[]) {
  const known = names.filter((name) => there.includes(name))
  const flags = await host.files.readEach(known.map((name) => `${LINKS}/${name}/flags`))
  const states = new Map<string, InterfaceState>(names.map((name) => [name, 'missing']))
  for (const [at, name] of known.entries()) states.set(name, stateOf(flags[at]))
  return states
}

/** Whether a pod has a link of its own here that is in no bridge. */
async function hasLoosePod(host: Host, names: readonly string[]): Promise<boolean> {
  const files = ['ifindex', 'iflink', 'master/ifindex'] as const
  const texts = await host.files.readEach(names.flatMap((name) => files.map((file) => `${LINKS}/${name}/${file}`)))
  for (const [at, name] of names.entries()) {
    const [index, peer, master] = texts
      .slice(at * files.length, (at + 1) * files.length)
      .map((text) => count(text?.trim()))
    if (index === undefined || peer === undefined || peer === index || master !== undefined) continue
    if (await isPodLink(host, name)) return true
  }
  return false
}

/** Interfaces over which the node itself goes out; undefined: that is not known. */
async function interfacesOut({ network }: Host): Promise<readonly string[] | undefined> {
  const routes = await Promise.all((['v4', 'v6'] as const).map((family) => observe(() => network.routes(family))))
  // A kernel without that family has no such file.
  if (routes.some((one) => !one.ok && one.reason !== 'SourceMissing')) return undefined
  const all = routes.flatMap((one) => (one.ok ? one.value : [])).filter(({ prefixLength }) => prefixLength === 0)
  return all.flatMap(({ hops }) => hops.map((hop) => hop.interface))
}

async function readInterfaces(host: Host, wanted: readonly string[], certain: readonly string[]) {
  const there = await linkNames(host)
  const states = await statesOf(host, wanted, there)
  const isAsked = certain.some((name) => states.get(name) !== 'up')
  if (!isAsked) return { states, hasLoosePod: false }
  // That of a node which is a container itself (kind, k3d) looks like a pod's.
  const out = await interfacesOut(host)
  if (out === undefined) return { states, hasLoosePod: false }
  const others = there.filter((name) => !out.includes(name))
  return { states, hasLoosePod: await hasLoosePod(host, others) }
}

/** Names that are read in one go before other work gets its turn: about a millisecond. */
const SLICE = 256

async function addressesIn(names: readonly string[]): Promise<readonly IpAddress[]> {
  const found: IpAddress[] = []
  for (let at = 0; at < names.length; at += SLICE) {
    if (at > 0) await new Promise(setImmediate)
    for (const name of names.slice(at, at + SLICE)) {
      const address = addressIn(name)
      if (address !== undefined) found.push(address)
    }
  }
  return found
}

async function takenIn(host: Host, folder: string): Promise<Reading<readonly IpAddress[]>> {
  const names = await observe(() => host.files.list(folder))
  if (!names.ok) return names.reason === 'SourceMissing' ? observed([]) : names
  const count = names.value.length
  if (count <= LEASES_MAX) return observed(await addressesIn(names.value))
  const [files, most] = [count, LEASES_MAX].map((number) => number.toLocaleString('en-US'))
  const message = `${files} files in ${folder}, and no more than ${most} are counted; remove what is of pods that are gone`
  return unobserved('TooManyFiles', message)
}

async function readLease(
  host: Host,
  { folder, pools, isOfFlannel }: Lease,
  flannel: Reading<readonly AddressPool[]> | undefined,
): Promise<Reading<LeaseReading>> {
  if (isOfFlannel && flannel?.ok === false) return flannel
  const taken = await takenIn(host, folder)
  if (!taken.ok) return taken
  const own = isOfFlannel && flannel?.ok === true ? flannel.value : pools
  return observed({ folder, pools: own, taken: taken.value })
}

/** The addresses that flannel has for this node. */
async function readFlannel(host: Host, path: string): Promise<Reading<readonly AddressPool[]>> {
  const text = await observe(() => host.files.readText(path, { maxBytes: 4096 }))
  if (!text.ok) return text
  const found = poolsOfFlannel(text.value)
  return found.ok ? observed(found.pools) : unobserved('SourceMalformed', `cannot understand ${path}: ${found.why}`)
}

async function isFileMissing(host: Host, path: string, read: Reading<unknown>): Promise<boolean> {
  if (read.ok || read.reason !== 'SourceMissing') return false
  // Where nothing of /run is seen it is not known.
  const root = await isThere(host, `/${path.split('/')[1]}`)
  return root.ok && root.value
}

async function readOfNetwork(host: Host, places: Places, network: ActiveNetwork) {
  const { binaries, leases, subnetFile } = network
  const flannel = subnetFile === undefined ? undefined : await readFlannel(host, subnetFile)
  const isMissing =
    subnetFile !== undefined && flannel !== undefined && (await isFileMissing(host, subnetFile, flannel))
  const read: Reading<LeaseReading>[] = []
  for (const lease of leases) read.push(await readLease(host, lease, flannel))
  return {
    missingSubnetFile: isMissing ? subnetFile : undefined,
    binaries: await readBinaries(host, places, binaries),
    leases: read,
  }
}

const NOTHING_MORE = { missingSubnetFile: undefined, binaries: undefined, leases: [] } as const

/** All of CNI that is on this node. Never rejects for what it has. */
export async function readCni(host: Host, config: Config): Promise<CniReading> {
  const places = await readPlaces(host, config)
  const active = await readActive(host, places)
  const isNone = active.ok && active.value.kind === 'none'
  const found =
    active.ok && active.value.kind === 'found' && active.value.network.ok ? active.value.network.value : undefined
  const more = found === undefined ? NOTHING_MORE : await readOfNetwork(host, places, found)
  const certain = (found?.interfaces ?? []).filter(({ isCertain }) => isCertain).map(({ name }) => name)
  const wanted = [...new Set([...config.expectedInterfaces, ...(found?.interfaces ?? []).map(({ name }) => name)])]
  const isAsked = config.checkInterfaces && wanted.length > 0
  const folders = isNone ? await foldersThere(host, places.binaries) : undefined
  const kubelet = await observe(() => hasKubelet(host))
  return {
    ...more,
    active,
    hasKubelet: kubelet.ok && kubelet.value,
    hasBinaries: folders?.ok === true && folders.value.length > 0,
    interfaces: isAsked ? await observe(() => readInterfaces(host, wanted, certain)) : undefined,
  }
}
