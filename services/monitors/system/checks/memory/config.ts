/** Keys of `monitors[].config` of a `system-memory` check. Not loaded at run time: the catalogue has it. */
import { z } from 'zod'

const percent = z.number().min(0).max(100)

export const schema = z
  .strictObject({
    warningThreshold: percent.default(85).describe('Percent of memory in use from which on memory is low'),
    criticalThreshold: percent.default(95).describe('Percent of memory in use from which on memory is critically low'),
    sustainedHighMemoryChecks: z
      .int()
      .min(1)
      .max(100)
      .default(2)
      .describe('Checks in a row over a limit, of memory or of swap, before that is a problem'),
    swapWarningThreshold: percent.default(50).describe('Percent of swap in use from which on swap use is high'),
    swapCriticalThreshold: percent.default(80).describe('Percent of swap in use from which on swap use is critical'),
    checkOOMKills: z.boolean().default(true).describe('Tell processes that the kernel killed for want of memory'),
  })
  .meta({
    order: [
      ['warningThreshold', 'criticalThreshold'],
      ['swapWarningThreshold', 'swapCriticalThreshold'],
    ],
  })

export type Config = z.infer<typeof schema>
