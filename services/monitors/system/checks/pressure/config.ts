/** Keys of `monitors[].config` of a `system-pressure` check. Not loaded at run time: the catalogue has it. */
import { z } from 'zod'

const percent = z.number().min(0).max(100)

export const schema = z
  .strictObject({
    cpuWarningThreshold: percent
      .default(75)
      .describe(
        'Percent of the last minute in which some task waited for a processor, from which on that is a warning',
      ),
    cpuCriticalThreshold: percent
      .default(95)
      .describe('Percent of the last minute in which some task waited for a processor, from which on that is critical'),
    memoryWarningThreshold: percent
      .default(10)
      .describe('Percent of the last minute in which all tasks waited for memory, from which on that is a warning'),
    memoryCriticalThreshold: percent
      .default(40)
      .describe('Percent of the last minute in which all tasks waited for memory, from which on that is critical'),
    ioWarningThreshold: percent
      .default(60)
      .describe('Percent of the last minute in which all tasks waited for I/O, from which on that is a warning'),
    ioCriticalThreshold: percent
      .default(90)
      .describe('Percent of the last minute in which all tasks waited for I/O, from which on that is critical'),
    sustainedPressureChecks: z
      .int()
      .min(1)
      .max(100)
      .default(3)
      .describe('Checks in a row over a limit before the waiting is a problem'),
  })
  .meta({
    order: [
      ['cpuWarningThreshold', 'cpuCriticalThreshold'],
      ['memoryWarningThreshold', 'memoryCriticalThreshold'],
      ['ioWarningThreshold', 'ioCriticalThreshold'],
    ],
  })

export type Config = z.infer<typeof schema>
