import { z } from 'zod'
import { NPD_BUGS } from '../npd/kinds.ts'
import { duration } from './kinds.ts'

/** Relative to where the process runs, as NPD takes its own. */
function path(sample: string) {
  return z
    .string()
    .max(4096)
    .regex(/^[^\0]+$/)
    .meta({ what: 'a path', sample })
}

/** Of each kind. */
export const FILES_MAX = 200

function files(kind: string, sample: string) {
  return z
    .array(path(sample))
    .max(FILES_MAX)
    .default([])
    .describe(`Files of node-problem-detector’s ${kind}, as its \`--config\` flag takes them`)
}

/** `npd`: files of node-problem-detector. */
export const npd = z.strictObject({
  systemLogMonitors: files('system log monitor', '/config/kernel-monitor.json'),
  customPluginMonitors: files('custom plugin monitor', '/config/network-problem-monitor.json'),
  systemStatsMonitors: files('system stats monitor', '/config/system-stats-monitor.json'),
  externalMonitors: files('external monitors', '/config/gpu-monitor.json'),
  dir: path('/config')
    .optional()
    .describe(
      'A folder: each `.json` file in it is one of those, its content says of which kind; folders in it are not looked at',
    ),
  recover: z
    .record(
      z.string(),
      z.strictObject({
        match: z
          .string()
          .max(4096)
          .optional()
          .describe('A line that matches this pattern (Go’s syntax) proves that the condition is over'),
        absentFor: duration({ min: '1s', max: '365d' })
          .optional()
          .describe('So long without a line that would raise it proves the same'),
        reboot: z.boolean().optional().describe('Whether a reboot proves it'),
      }),
    )
    .prefault({})
    .describe(
      'What ends a condition of a log’s files, by its type. Without a rule it stays until a reboot, or until somebody clears it',
    ),
  compat: z
    .array(z.enum(NPD_BUGS))
    .max(NPD_BUGS.length)
    .default([])
    .describe(
      'Bugs of node-problem-detector that are brought back: a line that is found again (`B6`), continuation lines within messages (`B10`), `skipList` for files alone (`B11`), December as next year’s (`B15`), counters that add up (`B2`), clock ticks called seconds (`B3`), `%` in an event’s text (`B1`), events beyond 25 of a source dropped (`B13`)',
    ),
  strict: z
    .boolean()
    .default(false)
    .describe(
      'Whether one file that cannot be used makes the whole configuration invalid, as it does in node-problem-detector',
    ),
})
