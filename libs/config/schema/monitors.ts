import { z } from 'zod'
import { PLACES } from '../parts.ts'
import { duration, name } from './kinds.ts'
import { repair } from './repairs.ts'

/** `monitors[]`: one check. */
export const monitor = z.strictObject({
  name: name.describe('Name of this check, unique'),
  type: z
    .string()
    .regex(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/)
    .meta({ what: 'the type of a check', sample: 'disk-health-check' })
    .describe('What is checked; docs/monitors.md lists the types'),
  enabled: z.boolean().default(true).describe('Whether it runs'),
  when: z
    .enum(PLACES)
    .optional()
    .meta({ defaultText: 'the type’s own: `nvidia-gpu` of those that are about GPUs, else `always`' })
    .describe(
      'On which nodes it runs: on all, or where PCI has a GPU of NVIDIA, or had one, also before a reboot. Elsewhere it is as if it were not written, until there is one. A monitor all of whose checks say so is not missed where it is not, unless `detector.expect` names it',
    ),
  interval: duration({ min: '1s', max: '24h' })
    .optional()
    .describe('Time from one run to the next')
    .meta({ defaultText: '`settings.updateInterval`, else the type’s own; the type’s own where that is minutes' }),
  timeout: duration({ min: '100ms', max: '1h' })
    .optional()
    .describe('After this long a run is given up and its conditions are unknown. Less than the interval')
    .meta({ defaultText: 'the type’s own, at most four fifths of the interval' }),
  config: z
    .record(z.string(), z.unknown())
    .optional()
    .describe('Keys of the check’s type')
    .meta({ deferred: true, defaultText: 'each key’s own' }),
  dependsOn: z
    .array(z.string())
    .max(100)
    .default([])
    .describe(
      'Names of checks; while one of them has a problem, or one that has not lasted yet, new problems of this check that are no graver are unknown',
    ),
  explainedBy: z
    .array(z.string())
    .max(100)
    .default([])
    .describe('The same, of critical problems alone')
    .meta({ defaultText: 'what explains problems of its type: docs/configuration.md' }),
  remediation: repair
    .optional()
    .describe('How problems of this check are repaired')
    .meta({ defaultText: 'not at all' }),
})
