/** How gates say things. */
import type { Said } from './types.ts'

/** It may go on. */
export function allows(text: string): Said {
  return { word: 'allows', text }
}

/** It may not. @param untilMs journal time before which it will not; absent: until something changes */
export function refuses(text: string, untilMs?: number): Said {
  return { word: 'refuses', text, untilMs }
}

/** What would have to be known is not. */
export function notKnown(text: string): Said {
  return { word: 'not-known', text }
}

const STEPS = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'min'],
] as const

/** "42 s", "7 min", "3 h", "2 d": rounded up, so that nothing is promised too soon. */
export function inWords(ms: number): string {
  for (const [stepMs, unit] of STEPS) if (ms >= 2 * stepMs) return `${Math.ceil(ms / stepMs)} ${unit}`
  return `${Math.max(1, Math.ceil(ms / 1000))} s`
}
