/** Keys of `monitors[].config` of a `custom-plugin` check. Not loaded at run time: the catalogue has it. */
import { z } from 'zod'

const DURATION = /^(?:\d{1,6}(?:\.\d{1,6})?(?:h|m|s|ms)){1,4}$/
/** Absolute, and as it is: no "//", no "." or "..", no "/" at the end. */
const PATH = /^(?:\/(?!\.{1,2}(?:\/|$))[^/\0]+)+$/
const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/

export const schema = z.strictObject({
  pluginPath: z
    .string()
    .regex(PATH)
    .meta({ what: 'an absolute path without "." and ".."', sample: '/opt/checks/fan.sh' })
    .describe('The program that is run: an absolute path without "." and ".."'),
  args: z.array(z.string()).default([]).describe('Its arguments; no shell reads them'),
  outputFormat: z
    .enum(['simple', 'json', 'nagios'])
    .default('simple')
    .describe('What it prints: a text (`WARNING: …`), a JSON object, or a line of Nagios with performance data'),
  failureThreshold: z
    .int()
    .min(1)
    .max(1000)
    .default(3)
    .describe('Runs in a row that find a problem before that is a problem'),
  apiTimeout: z
    .string()
    .regex(DURATION)
    .meta({ what: 'a duration', sample: '10s' })
    .default('10s')
    .describe('How long a run may take; at most the check’s own timeout less a second'),
  env: z
    .record(
      z
        .string()
        .regex(/^[^=\0]+$/)
        .meta({ what: 'the name of a variable', sample: 'MODE' }),
      z.string(),
    )
    .default({})
    .describe('Variables of its environment beside those that it inherits'),
  inheritEnv: z
    .array(z.string().regex(VARIABLE).meta({ what: 'the name of a variable', sample: 'MODE' }))
    .default(['PATH', 'HOME', 'LANG', 'TZ', 'NODE_NAME', 'POD_NAME', 'POD_NAMESPACE', 'POD_IP'])
    .describe('Variables of our environment that it is given; no other is'),
})
export type Config = z.infer<typeof schema>
