/** What a look at the kubelet says. Pure. */
import type { ConditionKey, MetricSample } from '#model'
import type { Finding, Happening } from '#monitor-kit'
import { type Reading, type Unobserved, unknownFinding, unobserved } from '#monitor-kit/evaluate'
import { judgeLasting, type Lasting, NOT_SEEN, type Seen } from '../../lasting.ts'
import type { Config } from './config.ts'
import { judgeCutOff, judgeRefused } from './cut-off.ts'
import { differencesOf } from './drift.ts'
import { type Figures, figuresOf, isSameRun } from './figures.ts'
import { seeKubelet } from './health.ts'
import { NO_RUN, type RunOfKubelet, restartOf, runOf } from './restarted.ts'
import { judgeSlow } from './slow.ts'
import type { KubeletConfiguration, KubeletReading } from './source.ts'

export const HEALTHZ_SECONDS = 'kubelet_healthz_seconds'

/** What one check keeps for the next. */
export interface KubeletMemory {
  readonly health: Lasting
  readonly drift: Lasting
  /** It has answered in this boot. */
  readonly hasAnswered: boolean
  readonly run: RunOfKubelet
  /** Of the last look at them. */
  readonly figures: Figures | undefined
  /** At which its renewals had grown last. */
  readonly renewed: Figures | undefined
  /** Looks in a row in which it did not take a token that it took before, and that the API server knows. */
  readonly refused: number
  /** What its figures and its configuration have last said, by type. */
  readonly deep: ReadonlyMap<string, Finding>
  /** When they were looked at last; undefined: never. */
  readonly deepAtMs: number | undefined
  readonly told: readonly string[]
}

export const FIRST_KUBELET: KubeletMemory = {
  health: NOT_SEEN,
  drift: NOT_SEEN,
  hasAnswered: false,
  run: NO_RUN,
  figures: undefined,
  renewed: undefined,
  refused: 0,
  deep: new Map(),
  deepAtMs: undefined,
  told: [],
}

export interface KubeletVerdict {
  readonly memory: KubeletMemory
  readonly findings: readonly Finding[]
  readonly events: readonly Happening[]
  readonly metrics: readonly MetricSample[]
  readonly withdrawn: readonly ConditionKey[]
}

/** Whether figures and configuration are looked at in this turn: now and then, and in each turn while something is wrong with them. */
export function isDeepDue({ deepAtMs, deep }: KubeletMemory, { metricsInterval }: Config, nowMs: number): boolean {
  if (deepAtMs === undefined || nowMs - deepAtMs >= metricsInterval) return true
  return [...deep.values()].some(({ health, pending }) => health === 'problem' || pending === true)
}

/** Types that this instance looks at beside healthz. */
export function deepTypes({ checkPLEG, checkCutOff, checkConfig, auth }: Config): readonly string[] {
  if (auth.type === 'none') return []
  return [
    ...(checkPLEG ? ['KubeletSlow'] : []),
    ...(checkCutOff ? ['KubeletCutOff'] : []),
    ...(checkConfig ? ['KubeletConfigDrift'] : []),
  ]
}

const NOT_ANSWERED = unobserved('NotAnswered', 'the kubelet does not say that it is well, and is not asked for more')

function begun(type: string): Finding {
  const message = 'what the kubelet counts is compared with its last counts; it shows at the next check'
  return { type, health: 'healthy', pending: true, reason: 'FirstLook', message }
}

interface FigureVerdict {
  readonly refused: number
  readonly figures: Figures | undefined
  readonly renewed: Figures | undefined
  readonly findings: readonly Finding[]
}

function judgeFigures(
  { figures: reading, isKnown }: KubeletReading,
  memory: KubeletMemory,
  around: { readonly config: Config; readonly nowMs: number; readonly types: readonly string[] },
): FigureVerdict {
  const { config, nowMs } = around
  const types = around.types.filter((type) => type !== 'KubeletConfigDrift')
  const { figures: before, renewed } = memory
  if (reading?.ok !== true) {
    const why = reading ?? NOT_ANSWERED
    const refused = isKnown === true && before !== undefined ? memory.refused + 1 : 0
    const findings = types.map((type) =>
      type === 'KubeletCutOff' && refused > 0 ? judgeRefused(why.message, refused) : unknownFinding(type, why),
    )
    return { figures: before, renewed, refused, findings }
  }
  const now = figuresOf(reading.value, nowMs)
  const since = renewed !== undefined && isSameRun(renewed, now) ? renewed : undefined
  const last = before !== undefined && isSameRun(before, now) ? before : undefined
  const findings = types.flatMap((type): Finding[] => {
    if (type === 'KubeletSlow') return [last === undefined ? begun(type) : judgeSlow(last, now, config)]
    // A kubelet of its own, without a cluster, asks nobody.
    if (now.requests === undefined) return []
    return [since === undefined ? begun(type) : judgeCutOff(since, now, config)]
  })
  const hasRenewed = since === undefined || now.renewals > since.renewals
  return { figures: now, renewed: hasRenewed ? now : since, refused: 0, findings }
}

const KEYS_SHOWN = 3

function seeDrift(configuration: Reading<KubeletConfiguration>): Seen {
  if (!configuration.ok) return { kind: 'unknown', ...configuration }
  const { path, inFile, inForce, overruled } = configuration.value
  const differences = differencesOf(inFile, inForce, overruled)
  const [first] = differences
  if (first === undefined) return { kind: 'well', message: `all of ${path} is in force` }
  const keys = differences.slice(0, KEYS_SHOWN).map(({ key }) => key)
  const more = differences.length > keys.length ? ` and ${differences.length - keys.length} more` : ''
  const now = first.inForce === '' ? 'nothing' : first.inForce
  const message = `${path} is not in force: ${keys.join(', ')}${more}; ${first.key} is ${first.inFile} in the file, and the kubelet runs with ${now}. It was changed and the kubelet not restarted`
  const summary = `the kubelet does not run with what ${path} says`
  return { kind: 'sick', severity: 'warning', reason: 'FileNotInForce', message, summary }
}

function judgeDrift(
  reading: KubeletReading,
  before: Lasting,
  { config, types }: { readonly config: Config; readonly types: readonly string[] },
): { readonly memory: Lasting; readonly findings: readonly Finding[] } {
  if (!types.includes('KubeletConfigDrift')) return { memory: before, findings: [] }
  const { configuration, healthz } = reading
  const isWell = healthz?.ok === true && healthz.answer.status === 200
  // There is no one file that it has its configuration from.
  if (configuration === undefined && isWell) return { memory: NOT_SEEN, findings: [] }
  const seen = seeDrift(configuration ?? NOT_ANSWERED)
  const options = { type: 'KubeletConfigDrift', healthyReason: 'FileInForce', needed: config.failureThreshold }
  const { memory, finding } = judgeLasting(seen, before, options)
  return { memory, findings: [finding] }
}

/** What was not looked at in this turn stays as it is. */
function unchanged(deep: ReadonlyMap<string, Finding>, { metricsInterval }: Config): readonly Finding[] {
  return [...deep.values()].map((finding) => {
    if (finding.health === 'unknown') return finding
    const message = `${finding.message} (looked at every ${metricsInterval / 1000} s)`
    return { type: finding.type, health: 'healthy', pending: true, reason: 'NotLookedAt', message }
  })
}

function notHere(memory: KubeletMemory): KubeletVerdict {
  const withdrawn = memory.told.map((type) => ({ type, entity: '' }))
  return { memory: FIRST_KUBELET, findings: [], events: [], metrics: [], withdrawn }
}

function unseen(memory: KubeletMemory, types: readonly string[], why: Unobserved): KubeletVerdict {
  const findings = types.map((type) => unknownFinding(type, why))
  return { memory: { ...memory, told: types }, findings, events: [], metrics: [], withdrawn: [] }
}

function whyNotHere({ network, hasFolder }: KubeletReading): Unobserved | undefined {
  if (network.kind === 'same' || !hasFolder) return undefined
  if (network.kind === 'unknown') return unobserved('HostNetworkNotKnown', network.message)
  return unobserved(
    'NotHostNetwork',
    "127.0.0.1 is this process's own, and not the node's; run it with hostNetwork: true",
  )
}

/** Judges one look. Of a machine without a kubelet nothing is said. */
export function evaluateKubelet(
  reading: KubeletReading,
  config: Config,
  before: KubeletMemory,
  { nowMs, isDeep }: { readonly nowMs: number; readonly isDeep: boolean },
): KubeletVerdict {
  const types = deepTypes(config)
  const why = whyNotHere(reading)
  if (why !== undefined) return unseen(before, ['KubeletUnhealthy', ...types], why)
  const seen = seeKubelet(reading, before.hasAnswered, config)
  if (seen === undefined) return notHere(before)
  const options = { type: 'KubeletUnhealthy', healthyReason: 'HealthzPassed', needed: config.failureThreshold }
  const health = judgeLasting(seen, before.health, options)
  const around = { config, nowMs, types }
  const figures = isDeep ? judgeFigures(reading, before, around) : { ...before, findings: [] }
  const drift = isDeep ? judgeDrift(reading, before.drift, around) : { memory: before.drift, findings: [] }
  const looked = [...figures.findings, ...drift.findings]
  const deep = isDeep ? new Map(looked.map((finding) => [finding.type, finding])) : before.deep
  const findings = [health.finding, ...(isDeep ? looked : unchanged(before.deep, config))]
  const run = runOf(reading.unit, isDeep && reading.figures?.ok === true ? figures.figures : undefined, before.run)
  const { healthz } = reading
  const told = findings.map(({ type }) => type)
  const kept = { figures: figures.figures, renewed: figures.renewed, refused: figures.refused, deep, run, told }
  const sample = { name: HEALTHZ_SECONDS, labels: {}, value: (healthz?.sample.ms ?? 0) / 1000 }
  return {
    memory: {
      ...kept,
      health: health.memory,
      drift: drift.memory,
      hasAnswered: before.hasAnswered || healthz?.ok === true,
      deepAtMs: isDeep ? nowMs : before.deepAtMs,
    },
    findings,
    events: restartOf(before.run, run),
    metrics: healthz?.ok === true ? [sample] : [],
    withdrawn: before.told.filter((type) => !told.includes(type)).map((type) => ({ type, entity: '' })),
  }
}
