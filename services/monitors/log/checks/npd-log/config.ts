/** Keys of a system-log-monitor file of node-problem-detector, as an entry of `monitors` has them. */
import { z } from 'zod'

/** A text that may be empty, as its source has it. */
const text = z.string()

const condition = z.strictObject({
  type: text.describe('Name of the condition on the node'),
  reason: text.default('').describe('Reason while it is False'),
  message: text.default('').describe('Message while it is False'),
})

const rule = z.strictObject({
  type: text.default('').describe('"temporary": an event; everything else is "permanent": a condition'),
  condition: text
    .default('')
    .describe('Condition that a permanent rule makes True; one that is not listed makes nothing'),
  reason: text.default('').describe('Reason of the event and of the condition'),
  pattern: text.default('').describe('Regular expression of Go, held to the end of the newest line'),
  patternGeneratedMessageSuffix: text.default('').describe('Put behind the message, after "; "'),
})

const recovery = z.strictObject({
  match: text.optional().describe('Regular expression of a line that ends it'),
  absentFor: text.optional().describe('Ends it when no rule has matched for so long, and no line was lost'),
  reboot: z.boolean().optional().describe('Whether a reboot ends it; it does by default'),
})

export const schema = z.strictObject({
  path: text.describe('The file of node-problem-detector that this is'),
  plugin: z.enum(['kmsg', 'filelog', 'journald']).describe("Which log: the kernel's, a file, or the journal"),
  pluginConfig: z
    .record(text, text)
    .default({})
    .describe('Of a file timestamp, message, timestampFormat; of the journal source'),
  logPath: text.default('').describe('The file that is followed, or the folder of the journal'),
  lookback: text.default('0').describe('So long before the start lines are looked at, a duration of Go'),
  delay: text.default('').describe('Lines of so long after the boot are not looked at, a duration of Go'),
  skipList: z.array(text).default([]).describe('Lines with one of these texts are not looked at'),
  bufferSize: z.int().min(1).default(10).describe('So many lines are held against a rule together'),
  source: text.default('').describe('Who is named as the source of events'),
  metricsReporting: z.boolean().default(true).describe('Whether problem_counter and problem_gauge are told'),
  conditions: z.array(condition).default([]).describe('Conditions that are told, and what they say while all is well'),
  rules: z.array(rule).default([]).describe('What is looked for, in this order'),
  recover: z
    .record(text, recovery)
    .default({})
    .describe('What ends a condition, beside a reboot and a person, by its type'),
  compat: z.array(text).default([]).describe('Bugs of node-problem-detector that are brought back: B6, B10, B11, B15'),
})
export type Config = z.infer<typeof schema>
