/** Keys of `monitors[].config` of a `system-processes` check. Not loaded at run time: the catalogue has it. */
import { z } from 'zod'

const percent = z.number().min(0).max(100)
const howMany = z.int().min(1).max(10_000_000)

export const schema = z
  .strictObject({
    pidWarningThreshold: percent
      .default(80)
      .describe('Percent of all possible processes and threads that exist, from which on that is a warning'),
    pidCriticalThreshold: percent
      .default(95)
      .describe('Percent of all possible processes and threads that exist, from which on that is critical'),
    fileWarningThreshold: percent
      .default(80)
      .describe('Percent of all possible open files that are open, from which on that is a warning'),
    fileCriticalThreshold: percent
      .default(95)
      .describe('Percent of all possible open files that are open, from which on that is critical'),
    zombieWarningCount: howMany
      .default(100)
      .describe('Ended processes that nobody took note of, from which on they are a warning'),
    zombieCriticalCount: howMany
      .default(1000)
      .describe('Ended processes that nobody took note of, from which on they are critical'),
    blockedSeconds: z
      .number()
      .min(1)
      .max(86_400)
      .default(120)
      .describe('Seconds in uninterruptible sleep, without any progress, from which on a process counts as blocked'),
    blockedCriticalCount: howMany
      .default(10)
      .describe('Blocked processes from which on they are critical; one is a warning'),
    ignoreBlocked: z
      .array(z.string().min(1).max(15))
      .default([])
      .describe(
        'Names of processes (as in /proc/<pid>/comm) that may sleep uninterruptibly, such as threads of a driver',
      ),
    scanEveryChecks: z
      .int()
      .min(1)
      .max(1000)
      .default(10)
      .describe('Every how many checks all processes are looked at even when nothing calls for it'),
  })
  .meta({
    order: [
      ['pidWarningThreshold', 'pidCriticalThreshold'],
      ['fileWarningThreshold', 'fileCriticalThreshold'],
      ['zombieWarningCount', 'zombieCriticalCount'],
    ],
  })

export type Config = z.infer<typeof schema>
