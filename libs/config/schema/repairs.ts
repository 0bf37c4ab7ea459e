/** The blocks `remediation` of `monitors[]` and `plugins[]`. */
import { z } from 'zod'
import { REMEDY_NAMES } from '#remedies/table'
import { duration, name, SEVERITIES } from './kinds.ts'

/** Nothing waits for longer between two attempts, nor looks for longer after one. */
export const WAIT = { min: '1s', max: '30d' }
/** The most attempts of one strategy for one problem. */
export const ATTEMPTS_MAX = 100
/** Of a configuration: more would have to be tried one after another. */
const STRATEGIES_MAX = 20

const types = z
  .array(
    z
      .string()
      .regex(/^[A-Za-z][A-Za-z0-9]{0,62}$/)
      .meta({ what: 'a condition type, or the reason of an event', sample: 'DiskFull' }),
  )
  .min(1)
  .max(256)

/** A path of the host that names one file: nothing of it leads back. */
const pathWithoutDots = z
  .string()
  .regex(/^\/(?!.*(?:^|\/)\.\.(?:\/|$))[^\0]*$/)
  .meta({ what: 'an absolute path without ".."', sample: '/opt/repair/clear.sh' })

const drain = z.strictObject({
  force: z
    .boolean()
    .default(false)
    .describe('Whether pods that nobody would make anew may be evicted, as `--force` of kubectl'),
  deleteEmptyDirData: z
    .boolean()
    .default(false)
    .describe('Whether pods with data in an emptyDir may be evicted, as `--delete-emptydir-data` of kubectl'),
  gracePeriod: duration({ min: '1s', max: '1h' })
    .optional()
    .describe('How long a pod may take to end')
    .meta({ defaultText: 'each pod’s own' }),
})

/** What one action has to know. Which strategy reads which of them says the table of actions (libs/remedies). */
const parameters = {
  service: z
    .string()
    .regex(/^[A-Za-z0-9:._@\\-]{1,255}$/)
    .meta({ what: 'the name of a systemd unit', sample: 'kubelet' })
    .optional()
    .describe('The systemd unit of strategies `systemd-restart`, `-start`, `-stop` and `-reload`'),
  scriptPath: pathWithoutDots.optional().describe('The program of strategy `custom-script`'),
  args: z.array(z.string().max(4096)).max(64).optional().describe('Arguments of that program'),
  interface: z
    .string()
    .regex(/^[^\s/\0]{1,15}$/)
    .meta({ what: 'the name of a network interface', sample: 'eth0' })
    .optional()
    .describe('The network interface of strategy `restart-interface`'),
  path: z
    .string()
    .max(4096)
    .regex(/^\/[A-Za-z0-9/._@:+,=-]*$/)
    .meta({ what: 'an absolute path of letters, digits and "/._@:+,=-"', sample: '/var' })
    .optional()
    .describe('The disk of strategy `disk-cleanup`, by a path on it')
    .meta({ defaultText: 'the one that the problem names' }),
  taint: z
    .string()
    .regex(
      /^(?:[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?\/)?[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?(?:=[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?:(?:NoSchedule|PreferNoSchedule|NoExecute)$/,
    )
    .meta({ what: 'a taint as kubectl writes it', sample: 'node-doctor.io/unhealthy:NoSchedule' })
    .optional()
    .describe('The taint of strategy `taint`')
    .meta({ defaultText: '`node-doctor.io/unhealthy:NoSchedule`' }),
  drain: drain
    .optional()
    .describe('What strategies `drain` and `node-reboot` may do to pods')
    .meta({ defaultText: 'nothing but evictions' }),
  plugin: name.optional().describe('The plug-in of strategy `external-action`, as `remediation.actions` names it'),
  pluginAction: z
    .string()
    .regex(/^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/)
    .meta({ what: 'the name of an action', sample: 'power-cycle' })
    .optional()
    .describe('What that plug-in is asked to do, as it calls it itself'),
  parameters: z
    .record(z.string(), z.string())
    .optional()
    .describe('What that plug-in is given; numbers and booleans are given as they are written'),
}

/** `monitors[].remediation`, `plugins[].remediation`, and each of `strategies` in it: what is done about problems of a check. */
export const repair = z.strictObject({
  enabled: z.boolean().default(true).describe('Whether problems of this check are repaired'),
  strategy: z
    .enum(REMEDY_NAMES)
    .optional()
    .describe('What is done; docs/remediation.md has every one. May be left out where `strategies` has some'),
  mode: z
    .enum(['act', 'observe'])
    .optional()
    .describe('`observe`: what would be done is told, and not done')
    .meta({ defaultText: '`act`' }),
  for: types
    .optional()
    .describe('Condition types, or reasons of events, that it is for')
    .meta({ defaultText: 'all of the check' }),
  minSeverity: z
    .enum(SEVERITIES)
    .optional()
    .describe('Least severity of a problem that is repaired')
    .meta({ defaultText: '`remediation.minSeverity`' }),
  cooldown: duration(WAIT)
    .optional()
    .describe('Time between two attempts, at one problem and at one target')
    .meta({ defaultText: '`remediation.cooldownPeriod`, else the strategy’s own' }),
  maxAttempts: z
    .int()
    .min(1)
    .max(ATTEMPTS_MAX)
    .optional()
    .describe(
      'Attempts for one problem before the next strategy has its turn; after the last of them it is left to people',
    )
    .meta({ defaultText: '`remediation.maxAttempts`' }),
  verifyWithin: duration(WAIT)
    .optional()
    .describe('How long after an attempt looks may still find the problem, before it counts as failed')
    .meta({ defaultText: '`remediation.verifyWithin`' }),
  timeout: duration({ min: '1s', max: '2h' })
    .optional()
    .describe('How long one attempt may take; of `node-reboot` 16m at least, of which 10m are for the boot')
    .meta({ defaultText: 'the strategy’s own' }),
  ...parameters,
  priority: z
    .int()
    .min(-1000)
    .max(1000)
    .optional()
    .describe('Of one of `strategies`: the lowest has its turn first, of equals the one that stands first')
    .meta({ defaultText: '`0`' }),
  strategies: z
    .array(z.unknown())
    .max(STRATEGIES_MAX)
    .default([])
    .describe(
      'What is done after it, one after another: each with the keys of this block. What one does not say of `enabled`, `mode`, `for`, `minSeverity`, `cooldown`, `maxAttempts`, `verifyWithin`, `service` and `interface` it has from here. Its own `strategies` have their turn before the next one',
    )
    .meta({ nested: true, defaultText: 'none' }),
})
