/** The section `remediation`: limits that hold for all repairs. */
import { z } from 'zod'
import { REMEDY_NAMES } from '#remedies/table'
import { absolutePath, duration, name, SEVERITIES, socketAddress } from './kinds.ts'
import { ATTEMPTS_MAX, WAIT } from './repairs.ts'

const DAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'] as const

const hours = z
  .array(
    z.strictObject({
      days: z
        .array(z.enum(DAYS))
        .min(1)
        .max(7)
        .optional()
        .describe('Days on which it begins')
        .meta({ defaultText: 'every day' }),
      from: z
        .string()
        .regex(/^(?:[01]\d|2[0-3]):[0-5]\d$/)
        .meta({ what: 'a time of day', sample: '22:00' })
        .describe('When it begins'),
      to: z
        .string()
        .regex(/^(?:(?:[01]\d|2[0-3]):[0-5]\d|24:00)$/)
        .meta({ what: 'a time of day', sample: '06:00' })
        .describe('When it ends; on the next day where that is not later than its beginning'),
    }),
  )
  .max(64)
  .default([])

const timeZone = z
  .string()
  .max(64)
  .regex(/^[A-Za-z0-9_+/-]+$/)
  .meta({ what: 'a time zone', sample: 'Europe/Berlin' })
  .default('UTC')
  .describe('Time zone of `quietHours` and `windows`')

const lease = z.strictObject({
  slots: z.int().min(1).max(1000).default(1).describe('How many nodes may be drained or rebooted at once'),
  namespace: z
    .string()
    .max(63)
    .regex(/^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/)
    .meta({ what: 'a namespace', sample: 'node-doctor', defaultText: '`POD_NAMESPACE`, else `node-doctor`' })
    .optional()
    .describe('Where the Leases are'),
  name: z
    .string()
    .regex(/^[a-z0-9](?:[a-z0-9-]{0,200}[a-z0-9])?$/)
    .meta({ what: 'a name of lower-case letters, digits and "-"', sample: 'node-doctor-remediation' })
    .default('node-doctor-remediation')
    .describe('What the Leases are called, before their numbers; nodes with another name do not wait for one another'),
  duration: duration({ min: '11m', max: '24h' })
    .prefault('15m')
    .describe(
      'After this long without a word of its holder a Lease is looked at: it is free once that node is gone, or Ready. A reboot may take 10m, in which nothing is said',
    ),
  maxUnavailablePercent: z
    .int()
    .min(0)
    .max(100)
    .default(20)
    .describe('Share of the nodes that may be not Ready or cordoned; while more are, none is drained or rebooted'),
})

const diskCleanup = z.strictObject({
  untilUsedPercent: z
    .int()
    .min(1)
    .max(99)
    .default(75)
    .describe('It deletes until so much of the disk is in use, or nothing is left that it may delete'),
  journalMaxBytes: z
    .int()
    .min(1_048_576)
    .max(1_099_511_627_776)
    .default(524_288_000)
    .describe('What the journal of systemd is made smaller to, in bytes'),
  logRoots: z
    .array(absolutePath('/var/log'))
    .max(64)
    .default(['/var/log'])
    .describe('Folders whose rotated logs it may delete'),
  logsOlderThan: duration({ min: '1m', max: '3650d' })
    .prefault('3d')
    .describe('Those that were not written to for so long'),
  tempRoots: z
    .array(absolutePath('/tmp'))
    .max(64)
    .default(['/tmp', '/var/tmp'])
    .describe('Folders of which it may delete every file'),
  tempOlderThan: duration({ min: '1m', max: '3650d' })
    .prefault('7d')
    .describe(
      'Those that were not written, not read, and not changed otherwise (name, owner, mode: `ctime`) for so long',
    ),
  images: z
    .boolean()
    .default(true)
    .describe('Whether images that are neither used nor pinned are removed, where they are on that disk'),
})

const action = z.strictObject({
  name: name.describe('Name of this plug-in, unique: `plugin` of a strategy names it'),
  enabled: z.boolean().default(true).describe('Whether it is asked'),
  socketAddress: socketAddress('/var/run/node-doctor-actions/bmc.sock')
    .meta({ aliases: ['socketPath'] })
    .describe('Its Unix socket; `unix://` before it is dropped'),
  timeout: duration({ min: '1s', max: '1h' })
    .prefault('10s')
    .describe('How long it may take to say what it can do; an attempt may take `timeout` of its strategy'),
})

const override = z.strictObject({
  problem: z
    .string()
    .regex(/^[A-Za-z][A-Za-z0-9]{0,62}$/)
    .meta({ what: 'a condition type, or the reason of an event', sample: 'DiskFull' })
    .describe('Condition type, or reason of an event, unique'),
  cooldown: duration(WAIT)
    .optional()
    .describe('Goes before every other `cooldown`')
    .meta({ defaultText: 'what holds else' }),
  maxAttempts: z
    .int()
    .min(1)
    .max(ATTEMPTS_MAX)
    .optional()
    .describe('Goes before every other `maxAttempts`')
    .meta({ defaultText: 'what holds else' }),
})

/** The section `remediation`: limits of all repairs. */
export const remediation = z.strictObject({
  enabled: z
    .boolean()
    .optional()
    .describe('Whether problems are repaired')
    .meta({ defaultText: '`settings.enableRemediation`, else `false`' }),
  dryRun: z.boolean().default(false).describe('Repairs are only told, never done'),
  maxRetriesPerHour: z.int().min(0).max(1000).default(10).describe('Attempts of all repairs together in an hour'),
  cooldownPeriod: duration(WAIT)
    .optional()
    .describe(
      'Time between two attempts, where a check says nothing else. Of strategies that disturb workloads at least their own',
    )
    .meta({ defaultText: 'each strategy’s own: docs/remediation.md' }),
  maxAttempts: z
    .int()
    .min(1)
    .max(ATTEMPTS_MAX)
    .default(3)
    .describe('Attempts of one strategy for one problem, where a check says nothing else'),
  circuitBreakerThreshold: z
    .int()
    .min(1)
    .max(1000)
    .default(5)
    .describe(
      'Failures in a row of one repair that stop it, and of all repairs of the node together that stop them all: docs/remediation.md',
    ),
  circuitBreakerTimeout: duration(WAIT)
    .prefault('30m')
    .describe('How long it stays stopped; then one attempt shows whether it works again'),
  maxRetriesPerMinute: z
    .int()
    .min(0)
    .max(1000)
    .default(2)
    .describe('The same in a minute; 0: no limit beside that of the hour'),
  rebootsPerDay: z.int().min(0).max(100).default(1).describe('Reboots in 24 hours; 0: none at all'),
  minSeverity: z
    .enum(SEVERITIES)
    .default('warning')
    .describe('Least severity of a problem that is repaired, where a check says nothing else'),
  verifyWithin: duration(WAIT)
    .prefault('10m')
    .describe('How long after an attempt looks may still find the problem, where a check says nothing else'),
  healthyReset: duration(WAIT)
    .prefault('30m')
    .describe('After so long proven healthy a problem has all of its attempts again'),
  minUptime: duration({ min: '10m', max: '30d' })
    .prefault('30m')
    .describe('A machine that is up for less is not rebooted, whatever was forgotten'),
  approval: z
    .array(z.enum(REMEDY_NAMES))
    .max(REMEDY_NAMES.length)
    .default([])
    .describe('Strategies that wait for a person’s leave, which holds for an hour and is used once'),
  quietHours: hours.describe('When nothing at all is repaired'),
  windows: hours.describe('When a node may be drained or rebooted').meta({ defaultText: 'none: at any time' }),
  timeZone,
  overrides: z
    .array(override)
    .max(256)
    .prefault([])
    .describe('Limits by what the problem is, whichever check sees it')
    .meta({ unique: 'problem' }),
  lease: lease.prefault({}).describe('How many nodes may be disturbed at once'),
  diskCleanup: diskCleanup.prefault({}).describe('What strategy `disk-cleanup` may do'),
  actions: z.array(action).max(16).prefault([]).describe('Plug-ins that carry out actions').meta({ unique: 'name' }),
})
