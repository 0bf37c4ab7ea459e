/** Keys that the checks of IPv6 have in common. Not loaded at run time: the catalogue has them. */
import { z } from 'zod'

const name = z.string().min(1).max(15)

/** `as-before`, true or false. @param what "IPv6 has to be enabled" */
export function expectation(what: string) {
  return z
    .literal(['as-before', true, false])
    .default('as-before')
    .describe(
      `Whether ${what}: as-before: where that was so in this boot; true: in any case; false: it does not matter`,
    )
}

/** Which links are looked at. */
export const links = {
  interfaces: z
    .array(name)
    .max(256)
    .default([])
    .describe('Names of the links to watch; none named: every one of hardware, and every bond'),
  skipInterfaces: z.array(name).max(256).default([]).describe('Names of links that are not watched'),
}

/** How often in a row before it is a problem. */
export const sustainedChecks = z
  .int()
  .min(1)
  .max(100)
  .default(2)
  .describe('Checks in a row that find it so before it is a problem')
