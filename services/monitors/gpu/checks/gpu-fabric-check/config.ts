/** Keys of `monitors[].config` of a `gpu-fabric-check`. Not loaded at run time: the catalogue has it. */
import { z } from 'zod'
import { numbersOf } from '../../numbers.ts'

const IDS = [...new Set(numbersOf('gpu-fabric-check').map(({ id }) => id))] as [string, ...string[]]
const MODES = ['off', 'observe', 'act'] as const

export const schema = z.strictObject({
  modes: z
    .partialRecord(z.enum(IDS), z.enum(MODES))
    .default({})
    .describe(
      'Of each numbered check by its key (docs/gpu-checks.md): off, observe (told, never acted on) or act, which is the default',
    ),
  fabricGraceMinutes: z
    .int()
    .min(0)
    .max(1440)
    .default(5)
    .describe('Minutes after the boot in which GPUs may still be joining the fabric'),
  linkErrorsPerMinute: z
    .number()
    .min(0.01)
    .max(1_000_000)
    .default(10)
    .describe('Errors of the NVLinks of a GPU (CRC and replays) in a minute above which that is a problem'),
  replaysPerMinute: z
    .number()
    .min(0.01)
    .max(1_000_000)
    .default(8)
    .describe('PCIe replays of a GPU in a minute above which that is a warning'),
})

export type Config = z.infer<typeof schema>
