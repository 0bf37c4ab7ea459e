/** What a service's main does. */
import { loadConfig } from '#config'
import type { AnyDefinition } from './hosted-turn.ts'
import { runProcess } from './process.ts'

/** Runs services as one process, until a signal. Does not return. */
export function runService(...definitions: readonly AnyDefinition[]): Promise<never> {
  return runProcess({
    definitions,
    loadConfig: (args, env) =>
      loadConfig({ ...(args.config === undefined ? {} : { file: args.config }), flags: args.set, env }),
  })
}
