/** Keys of `monitors[].config` of a `network-conntrack` check. Not loaded at run time: the catalogue has it. */
import { z } from 'zod'

export const schema = z
  .strictObject({
    warningThreshold: z
      .number()
      .min(0)
      .max(100)
      .default(80)
      .describe('Percent of the connections that can be tracked from which on that is a warning'),
    criticalThreshold: z
      .number()
      .min(0)
      .max(100)
      .default(95)
      .describe('Percent of the connections that can be tracked from which on that is critical'),
    insertFailures: z
      .int()
      .min(1)
      .max(1_000_000_000)
      .default(100)
      .describe(
        'Connections since the last check that could not be entered from which on the event ConntrackDrops is told; a few are usual where two packets of one query race',
      ),
  })
  .meta({ order: [['warningThreshold', 'criticalThreshold']] })

export type Config = z.infer<typeof schema>
