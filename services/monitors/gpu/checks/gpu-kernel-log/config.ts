/** Keys of `monitors[].config` of a `gpu-kernel-log` check. Not loaded at run time: the catalogue has it. */
import { z } from 'zod'
import { ACTIONS } from '#model'
import { SXIDS, XIDS } from '../../xid/catalogue.ts'
import { CHECK_IDS } from './ids.ts'

const mode = z.enum(['off', 'observe', 'act'])

const override = z.strictObject({
  action: z
    .enum(['none', ...ACTIONS])
    .optional()
    .describe('What is to be done, in place of what the catalogue says'),
  mode: mode.optional().describe('off: it is not told; observe: told and never acted on; act: both'),
})

function overrides(codes: Iterable<number>) {
  return z.partialRecord(z.enum([...codes].map(String) as [string, ...string[]]), override).default({})
}

export const schema = z.strictObject({
  modes: z
    .partialRecord(z.enum(CHECK_IDS as [string, ...string[]]), mode)
    .default({})
    .describe(
      'By id of a numbered check: off, observe (told and never acted on) or act; docs/gpu-checks.md has the ids',
    ),
  xid: overrides(XIDS.keys()).describe('How single XIDs are told, by number, otherwise than the catalogue says'),
  sxid: overrides(SXIDS.keys()).describe('The same of errors of NVSwitches (SXid)'),
  acceptUserRecords: z
    .boolean()
    .default(false)
    .describe('Whether lines count that a program wrote into /dev/kmsg, which any may that can write there; for tests'),
})
export type Config = z.infer<typeof schema>
