/** Whether the kubelet says that it is well. Pure. */
import type { UnitLook } from '#host'
import { type HttpAnswer, isJudged, type Probed } from '#probe'
import { lateSeen, type Seen } from '../../lasting.ts'
import type { RuntimeAmiss } from '../../node-kubelet/told.ts'
import { besideUnit, isActive, isInstalled, unitText } from '../../unit-words.ts'
import type { Config } from './config.ts'
import type { KubeletReading } from './reading.ts'

const WORDS_MAX = 200
/** "[-]syncloop failed: reason withheld" (k8s.io/apiserver, pkg/server/healthz). */
const FAILED = /^\[-\]([!-~]+) failed/gm

/** Whether a kubelet is, or was in this boot, on this machine. */
function isThere({ hasFolder, unit }: KubeletReading, hasAnswered: boolean): boolean {
  if (hasAnswered) return true
  // Its folder stays when it is taken off; of its units none stays.
  return unit?.kind === 'known' ? isInstalled(unit.unit) : hasFolder
}

function sick(reason: string, message: string, summary: string): Seen {
  return { kind: 'sick', reason, message, summary, action: 'restart-service' }
}

function failedIn({ body }: HttpAnswer): readonly (string | undefined)[] {
  return [...body.toString('utf8').matchAll(FAILED)].map(([, name]) => name)
}

function ofStatus(answer: HttpAnswer): Seen {
  const { status, body } = answer
  if (status === 200) return { kind: 'well', message: 'the kubelet says that it is well' }
  const text = body.toString('utf8')
  const failed = failedIn(answer)
  const line = text
    .replaceAll(/[\u0000-\u001f\u007f-\u009f]+/g, ' ')
    .trim()
    .slice(0, WORDS_MAX)
  const words = failed.length > 0 ? `not well: ${failed.slice(0, 8).join(', ')}` : line
  const message = `the kubelet answers with ${status}: ${words}`
  return sick(
    'HealthzFailed',
    message,
    `the kubelet says that it is not well${failed[0] === undefined ? '' : ` (${failed[0]})`}`,
  )
}

function ofFailure(
  probed: Probed<HttpAnswer> & { ok: false },
  unit: UnitLook | undefined,
  hasAnswered: boolean,
  config: Config,
): Seen {
  const { kind, message } = probed.failure
  const beside = besideUnit(unit)
  if (kind === 'timeout') {
    if (!isJudged(probed.sample, config.httpTimeout)) return lateSeen('the kubelet’s healthz', probed.sample)
    return sick(
      'KubeletHangs',
      `${message}: the kubelet hangs or is overloaded${beside}`,
      'the kubelet does not answer',
    )
  }
  if (kind === 'local' || kind === 'denied') return { kind: 'unknown', reason: 'NotAsked', message }
  if (kind !== 'refused')
    return sick('KubeletNotAnswering', `${message}${beside}`, 'the kubelet does not answer as it should')
  // Its healthz may be switched off (healthzPort: 0), or be elsewhere.
  if (!hasAnswered && unit?.kind === 'known' && isActive(unit.unit)) {
    const words = `${unitText(unit.unit)}, and nobody has listened at its healthz in this boot (${message}); where it listens elsewhere write healthzURL`
    return { kind: 'unknown', reason: 'HealthzNotServed', message: words }
  }
  return sick('ConnectionRefused', `${message}: the kubelet is not listening${beside}`, 'the kubelet is not running')
}

/** As long as it is not longer ago, what the container runtime was amiss by stands behind what the kubelet is. */
const AMISS_MS = 120_000
/** Units whose program runs the container runtime as well. */
const WITH_RUNTIME = /^(?:k0s|k3s|rke2)/

/** What is known of the container runtime. */
export interface BesideRuntime {
  readonly runtime: RuntimeAmiss
  readonly nowMs: number
}

/**
 * Whether the container runtime is why: its loop waits for that (k8s.io/kubernetes, pkg/kubelet, syncLoop), and one that is started
 * without it ends again. Whoever stopped it, or what else is not well of it, has nothing to do with that.
 */
function isOfRuntime(
  { healthz, unit }: KubeletReading,
  { runtime: { graveMs, downMs }, nowMs }: BesideRuntime,
): boolean {
  const isSince = (atMs: number | undefined) => atMs !== undefined && nowMs - atMs < AMISS_MS
  if (healthz?.ok === true) {
    const failed = failedIn(healthz.answer)
    return isSince(graveMs) && failed.length > 0 && failed.every((name) => name === 'syncloop')
  }
  if (healthz?.failure.kind !== 'refused' || !isSince(downMs)) return false
  return unit?.kind !== 'known' || unit.unit.activeState === 'activating' || WITH_RUNTIME.test(unit.unit.name)
}

function seeAlone(reading: KubeletReading, hasAnswered: boolean, config: Config): Seen | undefined {
  const { healthz, unit, hasFolder } = reading
  if (healthz?.ok === true) {
    // On a machine without a kubelet another program may have its port.
    const isKubelet = healthz.answer.status === 200 || hasFolder || isThere(reading, hasAnswered)
    return isKubelet ? ofStatus(healthz.answer) : undefined
  }
  if (healthz === undefined || !isThere(reading, hasAnswered)) return undefined
  return ofFailure(healthz, unit, hasAnswered, config)
}

/** How the kubelet is; undefined: there is none here, and was none in this boot. */
export function seeKubelet(
  reading: KubeletReading,
  hasAnswered: boolean,
  config: Config,
  beside: BesideRuntime,
): Seen | undefined {
  const seen = seeAlone(reading, hasAnswered, config)
  if (seen?.kind !== 'sick' || !isOfRuntime(reading, beside)) return seen
  const message = `${seen.message}; the container runtime is not well, without which that is so`
  return { kind: 'unknown', reason: 'RuntimeWasAmiss', message }
}
