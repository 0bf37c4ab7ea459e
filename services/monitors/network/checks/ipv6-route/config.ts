/** Keys of `monitors[].config` of a `network-ipv6-route` check. Not loaded at run time: the catalogue has it. */
import { z } from 'zod'
import { expectation, sustainedChecks } from '../../ipv6/config.ts'

export const schema = z.strictObject({
  expectDefaultRoute: expectation('there has to be a default route of IPv6'),
  sustainedChecks,
})

export type Config = z.infer<typeof schema>
