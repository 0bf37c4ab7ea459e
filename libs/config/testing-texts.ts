/** Configurations with faults, and what is said of each. */
import { expect, it } from 'vitest'
import { faultsOf, HEAD, set } from './testing.ts'

export interface Case {
  readonly says: string
  readonly text: string
  readonly faults: readonly string[]
  readonly env?: Record<string, string>
  readonly flags?: readonly string[]
}

export const monitors = (text: string) => `${HEAD}monitors:\n${text}`
export const disk = (keys: string) =>
  monitors(`  - name: disk\n    type: disk-health-check\n    config:\n${keys.replace(/^/gm, '      ')}\n`)

export const kubernetes = (keys: string, more = '') =>
  `${HEAD}exporters:\n  kubernetes:\n    enabled: true\n${keys.replace(/^/gm, '    ')}\n${more}`

/** Each says where, what, and what is expected, to the letter. */
export function eachSays(cases: readonly Case[]): void {
  it.each(cases)('$says', ({ text, faults, env = {}, flags = [] }) => {
    expect(faultsOf(text, { env, flags: flags.map(set) })).toEqual(faults)
  })
}
