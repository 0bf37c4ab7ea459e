/** Keys of `monitors[].config` of a `network-ipv6-firewall` check. Not loaded at run time: the catalogue has it. */
import { z } from 'zod'
import { expectation } from '../../ipv6/config.ts'

export const schema = z.strictObject({
  expectIPv6Enabled: expectation('the firewall has to let packets of IPv6 pass'),
  backend: z
    .enum(['auto', 'nft', 'ip6tables'])
    .default('auto')
    .describe('By which program the rules are asked for; auto: nft, and where that is not installed ip6tables-save'),
})

export type Config = z.infer<typeof schema>
