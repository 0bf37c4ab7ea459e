/** Limits that a caller of CheckHealth sets for his answer. Pure. */
import type { Config } from './config.ts'

/** Their names, as the configuration has them. */
export const PARAMETERS = ['temperature_threshold', 'memory_threshold'] as const

const RANGES = { temperature_threshold: [1, 150], memory_threshold: [1, 100] } as const

/** A parameter is no number in its range. */
export class ParameterError extends Error {
  override readonly name = 'ParameterError'
  readonly code = 'PARAMETER_OUT_OF_RANGE'

  constructor(parameter: keyof typeof RANGES, value: string) {
    const [least, most] = RANGES[parameter]
    super(`parameter ${parameter} is ${JSON.stringify(value.slice(0, 40))}; expected a number from ${least} to ${most}`)
  }
}

/** The configuration with what a caller set; like npd-ext, that passes over what is none. @throws ParameterError otherwise */
export function withParameters(config: Config, parameters: Readonly<Record<string, string>>): Config {
  const set = PARAMETERS.flatMap((name) => {
    const value = parameters[name]
    if (value === undefined) return []
    const [least, most] = RANGES[name]
    const number = /^\d{1,3}(\.\d{1,3})?$/.test(value) ? Number(value) : Number.NaN
    if (number >= least && number <= most) return [[name, number] as const]
    if (config.compatibility === 'npd-ext') return []
    throw new ParameterError(name, value)
  })
  return { ...config, ...Object.fromEntries(set) }
}
