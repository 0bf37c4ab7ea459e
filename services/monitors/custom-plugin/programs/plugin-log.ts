/** What is written of plug-ins into the log: what they say on standard error, and why they do not start; once, until it is something else. */
import type { PluginAnswer } from '#host'
import type { Logger } from '#service'

/** So much of what one says is logged. */
const LOGGED_CHARACTERS = 1_024

/** Writes what an answer says that is told nowhere else. */
export type LogAnswer<Key> = (key: Key, path: string, answer: PluginAnswer) => void

export function createPluginLog<Key>(log: Logger): LogAnswer<Key> {
  const last = new Map<Key, string>()

  /** Whether it is something else than the last time. */
  function isNews(key: Key, text: string): boolean {
    const before = last.get(key) ?? ''
    last.set(key, text)
    return text !== before
  }

  return (key, path, answer) => {
    if (answer.kind === 'not-started') {
      const { error: err, why } = answer
      if (isNews(key, err.message)) log.warn('a plug-in cannot be started', { path, why, err })
      return
    }
    const said = answer.result.stderr.toString('utf8').trim().slice(0, LOGGED_CHARACTERS)
    if (isNews(key, said) && said !== '') log.info('a plug-in writes to its standard error', { path, said })
  }
}
