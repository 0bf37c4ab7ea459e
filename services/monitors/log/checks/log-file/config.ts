/** Keys of `monitors[].config` of a `log-file` check. Not loaded at run time: the catalogue has it. */
import { z } from 'zod'
import { absolutePath } from '#config/kinds'
import { disable, packs, rules } from '../../rules/config.ts'

export const schema = z
  .strictObject({
    path: absolutePath('/var/log/syslog').describe('The file on the node that is followed, over its rotations'),
    begin: z
      .enum(['end', 'start'])
      .default('end')
      .describe('Where the first look begins: with what is written from then on, or with what stands there'),
    timestamp: z
      .string()
      .max(4096)
      .default('')
      .meta({ regexp: true })
      .describe('Regular expression of Go for the time in a line, its last group; without it a line counts as of now'),
    timestampFormat: z
      .string()
      .max(256)
      .default('')
      .describe('How the time is written, as a layout of Go: "Jan _2 15:04:05", "2006-01-02T15:04:05Z07:00"'),
    packs: packs([]),
    disable,
    rules,
  })
  .meta({
    needs: [
      ['timestamp', 'timestampFormat'],
      ['timestampFormat', 'timestamp'],
    ],
  })
export type Config = z.infer<typeof schema>
