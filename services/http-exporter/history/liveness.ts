/** When nothing was known, and why: a reboot, or the agent was down. Read off the times it was seen at. */
import { STALE_AFTER_MS } from '#model'
import { renderDuration } from '#view'
import type { Recorder } from './recorder.ts'

/** One sight of the detector. */
export interface Sight {
  readonly wall: Date
  /** The machine's monotonic clock: not moved by a step of the wall clock, anew at each boot. */
  readonly monoMs: number
  readonly bootId: string
  /** When the machine was started, where that is known. */
  readonly booted?: Date | undefined
  /** Of the detector's process. */
  readonly incarnation: string
}

function lastSight(recorder: Recorder): Omit<Sight, 'booted'> | undefined {
  const wall = Number(recorder.getMeta('seen_at'))
  const monoMs = Number(recorder.getMeta('seen_mono'))
  const bootId = recorder.getMeta('boot_id')
  if (bootId === undefined || !(wall > 0) || !Number.isFinite(monoMs)) return undefined
  return { wall: new Date(wall), monoMs, bootId, incarnation: recorder.getMeta('detector') ?? '' }
}

/**
 * Records the gap that ends with this sight, where there is one.
 * @param before the sight before it; undefined: the one that was recorded last, by an earlier process
 */
export function recordSight(recorder: Recorder, sight: Sight, before: Sight | undefined): void {
  const last = before ?? lastSight(recorder)
  if (last !== undefined) {
    if (last.bootId !== sight.bootId) {
      const booted = sight.booted !== undefined && sight.booted > last.wall ? sight.booted : sight.wall
      const down = renderDuration(booted.getTime() - last.wall.getTime())
      recorder.gap(last.wall, booted, 'reboot', `rebooted, down for ${down}`)
    } else {
      const silentMs = sight.monoMs - last.monoMs
      if (silentMs > STALE_AFTER_MS) {
        recorder.gap(
          new Date(sight.wall.getTime() - silentMs),
          sight.wall,
          'agent-down',
          `agent silent for ${renderDuration(silentMs)}`,
        )
      }
      if (last.incarnation !== '' && last.incarnation !== sight.incarnation) {
        recorder.mark('monitor:detector', sight.wall, 'monitor-restart', 'the detector was restarted')
      }
    }
  }
  recorder.setMeta('seen_at', String(sight.wall.getTime()))
  recorder.setMeta('seen_mono', String(sight.monoMs))
  recorder.setMeta('boot_id', sight.bootId)
  recorder.setMeta('detector', sight.incarnation)
}
