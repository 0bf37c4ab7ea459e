/** Which networks pods have on this node: told by what routes lead over. */
import type { Host, IpFamily, Route } from '#host'
import { observed, type Reading } from '#monitor-kit/evaluate'
import { observe } from '#monitor-kit/source'
import { isPodLink, LINKS, type LinkKind } from '../../links/kinds.ts'
import { hasKubelet } from '../../pods/kubelet.ts'
import type { PodNetworks } from './plan.ts'

/** One that is gone meanwhile is the end of no pod. */
async function isEnd(host: Host, name: string): Promise<boolean> {
  const found = await observe(() => isPodLink(host, name))
  return found.ok && found.value
}

async function hasPodLink(host: Host, kinds: ReadonlyMap<string, LinkKind>): Promise<boolean> {
  for (const [name, kind] of kinds) if (kind === 'made' && (await isEnd(host, name))) return true
  return false
}

/**
 * What CNIs have for the node where the ends of pods are elsewhere: ports of Open vSwitch (Antrea, OVN-Kubernetes, Kube-OVN), and Cilium's. An
 * interface of any other name may as well be a VPN's, a virtual machine's or a storage network's.
 */
const GATES_TO_PODS: readonly string[] = ['antrea-gw0', 'ovn-k8s-mp0', 'ovn0', 'cilium_host']

/**
 * Whether pods are behind an interface: it is the end of one, or a bridge with such ends and no uplink, or what a CNI is known to have for
 * the node. All else leads elsewhere.
 */
async function leadsToPods(host: Host, name: string, kinds: ReadonlyMap<string, LinkKind>): Promise<boolean> {
  if (GATES_TO_PODS.includes(name) || (await isEnd(host, name))) return true
  const entries = await observe(() => host.files.list(`${LINKS}/${name}`))
  if (!entries.ok) return false
  const below = entries.value.flatMap((entry) => (entry.startsWith('lower_') ? [entry.slice('lower_'.length)] : []))
  if (!entries.value.includes('bridge')) return false
  if (below.some((port) => kinds.get(port) !== 'made')) return false
  for (const port of below) if (await isEnd(host, port)) return true
  return false
}

/** Interfaces that are made, over which routes lead to more than a link's own, and not anywhere: the node itself goes out over those. */
function waysOf(routes: readonly Route[], kinds: ReadonlyMap<string, LinkKind>): ReadonlySet<string> {
  const over = (some: readonly Route[]) => some.flatMap(({ hops }) => hops.map((hop) => hop.interface))
  const isOwn = ({ destination }: Route) => /^(fe[89ab]|ff|127\.)/i.test(destination)
  const out = new Set(over(routes.filter(({ prefixLength }) => prefixLength === 0)))
  const ways = over(routes.filter((route) => route.prefixLength > 0 && !isOwn(route)))
  return new Set(ways.filter((name) => name !== 'lo' && kinds.get(name) === 'made' && !out.has(name)))
}

async function hasWayToPods(
  host: Host,
  family: IpFamily,
  kinds: ReadonlyMap<string, LinkKind>,
): Promise<Reading<boolean>> {
  const routes = await observe(() => host.network.routes(family))
  // A kernel without that family has no such file.
  if (!routes.ok) return routes.reason === 'SourceMissing' ? observed(false) : routes
  for (const name of waysOf(routes.value, kinds)) if (await leadsToPods(host, name, kinds)) return observed(true)
  return observed(false)
}

/**
 * Which networks pods have: this is a kubelet's node, at least one pod is in a network of its own, and routes lead there. A pod in the
 * node's network needs nothing of it. What cannot be read is not known.
 */
export async function readPods(host: Host, links: Reading<ReadonlyMap<string, LinkKind>>): Promise<PodNetworks> {
  const none = { v4: observed(false), v6: observed(false) }
  const kubelet = await observe(() => hasKubelet(host))
  if (!kubelet.ok) return { v4: kubelet, v6: kubelet }
  if (!kubelet.value) return none
  if (!links.ok) return { v4: links, v6: links }
  if (!(await hasPodLink(host, links.value))) return none
  const [v4, v6] = await Promise.all([hasWayToPods(host, 'v4', links.value), hasWayToPods(host, 'v6', links.value)])
  return { v4, v6 }
}
