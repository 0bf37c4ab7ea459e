/** What a service's main does. */
import type { AnyDefinition } from './hosted-turn.ts'
import { runProcess } from './process.ts'

/** Runs services as one process, until a signal. Does not return. */
export function runService(...definitions: readonly AnyDefinition[]): Promise<never> {
  return runProcess({
    definitions,
    async loadConfig(args, env) {
      // Loaded when it is needed: `--help` and `--version` need none, and tests of services bring their own.
      const { loadConfig } = await import('#config')
      return loadConfig({ ...(args.config === undefined ? {} : { file: args.config }), flags: args.set, env })
    },
  })
}
