/** Keys of `monitors[].config` of a `gpu-kernel-log` check. Not loaded at run time: the catalogue has it. */
import { z } from 'zod'
import { ACTIONS } from '#model'
import { SXIDS, XIDS } from '../../xid/catalogue.ts'
import { IDLE_SXIDS, IDLE_XIDS, type Idle } from '../../xid/overrides.ts'
import { CHECK_IDS } from './ids.ts'

const mode = z.enum(['off', 'observe', 'act'])

const override = z.strictObject({
  action: z
    .enum(['none', ...ACTIONS])
    .optional()
    .describe(
      'What is to be done, whatever else says it; an event of which something is to be done stands until a reset',
    ),
  mode: mode
    .optional()
    .describe(
      'off: it is not told; observe: told and never acted on; act: both, and an event stands until a reset. Goes before `modes`',
    ),
})

function overrides(codes: Iterable<number>, idle: readonly Idle[]) {
  return z
    .partialRecord(z.enum([...codes].map(String) as [string, ...string[]]), override)
    .default({})
    .meta({ idle })
}

export const schema = z.strictObject({
  modes: z
    .partialRecord(z.enum(CHECK_IDS as [string, ...string[]]), mode)
    .default({})
    .describe(
      'By id of a numbered check: off, observe (told and never acted on) or act; docs/gpu-checks.md has the ids',
    ),
  xid: overrides(XIDS.keys(), IDLE_XIDS).describe(
    'How single XIDs are told, by number, otherwise than the catalogue says; docs/gpu-xids.md has what becomes of them',
  ),
  sxid: overrides(SXIDS.keys(), IDLE_SXIDS).describe('The same of errors of NVSwitches (SXid)'),
  acceptUserRecords: z
    .boolean()
    .default(false)
    .describe('Whether lines count that a program wrote into /dev/kmsg, which any may that can write there; for tests'),
})
export type Config = z.infer<typeof schema>
