/** What the configuration's hours say now: when nothing is repaired, and when a node may be disturbed. Pure. */
import { withinHours } from '#remedies'
import type { RemediatorConfig } from '../config.ts'
import type { Mute } from '../gates/types.ts'

type Holds = Pick<Mute, 'holds' | 'disruptiveHolds'>

/** @param nowMs journal time, of the same moment as `wall`: hours are the wall clock's, which is for people */
export function holdsByHours(
  { quietHours, windows, timeZone }: RemediatorConfig['remediation'],
  wall: Date,
  nowMs: number,
): Holds {
  const quiet = withinHours(quietHours, timeZone, wall)
  const window = withinHours(windows, timeZone, wall)
  const until = (changesInMs: number | undefined) => (changesInMs === undefined ? undefined : nowMs + changesInMs)
  return {
    holds: quiet.isWithin ? [{ text: 'it is within remediation.quietHours', untilMs: until(quiet.changesInMs) }] : [],
    disruptiveHolds:
      windows.length === 0 || window.isWithin
        ? []
        : [{ text: 'it is outside of remediation.windows', untilMs: until(window.changesInMs) }],
  }
}
