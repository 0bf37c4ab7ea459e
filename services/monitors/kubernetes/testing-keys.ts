/** Whether each key of a check changes what is found: a machine of which another value finds something else. */
import type { z } from 'zod'
import type { CheckDefinition } from '#monitor-kit'
import { fixture, startFixture } from '#monitor-kit/testing'
import { type Captured, sharedOver } from './testing-shared.ts'
import type { Ways } from './ways.ts'

/** A captured machine, two configurations of which it is told apart, and what is answered otherwise there. */
export interface KeyCase {
  readonly machine: string
  readonly keys?: object
  readonly other: object
  readonly change?: Captured
  /** Default 5. */
  readonly looks?: number
}

/** A check with its fixtures. */
export interface KeysOf<Config> {
  readonly definition: CheckDefinition<Config, Ways | undefined>
  readonly schema: z.ZodType<Config>
  /** Of the test beside its fixtures. */
  readonly url: string
}

/** What the last of some looks finds, a line each. */
async function foundOver<Config>(
  { definition, schema, url }: KeysOf<Config>,
  of: KeyCase,
  keys: object,
): Promise<readonly string[]> {
  await using check = await startFixture(definition, {
    folder: fixture(url, of.machine),
    config: schema.parse(keys),
    sharedOver: (root, clock) => sharedOver(root, clock, of.change),
  })
  let result = await check.run()
  for (let look = 1; look < (of.looks ?? 5); look++) result = await check.run()
  const { findings, metrics = [] } = result
  return [
    ...findings.map(
      ({ type, health, severity = '', reason, pending }) => `${type} ${health} ${severity} ${reason} ${pending}`,
    ),
    ...metrics.map(({ name }) => name),
  ]
}

/** Names of the keys that change nothing in their case, and of those that have none. */
export async function keysWithoutEffect<Config>(
  of: KeysOf<Config> & { readonly names: readonly string[] },
  cases: Readonly<Record<string, KeyCase>>,
): Promise<readonly string[]> {
  const without = of.names.filter((name) => cases[name] === undefined)
  for (const [name, one] of Object.entries(cases)) {
    const { keys = {}, other } = one
    const [before, after] = [await foundOver(of, one, keys), await foundOver(of, one, { ...keys, ...other })]
    if (JSON.stringify(before) === JSON.stringify(after)) without.push(name)
  }
  return without
}
