/** Keys of `monitors[].config` of a `gpu-health-check`. Not loaded at run time: the catalogue has it. */
import { z } from 'zod'
import { numbersOf } from '../../numbers.ts'

const IDS = [...new Set(numbersOf('gpu-health-check').map(({ id }) => id))] as [string, ...string[]]
const MODES = ['off', 'observe', 'act'] as const

export const schema = z.strictObject({
  modes: z
    .partialRecord(z.enum(IDS), z.enum(MODES))
    .default({})
    .describe(
      'Of each numbered check by its key (docs/gpu-checks.md): off, observe (told, never acted on) or act. What is not named is act, but for memory-use, clock-drift and uniformity, which are observe',
    ),
  sustainedMissingMinutes: z
    .int()
    .min(0)
    .max(1440)
    .default(5)
    .describe(
      'Minutes that the driver of NVIDIA is missing from a GPU before that is a problem: while it is upgraded it is not there',
    ),
  expectedGpus: z
    .int()
    .min(0)
    .max(256)
    .default(0)
    .describe('How many GPUs there have to be; 0: as many as were seen here at most, until a person accepts fewer'),
  temperature_threshold: z
    .number()
    .min(1)
    .max(150)
    .default(85)
    .meta({ aliases: ['temperatureThreshold'] })
    .describe('Degrees Celsius of a GPU above which it is too hot'),
  memoryTemperatureThreshold: z
    .number()
    .min(1)
    .max(150)
    .default(95)
    .describe('Degrees Celsius of the memory of a GPU from which on it is too hot'),
  memory_threshold: z
    .number()
    .min(1)
    .max(100)
    .default(95)
    .meta({ aliases: ['memoryThreshold'] })
    .describe('Percent of the memory of a GPU in use above which that is told'),
  correctedErrorsPerHour: z
    .int()
    .min(1)
    .max(1_000_000_000)
    .default(100)
    .describe('Memory errors that were corrected in an hour from which on they are a warning'),
  nvidiaSmi: z
    .string()
    .max(4096)
    .regex(/^(?:\/[^\0]*)?$/)
    .meta({ what: 'an absolute path', sample: '/usr/bin/nvidia-smi' })
    .default('')
    .describe('Path of nvidia-smi as this process sees it; empty: it is looked for'),
  compatibility: z
    .enum(['none', 'npd-ext'])
    .default('none')
    .describe(
      'npd-ext: GPUHealthy, GPUHung, GPUMemoryPressure and GPUTemperatureHigh of the node as the gpu-monitor of npd-ext says them, with its polarity, reasons and texts',
    ),
})

export type Config = z.infer<typeof schema>
