/** Keys of a custom-plugin-monitor file of node-problem-detector, as an entry of `monitors` has them. */
import { z } from 'zod'

const text = z.string()

const pluginConfig = z.strictObject({
  invoke_interval: text.default('30s').describe('From one run of a rule to the next, a duration of Go'),
  timeout: text.default('5s').describe('How long a run may take, a duration of Go'),
  max_output_length: z.int().default(80).describe('So many bytes of what a run says are kept'),
  concurrency: z.int().default(3).describe('So many rules run at a time'),
  enable_message_change_based_condition_update: z
    .boolean()
    .default(false)
    .describe('Whether another message of a condition that is True already is a change'),
  skip_initial_status: z
    .boolean()
    .default(false)
    .describe('Whether nothing is told of a condition before its first run'),
})

const condition = z.strictObject({
  type: text.describe('Name of the condition on the node'),
  reason: text.default('').describe('Reason while it is not True'),
  message: text.default('').describe('Message while it is False'),
})

const rule = z.strictObject({
  type: text.default('').describe('"temporary": an event; everything else is "permanent": a condition'),
  condition: text
    .default('')
    .describe('Condition that a permanent rule makes True; one that is not listed makes nothing'),
  reason: text.default('').describe('Reason of the event, and of the condition while it is True'),
  path: text.default('').describe('The program that is run'),
  args: z.array(text).default([]).describe('Its arguments; no shell reads them'),
  timeout: text.default('').describe('How long its run may take, where that is less than that of all'),
  invoke_interval: text.default('').describe('From one run of it to the next, in place of that of all'),
})

export const schema = z.strictObject({
  path: text.describe('The file of node-problem-detector that this is'),
  pluginConfig: pluginConfig.prefault({}).describe('How all rules of the file are run'),
  source: text.default('').describe('Who is named as the source of events'),
  metricsReporting: z.boolean().default(true).describe('Whether problem_counter and problem_gauge are told'),
  conditions: z.array(condition).default([]).describe('Conditions that are told, and what they say while all is well'),
  rules: z.array(rule).default([]).describe('Programs that are run, and what their exit codes mean'),
  compat: z
    .array(text)
    .default([])
    .describe('Bugs of node-problem-detector that are brought back; of plug-ins none can be'),
})
export type Config = z.infer<typeof schema>
