/** Keys of `monitors[].config` of a `system-interfaces` check. Not loaded at run time: the catalogue has it. */
import { z } from 'zod'

export const schema = z.strictObject({
  interfaces: z
    .array(z.string().min(1).max(15))
    .default([])
    .describe('Names of the interfaces to measure; none named: every physical one'),
})

export type Config = z.infer<typeof schema>
