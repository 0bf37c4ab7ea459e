/** The checks that run without being written: by monitor, and where the file has none of their type. */
import { type Catalog, checkOf } from '../catalog.ts'
import { ADDED_BY_DEFAULT } from '../parts.ts'
import { child, type ListNode, type MapNode, type Place, type Tree, treeOf } from '../tree/tree.ts'

/** A check with its defaults. */
export interface DefaultCheck {
  readonly name: string
  readonly type: string
  /** Keys of its `config` that are not as where somebody writes it: what is not everywhere is silent where it is not. */
  readonly config?: Readonly<Record<string, boolean>>
}

const EMBEDDED: Place = { where: 'embedded default', origin: { layer: 'default', text: 'default' } }

/**
 * By the monitor that serves them, as `defaultMonitors` names it. The kernel's log is
 * unknown to who may not read it.
 */
export const DEFAULT_CHECKS: Readonly<Record<string, readonly DefaultCheck[]>> = {
  system: [
    { name: 'cpu', type: 'system-cpu' },
    { name: 'memory', type: 'system-memory' },
    { name: 'disk', type: 'disk-health-check' },
    { name: 'pressure', type: 'system-pressure' },
    { name: 'processes', type: 'system-processes' },
    { name: 'clock', type: 'system-clock' },
    { name: 'interfaces', type: 'system-interfaces' },
    { name: 'gpu-driver', type: 'system-gpu' },
  ],
  gpu: [
    { name: 'gpu', type: 'gpu-health-check' },
    { name: 'gpu-fabric', type: 'gpu-fabric-check' },
    { name: 'gpu-kernel-log', type: 'gpu-kernel-log' },
  ],
  log: [{ name: 'kernel-log', type: 'log-kernel' }],
  network: [
    { name: 'links', type: 'network-links' },
    { name: 'gateway', type: 'network-gateway-check' },
    { name: 'dns', type: 'network-dns-check' },
    { name: 'cluster-dns-pod', type: 'network-cluster-dns-pod', config: { whereDeployed: true } },
    { name: 'cni', type: 'network-cni', config: { whereReadable: true } },
    { name: 'conntrack', type: 'network-conntrack' },
    { name: 'sockets', type: 'network-sockets' },
    { name: 'sysctl', type: 'network-sysctl' },
    { name: 'ipv6-sysctl', type: 'network-ipv6-sysctl' },
    { name: 'ipv6-route', type: 'network-ipv6-route' },
    { name: 'ipv6-addresses', type: 'network-ipv6-neighbor' },
  ],
  kubernetes: [
    { name: 'runtime', type: 'kubernetes-runtime-check' },
    { name: 'kubelet', type: 'kubernetes-kubelet-check' },
    { name: 'apiserver', type: 'kubernetes-apiserver-check' },
    { name: 'capacity', type: 'kubernetes-capacity-check' },
    { name: 'static-pods', type: 'kubernetes-static-pods' },
    { name: 'kube-proxy', type: 'kubernetes-kube-proxy' },
    { name: 'certificates', type: 'kubernetes-certificates' },
  ],
}

/** Which name in `defaultMonitors` adds a check of a type; undefined: none does. */
export function addedBy(type: string): string | undefined {
  return Object.entries(DEFAULT_CHECKS).find(([, checks]) => checks.some((check) => check.type === type))?.[0]
}

function textOf(node: Tree, key: string): string {
  const found = child(node, key)
  return found?.kind === 'scalar' ? found.text : ''
}

/** Of the monitors that are named; what is no list of names is a fault of the walk. */
function askedFor(tree: MapNode, table: typeof DEFAULT_CHECKS): readonly DefaultCheck[] {
  const named = child(tree, 'defaultMonitors')
  if (named !== undefined && named.kind !== 'list') return []
  const names = named?.items.map((item) => (item.kind === 'scalar' ? item.text : '')) ?? ADDED_BY_DEFAULT
  return [...new Set(names)].flatMap((name) => (Object.hasOwn(table, name) ? (table[name] ?? []) : []))
}

/** The check's own name, else its type, else that with a number: a check of another type may be called so. */
function freeName({ name, type }: DefaultCheck, taken: ReadonlySet<string>): string {
  const names = [name, type]
  for (let count = 2; names.every((one) => taken.has(one)); count++) names.push(`${type}-${count}`)
  return names.find((one) => !taken.has(one)) ?? name
}

/**
 * The embedded default lies under everything: its checks stand behind those that are written. Which of them give way to a plug-in is
 * said later (rules/give-way.ts), where it can be told.
 * @param tree with `monitors` and `defaultMonitors` as they are in the end
 * @param table another one than this version's in tests alone
 */
export function underlay(tree: MapNode, catalog: Catalog, table: typeof DEFAULT_CHECKS = DEFAULT_CHECKS): MapNode {
  const written = child(tree, 'monitors')
  if (written !== undefined && written.kind !== 'list') return tree
  const items = written?.items ?? []
  const canonical = (type: string) => checkOf(catalog, type)?.type ?? type
  const types = new Set(items.map((item) => canonical(textOf(item, 'type'))))
  const taken = new Set(items.map((item) => textOf(item, 'name')))
  const added = askedFor(tree, table)
    .filter(({ type }) => !types.has(canonical(type)))
    .map((check) => {
      const name = freeName(check, taken)
      taken.add(name)
      return treeOf({ ...check, name }, EMBEDDED)
    })
  if (written !== undefined && added.length === 0) return tree
  const place = tree.entries.get('monitors')?.place ?? EMBEDDED
  const node: ListNode = { kind: 'list', place: written?.place ?? EMBEDDED, items: [...items, ...added] }
  return { ...tree, entries: new Map([...tree.entries, ['monitors', { place, node }]]) }
}
