/** Being asked to stop: by signals, or by the end of who started this. */
import type { Clock } from '#clock'
import { createStopWords } from './stop-word.ts'
import type { Supervised } from './supervise.ts'

export interface Stopping {
  /** Aborted once it is asked for. */
  readonly signal: AbortSignal
  /** Listens no more. */
  end(): void
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** From the first word on none of these is started again; a second one kills them. */
export function listenForStop(running: readonly Supervised[], clock: Clock): Stopping {
  const asked = new AbortController()
  const wordOf = createStopWords()

  function heard(): void {
    const word = wordOf(clock.monotonicMs())
    for (const one of running) {
      if (word === 'stop') one.startNoMore()
      else if (word === 'kill') one.signal('SIGKILL')
    }
    asked.abort()
  }
  // Started by `npx node-doctor`: that it is gone is its word to stop.
  function left(): void {
    if (!asked.signal.aborted) heard()
  }

  for (const name of SIGNALS) process.on(name, heard)
  process.once('disconnect', left)
  process.channel?.unref()
  return {
    signal: asked.signal,
    end() {
      for (const name of SIGNALS) process.off(name, heard)
      process.off('disconnect', left)
    },
  }
}
