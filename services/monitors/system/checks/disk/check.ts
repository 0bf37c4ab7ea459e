/** `disk-health-check`: are file systems full, out of inodes or read-only, do disks answer? */
import { createLook, defineCheck } from '#monitor-kit'
import type { Config } from './config.ts'
import { evaluateDisk, FIRST_DISK } from './evaluate.ts'
import { clearDisk, factsOf, recallDisk } from './memory.ts'
import { createDiskSource } from './source.ts'

export const disk = defineCheck<Config>({
  type: 'disk-health-check',
  aliases: ['system-disk'],
  description: 'Space, inodes and read-only state of each local file system, and how long disks take to answer',
  intervalMs: 30_000,
  timeoutMs: 15_000,
  apartBy: 'paths[].path',
  conditions: [
    {
      type: 'DiskFull',
      description: 'A file system is almost full. In use is what `df` says: without the blocks that are kept for root',
      label: '{entity} full',
      healthyReason: 'BelowLimit',
      healthyMessage: 'enough space free',
      recoveryText: '2 checks in a row find it under the warning limit',
      source: 'statfs(2) of each configured path, or of each local file system of /proc/self/mountinfo',
      warning: '85 % used (warningThreshold)',
      critical: '95 % used (criticalThreshold)',
      sustained: 'at once',
    },
    {
      type: 'InodesLow',
      description:
        'A file system can hold hardly any further file. Not reported where inodes are made as needed (btrfs, vfat)',
      label: '{entity} out of inodes',
      healthyReason: 'EnoughInodes',
      healthyMessage: 'enough inodes free',
      recoveryText: '2 checks in a row find less in use than the warning limit',
      source: 'statfs(2)',
      warning: '85 % used (inodeWarningThreshold)',
      critical: '95 % used (inodeCriticalThreshold)',
      sustained: 'at once',
    },
    {
      type: 'FilesystemReadOnly',
      description: 'A file system does not take writes any more, although it should',
      label: '{entity} read-only',
      healthyReason: 'Writable',
      healthyMessage: 'mounted read-write, or read-only by design',
      recoveryText: '2 checks in a row find it writable',
      source:
        '/proc/self/mountinfo, options of the file system: emergency_ro or shutdown; or ro where it was writable before in this boot, its mount says rw, or /etc/fstab wants it so',
      warning: 'none',
      critical: 'read-only or stopped by an error',
      sustained: 'at once',
    },
    {
      type: 'DiskSlow',
      description: 'A disk takes long for its requests, or completes none any more',
      label: '{entity} slow',
      healthyReason: 'WaitsShort',
      healthyMessage: 'requests take little time',
      recoveryText: '2 checks in a row find requests answered under the warning limit',
      source:
        '/proc/diskstats of each disk that is hardware: average wait between two checks, of 10 requests or more; requests in flight with none completed',
      warning: '100 ms average wait (slowWarningMs)',
      critical: '500 ms average wait (slowCriticalMs), or no request completed for 10 s',
      sustained: '3 checks in a row (sustainedSlowChecks); at once when no request is completed',
    },
  ],
  events: [
    {
      reason: 'PathAbsent',
      severity: 'info',
      description: 'A configured path does not exist on this node: it is not watched',
    },
    { reason: 'PathPresent', severity: 'info', description: 'A configured path that did not exist is there now' },
    {
      reason: 'MountsNotWatched',
      severity: 'info',
      description: 'More than 64 file systems were found; the rest is not watched',
    },
  ],
  metrics: [
    {
      name: 'disk_used_ratio',
      help: 'Share of the space in use, as df has it',
      kind: 'gauge',
      unit: 'ratio',
      title: '{mount} used',
    },
    { name: 'disk_available_bytes', help: 'Space that is free for all users', kind: 'gauge', unit: 'bytes' },
    { name: 'disk_inodes_used_ratio', help: 'Share of the inodes in use', kind: 'gauge', unit: 'ratio' },
    {
      name: 'disk_busy_ratio',
      help: 'Share of the time since the last check in which the disk had something to do',
      kind: 'gauge',
      unit: 'ratio',
      title: '{device} busy',
    },
    {
      name: 'disk_wait_seconds',
      help: 'Average time of a request since the last check',
      kind: 'gauge',
      unit: 'seconds',
      title: '{device} wait',
    },
  ],
  create({ host, memory: kept }) {
    const source = createDiskSource(host)
    return createLook(kept, {
      first: FIRST_DISK,
      async look({ config, clock }, memory) {
        const reading = await source.read(config)
        return evaluateDisk(reading, config, memory, { wall: clock.now(), monoMs: clock.monotonicMs() })
      },
      clear: clearDisk,
      facts: { of: factsOf, recalled: recallDisk },
    })
  },
})
