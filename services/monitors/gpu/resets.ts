/** When a GPU was last proven to be reset. What a reset cures is over by that proof, and never by time alone. */

/** What the driver says is to be done with a GPU (`gpu_recovery_action`, XID 154). */
export type RecoveryAction =
  | 'none'
  | 'gpu-reset'
  | 'node-reboot'
  | 'drain-p2p'
  | 'drain-and-reset'
  | 'recover-imex'
  | 'unknown'

const WORDS: readonly (readonly [RegExp, RecoveryAction])[] = [
  [/^none$/i, 'none'],
  [/^drain and reset\b/i, 'drain-and-reset'],
  [/^drain p2p\b/i, 'drain-p2p'],
  [/^(?:gpu )?reset\b/i, 'gpu-reset'],
  [/^(?:node )?reboot\b/i, 'node-reboot'],
  [/^recover imex\b/i, 'recover-imex'],
]

/** The action that nvidia-smi ("GPU Reset") or XID 154 ("Node Reboot Required") names. */
export function recoveryActionOf(text: string): RecoveryAction {
  return WORDS.find(([word]) => word.test(text.trim()))?.[1] ?? 'unknown'
}

/** Proofs of resets in this life of the monitor, and of an earlier one where it kept them. Moments are milliseconds since the boot, on the clock that nobody sets. */
export interface Resets {
  /** What a probe (`gpu_recovery_action`) or the kernel (XID 154) says of a card, and when it was so. */
  said(place: string, action: RecoveryAction, atMs: number): void
  /** The driver was loaded (a line of the kernel, or `/sys/module/nvidia` is another): that is a reset of every card. */
  driverLoaded(atMs: number): void
  /** The driver was loaded then, as an earlier life has told already: it is proven, and no news. */
  wasLoaded(atMs: number): void
  /**
   * When this card was last proven to be reset: its action went back to none after it had been one that resets it, or the driver was loaded.
   * Undefined: not in this life.
   */
  provenAt(place: string): number | undefined
  /** What is to be done with a card: a reset, where one was asked for since nothing was; undefined: nothing, or nobody has said. */
  pending(place: string): RecoveryAction | undefined
  /** When the driver was loaded last, as far as this life knows; undefined: it does not. */
  readonly loadedAtMs: number | undefined
  /** Called at each new proof, with undefined where it is one of every card. Returns the end of it. */
  onProven(heard: (place: string | undefined) => void): () => void
  /** Called where nothing is to be done with a card any more, and nothing has reset it. Returns the end of it. */
  onUnneeded(heard: (place: string, atMs: number) => void): () => void
}

/** An action that a card needs; 'unknown' is a word that nobody understood, and proves nothing in either direction. */
function isNeed(action: RecoveryAction): boolean {
  return action !== 'none' && action !== 'unknown'
}

/** Whether that nothing is to be done any more after it proves that the GPU was reset: a peer's work, and the IMEX domain, end without. */
export function isReset(action: RecoveryAction): boolean {
  return action === 'gpu-reset' || action === 'drain-and-reset' || action === 'node-reboot'
}

/** Nothing is proven yet. */
export function createResets(): Resets {
  const needs = new Map<
    string,
    { readonly action: RecoveryAction; readonly atMs: number; readonly reset?: RecoveryAction }
  >()
  const proven = new Map<string, number>()
  const listeners = new Set<(place: string | undefined) => void>()
  const unneeded = new Set<(place: string, atMs: number) => void>()
  let loaded: number | undefined

  const tell = (place: string | undefined): void => {
    for (const heard of listeners) heard(place)
  }

  return {
    said(place, action, atMs) {
      const need = needs.get(place)
      if (isNeed(action)) {
        const reset = isReset(action) ? action : need?.reset
        if (need === undefined || atMs >= need.atMs)
          needs.set(place, { action, atMs, ...(reset !== undefined && { reset }) })
        return
      }
      // A word that is older than the need is of before it: two sources do not tell in order.
      if (action !== 'none' || need === undefined || atMs <= need.atMs) return
      needs.delete(place)
      if (need.reset === undefined) {
        for (const heard of unneeded) heard(place, atMs)
        return
      }
      proven.set(place, atMs)
      tell(place)
    },
    driverLoaded(atMs) {
      if (loaded !== undefined && atMs <= loaded) return
      loaded = atMs
      for (const [place, need] of needs) if (need.atMs <= atMs) needs.delete(place)
      tell(undefined)
    },
    wasLoaded(atMs) {
      loaded = Math.max(atMs, loaded ?? atMs)
    },
    provenAt(place) {
      const atMs = Math.max(proven.get(place) ?? -Infinity, loaded ?? -Infinity)
      return Number.isFinite(atMs) ? atMs : undefined
    },
    get loadedAtMs() {
      return loaded
    },
    pending: (place) => needs.get(place)?.reset ?? needs.get(place)?.action,
    onProven(heard) {
      listeners.add(heard)
      return () => void listeners.delete(heard)
    },
    onUnneeded(heard) {
      unneeded.add(heard)
      return () => void unneeded.delete(heard)
    },
  }
}
