/** Keys of `monitors[].config` of a `network-ipv6-neighbor` check. Not loaded at run time: the catalogue has it. */
import { z } from 'zod'
import { expectation, links, sustainedChecks } from '../../ipv6/config.ts'

export const schema = z.strictObject({
  expectIPv6Enabled: expectation('links have to have addresses of IPv6'),
  checkPerInterface: z
    .boolean()
    .default(true)
    .describe('Each link has to have its address; else it is enough that one of them has'),
  requireGlobalAddress: z
    .boolean()
    .default(false)
    .describe('An address that is good beyond the link has to be there, whatever was before'),
  ...links,
  sustainedChecks,
})

export type Config = z.infer<typeof schema>
