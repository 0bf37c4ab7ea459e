/** Addresses of a name, as the node's programs find them: /etc/hosts, then the nameservers of the node or of the cluster. */
import type { Host } from '#host'
import { observe } from '#monitor-kit/source'
import { type Ask, parseResolvConf, type ResolvConf, readResolvers, searchNames } from '#probe'
import type { Door } from '../probing/door.ts'
import { addressesIn, isAddress } from './hosts-file.ts'

const HOSTS = '/etc/hosts'
const OWN_RESOLV_CONF = '/etc/resolv.conf'
const PORT = 53

/** Where a name is, or why that is not known. */
export type Found =
  | { readonly ok: true; readonly addresses: readonly string[] }
  | { readonly ok: false; readonly message: string; readonly isOwnFault: boolean }

/** Looks names up, each once for all who ask for it in a round. */
export interface Names {
  find(name: string): Promise<Found>
}

/** A name below the domain of a cluster is known to the cluster's nameservers alone. */
function isOfCluster(name: string, { search = [] }: ResolvConf): boolean {
  const domains = search.flatMap((domain) => /^svc\.([^.].*)$/.exec(domain)?.[1] ?? [])
  const plain = name.replace(/\.$/, '').toLowerCase()
  return plain.endsWith('.svc') || domains.some((domain) => plain.endsWith(`.${domain.toLowerCase()}`))
}

async function confOf(host: Host, door: Door, name: string, path: string): Promise<ResolvConf | string> {
  const own = await observe(() => door.ownFiles.readText(OWN_RESOLV_CONF))
  const cluster = own.ok ? parseResolvConf(own.value) : undefined
  if (cluster !== undefined && isOfCluster(name, cluster)) return cluster
  const resolvers = await readResolvers(host, path)
  return resolvers.ok ? resolvers.conf : resolvers.fault
}

/** One nameserver after the other, until one says something of the name: its addresses, or that there are none. */
async function asked(door: Door, ask: Ask, conf: ResolvConf, name: string): Promise<Found> {
  let message = `no nameserver is named that could be asked for ${name}`
  let isOwnFault = false
  for (const server of conf.servers) {
    const place = { address: server, port: PORT }
    const [v4, v6] = await Promise.all(
      (['A', 'AAAA'] as const).map((type) => door.askNameserver(ask, place, 'udp', { name, type })),
    )
    const addresses = [v4, v6].flatMap((probed) => (probed?.ok === true ? probed.answer.addresses : []))
    if (addresses.length > 0) return { ok: true, addresses }
    if (v4?.ok === true && (v4.answer.rcode === 'NXDOMAIN' || v4.answer.rcode === 'NOERROR'))
      return { ok: false, message: `${server} knows no address of ${name} (${v4.answer.rcode})`, isOwnFault: false }
    if (v4 !== undefined) message = v4.ok ? `${v4.answer.rcode} from ${server} for ${name}` : v4.failure.message
    isOwnFault = v4?.ok === false && v4.failure.kind === 'local'
  }
  return { ok: false, message, isOwnFault }
}

async function looked(host: Host, door: Door, ask: Ask, name: string, path: string): Promise<Found> {
  if (isAddress(name)) return { ok: true, addresses: [name] }
  const hosts = await observe(() => host.files.readText(HOSTS))
  const written = hosts.ok ? addressesIn(hosts.value, name) : []
  if (written.length > 0) return { ok: true, addresses: written }
  // RFC 6761, 6.3: nobody is asked for that.
  if (/(^|\.)localhost\.?$/i.test(name)) return { ok: true, addresses: ['127.0.0.1', '::1'] }
  const conf = await confOf(host, door, name, path)
  if (typeof conf === 'string') return { ok: false, message: conf, isOwnFault: true }
  let found: Found = { ok: false, message: `${name} is no name that can be asked for`, isOwnFault: true }
  for (const absolute of searchNames(name, conf)) {
    found = await asked(door, ask, conf, absolute)
    if (found.ok) return found
  }
  return found
}

/** Looks up as of one round. */
export function createNames(host: Host, door: Door, ask: Ask, resolvConfPath: string): Names {
  const known = new Map<string, Promise<Found>>()
  return {
    find(name) {
      const found = known.get(name) ?? looked(host, door, ask, name, resolvConfPath)
      known.set(name, found)
      return found
    },
  }
}
