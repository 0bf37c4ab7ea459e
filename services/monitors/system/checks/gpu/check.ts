/** `system-gpu`: is the driver of NVIDIA's GPUs there? Told without NVIDIA's software, since nothing of that starts without the driver. */
import { createLook, defineCheck } from '#monitor-kit'
import { observe } from '#monitor-kit/source'
import type { Config } from './config.ts'
import { evaluateDriver, FIRST_DRIVER } from './evaluate.ts'
import { createSeenBefore } from './seen-before.ts'
import { readDriverState } from './source.ts'

export const gpu = defineCheck<Config>({
  type: 'system-gpu',
  description: "Whether the driver of NVIDIA's GPUs is loaded and has them",
  intervalMs: 30_000,
  timeoutMs: 10_000,
  conditions: [
    {
      type: 'GPUDriverFailed',
      description: 'The driver of NVIDIA is not loaded, or does not have a GPU of this node',
      label: 'GPU driver failed',
      shared: true,
      healthyReason: 'DriverLoaded',
      healthyMessage: 'the driver of NVIDIA has all GPUs',
      recoveryText: '2 checks in a row find that the driver has all GPUs',
      source: '/sys/bus/pci/devices/*/driver, /sys/module/nvidia, /proc/driver/nvidia/version',
      warning: 'none',
      critical:
        'a GPU of this node without the driver: not loaded (DriverNotLoaded), not bound (DriverNotBound), or nouveau in its place (NouveauLoaded)',
      sustained: '5 minutes (sustainedMissingMinutes)',
    },
  ],
  create(context) {
    const seen = createSeenBefore(context)
    let isRecalled = false
    return createLook(context.memory, {
      first: FIRST_DRIVER,
      async look({ host, config, clock }, memory) {
        const wasLoaded = memory.wasLoaded || (!isRecalled && (await seen.recall()))
        isRecalled = true
        const state = await observe(() => readDriverState(host))
        const look = { state, nowMs: clock.monotonicMs() }
        const { findings, memory: next } = evaluateDriver(look, config, { ...memory, wasLoaded })
        if (next.wasLoaded) await seen.keep()
        return { findings, memory: next }
      },
      clear: (memory) => ({ ...memory, missingSinceMs: undefined }),
      facts: {
        of: ({ missingSinceMs }) => ({ missingSinceMs }),
        recalled(facts) {
          const { missingSinceMs } = (facts ?? {}) as { missingSinceMs?: unknown }
          return { ...FIRST_DRIVER, missingSinceMs: typeof missingSinceMs === 'number' ? missingSinceMs : undefined }
        },
      },
    })
  },
})
