/** Asks the kubelet whether it is well, systemd for its unit, and now and then the kubelet for its figures and its configuration. */
import type { Clock } from '#clock'
import { plainOf, readYaml } from '#config'
import { type Host, type HostNetwork, HostReadError, type UnitLook } from '#host'
import type { Kubelet, Metrics } from '#kube/kubelet'
import { observed, type Reading, unobserved } from '#monitor-kit/evaluate'
import { observe } from '#monitor-kit/source'
import type { Ask, HttpAnswer, Probed, Stopwatch } from '#probe'
import { askedKubelet, credentialsOf } from '../../auth/credentials.ts'
import { bothFamilies, placeOf } from '../../auth/place.ts'
import { hasKubelet } from '../../here.ts'
import { isInstalled } from '../../unit-words.ts'
import type { Ways } from '../../ways.ts'
import type { Config } from './config.ts'
import { FIGURES } from './figures.ts'
import { type KubeletFlags, parseFlags } from './flags.ts'

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

/** Units that run a kubelet, with the usual one first. */
const UNITS = [
  'kubelet.service',
  'k3s.service',
  'k3s-agent.service',
  'rke2-server.service',
  'rke2-agent.service',
  'k0sworker.service',
  'k0scontroller.service',
  'snap.kubelet-eks.daemon.service',
  'snap.microk8s.daemon-kubelite.service',
]
const UNIT_TIMEOUT_MS = 2000
/** Where kubeadm has it. */
const CONFIG_FILE = '/var/lib/kubelet/config.yaml'
const NO_FLAGS: KubeletFlags = { config: undefined, hasFolder: false, names: new Set() }

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

async function askUnit({ ways, host, signal }: KubeletLook): Promise<UnitLook> {
  let last: UnitLook | undefined
  for (const name of UNITS) {
    const look = await ways.unit(host, name, { timeoutMs: UNIT_TIMEOUT_MS, signal })
    last ??= look
    if (look.kind === 'unknown') return look
    if (isInstalled(look.unit)) return look
  }
  return last as UnitLook
}

async function flagsOf({ files }: Host, unit: UnitLook | undefined): Promise<KubeletFlags> {
  const pid = unit?.kind === 'known' ? unit.unit.service?.mainPid : undefined
  if (pid === undefined) return NO_FLAGS
  try {
    return parseFlags(await files.readText(`/proc/${pid}/cmdline`))
  } catch (err) {
    // It has just ended, or is not to be seen from here.
    if (err instanceof HostReadError) return NO_FLAGS
    throw err
  }
}

/** A file of YAML or JSON; undefined where it is none. */
function parsed(path: string, text: string): Readonly<Record<string, unknown>> | undefined {
  const { tree, problems } = readYaml(text, path, path)
  return problems.length > 0 ? undefined : (plainOf(tree) as Readonly<Record<string, unknown>>)
}

async function readConfiguration(
  look: KubeletLook,
  unit: UnitLook | undefined,
  configz: () => Promise<Probed<Readonly<Record<string, unknown>>>>,
): Promise<Reading<KubeletConfiguration> | undefined> {
  const { files } = look.host
  const { config, hasFolder, names } = await flagsOf(look.host, unit)
  const path = config ?? CONFIG_FILE
  // Several files laid over each other, or none, are nothing to be held against.
  if (hasFolder || (config === undefined && !(await files.exists(path).catch(() => false)))) return undefined
  const text = await observe(() => files.readText(path))
  if (!text.ok) return text
  const inFile = parsed(path, text.value)
  if (inFile === undefined)
    return unobserved('SourceMalformed', `${path} is no YAML: the kubelet does not start with it any more`)
  const inForce = await askedKubelet(configz)
  return inForce.ok ? observed({ path, inFile, inForce: inForce.value, overruled: names }) : inForce
}

async function readDeep(look: KubeletLook, ask: Ask, unit: UnitLook | undefined) {
  const { ways, config, host, nodeName } = look
  const place = placeOf(new URL(config.metricsURL))
  const kubelet: Kubelet = ways.kubelet({ host, place, nodeName, credentials: () => credentialsOf(look, config.auth) })
  const figures =
    config.checkPLEG || config.checkCutOff ? await askedKubelet(() => kubelet.metrics(ask, FIGURES)) : undefined
  const configuration = config.checkConfig ? await readConfiguration(look, unit, () => kubelet.configz(ask)) : undefined
  return { figures, configuration }
}

/** Looks once. */
export async function readKubelet(look: KubeletLook): Promise<KubeletReading> {
  const { ways, host, config, clock, stopwatch, signal } = look
  const network = await ways.hostNetwork(host)
  const nothing = { healthz: undefined, unit: undefined, figures: undefined, configuration: undefined }
  const hasFolder = await hasKubelet(host)
  if (network.kind !== 'same') return { network, hasFolder, ...nothing }
  const ask: Ask = { clock, stopwatch, signal, timeoutMs: config.httpTimeout }
  const healthz = await askHealthz(look, ask)
  const isWell = healthz.ok && healthz.answer.status === 200
  const isThere = isWell || hasFolder
  const unit = config.checkSystemdStatus && (look.isDeep || !isWell) ? await askUnit(look) : undefined
  if (!look.isDeep || !isThere || config.auth.type === 'none') return { ...nothing, network, hasFolder, healthz, unit }
  // Who does not say that he is well is not asked for more.
  const deep = isWell ? await readDeep(look, ask, unit) : { figures: undefined, configuration: undefined }
  return { network, hasFolder, healthz, unit, ...deep }
}
