/** `system-memory`: is there memory and swap left, has the kernel killed for want of it? */
import { type CheckContext, createLook, defineCheck } from '#monitor-kit'
import type { Config } from './config.ts'
import { clearMemory, evaluateMemory, FIRST_MEMORY, type MemoryMemory } from './evaluate.ts'
import { killFacts, recallKills } from './killings.ts'
import { type Killed, readGroupKills, readKilled } from './oom.ts'
import { readMemory } from './source.ts'

/** Whom the kernel killed, where its count grew; at the first look of this boot, what each group has by now. */
async function whom(
  { host, signal }: CheckContext<Config>,
  { kills }: MemoryMemory,
  total: number,
): Promise<Killed | undefined> {
  if (kills.total === undefined) return { groups: await readGroupKills(host), names: new Map(), processes: [] }
  return total > kills.total ? readKilled(host, signal) : undefined
}

export const memory = defineCheck<Config>({
  type: 'system-memory',
  description: 'Memory that is left, swap in use, and processes that the kernel killed for want of memory',
  intervalMs: 30_000,
  timeoutMs: 10_000,
  conditions: [
    {
      type: 'MemoryLow',
      description: 'Little memory can be had any more without swapping',
      label: 'memory low',
      healthyReason: 'EnoughMemory',
      healthyMessage: 'enough memory available',
      recoveryText: '2 checks in a row find more available than the warning limit',
      source: '/proc/meminfo, MemAvailable of MemTotal',
      warning: '85 % in use (warningThreshold)',
      critical: '95 % in use (criticalThreshold)',
      sustained: '2 checks in a row (sustainedHighMemoryChecks)',
    },
    {
      type: 'SwapHigh',
      description: 'Much of the swap is in use. Without swap it is healthy',
      label: 'swap filling',
      healthyReason: 'EnoughSwap',
      healthyMessage: 'enough swap free, or none set up',
      recoveryText: '2 checks in a row find less swap used than the warning limit',
      source: '/proc/meminfo, SwapFree of SwapTotal',
      warning: '50 % used (swapWarningThreshold)',
      critical: '80 % used (swapCriticalThreshold)',
      sustained: '2 checks in a row (sustainedHighMemoryChecks)',
    },
  ],
  events: [
    {
      reason: 'OOMKill',
      severity: 'warning',
      description:
        'The kernel killed processes for want of memory, of the node or of a cgroup (/proc/vmstat, oom_kill); named by pod and container (memory.events), and by process where the kernel log may be read (dmesg)',
      recovery: { kind: 'absent', forMs: 600_000 },
    },
  ],
  metrics: [
    {
      name: 'memory_available_bytes',
      help: 'Memory that can be had without swapping',
      kind: 'gauge',
      unit: 'bytes',
      title: 'Memory available',
    },
    { name: 'memory_size_bytes', help: 'Memory in all', kind: 'gauge', unit: 'bytes' },
    { name: 'swap_used_ratio', help: 'Share of the swap in use; 0 without swap', kind: 'gauge', unit: 'ratio' },
    {
      name: 'oom_kills_total',
      help: 'Processes killed since boot for want of memory',
      kind: 'counter',
      unit: '',
    },
  ],
  create: ({ memory: kept }) =>
    createLook(kept, {
      first: FIRST_MEMORY,
      async look(context, memory) {
        const { host, config, clock } = context
        const reading = await readMemory(host)
        const { oomKills } = reading
        const killed = oomKills.ok && config.checkOOMKills ? await whom(context, memory, oomKills.value) : undefined
        return evaluateMemory(reading, config, memory, { monoMs: clock.monotonicMs(), killed })
      },
      clear: clearMemory,
      facts: {
        of: ({ kills }) => killFacts(kills),
        recalled: (facts) => ({ ...FIRST_MEMORY, kills: recallKills(facts) }),
      },
    }),
})
