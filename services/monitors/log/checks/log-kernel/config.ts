/** Keys of `monitors[].config` of a `log-kernel` check. Not loaded at run time: the catalogue has it. */
import { z } from 'zod'
import { disable, packs, rules } from '../../rules/config.ts'

export const schema = z.strictObject({
  packs: packs(['kernel', 'storage', 'network', 'hardware']),
  disable,
  rules,
})
export type Config = z.infer<typeof schema>
