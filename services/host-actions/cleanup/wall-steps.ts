/**
 * What of a file's age is believed. Files have their times from the wall clock, and somebody may set that: what was written an hour ago is
 * then a month old. A clock that goes forward faster than the machine is up went by a step, and before it files are younger than they look.
 */
import { readWhole, replaceFile } from '#durable'

/** Smaller ones are a clock that is kept right. */
const STEP_MS = 60_000
/** So many are kept. */
const STEPS_MAX = 32
const MAX_BYTES = 65_536

/** The wall clock and the machine's time since its boot, at one moment, in milliseconds. */
export interface Moment {
  /** Since 1970. */
  readonly wallMs: number
  readonly upMs: number
}

/** A step, by when it was seen at the latest. */
interface Step {
  readonly upMs: number
  /** Less than 0: it went back. */
  readonly byMs: number
}

/** What is known of the clock in this boot. */
export interface WallSteps {
  readonly last: Moment
  /** The oldest first. */
  readonly steps: readonly Step[]
}

/** Two of them as one, of which no less is doubted. */
function merged(first: Step, second: Step): Step {
  return { upMs: second.upMs, byMs: Math.max(second.byMs, first.byMs + second.byMs) }
}

/** With what is seen now. Pure. @param known undefined: nothing yet */
export function stepped(known: WallSteps | undefined, now: Moment): WallSteps {
  // Less than before: another boot, of which nothing was seen.
  if (known === undefined || now.upMs < known.last.upMs) return { last: now, steps: [] }
  const { last } = known
  const byMs = now.wallMs - last.wallMs - (now.upMs - last.upMs)
  // From there on, so that a clock that drifts is one that was set after a while.
  if (Math.abs(byMs) < STEP_MS) return known
  const steps = [...known.steps, { upMs: now.upMs, byMs }]
  const [first, second, ...rest] = steps
  if (steps.length <= STEPS_MAX || first === undefined || second === undefined) return { last: now, steps }
  return { last: now, steps: [merged(first, second), ...rest] }
}

/**
 * How much younger files may be than they look, as far as that matters for whether they are so old: what stood before a step is at least as
 * old as that step. Pure.
 */
export function doubtMs({ steps }: WallSteps, { upMs }: Moment, olderThanMs: number): number {
  let [sum, most] = [0, 0]
  for (const step of steps.toReversed()) {
    if (upMs - step.upMs >= olderThanMs) break
    sum += step.byMs
    most = Math.max(most, sum)
  }
  return most
}

/** Whether all of these are numbers of it. */
function hasNumbers(value: unknown, names: readonly string[]): boolean {
  const fields = new Map<string, unknown>(typeof value === 'object' && value !== null ? Object.entries(value) : [])
  return names.every((name) => typeof fields.get(name) === 'number')
}

/** What stands in the file, where it is of this version; another one may have run in this boot. */
function isWallSteps(value: unknown): value is WallSteps {
  if (typeof value !== 'object' || value === null || !('last' in value) || !('steps' in value)) return false
  const { last, steps } = value
  const isStep = (each: unknown): boolean => hasNumbers(each, ['upMs', 'byMs'])
  return hasNumbers(last, ['wallMs', 'upMs']) && Array.isArray(steps) && steps.every(isStep)
}

/** What a clean-up goes by. */
export interface Ages {
  /** Files that were not of use since then are so old, in milliseconds since 1970. */
  beforeMs(olderThanMs: number): number
  /** How much younger they may be than they look. */
  doubtMs(olderThanMs: number): number
}

/** Looks at the clock. */
export interface WallClock {
  /** @throws what says why the time since the boot is not known */
  look(): Promise<Ages>
}

/**
 * What it saw stays in a file of the run folder, which a reboot empties. One that cannot be read or written is as none: only what this process sees counts.
 * @param moment of now @throws as `moment`
 */
export function createWallClock(path: string, moment: () => Promise<Moment>): WallClock {
  let known: WallSteps | undefined
  let isRead = false

  async function kept(): Promise<WallSteps | undefined> {
    const bytes = await readWhole(path, MAX_BYTES).catch(() => undefined)
    try {
      const said: unknown = bytes === undefined ? undefined : JSON.parse(bytes.toString('utf8'))
      return isWallSteps(said) ? said : undefined
    } catch {
      return undefined
    }
  }

  return {
    async look() {
      if (!isRead) known = await kept()
      isRead = true
      const now = await moment()
      const seen = stepped(known, now)
      if (seen !== known)
        await replaceFile(path, JSON.stringify(seen), { mode: 0o600, sync: false }).catch(() => undefined)
      known = seen
      const doubted = (olderThanMs: number): number => doubtMs(seen, now, olderThanMs)
      return { beforeMs: (olderThanMs) => now.wallMs - olderThanMs - doubted(olderThanMs), doubtMs: doubted }
    },
  }
}
