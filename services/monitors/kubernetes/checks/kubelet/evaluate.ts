/** What a look at the kubelet says. Pure. */
import type { ConditionKey, MetricSample } from '#model'
import type { Finding, Happening } from '#monitor-kit'
import { type Reading, type Unobserved, unknownFinding, unobserved } from '#monitor-kit/evaluate'
import { type LastWord, lastWord } from '../../last-word.ts'
import { judgeLasting, type Lasting, NOT_SEEN, type Seen } from '../../lasting.ts'
import { reachesNoApi, type Told } from '../../node-kubelet/told.ts'
import type { Config } from './config.ts'
import { leaseMsOf } from './cut-off.ts'
import { differencesOf } from './drift.ts'
import { seeKubelet } from './health.ts'
import { type FiguresMemory, judgeFigures, NO_FIGURES } from './judge-figures.ts'
import type { KubeletConfiguration, KubeletReading } from './reading.ts'
import { NO_RUN, type RunOfKubelet, restartOf, runOf } from './restarted.ts'
import { NOT_ANSWERED } from './source.ts'

export const HEALTHZ_SECONDS = 'kubelet_healthz_seconds'
const DRIFT = 'KubeletConfigDrift'

/** What one check keeps for the next. */
export interface KubeletMemory extends FiguresMemory {
  readonly health: Lasting
  readonly drift: Lasting
  /** It has answered in this boot. */
  readonly hasAnswered: boolean
  readonly run: RunOfKubelet
  /** What its figures and its configuration have last said, by type. */
  readonly deep: ReadonlyMap<string, LastWord>
  /** When its figures were looked at last, and its file; undefined: never. */
  readonly figuresAtMs: number | undefined
  readonly fileAtMs: number | undefined
  /** When its first turn was, and its last; undefined: there was none. */
  readonly startedMs: number | undefined
  readonly turnMs: number | undefined
  readonly told: readonly string[]
}

export const FIRST_KUBELET: KubeletMemory = {
  ...NO_FIGURES,
  health: NOT_SEEN,
  drift: NOT_SEEN,
  hasAnswered: false,
  run: NO_RUN,
  deep: new Map(),
  figuresAtMs: undefined,
  fileAtMs: undefined,
  startedMs: undefined,
  turnMs: undefined,
  told: [],
}

export interface KubeletVerdict {
  readonly memory: KubeletMemory
  readonly findings: readonly Finding[]
  readonly events: readonly Happening[]
  readonly metrics: readonly MetricSample[]
  readonly withdrawn: readonly ConditionKey[]
}

/** Types that this instance looks at beside healthz. */
export function deepTypes({ checkPLEG, checkCutOff, checkConfig, auth }: Config): readonly string[] {
  if (auth.type === 'none') return []
  return [
    ...(checkPLEG ? ['KubeletSlow'] : []),
    ...(checkCutOff ? ['KubeletCutOff'] : []),
    ...(checkConfig ? [DRIFT] : []),
  ]
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
  const now =
    first.inForce === ''
      ? 'nothing. The kubelet does not know it, or it was not restarted since'
      : `${first.inForce}. It was changed and the kubelet not restarted`
  const message = `${path} is not in force: ${keys.join(', ')}${more}; ${first.key} is ${first.inFile} in the file, and the kubelet runs with ${now}`
  const summary = `the kubelet does not run with what ${path} says`
  return { kind: 'sick', severity: 'warning', reason: 'FileNotInForce', message, summary }
}

function judgeDrift(
  reading: KubeletReading,
  before: Lasting,
  { config, types }: { readonly config: Config; readonly types: readonly string[] },
): { readonly memory: Lasting; readonly findings: readonly Finding[] } {
  if (!types.includes(DRIFT)) return { memory: before, findings: [] }
  const { configuration, healthz } = reading
  const isWell = healthz?.ok === true && healthz.answer.status === 200
  // There is no one file that it has its configuration from.
  if (configuration === undefined && isWell) return { memory: NOT_SEEN, findings: [] }
  const seen = seeDrift(configuration ?? NOT_ANSWERED)
  const options = { type: DRIFT, healthyReason: 'FileInForce', needed: config.failureThreshold }
  const { memory, finding } = judgeLasting(seen, before, options)
  return { memory, findings: [finding] }
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

/** Counters of which one look follows the other are compared: those that are not older, */
const FRESH_MS = 100_000
/** and those of the last turn, which a monitor that is short of processor has up to five minutes later. */
const STRETCHED_MS = 450_000

/** What else is known in a look. */
export interface KubeletAround {
  readonly nowMs: number
  /** The same by the wall clock. */
  readonly wallMs: number
  /** When the look began, by the wall clock. */
  readonly now: Date
  /** From one turn of the check to the next, as configured. */
  readonly intervalMs: number
  /** What the checks have told each other. */
  readonly told: Pick<Told, 'apiServer' | 'configuration' | 'runtime'>
}

interface Deep {
  readonly figures: FiguresMemory
  readonly drift: Lasting
  readonly words: readonly LastWord[]
}

function judgeDeep(
  reading: KubeletReading,
  config: Config,
  before: KubeletMemory,
  { nowMs, wallMs, now, intervalMs, told }: KubeletAround,
): Deep {
  const types = deepTypes(config)
  const { pid } = runOf(reading.unit, undefined, before.run)
  const ofFigures = judgeFigures(reading, before, {
    ...{
      config,
      wallMs,
      nowMs,
      freshMs: Math.max(FRESH_MS, intervalMs * 1.5, Math.min(nowMs - (before.turnMs ?? nowMs), STRETCHED_MS)),
    },
    types: types.filter((type) => type !== DRIFT),
    isUnreached: reachesNoApi(told, nowMs),
    runtime: told.runtime,
    leaseMs: leaseMsOf(told.configuration),
    isAnew: before.run.pid !== 0 && pid !== before.run.pid,
  })
  const ofFile = judgeDrift(reading, before.drift, { config, types })
  const { looked } = reading
  const seen = [...(looked.figures ? ofFigures.findings : []), ...(looked.file ? ofFile.findings : [])]
  const isLooked = (type: string) => (type === DRIFT ? looked.file : looked.figures)
  const still = types.flatMap((type) => (isLooked(type) ? [] : (before.deep.get(type) ?? [])))
  return {
    figures: looked.figures ? ofFigures.memory : before,
    drift: looked.file ? ofFile.memory : before.drift,
    words: [...seen.map((finding) => lastWord(finding, now, before.deep.get(finding.type))), ...still],
  }
}

/** Judges one look. Of a machine without a kubelet nothing is said. */
export function evaluateKubelet(
  reading: KubeletReading,
  config: Config,
  before: KubeletMemory,
  around: KubeletAround,
): KubeletVerdict {
  const why = whyNotHere(reading)
  if (why !== undefined) return unseen(before, ['KubeletUnhealthy', ...deepTypes(config)], why)
  const seen = seeKubelet(reading, before.hasAnswered, config, { runtime: around.told.runtime, nowMs: around.nowMs })
  if (seen === undefined) return notHere(before)
  const options = { type: 'KubeletUnhealthy', healthyReason: 'HealthzPassed', needed: config.failureThreshold }
  const health = judgeLasting(seen, before.health, options)
  const deep = judgeDeep(reading, config, before, around)
  const findings = [health.finding, ...deep.words.map(({ finding }) => finding)]
  const { healthz, looked, unit } = reading
  const run = runOf(unit, reading.figures?.ok === true ? deep.figures.figures : undefined, before.run)
  const told = findings.map(({ type }) => type)
  const { figures, renewed, wasUnreached, slow, refused, isTaken, isDoubtful } = deep.figures
  const sample = { name: HEALTHZ_SECONDS, labels: {}, value: (healthz?.sample.ms ?? 0) / 1000 }
  return {
    memory: {
      ...{ figures, renewed, wasUnreached, slow, refused, isTaken, isDoubtful, run, told },
      health: health.memory,
      drift: deep.drift,
      deep: new Map(deep.words.map((word) => [word.finding.type, word])),
      hasAnswered: before.hasAnswered || healthz?.ok === true,
      figuresAtMs: looked.figures ? around.nowMs : before.figuresAtMs,
      fileAtMs: looked.file ? around.nowMs : before.fileAtMs,
      startedMs: before.startedMs ?? around.nowMs,
      turnMs: around.nowMs,
    },
    findings,
    events: restartOf(before.run, run),
    metrics: healthz?.ok === true ? [sample] : [],
    withdrawn: before.told.filter((type) => !told.includes(type)).map((type) => ({ type, entity: '' })),
  }
}
