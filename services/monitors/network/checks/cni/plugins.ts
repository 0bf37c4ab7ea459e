/** What plug-ins of CNI need on the node, by their types. Pure. */
import {
  isAbsolute,
  isNetworkName,
  type NetworkConf,
  networkIn,
  type Plugin,
  pluginIn,
  type Understood,
} from './conf.ts'
import { fieldOf, isObject, type Json, textOf } from './json.ts'
import { type AddressPool, poolsIn } from './pools.ts'

/** An interface that a plug-in makes, or uses. */
export interface PluginInterface {
  readonly name: string
  /** The plug-in's type. */
  readonly of: string
  /** It is there wherever the plug-in has given a pod an address; else it depends on what is not in the configuration. */
  readonly isCertain: boolean
}

/** A network whose addresses host-local gives out. */
export interface Lease {
  /** The folder with a file for each address that is taken. */
  readonly folder: string
  readonly pools: readonly AddressPool[]
  /** Its ranges are those of flannel's file. */
  readonly isOfFlannel: boolean
}

/** All that a network needs. */
export interface Needs {
  readonly binaries: readonly string[]
  readonly interfaces: readonly PluginInterface[]
  readonly leases: readonly Lease[]
  /** Where flannel writes which addresses this node has; undefined: flannel is not used. */
  readonly subnetFile: string | undefined
  /** Files that are networks too (multus): paths, or names in the folder of the configuration. */
  readonly files: readonly string[]
  /** Why a plug-in of it cannot work: "host-local of cbr0: the subnet 10.0.0.0/31 is too small". */
  readonly faults: readonly string[]
}

const NOTHING: Needs = {
  binaries: [],
  interfaces: [],
  leases: [],
  subnetFile: undefined,
  files: [],
  faults: [],
}

/** Plug-ins that call others go so deep. */
const DEPTH_MAX = 4
const DELEGATES_MAX = 16

/** host-local keeps what it gave out there. */
const LEASES = '/var/lib/cni/networks'
/** flannel's daemon writes it (flannel, cni-plugin). */
const SUBNET_FILE = '/run/flannel/subnet.env'

/** Interfaces of plug-ins whose names are their own: those that are always there, and those of some of their modes. */
const OWN_INTERFACES: Readonly<Record<string, { readonly always?: string[]; readonly some?: string[] }>> = {
  antrea: { some: ['antrea-gw0'] },
  'azure-vnet': { some: ['azure0'] },
  calico: { some: ['vxlan.calico', 'vxlan-v6.calico', 'tunl0', 'wireguard.cali', 'wg-v6.cali'] },
  'cilium-cni': { always: ['cilium_host', 'cilium_net'], some: ['cilium_vxlan', 'cilium_geneve', 'cilium_wg0'] },
  flannel: { some: ['flannel.1', 'flannel-v6.1', 'flannel-wg', 'flannel-wg-v6'] },
  'kube-ovn': { some: ['ovn0'] },
  'ovn-k8s-cni-overlay': { some: ['ovn-k8s-mp0'] },
  'weave-net': { always: ['weave'] },
}

/** Names of interfaces: IFNAMSIZ less one, no slash, no white space. */
const INTERFACE = /^[^\s/\p{Cc}]{1,15}$/u

function absoluteIn(conf: Json | undefined, key: string, usual: string): string | undefined {
  const path = textOf(conf, key) ?? usual
  return isAbsolute(path) ? path.replace(/(?<=.)\/+$/, '') : undefined
}

function interfacesOf({ type, conf }: Plugin): readonly PluginInterface[] {
  const own = Object.hasOwn(OWN_INTERFACES, type) ? OWN_INTERFACES[type] : undefined
  const bridge = type === 'bridge' ? [textOf(conf, 'bridge') ?? 'cni0'] : []
  const master = ['macvlan', 'ipvlan', 'vlan'].includes(type) ? textOf(conf, 'master') : undefined
  const certain = [...(own?.always ?? []), ...bridge]
  return [
    ...certain.map((name) => ({ name, of: type, isCertain: true })),
    ...[...(own?.some ?? []), ...(master === undefined ? [] : [master])].map((name) => ({
      name,
      of: type,
      isCertain: false,
    })),
  ].filter(({ name }) => INTERFACE.test(name))
}

function ofHostLocal(ipam: Json, network: string, isOfFlannel: boolean): Needs {
  const folder = absoluteIn(ipam, 'dataDir', LEASES)
  const found = isOfFlannel ? { ok: true as const, pools: [] } : poolsIn(ipam)
  if (!found.ok) return { ...NOTHING, faults: [`host-local of ${network}: ${found.why}`] }
  const isLeasing = folder !== undefined && (isOfFlannel || found.pools.length > 0)
  return { ...NOTHING, leases: isLeasing ? [{ folder: `${folder}/${network}`, pools: found.pools, isOfFlannel }] : [] }
}

/**
 * Plug-ins that have their `ipam` done by a binary (those of containernetworking, and what is built as they are). Of others it is a word of
 * their own: azure-vnet's "azure-cns" is a service, Antrea calls host-local in its own container.
 */
const CALL_IPAM: ReadonlySet<string> = new Set([
  ...['bridge', 'dummy', 'host-device', 'ipvlan', 'macvlan', 'ptp', 'tap', 'vlan'],
  ...['calico', 'aws-cni', 'egress-cni', 'egress-v4-cni', 'egress-v6-cni', 'ovs', 'sriov', 'ib-sriov'],
])

function ofIpam({ type: caller, conf }: Plugin, network: string, isOfFlannel: boolean): Needs {
  const ipam = fieldOf(conf, 'ipam')
  const type = textOf(ipam, 'type')
  if (!isObject(ipam) || type === undefined) return NOTHING
  const leases = type === 'host-local' ? ofHostLocal(ipam, network, isOfFlannel) : NOTHING
  if (!CALL_IPAM.has(caller)) return { ...leases, faults: [] }
  const plugin = pluginIn(ipam)
  if (!plugin.ok) return { ...NOTHING, faults: [`ipam of ${network}: its type is no name of a binary`] }
  return together([{ ...NOTHING, binaries: [type] }, leases])
}

/** flannel calls another plug-in, by default bridge with host-local, and tells it which addresses this node has. */
function ofFlannel(conf: Json, network: string, depth: number): Needs {
  const own = fieldOf(conf, 'delegate')
  const delegate = isObject(own) ? own : {}
  const ipam = fieldOf(delegate, 'ipam')
  const called = {
    ...delegate,
    type: textOf(delegate, 'type') ?? 'bridge',
    ipam: { ...(isObject(ipam) ? ipam : {}), type: textOf(ipam, 'type') ?? 'host-local' },
  }
  const subnetFile = absoluteIn(conf, 'subnetFile', SUBNET_FILE)
  return together([{ ...NOTHING, subnetFile }, ofObject(called, network, { depth, isOfFlannel: true })])
}

/** Where multus has the file of a network: its pod has the host's root at /host. A bare name is a file of the same folder. */
function fileOf(clusterNetwork: string | undefined): readonly string[] {
  if (clusterNetwork === undefined || !/\.(?:conf|conflist|json)$/.test(clusterNetwork)) return []
  const path = clusterNetwork.replace(/^\/host(?=\/)/, '')
  return isAbsolute(path) || isNetworkName(path) ? [path] : []
}

/** multus calls the plug-ins of other networks: those that stand in it, and one whose file it names. */
function ofMultus(conf: Json, network: string, depth: number): Needs {
  const delegates = fieldOf(conf, 'delegates')
  return together([
    { ...NOTHING, files: fileOf(textOf(conf, 'clusterNetwork')) },
    ...(Array.isArray(delegates) ? delegates : [])
      .slice(0, DELEGATES_MAX)
      .map((delegate: unknown) => ofObject(delegate, network, { depth, isOfFlannel: false })),
  ])
}

interface Called {
  readonly depth: number
  readonly isOfFlannel: boolean
}

function ofUnderstood<T>(found: Understood<T>, network: string, needs: (value: T) => Needs): Needs {
  return found.ok ? needs(found.value) : { ...NOTHING, faults: [`${network}: ${found.why}`] }
}

/** What a plug-in is given that another calls: one, or a network of several. */
function ofObject(conf: unknown, network: string, called: Called): Needs {
  if (called.depth > DEPTH_MAX) return { ...NOTHING, faults: [`${network}: its plug-ins call one another without end`] }
  if (!Array.isArray(fieldOf(conf, 'plugins'))) {
    const name = textOf(conf, 'name') ?? network
    if (!isNetworkName(name)) return { ...NOTHING, faults: [`${network}: a plug-in's name is none of a network`] }
    return ofUnderstood(pluginIn(conf), network, (plugin) => ofPlugin(plugin, name, called))
  }
  return ofUnderstood(networkIn({ name: network, ...(conf as Json) }, true), network, ({ name, plugins }) =>
    together(plugins.map((plugin) => ofPlugin(plugin, name, called))),
  )
}

function ofPlugin(plugin: Plugin, network: string, { depth, isOfFlannel }: Called): Needs {
  const { type, conf } = plugin
  const own: Needs = { ...NOTHING, binaries: [type], interfaces: interfacesOf(plugin) }
  if (type === 'flannel') return together([own, ofFlannel(conf, network, depth + 1)])
  if (type === 'multus' || type === 'multus-shim') return together([own, ofMultus(conf, network, depth + 1)])
  return together([own, ofIpam(plugin, network, isOfFlannel)])
}

function distinct<T>(values: readonly T[], key: (value: T) => string): readonly T[] {
  return [...new Map(values.map((value) => [key(value), value])).values()]
}

/** What several need. */
export function together(all: readonly Needs[]): Needs {
  return {
    binaries: [...new Set(all.flatMap(({ binaries }) => binaries))],
    interfaces: distinct(
      all.flatMap(({ interfaces }) => interfaces),
      ({ name }) => name,
    ),
    leases: all.flatMap(({ leases }) => leases),
    subnetFile: all.map(({ subnetFile }) => subnetFile).find((file) => file !== undefined),
    files: [...new Set(all.flatMap(({ files }) => files))],
    faults: all.flatMap(({ faults }) => faults),
  }
}

/** What a network needs. */
export function needsOf({ name, plugins }: Pick<NetworkConf, 'name' | 'plugins'>): Needs {
  return together(plugins.map((plugin) => ofPlugin(plugin, name, { depth: 0, isOfFlannel: false })))
}
