/** What a service's main does. */
import { createRequire } from 'node:module'
import { type BusWay, noBus, serverBus } from './bus-way.ts'
import type { AnyDefinition } from './hosted-turn.ts'
import { runProcess } from './process.ts'

type Reader = Pick<typeof import('#config'), 'loadConfig'>

/**
 * Loads what reads the configuration, and lets go of it. It lies beside the bundle, or in its lib when run from source; an ES module
 * would stay for good, so the bundle of it is none.
 */
async function withReader<Read>(use: (reader: Reader) => Promise<Read>): Promise<Read> {
  if (import.meta.url.endsWith('.ts'))
    return use((await import(new URL('../config/configuration.once.ts', import.meta.url).href)) as Reader)
  const require = createRequire(import.meta.url)
  const path = require.resolve('./configuration.once.cjs')
  try {
    return await use(require(path) as Reader)
  } finally {
    delete require.cache[path]
  }
}

function run(bus: BusWay, definitions: readonly AnyDefinition[]): Promise<never> {
  return runProcess({
    definitions,
    bus,
    loadConfig: (args, env) =>
      withReader(({ loadConfig }) =>
        loadConfig({ ...(args.config === undefined ? {} : { file: args.config }), flags: args.set, env }),
      ),
  })
}

/** Runs services as one process, until a signal. Does not return. */
export function runService(...definitions: readonly AnyDefinition[]): Promise<never> {
  return run(serverBus, definitions)
}

/** The same of services that meet others over their sockets alone: their bundle has no client of a bus. */
export function runWithoutBus(...definitions: readonly AnyDefinition[]): Promise<never> {
  return run(noBus, definitions)
}
