/** Looks for certificates: in files, in handshakes, and in what the kubelet says of its own. */
import type { Clock } from '#clock'
import { type Host, HostReadError } from '#host'
import { observed, type Reading, unobserved } from '#monitor-kit/evaluate'
import { observe } from '#monitor-kit/source'
import {
  type Ask,
  type Certificate,
  createTrust,
  type Place,
  parseCertificates,
  placeText,
  type Stopwatch,
  type Trust,
} from '#probe'
import { hasKubelet } from '../../here.ts'
import { askedKubelet, credentialsOf } from '../../node-kubelet/credentials.ts'
import { placeOf } from '../../node-kubelet/place.ts'
import { LIFETIMES } from '../../node-kubelet/told.ts'
import type { Ways } from '../../ways.ts'
import type { Config } from './config.ts'

/** The span of a certificate. */
export interface Span {
  /** undefined: not known. */
  readonly notBefore: Date | undefined
  readonly notAfter: Date
  /** Whose it is, as it says itself; "" where nobody does. */
  readonly subject: string
  /** "" where the certificate itself was not seen. */
  readonly fingerprint: string
}

/** A place where a certificate is, and what stands there. */
export interface Watched {
  /** "/etc/kubernetes/pki/apiserver.crt", "127.0.0.1:10250", "kubelet-client". */
  readonly name: string
  readonly span: Reading<Span>
  /** It may not be there at all, or not in use: of one that was not told before nothing is said then. */
  readonly isDoubtful?: boolean
}

/** How one look is made. */
export interface CertificatesLook {
  readonly host: Host
  readonly ways: Ways
  readonly clock: Clock
  readonly stopwatch: Stopwatch
  readonly signal: AbortSignal
  readonly config: Config
  readonly nodeName: string
}

const PKI = '/var/lib/kubelet/pki'
/** The kubelet's own. Those that it rotates have their keys beside them, and are root's alone on most nodes: it tells of them itself. */
const OF_KUBELET = [`${PKI}/kubelet.crt`]
/** As kubeadm writes them (`kubeadm certs check-expiration`), without authorities, which live for ten years. */
const OF_CONTROL_PLANE = [
  'apiserver.crt',
  'apiserver-kubelet-client.crt',
  'apiserver-etcd-client.crt',
  'front-proxy-client.crt',
  'etcd/server.crt',
  'etcd/peer.crt',
  'etcd/healthcheck-client.crt',
  'ca.crt',
  'front-proxy-ca.crt',
  'etcd/ca.crt',
].map((name) => `/etc/kubernetes/pki/${name}`)
const FILE_BYTES = 262_144
const CHAIN_MAX = 16
const TTLS: Readonly<Record<string, string>> = {
  kubelet_certificate_manager_client_ttl_seconds: 'kubelet-client',
  kubelet_certificate_manager_server_ttl_seconds: 'kubelet-server',
}
/** "kubelet-client-2026-11-30-04-44-50.pem": when it was written (client-go, certificate_store.go). */
const WRITTEN = /-(\d{4})-(\d\d)-(\d\d)-(\d\d)-(\d\d)-(\d\d)\.pem$/

function spanOf({ notBefore, notAfter, subject, fingerprint }: Certificate): Span | undefined {
  return notAfter === undefined ? undefined : { notBefore, notAfter, subject, fingerprint }
}

/** The one of a chain that ends first. @param certificates the first, and what may have signed it */
export function firstToEnd(certificates: readonly Certificate[]): Span | undefined {
  let [at] = certificates
  const chain: Span[] = []
  while (at !== undefined && chain.length < CHAIN_MAX) {
    const span = spanOf(at)
    if (span !== undefined) chain.push(span)
    const { issuer, subject } = at
    at = issuer === subject ? undefined : certificates.find((other) => other.subject === issuer)
  }
  return chain.reduce<Span | undefined>(
    (soonest, span) => (soonest && soonest.notAfter <= span.notAfter ? soonest : span),
    undefined,
  )
}

async function readFile({ files }: Host, path: string): Promise<Reading<Span>> {
  const text = await observe(() => files.readText(path, { maxBytes: FILE_BYTES }))
  if (!text.ok) return text
  const span = firstToEnd(parseCertificates(text.value).certificates)
  return span === undefined
    ? unobserved('NoCertificate', `${path} has no certificate (PEM) whose end can be read`)
    : observed(span)
}

/** Of files that are there by default and not by name nothing is said where they are not there, or not for us. */
async function readDefaults(host: Host, paths: readonly string[]): Promise<readonly Watched[]> {
  const watched = await Promise.all(paths.map(async (name) => ({ name, span: await readFile(host, name) })))
  return watched.filter(({ span }) => span.ok || (span.reason !== 'SourceMissing' && span.reason !== 'ReadRefused'))
}

let ofNode: Trust | undefined

/** Nobody is verified here, so any will do. Made once, which takes 7 ms. */
function anyTrust(): Trust {
  ofNode ??= createTrust()
  return ofNode
}

async function shakeHands(
  { ways }: CertificatesLook,
  ask: Ask,
  place: Place,
  serverName: string,
): Promise<Reading<Span>> {
  const probed = await ways.tls(ask, {
    place,
    serverName: serverName === '' ? place.address : serverName,
    trust: anyTrust(),
  })
  if (!probed.ok) return unobserved('NotAnswered', probed.failure.message)
  const span = firstToEnd(probed.answer.chain)
  return span === undefined
    ? unobserved('NoCertificate', `${placeText(place)} shows no certificate whose end can be read`)
    : observed(span)
}

/** When the file was written that a link in the kubelet's folder leads to: its certificate began then. */
async function writtenAt({ files }: Host, name: string): Promise<Date | undefined> {
  try {
    const [, ...parts] = WRITTEN.exec(await files.readLink(`${PKI}/${name}-current.pem`)) ?? []
    const [year, month, day, hour, minute, second] = parts.map(Number)
    if (second === undefined) return undefined
    return new Date(Date.UTC(year ?? 0, (month ?? 1) - 1, day, hour, minute, second))
  } catch (err) {
    if (err instanceof HostReadError) return undefined
    throw err
  }
}

/** What another check has heard of them is not older than that: it is reckoned on from then. */
const TOLD_MS = 7_200_000

/** How many seconds are left, by the name of the metric. */
async function secondsLeft(look: CertificatesLook, ask: Ask): Promise<Reading<ReadonlyMap<string, number>>> {
  const { ways, host, config, nodeName, clock } = look
  const { lifetimes } = ways.told
  const nowMs = clock.monotonicMs()
  if (lifetimes !== undefined && lifetimes.url === config.metricsURL && nowMs - lifetimes.atMs < TOLD_MS) {
    const passed = (nowMs - lifetimes.atMs) / 1000
    return observed(new Map([...lifetimes.seconds].map(([name, seconds]) => [name, seconds - passed])))
  }
  const place = placeOf(new URL(config.metricsURL))
  const kubelet = ways.kubelet({ host, place, nodeName, credentials: () => credentialsOf(look, config.auth) })
  const metrics = await askedKubelet(() => kubelet.metrics(ask, LIFETIMES))
  if (!metrics.ok) return metrics
  return observed(
    new Map([...metrics.value].flatMap(([name, [one]]) => (one === undefined ? [] : [[name, one.value]]))),
  )
}

/** What the kubelet says of those that it rotates. One that has none says nothing, or that it never ends. */
async function saidByKubelet(look: CertificatesLook, ask: Ask): Promise<readonly Watched[]> {
  const { host, config, clock } = look
  if (config.auth.type === 'none') return []
  const left = await secondsLeft(look, ask)
  if (!left.ok) return Object.values(TTLS).map((name) => ({ name, span: left, isDoubtful: true }))
  const said: Watched[] = []
  for (const [metric, name] of Object.entries(TTLS)) {
    const seconds = left.value.get(metric)
    if (seconds === undefined || !Number.isFinite(seconds)) continue
    const notAfter = new Date(clock.now().getTime() + seconds * 1000)
    said.push({
      name,
      span: observed({ notBefore: await writtenAt(host, name), notAfter, subject: '', fingerprint: '' }),
    })
  }
  return said
}

/** Two that end as near to each other as that are one: of one of them the kubelet says only how long it lasts. */
const SAME_END_MS = 120_000

function isShown({ name, span }: Watched, shown: Reading<Span>): boolean {
  if (name !== 'kubelet-server' || !span.ok || !shown.ok) return false
  return Math.abs(span.value.notAfter.getTime() - shown.value.notAfter.getTime()) < SAME_END_MS
}

async function ofKubelet(look: CertificatesLook, ask: Ask): Promise<readonly Watched[]> {
  const { host, config } = look
  const place = placeOf(new URL(config.metricsURL))
  const shown = await shakeHands(look, ask, place, '')
  const files = await readDefaults(host, OF_KUBELET)
  // What it made when it first began stays there, also where it shows another since; which that is nobody knows while it shows none.
  const inUse = shown.ok
    ? files.filter(({ span }) => !span.ok || span.value.fingerprint === shown.value.fingerprint)
    : files.map((file) => ({ ...file, isDoubtful: true }))
  const said = await saidByKubelet(look, ask)
  const others = said.filter((one) => !isShown(one, shown))
  // A kubelet that is not there is a problem of another check.
  return [...inUse, { name: placeText(place), span: shown, isDoubtful: !shown.ok }, ...others]
}

/** Of one that is seen at several places the first is told. */
function once(watched: readonly Watched[]): readonly Watched[] {
  const seen = new Set<string>()
  return watched.filter(({ span }) => {
    if (!span.ok || span.value.fingerprint === '') return true
    const isNew = !seen.has(span.value.fingerprint)
    seen.add(span.value.fingerprint)
    return isNew
  })
}

/** Looks once; undefined on a machine that is no node, and of which nothing is named. */
export async function readWatched(look: CertificatesLook): Promise<readonly Watched[] | undefined> {
  const { host, config, ways, clock, stopwatch, signal } = look
  const isNode = await hasKubelet(host)
  if (!isNode && config.files.length === 0 && config.endpoints.length === 0) return undefined
  const ask: Ask = { clock, stopwatch, signal, timeoutMs: config.handshakeTimeout }
  const isHere = (await ways.hostNetwork(host)).kind === 'same'
  const kubelets =
    isNode && config.checkKubelet ? (isHere ? await ofKubelet(look, ask) : await readDefaults(host, OF_KUBELET)) : []
  const controlPlane = isNode && config.checkControlPlane ? await readDefaults(host, OF_CONTROL_PLANE) : []
  const named: Watched[] = []
  for (const name of config.files) named.push({ name, span: await readFile(host, name) })
  for (const { address, serverName } of config.endpoints) {
    const place = placeOf(new URL(`https://${address}`))
    named.push({ name: address, span: await shakeHands(look, ask, place, serverName) })
  }
  return once([...named, ...kubelets, ...controlPlane])
}
