/** Addresses of a name, as the node's programs find them: /etc/hosts, then the nameservers of the node or of the cluster. */
import type { Host } from '#host'
import { observe } from '#monitor-kit/source'
import { type Ask, parseResolvConf, type ResolvConf, readResolvers, searchNames } from '#probe'
import type { Door } from '../probing/door.ts'
import { clusterDomain } from './cluster-domain.ts'
import { addressesIn, isAddress, readHosts } from './hosts-file.ts'
import { type Found, type LookUp, lookUp } from './look-up.ts'

const HOSTS = '/etc/hosts'
const HOSTS_BYTES = 4 * 1024 * 1024
const OWN_RESOLV_CONF = '/etc/resolv.conf'
/** Of what a look-up may take so much at most: whoever is asked then has his time too. */
const LOOK_UP_SHARE = 0.6
/** Time-outs of nameservers that fit in there: three, each twice. */
const TIMEOUTS = 6

/** Looks names up, each once for all who ask for it in a round. */
export interface Names {
  find(name: string): Promise<Found>
}

/** How names are looked up. */
export interface NamesOptions {
  readonly host: Host
  readonly door: Door
  /** Its time-out is the longest that a nameserver is waited for; less where a round would not end in time. */
  readonly ask: Ask
  readonly resolvConfPath: string
  /** How long a round may take. */
  readonly budgetMs: number
}

/** A name below the domain of a cluster is known to the cluster's nameservers alone. */
function isOfCluster(name: string, conf: ResolvConf): boolean {
  const domain = clusterDomain(conf)
  const plain = name.replace(/\.$/, '').toLowerCase()
  return domain !== undefined && (plain.endsWith('.svc') || plain.endsWith(`.${domain}`))
}

/** What names are looked up by in one round: each file is read once. */
function createSources({ host, door, resolvConfPath }: NamesOptions) {
  const once = <Value>(read: () => Promise<Value>) => {
    let known: Promise<Value> | undefined
    return () => (known ??= read())
  }
  return {
    hosts: once(async () => {
      const text = await observe(() => host.files.readText(HOSTS, { maxBytes: HOSTS_BYTES }))
      if (text.ok) return { names: readHosts(text.value), fault: '' }
      return { names: new Map<string, readonly string[]>(), fault: text.reason === 'SourceMissing' ? '' : text.message }
    }),
    cluster: once(async () => {
      const own = await observe(() => door.ownFiles.readText(OWN_RESOLV_CONF))
      return own.ok ? parseResolvConf(own.value) : undefined
    }),
    node: once(() => readResolvers(host, resolvConfPath)),
  }
}

type Sources = ReturnType<typeof createSources>

async function confOf({ cluster, node }: Sources, name: string): Promise<ResolvConf | string> {
  const own = await cluster()
  if (own !== undefined && isOfCluster(name, own)) return own
  const resolvers = await node()
  return resolvers.ok ? resolvers.conf : resolvers.fault
}

async function looked(sources: Sources, around: Omit<LookUp, 'servers'>, name: string): Promise<Found> {
  if (isAddress(name)) return { ok: true, addresses: [name] }
  const { names, fault } = await sources.hosts()
  const written = addressesIn(names, name)
  if (written.length > 0) return { ok: true, addresses: written }
  // RFC 6761, 6.3: nobody is asked for that.
  if (/(^|\.)localhost\.?$/i.test(name)) return { ok: true, addresses: ['127.0.0.1', '::1'] }
  const conf = await confOf(sources, name)
  if (typeof conf === 'string') return { ok: false, message: conf, why: 'own' }
  const found = await lookUp({ ...around, servers: conf.servers }, name, searchNames(name, conf))
  // It may stand where nobody could read.
  return found.ok || fault === '' ? found : { ok: false, message: fault, why: 'own' }
}

/** Looks up as of one round, which begins now. */
export function createNames(options: NamesOptions): Names {
  const { door, ask, budgetMs } = options
  const mostMs = budgetMs * LOOK_UP_SHARE
  const timeoutMs = Math.max(1, Math.min(ask.timeoutMs, Math.floor(mostMs / TIMEOUTS)))
  const endMs = ask.clock.monotonicMs() + mostMs
  const around = { door, ask: { ...ask, timeoutMs }, endMs, silent: new Set<string>() }
  const sources = createSources(options)
  const known = new Map<string, Promise<Found>>()
  return {
    find(name) {
      const found = known.get(name) ?? looked(sources, around, name)
      known.set(name, found)
      return found
    },
  }
}
