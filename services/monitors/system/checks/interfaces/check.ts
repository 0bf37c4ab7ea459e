/** `system-interfaces`: how much goes over the network? Metrics only. */
import { createLook, defineCheck } from '#monitor-kit'
import type { Config } from './config.ts'
import { evaluateInterfaces, type InterfacesMemory } from './evaluate.ts'
import { createInterfacesSource } from './source.ts'

export const interfaces = defineCheck<Config>({
  type: 'system-interfaces',
  description: 'Bytes that the network interfaces receive and send: metrics only, no condition',
  intervalMs: 30_000,
  timeoutMs: 10_000,
  conditions: [],
  metrics: [
    {
      name: 'network_received_bytes_per_second',
      help: 'Bytes a second received since the last check',
      kind: 'gauge',
      unit: 'bytes/s',
      title: '{interface} in',
    },
    {
      name: 'network_sent_bytes_per_second',
      help: 'Bytes a second sent since the last check',
      kind: 'gauge',
      unit: 'bytes/s',
      title: '{interface} out',
    },
  ],
  create({ host, memory: kept }) {
    const source = createInterfacesSource(host)
    return createLook<Config, InterfacesMemory | undefined>(kept, {
      first: undefined,
      async look({ config, clock }, memory) {
        const reading = await source.read(config.interfaces)
        return { ...evaluateInterfaces(reading, clock.monotonicMs(), memory), findings: [] }
      },
    })
  },
})
