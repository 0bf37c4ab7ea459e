/**
 * The node's own kubelet over its secured port: asked with a token, and only once it is known to be the kubelet. Of a part of its own
 * (`#kube/kubelet`): who tells the API server something has no need of it.
 */
import { type Host, HostReadError } from '#host'
import {
  type Ask,
  type Certificate,
  createTrust,
  type Failure,
  type HttpAnswer,
  type Place,
  type Probed,
  parseCertificates,
  placeText,
  probeHttp,
  probeTls,
  type Sample,
  type Trust,
  TrustInvalidError,
} from '#probe'
import { createMetricsReader, type Metrics } from './metrics-text.ts'

export { createMetricsReader, type Metrics, type MetricsReader, parseSeries, type Series } from './metrics-text.ts'

/** Who we are to the kubelet, and whose word is taken for who it is. */
export interface KubeletCredentials {
  /** `authorization`, as a rule. */
  readonly headers: Readonly<Record<string, string>>
  /** The cluster's authorities as PEM; undefined: only the kubelet's own file proves who it is. */
  readonly ca: string | undefined
  /** Our own certificate and its key as PEM; undefined: none is shown. */
  readonly certificate: string | undefined
  readonly key: string | undefined
}

/** Where it is, and how it is known. */
export interface KubeletOptions {
  readonly host: Pick<Host, 'files'>
  /** Default 127.0.0.1:10250. */
  readonly place?: Place
  /** The node's, as the API server calls it: of a certificate of the cluster's CA it is the name. */
  readonly nodeName: string
  /** Read for each question: tokens are rotated. What it throws is thrown. */
  readonly credentials: () => Promise<KubeletCredentials>
  /** Files that have the kubelet's own certificate. Default those below /var/lib/kubelet/pki. */
  readonly certificateFiles?: readonly string[]
  /** How it is asked; another in tests. */
  readonly probes?: Pick<KubeletProbes, 'http' | 'tls'>
}

/** The two probes that it is asked by. */
export interface KubeletProbes {
  readonly http: typeof probeHttp
  readonly tls: typeof probeTls
}

/** What it answers. A failure of kind `certificate` is one whom we do not know: he was told nothing. */
export interface Kubelet {
  /** The metrics of these names, read as they come; 16 MiB of them at most. Needs get `nodes/metrics`. */
  metrics(ask: Ask, names: ReadonlySet<string>): Promise<Probed<Metrics>>
  /** The configuration that is in force: `kubeletconfig` of /configz, at most 1 MiB. Needs get `nodes/configz`. */
  configz(ask: Ask): Promise<Probed<Readonly<Record<string, unknown>>>>
  /**
   * Whether it refuses at once (401) who shows it nothing, about whom it has nobody to ask. One that does, and leaves us waiting, waits
   * for the API server: it sets no end to asking that who somebody is. false also where it takes anybody.
   */
  refusesStrangers(ask: Ask): Promise<boolean>
}

const PLACE: Place = { address: '127.0.0.1', port: 10_250 }
/** What it rotates by itself, and what it made when it first began (`--cert-dir`). The first has its key beside; of it nothing is kept. */
const CERTIFICATE_FILES = ['/var/lib/kubelet/pki/kubelet-server-current.pem', '/var/lib/kubelet/pki/kubelet.crt']
const METRICS_BYTES = 16 * 1024 * 1024
const CONFIG_BYTES = 1024 * 1024
const FILE_BYTES = 65_536
const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/

/** Who has to answer. */
interface Known {
  readonly trust: Trust
  readonly serverName: string
}

interface OwnCertificate {
  readonly pem: string
  readonly certificate: Certificate
}

type Recognised =
  | { readonly ok: true; readonly known: Known }
  | { readonly ok: false; readonly failure: Failure; readonly sample: Sample }

function failed(
  probed: { readonly sample: Sample },
  failure: Failure,
): { ok: false; sample: Sample; failure: Failure } {
  return { ok: false, sample: probed.sample, failure }
}

/** The first certificate of each file that is there and can be read: the kubelet's own stands first. */
async function ownCertificates({ files }: Pick<Host, 'files'>, paths: readonly string[]): Promise<OwnCertificate[]> {
  const found: OwnCertificate[] = []
  for (const path of paths) {
    try {
      const [pem = ''] = CERTIFICATE.exec(await files.readText(path, { maxBytes: FILE_BYTES })) ?? []
      const [certificate] = parseCertificates(pem).certificates
      if (certificate !== undefined) found.push({ pem, certificate })
    } catch (err) {
      // Not there, or not for us: then it proves nothing.
      if (!(err instanceof HostReadError)) throw err
    }
  }
  return found
}

let ofNode: Trust | undefined

/** Where nobody is known: what is shown is held against the kubelet's own file alone. Made once, which takes 7 ms. */
function trustOfNode(): Trust {
  ofNode ??= createTrust()
  return ofNode
}

function trustIn(authorities: string, own: Partial<KubeletCredentials> = {}): Trust | undefined {
  try {
    return createTrust({ authorities, certificate: own.certificate, key: own.key })
  } catch (err) {
    if (err instanceof TrustInvalidError) return undefined
    throw err
  }
}

/** By whose word it is known. Our own certificate is shown to nobody else. */
function knownBy(
  authorities: string,
  serverName: string,
  own: KubeletCredentials,
  probed: { readonly sample: Sample },
): Recognised {
  const trust = trustIn(authorities, own)
  if (trust !== undefined) return { ok: true, known: { trust, serverName } }
  const message = 'our own certificate and its key cannot be read, or do not belong together; both are PEM'
  return failed(probed, { kind: 'local', code: 'TRUST_INVALID', message })
}

function unverified(place: Place, faults: readonly { readonly message: string; readonly code: string }[]): Failure {
  const said = faults.map(({ message }) => message).join('; ')
  const message = `the certificate of the kubelet at ${placeText(place)} proves nothing: ${said}, and it is none of its own files; no token was sent. Let the cluster's CA sign it (serverTLSBootstrap), or mount /var/lib/kubelet/pki`
  return { kind: 'certificate', code: faults[0]?.code ?? '', message }
}

interface GetOptions {
  readonly maxBodyBytes: number
  readonly take?: (chunk: Buffer) => void
  /** Who asks. Default "us". */
  readonly as?: 'us' | 'a stranger'
}

const NOTHING_SHOWN = { headers: {}, certificate: undefined, key: undefined }
const REFUSAL_BYTES = 1024

/** A client of the node's kubelet. It keeps nothing: whom it asks it has to recognise each time, since he may be another. */
export function createKubelet(options: KubeletOptions): Kubelet {
  const { host, place = PLACE, nodeName, certificateFiles = CERTIFICATE_FILES } = options
  const { http, tls } = options.probes ?? { http: probeHttp, tls: probeTls }

  /** By its handshake alone: nothing is sent or shown. A file that does not fit is read once more: it may just have been renewed. */
  async function recognise(ask: Ask, credentials: KubeletCredentials): Promise<Recognised> {
    const { ca } = credentials
    const ofCluster = ca === undefined ? undefined : trustIn(ca)
    for (let isSecond = false; ; isSecond = true) {
      const own = await ownCertificates(host, certificateFiles)
      const shown = await tls(ask, { place, serverName: nodeName, trust: ofCluster ?? trustOfNode() })
      if (!shown.ok) return failed(shown, shown.failure)
      const { verification, chain } = shown.answer
      if (ca !== undefined && ofCluster !== undefined && verification.verified)
        return knownBy(ca, nodeName, credentials, shown)
      const same = own.find(({ certificate }) => certificate.fingerprint === chain[0]?.fingerprint)
      const [name] = same?.certificate.names ?? []
      if (same !== undefined && name !== undefined) return knownBy(same.pem, name, credentials, shown)
      const faults = verification.verified ? [] : verification.faults
      if (isSecond) return failed(shown, unverified(place, faults))
    }
  }

  async function get(ask: Ask, path: string, { as = 'us', ...more }: GetOptions): Promise<Probed<HttpAnswer>> {
    const ours = await options.credentials()
    const credentials = as === 'us' ? ours : { ...NOTHING_SHOWN, ca: ours.ca }
    const recognised = await recognise(ask, credentials)
    if (!recognised.ok) return recognised
    const url = new URL(`https://${placeText(place)}${path}`)
    const { trust, serverName } = recognised.known
    const question = { method: 'GET', url, route: { kind: 'address', place }, headers: credentials.headers } as const
    const probed = await http(ask, { ...question, trust, serverName, identity: 'verified', ...more })
    if (!probed.ok || probed.answer.status === 200) return probed
    return failed(probed, refusal(probed.answer, url))
  }

  return {
    async metrics(ask, names) {
      const reader = createMetricsReader({ names })
      const probed = await get(ask, '/metrics', { maxBodyBytes: METRICS_BYTES, take: (chunk) => reader.take(chunk) })
      if (!probed.ok) return probed
      if (probed.answer.isCut || reader.isCut)
        return failed(probed, {
          kind: 'malformed',
          code: 'TOO_LARGE',
          message: `the metrics of the kubelet at ${placeText(place)} are larger than what is read of them (16 MiB, 2,000 series of ours)`,
        })
      return { ok: true, sample: probed.sample, answer: reader.read() }
    },
    async configz(ask) {
      const probed = await get(ask, '/configz', { maxBodyBytes: CONFIG_BYTES })
      if (!probed.ok) return probed
      const config = configIn(probed.answer.body.toString('utf8'))
      if (config !== undefined) return { ok: true, sample: probed.sample, answer: config }
      const message = `what the kubelet at ${placeText(place)} says at /configz is no configuration of a kubelet`
      return failed(probed, { kind: 'malformed', code: '', message })
    },
    async refusesStrangers(ask) {
      const probed = await get(ask, '/configz', { maxBodyBytes: REFUSAL_BYTES, as: 'a stranger' })
      return !probed.ok && probed.failure.code === '401'
    },
  }
}

const WORDS_MAX = 200

/** It answers, and does not say what it was asked for. */
function refusal({ status, body }: HttpAnswer, url: URL): Failure {
  const said = body
    .toString('utf8')
    .replaceAll(/[\u0000-\u001f\u007f-\u009f]+/g, ' ')
    .trim()
    .slice(0, WORDS_MAX)
  const code = String(status)
  if (status === 401)
    return {
      kind: 'denied',
      code,
      message: `the kubelet does not know who we are (${url.pathname}: 401); is our token of this cluster, and its webhook authentication on?`,
    }
  if (status === 403)
    return {
      kind: 'denied',
      code,
      message: `the kubelet does not let us ask for ${url.pathname}: ${said}; see the role of this monitor`,
    }
  return { kind: 'unexpected', code, message: `the kubelet answers ${url.pathname} with ${status}: ${said}` }
}

function configIn(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const { kubeletconfig } = JSON.parse(text) as { readonly kubeletconfig?: unknown }
    const isMap = typeof kubeletconfig === 'object' && kubeletconfig !== null && !Array.isArray(kubeletconfig)
    return isMap ? (kubeletconfig as Readonly<Record<string, unknown>>) : undefined
  } catch {
    // No JSON at all is none either.
    return undefined
  }
}
