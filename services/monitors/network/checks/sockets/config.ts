/** Keys of `monitors[].config` of a `network-sockets` check. Not loaded at run time: the catalogue has it. */
import { z } from 'zod'

const percent = z.number().min(0).max(100)

export const schema = z
  .strictObject({
    portWarningThreshold: percent
      .default(80)
      .describe('Percent of the local ports for connections to one place, or for UDP, from which on that is a warning'),
    portCriticalThreshold: percent
      .default(95)
      .describe('Percent of the local ports for connections to one place, or for UDP, from which on that is critical'),
    memoryWarningThreshold: percent
      .default(80)
      .describe('Percent of the memory that TCP or UDP may have from which on that is a warning'),
    memoryCriticalThreshold: percent
      .default(95)
      .describe('Percent of the memory that TCP or UDP may have from which on that is critical'),
    retransmitWarningThreshold: percent
      .default(3)
      .describe('Percent of the TCP segments that were sent again from which on that is a warning'),
    retransmitCriticalThreshold: percent
      .default(10)
      .describe('Percent of the TCP segments that were sent again from which on that is critical'),
    sustainedRetransmitChecks: z
      .int()
      .min(1)
      .max(100)
      .default(2)
      .describe('Checks in a row over a limit before segments that are sent again are a problem'),
  })
  .meta({
    order: [
      ['portWarningThreshold', 'portCriticalThreshold'],
      ['memoryWarningThreshold', 'memoryCriticalThreshold'],
      ['retransmitWarningThreshold', 'retransmitCriticalThreshold'],
    ],
  })

export type Config = z.infer<typeof schema>
