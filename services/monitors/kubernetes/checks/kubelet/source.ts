import type { UnitLook } from '#host'
import type { Kubelet, Metrics } from '#kube/kubelet'
import { observed, type Reading, type Unobserved, unobserved } from '#monitor-kit/evaluate'
import { type Ask, type HttpAnswer, isJudged, type Probed, type Sample } from '#probe'
import { hasKubelet } from '../../here.ts'
import { askLoopback } from '../../loopback.ts'
import { askKubeletUnit, asksWhoseTokens, readKubeletFile, runOfUnit } from '../../node-kubelet/configuration.ts'
import { askedKubelet, credentialsOf } from '../../node-kubelet/credentials.ts'
import { placeIn, placeOf } from '../../node-kubelet/place.ts'
import { LIFETIMES, reachesNoApi } from '../../node-kubelet/told.ts'
import { isKnownToApi, isServed } from './ask-api.ts'
import type { Config } from './config.ts'
import { FIGURES, figuresOf, RUNNING_PODS } from './figures.ts'
import type { Due, KubeletConfiguration, KubeletLook, KubeletReading } from './reading.ts'

async function askHealthz(look: KubeletLook, ask: Ask): Promise<Probed<HttpAnswer>> {
  const get = (url: URL) => look.ways.http(ask, { method: 'GET', url, route: { kind: 'address', place: placeOf(url) } })
  return (await askLoopback(look.config.healthzURL, get)).probed
}

async function readConfiguration(
  { host, ways, config, clock }: KubeletLook,
  unit: UnitLook | undefined,
  configz: () => Promise<Probed<Readonly<Record<string, unknown>>>>,
): Promise<Reading<KubeletConfiguration> | undefined> {
  const file = await readKubeletFile(host, unit)
  if (file === undefined || !file.inFile.ok) return file?.inFile as Unobserved | undefined
  const of = { url: config.metricsURL, run: runOfUnit(unit), nowMs: clock.monotonicMs() }
  const inForce = await ways.told.inForce(of, () => askedKubelet(configz))
  const { path, overruled, inFile } = file
  return inForce.ok ? observed({ path, inFile: inFile.value, inForce: inForce.value, overruled }) : inForce
}

/** Whether the API server knows us by the very token that the kubelet was shown. */
function isOwnToken({ auth }: Config): boolean {
  return auth.type === 'serviceaccount' && auth.tokenFile === ''
}

const SERVERS_MAX = 4

/** What another check need not ask for. */
function tell({ ways, config, clock }: KubeletLook, figures: Metrics): void {
  const said = { url: config.metricsURL, atMs: clock.monotonicMs() }
  const count = figures.get(RUNNING_PODS)?.[0]?.value ?? Number.NaN
  if (Number.isSafeInteger(count) && count >= 0)
    ways.told.runningPods = { ...said, count, everyMs: config.metricsInterval }
  ways.told.lifetimes = {
    ...said,
    seconds: new Map([...LIFETIMES].flatMap((name) => figures.get(name)?.map(({ value }) => [name, value]) ?? [])),
  }
  ways.told.servers = figuresOf(figures, 0, 0)
    .servers.flatMap((host) => placeIn(`https://${host}/`) ?? [])
    .slice(0, SERVERS_MAX)
}

const NOT_ASKED = { figures: undefined, isKnown: undefined, asksWhose: false, isServed: undefined, isWaiting: false }

/** Whether its silence is that it waits for the API server. Who collects its figures for long answers other questions. */
async function waitsForApi(look: KubeletLook, ask: Ask, kubelet: Kubelet, sample: Sample): Promise<boolean> {
  const isUnreached = reachesNoApi(look.ways.told, look.clock.monotonicMs())
  if (isUnreached || !isJudged(sample, look.config.httpTimeout)) return false
  const other = await kubelet.configz(ask)
  if (other.ok || other.failure.kind !== 'timeout' || !isJudged(other.sample, look.config.httpTimeout)) return false
  return (await kubelet.refusesStrangers(ask)) && (await isServed(look)) === true
}

async function readFigures(look: KubeletLook, ask: Ask, kubelet: Kubelet, unit: UnitLook | undefined) {
  const { config } = look
  let late: Sample | undefined
  const figures = await askedKubelet(async () => {
    const probed = await kubelet.metrics(ask, FIGURES)
    if (!probed.ok && probed.failure.kind === 'timeout') late = probed.sample
    return probed
  })
  if (figures.ok) tell(look, figures.value)
  if (!config.checkCutOff) return { ...NOT_ASKED, figures }
  const isRefused = !figures.ok && figures.reason === 'TokenRefused' && isOwnToken(config)
  const isKnown = isRefused ? await isKnownToApi(look) : undefined
  return {
    figures,
    isKnown,
    asksWhose: isKnown === true && (await asksWhoseTokens(look.host, unit)),
    isServed: figures.ok && look.isDoubted ? await isServed(look) : undefined,
    isWaiting: late !== undefined && (await waitsForApi(look, ask, kubelet, late)),
  }
}

async function readDeep(look: KubeletLook, ask: Ask, unit: UnitLook | undefined, { figures, file }: Due) {
  const { ways, config, host, nodeName } = look
  const place = placeOf(new URL(config.metricsURL))
  const kubelet: Kubelet = ways.kubelet({ host, place, nodeName, credentials: () => credentialsOf(look, config.auth) })
  const read =
    figures && (config.checkPLEG || config.checkCutOff) ? await readFigures(look, ask, kubelet, unit) : NOT_ASKED
  const configuration =
    file && config.checkConfig ? await readConfiguration(look, unit, () => kubelet.configz(ask)) : undefined
  return { ...read, configuration }
}

/** Why nothing is told by a kubelet that is not well. */
export const NOT_ANSWERED = unobserved(
  'NotAnswered',
  'the kubelet does not say that it is well, and is not asked for more',
)
const ALL_DUE: Due = { figures: true, file: true }
const NOTHING_DUE: Due = { figures: false, file: false }

/** Looks once. */
export async function readKubelet(look: KubeletLook): Promise<KubeletReading> {
  const { ways, host, config, clock, stopwatch, signal } = look
  const network = await ways.hostNetwork(host)
  const nothing = { ...NOT_ASKED, unit: undefined, configuration: undefined }
  const hasFolder = await hasKubelet(host)
  if (network.kind !== 'same') return { network, hasFolder, healthz: undefined, looked: NOTHING_DUE, ...nothing }
  const ask: Ask = { clock, stopwatch, signal, timeoutMs: config.httpTimeout }
  const healthz = await askHealthz(look, ask)
  const isWell = healthz.ok && healthz.answer.status === 200
  const unit = config.checkSystemdStatus ? await askKubeletUnit(look) : undefined
  const around = { network, hasFolder, healthz, ...nothing, unit }
  if (config.auth.type === 'none') return { ...around, looked: NOTHING_DUE }
  // Who does not say that he is well is not asked for more, which is told at once.
  if (!isWell) return { ...around, looked: ALL_DUE }
  const run = runOfUnit(unit)
  const looked = look.pid !== 0 && run !== '' && run !== String(look.pid) ? ALL_DUE : look.due
  return { ...around, looked, ...(await readDeep(look, ask, unit, looked)) }
}
