/** Keys of `monitors[].config` of a `log-kernel` check. Not loaded at run time: the catalogue has it. */
import { z } from 'zod'
import { disable, packs, rules } from '../../rules/config.ts'

export const schema = z.strictObject({
  packs: packs(['kernel', 'storage', 'network', 'hardware']),
  disable,
  rules,
  facilities: z
    .enum(['kernel', 'any'])
    .default('kernel')
    .describe('Whose lines count: what the kernel itself says, or also what programs write into its log (/dev/kmsg)'),
})
export type Config = z.infer<typeof schema>
