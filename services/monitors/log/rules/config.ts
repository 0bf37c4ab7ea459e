/** Keys that every check with rules of a user has. Not loaded at run time: the catalogue has them. */
import { z } from 'zod'
import { duration } from '#config/kinds'
import { PACKS } from '#log-rules'

const CAMEL = /^[A-Z][A-Za-z0-9]{0,62}$/

const pattern = z.string().min(1).max(4096)

const recover = z.strictObject({
  match: pattern
    .optional()
    .meta({ regexp: true })
    .describe(
      'A line that says that it is over, as a regular expression of Go. Where its groups give the entity, of that one alone',
    ),
  absentFor: duration({ min: '1s', max: '720h' })
    .optional()
    .describe('It is over when no line has matched for so long, in which nothing of the log was lost'),
  reboot: z.boolean().default(false).describe('Whether a reboot of the node proves that it is over'),
  unmounted: z
    .boolean()
    .default(false)
    .describe(
      'Whether it is over once the file system on the disk that it is about (entity: "disk:${dev}") is unmounted',
    ),
})

const threshold = z.strictObject({
  count: z.int().min(2).max(1000).describe('Lines of one entity that must match before anything is told'),
  within: duration({ min: '1s', max: '168h' }).describe('Within so long, by the times of the lines'),
})

const rule = z
  .strictObject({
    match: pattern
      .meta({ regexp: true, sample: 'EXT4-fs error \\(device (?P<dev>\\w+)\\)' })
      .describe('What a line must match, as a regular expression of Go; ^ and $ are the ends of a line'),
    reason: z
      .string()
      .regex(CAMEL)
      .meta({ what: 'a reason in CamelCase', sample: 'FilesystemError' })
      .describe('Reason of the event or the condition'),
    message: z
      .string()
      .min(1)
      .max(1024)
      .optional()
      .meta({ groupsOf: 'match' })
      .describe('What is told, with groups of match as ${dev} or $1; nothing: the lines that matched'),
    entity: z
      .string()
      .max(256)
      .default('')
      .meta({ groupsOf: 'match' })
      .describe('What it is about, with groups of match: "disk:${dev}"; where a group is empty, the check itself'),
    severity: z
      .enum(['info', 'warning', 'error', 'critical'])
      .default('warning')
      .describe('How bad it is; events of warning and up open a problem until they are absent for 10 minutes'),
    condition: z
      .string()
      .regex(CAMEL)
      .optional()
      .meta({ what: 'a condition type in CamelCase', sample: 'FilesystemCorrupt' })
      .describe('Condition that is a problem from a match until it is recovered; without one each match is an event'),
    recover: recover
      .optional()
      .describe('What ends the condition; without it a reboot; an operator (node-doctor clear) always does'),
    threshold: threshold.optional().describe('How often it must match before it is told; without it each match is'),
    cooldown: duration({ min: '1s', max: '168h' })
      .optional()
      .describe('After an event no other of the same entity is told for so long, by the times of the lines'),
    lines: z.int().min(1).max(20).default(1).describe('Over how many lines in a row a match may reach'),
  })
  .meta({ needs: [['recover', 'condition']], excludes: [['cooldown', 'condition']] })

/** `rules` of a check. */
export const rules = z.array(rule).max(256).prefault([]).describe('Rules of your own, each held against every line')

/** `packs` of a check, with those it has by default. */
export function packs(byDefault: string[]) {
  return z
    .array(z.enum(PACKS.map(({ name }) => name)))
    .max(32)
    .default(byDefault)
    .describe('Packs of rules that come with Node Doctor (docs/rules.md)')
}

/** `disable` of a check. */
export const disable = z
  .array(z.enum(PACKS.flatMap(({ rules: all }) => all.flatMap(({ name, aliases }) => [name, ...aliases]))))
  .max(256)
  .default([])
  .describe('Rules of the packs that are not used, by name or alias')

/** A rule of a user, durations in milliseconds. */
export type RuleConfig = z.infer<typeof rule>
