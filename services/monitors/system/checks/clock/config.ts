/** Keys of `monitors[].config` of a `system-clock` check. Not loaded at run time: the catalogue has it. */
import { z } from 'zod'

export const schema = z
  .strictObject({
    maxErrorWarningMs: z
      .number()
      .min(1)
      .max(16_000)
      .default(4_000)
      .describe(
        'Milliseconds that the clock may be wrong by the kernel’s own estimate, from which on that is a warning',
      ),
    maxErrorCriticalMs: z
      .number()
      .min(1)
      .max(16_000)
      .default(10_000)
      .describe(
        'Milliseconds that the clock may be wrong by the kernel’s own estimate, from which on that is critical',
      ),
    sustainedUnsynchronisedChecks: z
      .int()
      .min(1)
      .max(1000)
      .default(3)
      .describe('Checks in a row that find the clock unsynchronised before that is a problem'),
    jumpThresholdMs: z
      .number()
      .min(100)
      .max(86_400_000)
      .default(2_000)
      .describe('Milliseconds by which the clock must have been set between two checks for an event'),
  })
  .meta({ order: [['maxErrorWarningMs', 'maxErrorCriticalMs']] })

export type Config = z.infer<typeof schema>
