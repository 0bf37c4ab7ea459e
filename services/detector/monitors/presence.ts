/**
 * When a monitor is lost. Gone (nobody listens on its socket) and silent (somebody listens and says nothing) are two things: a
 * process that died is started again within the kubelet's back-off and gets that long; one that hangs comes back by itself
 * never, and is lost after two heartbeats. Pure: time is an argument.
 */
export interface PresenceOptions {
  readonly nowMs: number
  readonly silentAfterMs: number
  /** How long nobody may listen, once it was heard. */
  readonly lostAfterMs: number
  /** The same of one that was not heard yet. */
  readonly unheardLostAfterMs: number
}

export interface Presence {
  /** It answered, or sent something. */
  spoke(nowMs: number): void
  /** Somebody listens, and nothing is due until then. */
  listened(untilMs: number): void
  /** An attempt to talk with it failed: nobody was there, or somebody who gave no answer. */
  failed(gone: boolean, nowMs: number): void
  silentAfter(ms: number): void
  goneSinceMs(): number | undefined
  /** From when on it is lost, if nothing of it is heard until then. */
  lostAtMs(): number
  isLost(nowMs: number): boolean
}

export function createPresence(options: PresenceOptions): Presence {
  let wellMs = options.nowMs
  /** When it was there again after it had been gone: what starts has as long to speak as what runs. */
  let thereMs = options.nowMs
  let goneMs: number | undefined
  let silentAfterMs = options.silentAfterMs
  let graceMs = options.unheardLostAfterMs

  function lostAtMs(): number {
    // One that comes and goes without a word is lost too, whatever it did last.
    const wordlessMs = wellMs + graceMs + silentAfterMs
    return Math.min(wordlessMs, goneMs === undefined ? thereMs + silentAfterMs : goneMs + graceMs)
  }

  return {
    spoke(nowMs) {
      wellMs = nowMs
      thereMs = nowMs
      goneMs = undefined
      graceMs = options.lostAfterMs
    },
    listened(untilMs) {
      wellMs = untilMs
      thereMs = untilMs
    },
    failed(gone, nowMs) {
      if (gone) {
        goneMs ??= nowMs
        return
      }
      if (goneMs !== undefined) thereMs = nowMs
      goneMs = undefined
    },
    silentAfter(ms) {
      silentAfterMs = ms
    },
    goneSinceMs: () => goneMs,
    lostAtMs,
    isLost: (nowMs) => nowMs >= lostAtMs(),
  }
}
