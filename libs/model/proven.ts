import type { Liveness } from './liveness.ts'
import { DETECTOR } from './problem.ts'
import type { MonitorState, NodeCondition } from './types.ts'

/** Proof by heartbeat is told in steps of this, so that not every heartbeat is news. */
const HEARTBEAT_STEP_MS = 15_000

/**
 * When a condition was last proven: when it was observed, or when its check last ran to its end if that was later and stands
 * for it. Never ahead of now.
 * What the detector says of monitors and of itself is proven by its heartbeat.
 */
export function provenAt(
  condition: NodeCondition,
  monitors: ReadonlyMap<string, MonitorState>,
  detector: Liveness,
  now: Date,
): Date {
  const { observed: told, sources, check, health, held, byLook } = condition
  // A look that lies ahead was made before the clock was set back: when that was is not known any more.
  const observed = told > now ? floorTo(now, HEARTBEAT_STEP_MS) : told
  if (health === 'unknown' || held !== '' || byLook === true) return observed
  const [source] = sources
  const proof =
    source === DETECTOR && sources.length === 1
      ? detector.lastHeartbeat && floorTo(detector.lastHeartbeat, HEARTBEAT_STEP_MS)
      : monitors.get(source ?? '')?.runs.find((run) => run.check === check && check !== '' && run.error === '')?.started
  if (proof === undefined || proof > now) return observed
  return proof > told || told > now ? proof : told
}

function floorTo(time: Date, stepMs: number): Date {
  return new Date(Math.floor(time.getTime() / stepMs) * stepMs)
}
