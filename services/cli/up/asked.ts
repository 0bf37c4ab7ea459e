/** What the parent of `up` asks it over the channel between them: `make dev` that what was edited be started anew. */
import type { Supervised } from './supervise.ts'

/** `{ restart: ['system'] }`: names of services. Anything else asks for none. */
export function namesToRestart(message: unknown): readonly string[] {
  if (typeof message !== 'object' || message === null || !('restart' in message)) return []
  const { restart } = message
  return Array.isArray(restart) ? restart.filter((name) => typeof name === 'string') : []
}

/** Starts anew what is asked for and runs. @returns the end of listening */
export function listenForRestarts(running: readonly Supervised[]): () => void {
  function heard(message: unknown): void {
    const names = namesToRestart(message)
    for (const one of running) if (names.includes(one.service.name)) one.restart()
  }
  process.on('message', heard)
  // It holds nothing up, whoever listens on it.
  process.channel?.unref()
  return () => void process.off('message', heard)
}
