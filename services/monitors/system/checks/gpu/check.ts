/** `system-gpu`: is the driver of NVIDIA's GPUs there? Told without NVIDIA's software, since nothing of that starts without the driver. */
import { createLook, defineCheck } from '#monitor-kit'
import { type DriverKnown, excuseDriver, FIRST_DRIVER } from '#monitor-kit/evaluate'
import { observe } from '#monitor-kit/source'
import type { Config } from './config.ts'
import { createDriverFile } from './driver-file.ts'
import { evaluateDriver } from './evaluate.ts'
import { readDriverState } from './source.ts'

export const gpu = defineCheck<Config>({
  type: 'system-gpu',
  description: "Whether the driver of NVIDIA's GPUs is loaded and has them",
  intervalMs: 30_000,
  timeoutMs: 10_000,
  when: 'nvidia-gpu',
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
    const file = createDriverFile(context)
    let isRecalled = false

    /** With what an earlier boot knew, once that can be read. */
    async function known(memory: DriverKnown): Promise<DriverKnown> {
      const kept = isRecalled ? undefined : await file.recall()
      if (kept === undefined) return memory
      isRecalled = true
      const { wasLoaded, had, excused } = kept
      return {
        ...memory,
        wasLoaded: memory.wasLoaded || wasLoaded,
        had: [...had, ...memory.had],
        excused: [...new Set([...memory.excused, ...excused])],
      }
    }

    return createLook(context.memory, {
      first: FIRST_DRIVER,
      async look({ host, config, clock }, memory) {
        const before = await known(memory)
        const state = await observe(() => readDriverState(host))
        const { findings, memory: next } = evaluateDriver({ state, nowMs: clock.monotonicMs() }, config, before)
        await file.keep(next)
        return { findings, memory: next }
      },
      clear: excuseDriver,
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
