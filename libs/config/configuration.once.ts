/**
 * What reads the configuration, as a bundle of its own (`dist/configuration.once.cjs`): a service needs it once, at its start, and lets go
 * of it then (libs/service/run.ts). The catalogue, YAML and all rules are a third of a service's code.
 */
export { loadConfig } from './load.ts'
