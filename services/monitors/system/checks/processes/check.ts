/** `system-processes`: are there processes and file handles left, do processes hang or lie around ended? */
import { createLook, defineCheck } from '#monitor-kit'
import type { Config } from './config.ts'
import { clearProcesses, evaluateProcesses, FIRST_PROCESSES } from './evaluate.ts'
import { readProcesses } from './source.ts'

export const processes = defineCheck<Config>({
  type: 'system-processes',
  description: 'Processes, threads and file handles that are left; processes that hang in the kernel; zombies',
  intervalMs: 30_000,
  timeoutMs: 10_000,
  conditions: [
    {
      type: 'PIDsExhausted',
      description: 'Almost no more processes and threads can be started',
      label: 'PIDs running out',
      healthyReason: 'EnoughPIDs',
      healthyMessage: 'enough processes and threads can be started',
      recoveryText: '2 checks in a row find fewer than the warning limit',
      source:
        '/proc/loadavg (tasks) against kernel.pid_max and kernel.threads-max; pids.current against pids.max of the root control group',
      warning: '80 % of what is possible (pidWarningThreshold)',
      critical: '95 % of what is possible (pidCriticalThreshold)',
      sustained: 'at once',
    },
    {
      type: 'FileHandlesExhausted',
      description: 'Almost no more files can be opened on the whole node',
      label: 'file handles running out',
      healthyReason: 'EnoughFileHandles',
      healthyMessage: 'enough files can be opened',
      recoveryText: '2 checks in a row find fewer than the warning limit',
      source: '/proc/sys/fs/file-nr',
      warning: '80 % of fs.file-max (fileWarningThreshold)',
      critical: '95 % of fs.file-max (fileCriticalThreshold)',
      sustained: 'at once',
    },
    {
      type: 'ZombieProcesses',
      description: 'Many processes have ended and their parent takes no note of it, so that their PIDs stay taken',
      label: 'zombie processes',
      healthyReason: 'FewZombies',
      healthyMessage: 'few zombies',
      recoveryText: '2 looks in a row find fewer than the warning limit',
      source:
        '/proc/*/stat, state Z; looked at in every 10th check (scanEveryChecks), in each while there is something wrong',
      warning: '100 (zombieWarningCount)',
      critical: '1,000 (zombieCriticalCount)',
      sustained: 'at once',
    },
    {
      type: 'ProcessesBlocked',
      description:
        'Processes hang in the kernel: uninterruptible sleep without any progress, mostly on a device or a dead mount',
      label: 'processes hanging',
      healthyReason: 'NothingBlocked',
      healthyMessage: 'no process hangs in the kernel',
      recoveryText: '2 checks in a row find none',
      source:
        '/proc/*/stat, state D and no processor time used between looks; looked at while /proc/stat procs_blocked is above 0 or the load is 0.5 or more; main threads only',
      warning: '1 process for 120 s (blockedSeconds)',
      critical: '10 processes for 120 s (blockedCriticalCount)',
      sustained: '120 s (blockedSeconds)',
    },
  ],
  metrics: [
    { name: 'pids_used', help: 'Processes and threads that exist', kind: 'gauge', unit: '' },
    {
      name: 'pids_used_ratio',
      help: 'Share of all possible processes and threads that exist',
      kind: 'gauge',
      unit: 'ratio',
    },
    { name: 'file_handles_used', help: 'Files that are open on the node', kind: 'gauge', unit: '' },
    {
      name: 'file_handles_used_ratio',
      help: 'Share of all possible file handles that are open',
      kind: 'gauge',
      unit: 'ratio',
    },
    { name: 'zombie_processes', help: 'Ended processes that nobody took note of', kind: 'gauge', unit: '' },
    {
      name: 'blocked_processes',
      help: 'Processes in uninterruptible sleep for longer than blockedSeconds',
      kind: 'gauge',
      unit: '',
    },
  ],
  create({ memory: kept }) {
    let checks = 0
    return createLook(kept, {
      first: FIRST_PROCESSES,
      async look({ host, config, clock }, memory) {
        const scans = memory.looks > 0 || checks % config.scanEveryChecks === 0
        checks++
        const reading = await readProcesses(host, scans)
        return evaluateProcesses(reading, config, memory, clock.monotonicMs())
      },
      clear: clearProcesses,
    })
  },
})
