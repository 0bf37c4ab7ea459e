/** Whether kube-proxy lives, and keeps its rules up to date. Pure. */
import type { ConditionKey } from '#model'
import type { Finding } from '#monitor-kit'
import { duration, unknownFinding } from '#monitor-kit/evaluate'
import { type HttpAnswer, isJudged } from '#probe'
import { judgeLasting, type Lasting, lateSeen, NOT_SEEN, type Seen } from '../../lasting.ts'
import { besideUnit, isInstalled } from '../../unit-words.ts'
import type { Config } from './config.ts'
import type { KubeProxyReading } from './source.ts'

export const TYPE = 'KubeProxyUnhealthy'

/** What one check keeps for the next. */
export interface KubeProxyMemory {
  readonly health: Lasting
  /** It has answered in this boot. */
  readonly hasAnswered: boolean
  readonly isTold: boolean
}

export const FIRST_KUBE_PROXY: KubeProxyMemory = { health: NOT_SEEN, hasAnswered: false, isTold: false }

export interface KubeProxyVerdict {
  readonly memory: KubeProxyMemory
  readonly findings: readonly Finding[]
  readonly withdrawn: readonly ConditionKey[]
}

/** How old its rules are, by its own word ("lastUpdated", "currentTime"); undefined: it does not say. */
export function ageIn(body: string): number | undefined {
  try {
    const { lastUpdated, currentTime } = JSON.parse(body) as Readonly<Record<string, unknown>>
    const ms = Date.parse(String(currentTime)) - Date.parse(String(lastUpdated))
    return Number.isFinite(ms) && ms >= 0 ? ms : undefined
  } catch {
    // Other words than its own say nothing of that.
    return undefined
  }
}

/** @param hasAnswered it has said that it is well in this boot; else somebody else may have its port */
function ofAnswer({ status, body }: HttpAnswer, hasAnswered: boolean): Seen | undefined {
  const ageMs = ageIn(body.toString('utf8'))
  if (status !== 200 && ageMs === undefined && !hasAnswered) return undefined
  const age = ageMs === undefined ? '' : `, its rules were brought up to date ${duration(ageMs)} before`
  if (status === 200) return { kind: 'well', message: `kube-proxy lives${age}` }
  const message = `kube-proxy answers with ${status}${age}: Services lead to where they led before`
  return { kind: 'sick', reason: 'RulesNotUpdated', message, summary: 'kube-proxy does not keep its rules up to date' }
}

/** Whether there is one here: whoever has something else in its place has none; one that was taken off has no pod or unit any more. */
function isThere({ pod, unit }: KubeProxyReading, hasAnswered: boolean): boolean {
  if (pod?.ok === true && pod.value !== 'none') return true
  if (unit?.kind === 'known' && isInstalled(unit.unit)) return hasAnswered || unit.unit.activeState === 'failed'
  return hasAnswered && pod?.ok !== true
}

function ofRefusal({ pod, unit }: KubeProxyReading, message: string, hasAnswered: boolean): Seen {
  const words = `${message}: kube-proxy is not listening`
  if (pod?.ok === true && pod.value === 'runs' && !hasAnswered) {
    const elsewhere = 'where it listens elsewhere (healthzBindAddress) write livezURL'
    return { kind: 'unknown', reason: 'LivezNotServed', message: `${words}, and its container runs; ${elsewhere}` }
  }
  const beside = pod?.ok === true && pod.value !== 'none' ? '; it has a pod on this node' : besideUnit(unit)
  return { kind: 'sick', reason: 'ConnectionRefused', message: words + beside, summary: 'kube-proxy is not running' }
}

/** How it is; undefined: there is none here. */
export function seeKubeProxy(
  reading: KubeProxyReading,
  hasAnswered: boolean,
  { httpTimeout }: Config,
): Seen | undefined {
  const { livez } = reading
  if (livez === undefined) return undefined
  if (livez.ok) return ofAnswer(livez.answer, hasAnswered)
  const { kind, message } = livez.failure
  if (kind !== 'refused' && kind !== 'timeout')
    return hasAnswered ? { kind: 'unknown', reason: 'NotAsked', message } : undefined
  if (!isThere(reading, hasAnswered)) return undefined
  if (kind === 'refused') return ofRefusal(reading, message, hasAnswered)
  if (!isJudged(livez.sample, httpTimeout)) return lateSeen('kube-proxy’s livez', livez.sample)
  const words = `${message}: kube-proxy hangs`
  return { kind: 'sick', reason: 'KubeProxyHangs', message: words, summary: 'kube-proxy does not answer' }
}

function unseen(before: KubeProxyMemory): KubeProxyVerdict {
  const message = "127.0.0.1 is this process's own, and not the node's; run it with hostNetwork: true"
  const why = { ok: false, reason: 'NotHostNetwork', message } as const
  return { memory: { ...before, isTold: true }, findings: [unknownFinding(TYPE, why)], withdrawn: [] }
}

/** Judges one look. Of a node without kube-proxy nothing is said. */
export function evaluateKubeProxy(
  reading: KubeProxyReading,
  config: Config,
  before: KubeProxyMemory,
): KubeProxyVerdict {
  if (reading.network.kind !== 'same' && reading.pod?.ok === true && reading.pod.value !== 'none') return unseen(before)
  const seen = seeKubeProxy(reading, before.hasAnswered, config)
  if (seen === undefined)
    return { memory: FIRST_KUBE_PROXY, findings: [], withdrawn: before.isTold ? [{ type: TYPE, entity: '' }] : [] }
  const options = { type: TYPE, healthyReason: 'KubeProxyLives', needed: config.failureThreshold }
  const { memory, finding } = judgeLasting(seen, before.health, options)
  const hasAnswered = before.hasAnswered || reading.livez?.ok === true
  return { memory: { health: memory, hasAnswered, isTold: true }, findings: [finding], withdrawn: [] }
}
