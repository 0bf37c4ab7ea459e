/** Keys of `monitors[].config` of a `system-cpu` check. Not loaded at run time: the catalogue has it. */
import { z } from 'zod'

export const schema = z
  .strictObject({
    warningLoadFactor: z
      .number()
      .min(0)
      .max(100)
      .default(1.5)
      .describe('Load average of the last minute per core from which on the load is a warning'),
    criticalLoadFactor: z
      .number()
      .min(0)
      .max(100)
      .default(3)
      .describe('Load average of the last minute per core from which on the load is critical'),
    sustainedHighLoadChecks: z
      .int()
      .min(1)
      .max(100)
      .default(3)
      .describe('Checks in a row over a limit before the load is a problem'),
    checkThermalThrottle: z.boolean().default(true).describe('Watch whether processors slow down because of heat'),
    sustainedThrottledChecks: z
      .int()
      .min(1)
      .max(100)
      .default(2)
      .describe('Checks in a row that find processors slowed down by heat before that is a problem'),
  })
  .meta({ order: [['warningLoadFactor', 'criticalLoadFactor']] })

export type Config = z.infer<typeof schema>
