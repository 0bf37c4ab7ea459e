/**
 * What a check casts on those that depend on it: each of its conditions that is a problem, or about to be one, may be why
 * they find what they find. Kept as a tally, since every report asks for it.
 */
import { compareSeverity } from './severity.ts'
import { countIn, type TallyOfTallies } from './tally.ts'
import type { Severity, SourceCondition } from './types.ts'

/** The reason of what is seen and has not lasted yet: pending for other reasons may be for ever, and is seen to be nothing. */
export const NOT_SUSTAINED = 'NotSustainedYet'

/** What a condition casts: one that has not lasted yet may become anything. */
type Shade = Severity | 'pending'

const SEPARATOR = '\u0000'

/** What a source casts; undefined: nothing. What is open and not critical may become so as well. */
export function shadeOf({ raised, observation }: SourceCondition): Shade | undefined {
  if (raised?.severity === 'critical') return 'critical'
  return observation.pending && observation.reason === NOT_SUSTAINED ? 'pending' : raised?.severity
}

/** Adds what a source casts to a tally by check, then by monitor and shade; `by` is 1, or -1 when it is gone. */
export function countShadow(shadows: TallyOfTallies, source: SourceCondition | undefined, by: number): void {
  const shade = source && shadeOf(source)
  if (source === undefined || shade === undefined) return
  countIn(shadows, source.observation.check, `${source.monitor}${SEPARATOR}${shade}`, by)
}

/** What a monitor's check casts: a monitor's name, and the shade. */
export interface Shadow {
  readonly monitor: string
  readonly shade: Shade
}

/** The other way of the key in the tally. */
export function shadowOf(key: string): Shadow {
  const at = key.lastIndexOf(SEPARATOR)
  // Written above alone.
  return { monitor: key.slice(0, at), shade: key.slice(at + 1) as Shade }
}

/** Whether it is at least as grave as that; what is pending may become so. */
export function isAsGrave({ shade }: Shadow, severity: Severity): boolean {
  return shade === 'pending' || compareSeverity(shade, severity) >= 0
}
