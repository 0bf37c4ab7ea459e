/** Keys of `monitors[].config` of a `network-ipv6-sysctl` check. Not loaded at run time: the catalogue has it. */
import { z } from 'zod'
import { expectation, links } from '../../ipv6/config.ts'

export const schema = z.strictObject({
  expectIPv6Enabled: expectation('IPv6 has to be switched on'),
  checkPerInterface: z
    .boolean()
    .default(true)
    .describe('Look at each link too, and not only at what holds for all of them and for new ones'),
  ...links,
})

export type Config = z.infer<typeof schema>
