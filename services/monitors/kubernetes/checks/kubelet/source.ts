/** Asks the kubelet whether it is well, systemd for its unit, and now and then the kubelet for its figures and its configuration. */
import type { Clock } from '#clock'
import type { Host, HostNetwork, UnitLook } from '#host'
import { KubeAccessError, KubeStatusError, KubeUnreachableError } from '#kube'
import type { Kubelet, Metrics } from '#kube/kubelet'
import { observed, type Reading, type Unobserved } from '#monitor-kit/evaluate'
import type { Ask, HttpAnswer, Probed, Stopwatch } from '#probe'
import { hasKubelet } from '../../here.ts'
import { askKubeletUnit, readKubeletFile } from '../../node-kubelet/configuration.ts'
import { askedKubelet, credentialsOf } from '../../node-kubelet/credentials.ts'
import { bothFamilies, placeOf } from '../../node-kubelet/place.ts'
import type { Ways } from '../../ways.ts'
import type { Config } from './config.ts'
import { FIGURES } from './figures.ts'

/** The file, and what of it is in force. */
export interface KubeletConfiguration {
  readonly path: string
  readonly inFile: Readonly<Record<string, unknown>>
  readonly inForce: Readonly<Record<string, unknown>>
  readonly overruled: ReadonlySet<string>
}

/** One look at the kubelet. */
export interface KubeletReading {
  readonly network: HostNetwork
  /** A folder of a kubelet is on this machine. */
  readonly hasFolder: boolean
  /** Undefined: not in the node's network, so that nobody is asked. */
  readonly healthz: Probed<HttpAnswer> | undefined
  /** The first of its units that systemd knows; else why none is known. Undefined: not asked. */
  readonly unit: UnitLook | undefined
  /** Undefined: not looked at in this turn, or never. */
  readonly figures: Reading<Metrics> | undefined
  /**
   * Where the kubelet does not take our token: whether the API server knows us, whom the kubelet has to ask for that. Undefined: not
   * asked, or not answered.
   */
  readonly isKnown: boolean | undefined
  /** Undefined as above, and where there is no one file. */
  readonly configuration: Reading<KubeletConfiguration> | undefined
}

/** How one look is made. */
export interface KubeletLook {
  readonly host: Host
  readonly ways: Ways
  readonly clock: Clock
  readonly stopwatch: Stopwatch
  readonly signal: AbortSignal
  readonly config: Config
  readonly nodeName: string
  /** Its figures and its configuration are looked at as well. */
  readonly isDeep: boolean
}

async function askHealthz(look: KubeletLook, ask: Ask): Promise<Probed<HttpAnswer>> {
  let first: Probed<HttpAnswer> | undefined
  for (const url of bothFamilies(look.config.healthzURL)) {
    const probed = await look.ways.http(ask, { method: 'GET', url, route: { kind: 'address', place: placeOf(url) } })
    // Nobody listens on this family; what the configured one says is told.
    const isNobody = !probed.ok && (probed.failure.kind === 'refused' || probed.failure.kind === 'local')
    if (!isNobody) return probed
    first ??= probed
  }
  return first as Probed<HttpAnswer>
}

async function readConfiguration(
  host: Host,
  unit: UnitLook | undefined,
  configz: () => Promise<Probed<Readonly<Record<string, unknown>>>>,
): Promise<Reading<KubeletConfiguration> | undefined> {
  const file = await readKubeletFile(host, unit)
  if (file === undefined || !file.inFile.ok) return file?.inFile as Unobserved | undefined
  const inForce = await askedKubelet(configz)
  const { path, overruled, inFile } = file
  return inForce.ok ? observed({ path, inFile: inFile.value, inForce: inForce.value, overruled }) : inForce
}

async function readDeep(look: KubeletLook, ask: Ask, unit: UnitLook | undefined) {
  const { ways, config, host, nodeName } = look
  const place = placeOf(new URL(config.metricsURL))
  const kubelet: Kubelet = ways.kubelet({ host, place, nodeName, credentials: () => credentialsOf(look, config.auth) })
  const figures =
    config.checkPLEG || config.checkCutOff ? await askedKubelet(() => kubelet.metrics(ask, FIGURES)) : undefined
  const configuration = config.checkConfig ? await readConfiguration(host, unit, () => kubelet.configz(ask)) : undefined
  const isDoubted = figures?.ok === false && figures.reason === 'TokenRefused'
  const isKnown = isDoubted && config.checkCutOff ? await isKnownToApi(look) : undefined
  return { figures, isKnown, configuration }
}

/** Whether the API server knows this account; undefined where it does not answer either. */
async function isKnownToApi({ ways, config, clock, nodeName, signal }: KubeletLook): Promise<boolean | undefined> {
  let client: ReturnType<Ways['apiServer']> | undefined
  try {
    const access = await ways.access()
    const userAgent = `node-doctor (kubernetes-monitor; ${nodeName})`
    client = ways.apiServer({ access, userAgent, timeoutMs: config.httpTimeout, clock })
    const identity = await client.whoAmI({ signal })
    return identity.kind === 'known' && identity.name !== 'system:anonymous'
  } catch (err) {
    if (err instanceof KubeUnreachableError || err instanceof KubeStatusError || err instanceof KubeAccessError)
      return undefined
    throw err
  } finally {
    client?.close()
  }
}

/** Looks once. */
export async function readKubelet(look: KubeletLook): Promise<KubeletReading> {
  const { ways, host, config, clock, stopwatch, signal } = look
  const network = await ways.hostNetwork(host)
  const nothing = {
    healthz: undefined,
    unit: undefined,
    figures: undefined,
    isKnown: undefined,
    configuration: undefined,
  }
  const hasFolder = await hasKubelet(host)
  if (network.kind !== 'same') return { network, hasFolder, ...nothing }
  const ask: Ask = { clock, stopwatch, signal, timeoutMs: config.httpTimeout }
  const healthz = await askHealthz(look, ask)
  const isWell = healthz.ok && healthz.answer.status === 200
  const isThere = isWell || hasFolder
  const unit = config.checkSystemdStatus && (look.isDeep || !isWell) ? await askKubeletUnit(look) : undefined
  if (!look.isDeep || !isThere || config.auth.type === 'none') return { ...nothing, network, hasFolder, healthz, unit }
  // Who does not say that he is well is not asked for more.
  const deep = isWell
    ? await readDeep(look, ask, unit)
    : { figures: undefined, isKnown: undefined, configuration: undefined }
  return { network, hasFolder, healthz, unit, ...deep }
}
