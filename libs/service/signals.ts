/** What ends a process from outside. */
import type { Clock } from '#clock'

/** A signal to a whole group (a terminal's Ctrl-C, a stop of systemd) reaches a child twice when its parent passes it on; this is how far apart. */
const ECHO_MS = 250

export interface Signals {
  /** Aborted by the first SIGTERM or SIGINT. */
  readonly drain: AbortSignal
  /** Stops listening. */
  end(): void
}

/** `onDrain` is told of the first signal, `onLeave` of the second. */
export function listenForSignals(
  clock: Clock,
  onDrain: (signal: string) => void,
  onLeave: (signal: string) => void,
): Signals {
  const drain = new AbortController()
  let first: { readonly name: string; readonly atMs: number } | undefined

  function heard(name: NodeJS.Signals): void {
    const atMs = clock.monotonicMs()
    if (first === undefined) {
      first = { name, atMs }
      onDrain(name)
      drain.abort()
    } else if (name !== first.name || atMs - first.atMs > ECHO_MS) onLeave(name)
  }

  process.on('SIGTERM', heard)
  process.on('SIGINT', heard)
  return {
    drain: drain.signal,
    end() {
      process.off('SIGTERM', heard)
      process.off('SIGINT', heard)
    },
  }
}

/**
 * Until services run, whoever is asked to end does so at once: the first process of a container would not even hear it.
 * @param end ends the process @returns stops listening
 */
export function endAtSignal(end: () => void): () => void {
  process.on('SIGTERM', end)
  process.on('SIGINT', end)
  return () => {
    process.off('SIGTERM', end)
    process.off('SIGINT', end)
  }
}

/** PID of the `node-doctor up` that started this process and restarts it; undefined where somebody else did. */
export function supervisorPid(env: NodeJS.ProcessEnv): number | undefined {
  return env['NODE_DOCTOR_SUPERVISOR'] === String(process.ppid) ? process.ppid : undefined
}
