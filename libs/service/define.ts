import type { ServiceDefinition } from './types.ts'

/** A service as a value. What it does stands in `create`; nothing may live in module scope. */
export function defineService<Config>(definition: ServiceDefinition<Config>): ServiceDefinition<Config> {
  return definition
}
