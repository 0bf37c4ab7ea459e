/** Keys of `monitors[].config` of a `disk-health-check`. Not loaded at run time: the catalogue has it. */
import { z } from 'zod'

const percent = z.number().min(0).max(100)

/** A warning limit must not lie above its critical one. */
const order = [
  ['warningThreshold', 'criticalThreshold'],
  ['inodeWarningThreshold', 'inodeCriticalThreshold'],
]

/** Limits of file systems, with the defaults. A path that names none of its own has those of the check. */
function limits(inherits: boolean) {
  return {
    warningThreshold: percent
      .default(85)
      .describe('Percent of the space in use from which on that is a warning')
      .meta({ inherits }),
    criticalThreshold: percent
      .default(95)
      .describe('Percent of the space in use from which on that is critical')
      .meta({ inherits }),
    inodeWarningThreshold: percent
      .default(85)
      .describe('Percent of the inodes in use from which on that is a warning')
      .meta({ inherits }),
    inodeCriticalThreshold: percent
      .default(95)
      .describe('Percent of the inodes in use from which on that is critical')
      .meta({ inherits }),
  }
}

export const schema = z
  .strictObject({
    paths: z
      .array(
        z
          .strictObject({
            path: z
              .string()
              .max(4096)
              .regex(/^\/[^\0]*$/)
              .meta({ what: 'an absolute path', sample: '/var', place: true })
              .describe('Absolute path on the node; the file system that holds it is watched'),
            ...limits(true),
          })
          .meta({ order }),
      )
      .default([])
      .meta({ unique: 'path', aliases: ['mountPoints'] })
      .describe('What to watch; nothing named: every local file system that is mounted'),
    ...limits(false),
    slowWarningMs: z
      .number()
      .min(1)
      .max(3_600_000)
      .default(100)
      .describe('Milliseconds that a request to a disk takes on average from which on that is a warning'),
    slowCriticalMs: z
      .number()
      .min(1)
      .max(3_600_000)
      .default(500)
      .describe('Milliseconds that a request to a disk takes on average from which on that is critical'),
    sustainedSlowChecks: z
      .int()
      .min(1)
      .max(100)
      .default(3)
      .describe('Checks in a row over a limit before a slow disk is a problem'),
  })
  .meta({ order: [...order, ['slowWarningMs', 'slowCriticalMs']] })

export type Config = z.infer<typeof schema>
