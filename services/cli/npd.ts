import type { OwnWordsCommand } from './command.ts'
import { CliUsageError } from './errors.ts'

/** A bundle of its own beside this one: what watches a node is not loaded by who only asks about it. */
const BUNDLE = 'npd.mjs'

/** node-problem-detector's own command line. */
export const npd: OwnWordsCommand = {
  name: 'npd',
  summary: 'runs in place of node-problem-detector, by its flags and its files',
  async runWords(words) {
    process.argv.splice(2, Number.POSITIVE_INFINITY, ...words)
    try {
      await import(new URL(BUNDLE, import.meta.url).href)
    } catch (err) {
      if ((err as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw err
      throw new CliUsageError('npd: dist/npd.mjs is not built yet: run "make build"')
    }
    // It ends the process.
    return 0
  },
}
