/**
 * What explains the problems of a check where nobody wrote `explainedBy`: the checks of the types whose problems explain its own. A link that
 * is down takes gateway, names and endpoints with it, and is one problem.
 */
import { isIP } from 'node:net'
import { type Catalog, checkOf } from '../catalog.ts'
import { child, type Entry, type ListNode, type MapNode, type Place, type Tree, treeOf } from '../tree/tree.ts'

const EMBEDDED: Place = { where: 'embedded default', origin: { layer: 'default', text: 'default' } }

const GATEWAY = 'network-gateway-check'
const DNS = 'network-dns-check'

const LINKS = 'network-links'

/** By type, each with what explains that again: where one of them is not watched the others are. In this order none leads back. */
const EXPLAINED_BY: Readonly<Record<string, (check: MapNode) => readonly string[]>> = {
  [GATEWAY]: () => [LINKS],
  [DNS]: () => [GATEWAY, LINKS],
  'network-connectivity-check': byEndpoints,
  'network-time': () => [DNS, GATEWAY, LINKS],
  'network-peers': () => [GATEWAY, LINKS],
  'network-cluster-dns-pod': () => [DNS, GATEWAY, LINKS],
  'kubernetes-apiserver-check': () => [GATEWAY, LINKS],
}

/** Endpoints of this machine need nothing, and are not to be hidden by others of the same check; addresses need no names. */
function byEndpoints(check: MapNode): readonly string[] {
  const config = child(check, 'config')
  const listed = config && child(config, 'endpoints')
  const endpoints = listed?.kind === 'list' ? listed.items : []
  const hosts = [...(config ? [config] : []), ...endpoints].map((one) => hostOf(textOf(one, 'url'))).filter(Boolean)
  if (hosts.length === 0 || hosts.some(isOfThisMachine)) return []
  return hosts.every((host) => isIP(host) !== 0) ? [GATEWAY, LINKS] : [DNS, GATEWAY, LINKS]
}

/** Of "tcp://[fd00::1]:443" that is "fd00::1"; empty where there is none. */
function hostOf(url: string): string {
  const host = /^[a-z]+:\/\/(?:[^/@\s]*@)?(\[[^\]\s]*\]|[^:/?#\s]*)/i.exec(url)?.[1] ?? ''
  return host.replace(/^\[|\]$/g, '')
}

function isOfThisMachine(host: string): boolean {
  return /^(?:(?:::ffff:)?127(?:\.\d+){1,3}|0\.0\.0\.0|::1|(?:0+:){7}0*1|(?:[^.]+\.)*(?:ip6-)?localhost\.?)$/i.test(
    host,
  )
}

function textOf(node: Tree, key: string): string {
  const found = child(node, key)
  return found?.kind === 'scalar' ? found.text : ''
}

function namesIn(check: Tree): readonly string[] {
  return ['dependsOn', 'explainedBy'].flatMap((key) => {
    const written = child(check, key)
    return written?.kind === 'list' ? written.items.flatMap((item) => (item.kind === 'scalar' ? [item.text] : [])) : []
  })
}

/** Whether `to` is reached from `from` over what checks depend on. */
function leads(edges: ReadonlyMap<string, readonly string[]>, from: string, to: string): boolean {
  const seen = new Set<string>()
  const next = [from]
  for (let name = next.pop(); name !== undefined; name = next.pop()) {
    if (name === to) return true
    if (seen.has(name)) continue
    seen.add(name)
    next.push(...(edges.get(name) ?? []))
  }
  return false
}

/**
 * Gives each check without `explainedBy` that of its type: every check that is switched on of the types that explain it. One that
 * would lead back to it over what somebody wrote is left out.
 * @param tree with every check of the configuration, as they are in the end
 */
export function explain(tree: MapNode, catalog: Catalog): MapNode {
  const written = child(tree, 'monitors')
  if (written?.kind !== 'list') return tree
  const typeOf = (item: Tree) => checkOf(catalog, textOf(item, 'type'))?.type ?? ''
  const running = written.items.filter((item) => !/^(?:false|no|off)$/i.test(textOf(item, 'enabled')))
  const byType = Map.groupBy(running, typeOf)
  const edges = new Map(written.items.map((item) => [textOf(item, 'name'), namesIn(item)]))
  const items = written.items.map((item) => {
    const explained =
      item.kind === 'map' && child(item, 'explainedBy') === undefined ? EXPLAINED_BY[typeOf(item)] : undefined
    if (item.kind !== 'map' || explained === undefined) return item
    const own = textOf(item, 'name')
    const names = explained(item)
      .flatMap((type) => byType.get(type) ?? [])
      .map((one) => textOf(one, 'name'))
      .filter((name) => name !== '' && !leads(edges, name, own))
    if (names.length === 0) return item
    edges.set(own, [...(edges.get(own) ?? []), ...names])
    const entry: Entry = { place: EMBEDDED, node: treeOf(names, EMBEDDED) }
    return { ...item, entries: new Map([...item.entries, ['explainedBy', entry]]) }
  })
  const node: ListNode = { ...written, items }
  const place = tree.entries.get('monitors')?.place ?? EMBEDDED
  return { ...tree, entries: new Map([...tree.entries, ['monitors', { place, node }]]) }
}
