/** Keys of `monitors[].config` of a `network-links` check. Not loaded at run time: the catalogue has it. */
import { z } from 'zod'

const name = z.string().min(1).max(15)

export const schema = z
  .strictObject({
    interfaces: z
      .array(name)
      .max(256)
      .default([])
      .describe(
        'Names of the links to watch; none named: every one of hardware, and every bond, that had a carrier in this boot',
      ),
    ignore: z.array(name).max(256).default([]).describe('Names of links that are not watched'),
    errorWarningThreshold: z
      .number()
      .min(0)
      .max(100)
      .default(0.1)
      .describe(
        'Percent of the packets since the last check that had errors or were missed from which on that is a warning',
      ),
    errorCriticalThreshold: z
      .number()
      .min(0)
      .max(100)
      .default(1)
      .describe(
        'Percent of the packets since the last check that had errors or were missed from which on that is critical',
      ),
    sustainedChecks: z
      .int()
      .min(1)
      .max(100)
      .default(2)
      .describe(
        'Checks in a row before a link without carrier or a degraded bond is a problem; a slower one is at once',
      ),
    sustainedErrorChecks: z
      .int()
      .min(1)
      .max(100)
      .default(2)
      .describe('Checks in a row over a limit before errors of a link are a problem'),
  })
  .meta({ order: [['errorWarningThreshold', 'errorCriticalThreshold']] })

export type Config = z.infer<typeof schema>
