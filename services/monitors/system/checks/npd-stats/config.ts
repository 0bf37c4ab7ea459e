/** Keys of `monitors[].config` of an `npd-stats` check, named as in NPD's file. Not loaded at run time: the catalogue has it. */
import { z } from 'zod'

const metricsConfigs = z
  .record(
    z.string(),
    z.strictObject({
      displayName: z
        .string()
        .max(1024)
        .default('')
        .describe('Name in /metrics, "/" and the like replaced; "": not told'),
    }),
  )
  .default({})
  .describe('Metrics that are told, by their ID ("cpu/load_1m"); IDs that are none are left out')

export const schema = z.strictObject({
  path: z
    .string()
    .max(4096)
    .describe('The file of node-problem-detector that this is; paths in it are relative to its folder'),
  invokeInterval: z
    .string()
    .default('60s')
    .describe('Time from one collection to the next, as Go writes it ("60s", "1h30m"); the first is at once'),
  procPath: z
    .string()
    .max(4096)
    .default('/proc')
    .describe('Where /proc of the node lies, for system/*, net and osFeature'),
  cpu: z
    .strictObject({ metricsConfigs })
    .prefault({})
    .describe('Load, time of the processors, and what /proc/stat counts'),
  disk: z
    .strictObject({
      metricsConfigs,
      includeRootBlk: z.boolean().default(false).describe('Devices that lsblk lists, without what lies on them'),
      includeAllAttachedBlk: z.boolean().default(false).describe('Devices of which a file system is mounted'),
      lsblkTimeout: z
        .string()
        .default('5s')
        .describe('How long lsblk may take, as Go writes it; at most invokeInterval'),
    })
    .prefault({})
    .describe('What disks did, and the space of each file system that lies on a device'),
  host: z.strictObject({ metricsConfigs }).prefault({}).describe('How long the node has been up, and what runs on it'),
  memory: z.strictObject({ metricsConfigs }).prefault({}).describe('Memory by what it is used for, from /proc/meminfo'),
  osFeature: z
    .strictObject({
      metricsConfigs,
      knownModulesConfigPath: z
        .string()
        .max(4096)
        .default('guestosconfig/known-modules.json')
        .describe('File with the kernel modules that belong to the system; relative to the folder of the file'),
    })
    .prefault({})
    .describe('What the kernel was started with, and its modules'),
  net: z
    .strictObject({
      metricsConfigs,
      excludeInterfaceRegexp: z
        .string()
        .max(4096)
        .default('')
        .describe('Interfaces whose names this expression of Go matches are left out; "": none'),
    })
    .prefault({})
    .describe('Counters of the network interfaces, from /proc/net/dev'),
  compat: z
    .array(z.string())
    .default([])
    .describe(
      'Bugs of node-problem-detector that are brought back: B2 (counters that add up), B3 (clock ticks as seconds)',
    ),
})

export type Config = z.infer<typeof schema>
