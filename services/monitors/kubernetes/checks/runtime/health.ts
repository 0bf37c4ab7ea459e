/** Whether the runtime answers, and says that it is well. Pure. */
import { type FoundRuntime, type RuntimeCondition, runtimeAt } from '#cri'
import type { UnitLook } from '#host'
import { isJudged } from '#probe'
import { lateSeen, type Seen } from '../../lasting.ts'
import { besideUnit, isActive, isInstalled, unitText } from '../../unit-words.ts'
import type { Config } from './config.ts'
import type { Asked, RuntimeReading } from './source.ts'

/** What is called differently where nothing else is known. */
const WHO = 'the container runtime'

/** The runtime that has answered in this boot, where it is the one that the kubelet asks; "": none has, or it asks another one now. */
export function knownTo({ kubelets }: RuntimeReading, known: string): string {
  return kubelets === '' || runtimeAt(kubelets) === known ? known : ''
}

/** Who may not be the runtime of this node is not accused. */
export function inDoubt(seen: Seen, { doubt }: RuntimeReading): Seen {
  if (doubt === '') return seen
  const message = `${seen.message}; ${doubt}`
  if (seen.kind === 'sick') return { kind: 'unknown', reason: 'RuntimeNotDecided', message }
  return seen.kind === 'well' ? { ...seen, message } : seen
}

/** The name by which the runtime is spoken of: "containerd". */
export function nameOf(found: FoundRuntime, known: string): string {
  if (found.kind !== 'none' && found.kind !== 'unusable') return found.name
  return known === '' ? WHO : known
}

function sick(reason: string, message: string, summary: string): Seen {
  return { kind: 'sick', reason, message, summary, action: 'restart-service' }
}

/** Where the runtime itself may not be asked, or is not to be, its unit speaks. */
function byUnit(look: UnitLook | undefined, why: { readonly reason: string; readonly message: string }): Seen {
  if (look === undefined) return { kind: 'unknown', ...why }
  if (look.kind === 'unknown')
    return { kind: 'unknown', reason: why.reason, message: `${why.message}; ${look.message}` }
  const { unit } = look
  const text = unitText(unit)
  const message = why.message === '' ? text : `${text}; ${why.message}`
  if (!isInstalled(unit)) return { kind: 'unknown', reason: why.reason, message }
  if (isActive(unit)) return { kind: 'well', reason: 'UnitActive', message }
  return sick('UnitNotActive', message, text)
}

/** It was there and is not any more, or its unit says that it should be. */
function ofNone(reading: RuntimeReading, message: string, known: string, config: Config): Seen | undefined {
  const { unit } = reading
  const isThere = unit?.kind === 'known' && isInstalled(unit.unit)
  if (known !== '') {
    // A runtime that was taken off the machine is no stopped one.
    if (unit?.kind === 'known' && !isThere && config.criSocket === '') return undefined
    return sick('RuntimeStopped', `${known} is gone: ${message}${besideUnit(unit)}`, `${known} is not running`)
  }
  if (config.criSocket !== '')
    return sick('RuntimeStopped', `${message}${besideUnit(unit)}`, 'the container runtime is not running')
  if (!isThere && reading.kubelets === '') return undefined
  if (!isThere)
    return {
      kind: 'unknown',
      reason: 'RuntimeNotFound',
      message: `${message}, where the kubelet asks: it did not run in this boot yet, or its folder is not mounted here`,
    }
  const text = unitText(unit.unit)
  if (isActive(unit.unit))
    return {
      kind: 'unknown',
      reason: 'RuntimeNotFound',
      message: `${text}, and there is ${message}; name its socket in criSocket`,
    }
  return sick('RuntimeStopped', `${text}: ${message}`, text)
}

const REASONS: Readonly<Record<string, string>> = {
  timeout: 'RuntimeHangs',
  refused: 'ConnectionRefused',
  missing: 'RuntimeStopped',
}

/** A call that was not answered. */
function ofFailure(asked: Asked<unknown>, reading: RuntimeReading, known: string, config: Config): Seen {
  const { came, sample, call } = asked
  if (came.ok) throw new TypeError(`${call} was answered`)
  const { kind, message } = came.failure
  const who = nameOf(reading.found, known)
  if (kind === 'denied') return byUnit(reading.unit, { reason: 'SocketDenied', message })
  if (kind === 'timeout' && !isJudged(sample, config.callTimeout)) return lateSeen(call, sample)
  // Beneath another runtime lies a containerd that Kubernetes does not ask.
  if (kind === 'no-cri' && known === '' && reading.kubelets === '')
    return {
      kind: 'unknown',
      reason: 'NoCRI',
      message: `${message}; where the kubelet asks another one, name its socket in criSocket`,
    }
  const summary = kind === 'timeout' ? `${who} does not answer (${call})` : `${who}: ${call} is not answered`
  // It counts what images take now and then; its pods and containers go on all the same.
  if (kind === 'error' && asked === reading.answers?.imageFs)
    return { kind: 'sick', severity: 'warning', reason: 'ImagesNotCounted', message, summary }
  return sick(REASONS[kind] ?? 'RuntimeNotAnswering', `${message}${besideUnit(reading.unit)}`, summary)
}

/** What the runtime says of a part of itself; "" where it gives no words. */
export function conditionText({ type, reason, message }: RuntimeCondition): string {
  return [`${type} is false`, reason, message].filter((text) => text !== '').join(': ')
}

/** A call that says something of the runtime as a whole when it fails: lists that are too large say nothing. */
function tells({ came }: Asked<unknown>): boolean {
  return !came.ok && came.failure.kind !== 'too-large'
}

function ofAnswers(reading: RuntimeReading, known: string, config: Config): Seen {
  const { version, status, sandboxes, containers, imageFs } = reading.answers ?? {}
  const calls = [version, status, sandboxes, containers, imageFs].filter((one) => one !== undefined)
  const failed = calls.find(tells)
  if (failed !== undefined) return ofFailure(failed, reading, known, config)
  const unready = status?.came.ok === true ? status.came.answer.find(({ type }) => type === 'RuntimeReady') : undefined
  const who = version?.came.ok === true ? `${version.came.answer.name} ${version.came.answer.version}` : WHO
  if (unready?.isTrue === false)
    return sick('RuntimeNotReady', `${who} says: ${conditionText(unready)}`, `${who} says that it is not ready`)
  return { kind: 'well', message: `${who} answers` }
}

/**
 * How the runtime is; undefined: there is none here, and none was.
 * @param known as of {@link knownTo}
 */
export function seeHealth(reading: RuntimeReading, known: string, config: Config): Seen | undefined {
  const { found, unit } = reading
  if (!config.checkSocketConnectivity) return byUnit(unit, { reason: 'UnitNotKnown', message: '' })
  switch (found.kind) {
    case 'unusable':
      return { kind: 'unknown', reason: 'RuntimeNotFound', message: found.message }
    case 'denied':
      return byUnit(unit, { reason: 'SocketDenied', message: found.message })
    case 'none':
      return ofNone(reading, found.message, known, config)
    case 'silent':
      return sick('ConnectionRefused', `${found.message}${besideUnit(unit)}`, `${found.name} is not running`)
    case 'listening':
      return inDoubt(ofAnswers(reading, known, config), reading)
  }
}
