/** `gpu-health-check`: one query of all GPUs, and what the kernel shows of their driver. */
import { createLook, defineCheck } from '#monitor-kit'
import { conditionsOf } from '../../conditions.ts'
import { createGpuShared, type GpuShared } from '../../shared.ts'
import type { Config } from './config.ts'
import { GPU_TYPES } from './evaluate.ts'
import { createLooking, type HealthContext } from './looking.ts'
import { clearHealth, FIRST_HEALTH, factsOf, type HealthMemory, recallHealth } from './memory.ts'
import { HEALTH_METRICS } from './metrics.ts'
import { NPD_EXT_CONDITIONS } from './npd-ext.ts'
import { PARAMETERS } from './parameters.ts'

export const gpuHealth = defineCheck<Config, GpuShared | undefined>({
  type: 'gpu-health-check',
  description: 'Driver, memory, heat, clocks, power, PCIe and set-up of each NVIDIA GPU, and whether all are there',
  intervalMs: 30_000,
  timeoutMs: 28_000,
  when: 'nvidia-gpu',
  conditions: conditionsOf('GPUHealthy', 'GPUHung', 'GPUDriverFailed', 'GPUMissing', ...GPU_TYPES),
  declare: ({ compatibility }) => ({ conditions: compatibility === 'npd-ext' ? NPD_EXT_CONDITIONS : [] }),
  events: [
    {
      reason: 'GPUProbesStretched',
      severity: 'info',
      description: 'nvidia-smi takes more than a twentieth of the time, and is asked less often',
    },
    { reason: 'GPUProbesRestored', severity: 'info', description: 'nvidia-smi is asked in each turn again' },
  ],
  metrics: HEALTH_METRICS,
  parameters: PARAMETERS,
  create(context) {
    const { memory: kept, config, host, clock, log, stateFolder } = context
    // A check that is made without its monitor has its own.
    const signal = new AbortController().signal
    const shared = context.shared ?? createGpuShared({ host, clock, log, stateFolder, signal })
    shared.smi.use(config.nvidiaSmi)
    const looking = createLooking(shared, context)
    return createLook<Config, HealthMemory>(kept, {
      first: FIRST_HEALTH,
      look(looks, memory) {
        const isAsked = Object.keys(looks.parameters).length > 0
        return looking[isAsked ? 'answer' : 'look'](looks as HealthContext, memory)
      },
      clear: clearHealth,
      facts: { of: factsOf, recalled: recallHealth },
    })
  },
})
