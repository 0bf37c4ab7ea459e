/** Keys of `monitors[].config` of a `system-gpu` check. Not loaded at run time: the catalogue has it. */
import { z } from 'zod'

export const schema = z.strictObject({
  driverIsExpected: z
    .enum(['auto', 'always'])
    .default('auto')
    .describe(
      'Where a GPU without the driver of NVIDIA is a problem. auto: where it is there to compute (PCI class 0302), or the driver had it here before, or one of its model; always: each card',
    ),
  sustainedMissingMinutes: z
    .int()
    .min(0)
    .max(1440)
    .default(5)
    .describe('Minutes without the driver before that is a problem: it is away while it is installed or replaced'),
})

export type Config = z.infer<typeof schema>
