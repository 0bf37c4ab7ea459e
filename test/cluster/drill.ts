/** A drill as a value. */
import type { HookName } from './hooks.ts'

export interface DrillContext {
  readonly nodes: readonly string[]
  readonly overlay: string
  readonly image: string
  readonly drillDir: string
  say(text: string): void
}

export interface Drill {
  readonly name: string
  /** Commands of the environment without which it cannot be done. */
  readonly needs: readonly HookName[]
  run(context: DrillContext): Promise<void>
}

/** In which would happen what must not: an event told twice, a since-when that moves, a condition taken away. */
export const AFTERMATH_MS = 10_000

/** Waits for real time to pass: what is waited for is that nothing happens, or that something lasts. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

export function seconds(sinceMs: number): string {
  return `${((performance.now() - sinceMs) / 1000).toFixed(1)} s`
}
