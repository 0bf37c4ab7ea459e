/** When a log is looked at. */
import { type Clock, createSlowness } from '#clock'
import { waitFor } from '../wait.ts'
import type { Ears } from './ears.ts'

/** Where something cannot be listened at: the limit of watches is reached, or a mount hangs. */
const BLIND_LOOK_MS = 1_000
/** Told so often in a row before the next look is allowed, a log is looked at as often as may be. */
const HASTE_MAX = 3

/** A process so many times slower than with a processor of its own is in need of it: it reads more at a time, and seldomer. */
const SLOW_TIMES = 20
/** And no seldomer than so. */
const SLOW_GAP_MS = 5_000

/** The looks at a log, one after the other. */
export interface Looks {
  /** A look begins: whatever is written after it is told. */
  begin(): Promise<void>
  /** Resolves when the next look is due. @param hasNews whether the last one found anything */
  next(hasNews: boolean): Promise<void>
  end(): void
}

/** What decides on looks. */
export interface LooksOptions {
  readonly clock: Clock
  readonly ears: Ears
  /** At least so long from one look to the next. */
  readonly gapMs: number
  /** The net. */
  readonly lookMs: number
  readonly signal: AbortSignal
}

/**
 * Waits to be told, and no longer than the net. A log that is written faster than it may be looked at is not listened at
 * until a look finds nothing: what the kernel would say is known, and each word of it would wake this process.
 */
export function createLooks({ clock, ears, gapMs, lookMs, signal }: LooksOptions): Looks {
  let hasted = 0
  let lookedMs = 0
  const slowness = createSlowness(clock)
  const sinceLookMs = (): number => clock.monotonicMs() - lookedMs
  function gap(): number {
    const times = slowness()
    return times < SLOW_TIMES ? gapMs : Math.max(gapMs, Math.min(SLOW_GAP_MS, gapMs * times))
  }

  async function listenOn(): Promise<void> {
    const first = await waitFor(clock, ears.isBlind ? Math.min(lookMs, BLIND_LOOK_MS) : lookMs, signal, ears.told)
    if (first === 'due') ears.doubt()
    hasted = first === 'told' && sinceLookMs() < gap() ? hasted + 1 : 0
    if (hasted >= HASTE_MAX) ears.close()
  }
  return {
    async begin() {
      if (hasted < HASTE_MAX) await ears.listen()
      lookedMs = clock.monotonicMs()
    },
    async next(hasNews) {
      if (hasted < HASTE_MAX) await listenOn()
      else if (!hasNews) hasted = 0
      await waitFor(clock, gap() - sinceLookMs(), signal)
    },
    end: () => ears.close(),
  }
}
