/** That the kubelet was started anew since the last look. Pure. */
import type { UnitLook } from '#host'
import type { Happening } from '#monitor-kit'
import { isInstalled } from '../../unit-words.ts'
import { type Figures, isSameStart } from './figures.ts'

/** By what a run of it is known. */
export interface RunOfKubelet {
  /** Its process and when its unit was started, by systemd; 0: not known. */
  readonly pid: number
  readonly unitMs: number
  /** How often systemd has started it by itself. */
  readonly restarts: number
  /** When its process began, by its own figures, since 1970 and on the monotonic clock; 0: not known. */
  readonly seconds: number
  readonly startedMs: number
}

/** Before the first look. */
export const NO_RUN: RunOfKubelet = { pid: 0, unitMs: 0, restarts: 0, seconds: 0, startedMs: 0 }

/** What is known now, with what was known before of what was not looked at. */
export function runOf(unit: UnitLook | undefined, figures: Figures | undefined, before: RunOfKubelet): RunOfKubelet {
  const { startedSeconds: seconds = before.seconds, startedMs = before.startedMs } = figures ?? {}
  const begun = { seconds, startedMs }
  if (unit?.kind !== 'known' || !isInstalled(unit.unit) || unit.unit.service?.mainPid === undefined)
    return { ...before, ...begun }
  const { service, activeEnteredAt } = unit.unit
  return { pid: service.mainPid ?? 0, unitMs: activeEnteredAt?.getTime() ?? 0, restarts: service.restarts, ...begun }
}

function startOf({ seconds, startedMs }: RunOfKubelet) {
  return { startedSeconds: seconds, startedMs }
}

/** The event, where another run is there than before. systemd's word goes before the figures: it is told of both once. */
export function restartOf(before: RunOfKubelet, now: RunOfKubelet): readonly Happening[] {
  const byUnit = before.pid !== 0 && now.pid !== before.pid
  const byFigures = now.pid === 0 && before.seconds !== 0 && !isSameStart(startOf(before), startOf(now))
  if (!byUnit && !byFigures) return []
  const ms = byUnit ? now.unitMs : now.seconds * 1000
  const isByItself = byUnit && now.restarts > before.restarts
  const who = isByItself
    ? `systemd has started the kubelet again, for the ${now.restarts}. time`
    : 'the kubelet was started anew'
  const at = ms > 0 ? { at: new Date(ms) } : {}
  return [{ reason: 'KubeletRestarted', severity: isByItself ? 'warning' : 'info', message: who, ...at }]
}
