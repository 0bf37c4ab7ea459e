/** The whole document. */

import { z } from 'zod'
import { MESSAGE_BYTES } from '#model'
import { ADDED_BY_DEFAULT, DEFAULT_MONITOR_NAMES } from '../parts.ts'
import { exporters } from './exporters.ts'
import { absolutePath, duration, labels } from './kinds.ts'
import { monitor } from './monitors.ts'
import { npd } from './npd.ts'
import { plugin } from './plugins.ts'
import { remediation } from './remediation.ts'
import { settings } from './settings.ts'

const MIB = 1_048_576

const bus = z.strictObject({
  url: z
    .string()
    .max(2048)
    .regex(/^(?:(?:nats|tls):\/\/[^\s,]+(?:,(?:nats|tls):\/\/[^\s,]+)*)?$/)
    .meta({ what: 'the address of a NATS server', sample: 'nats://nats.example:4222' })
    .default('')
    .describe('An external NATS server; empty: the detector runs its own'),
  tls: z
    .strictObject({
      ca: absolutePath('/etc/node-doctor/bus/ca.crt').describe('Who signs the certificate of that server; PEM'),
      cert: absolutePath('/etc/node-doctor/bus/tls.crt').optional().describe('Our own certificate, where it asks; PEM'),
      key: absolutePath('/etc/node-doctor/bus/tls.key').optional().describe('Its key; PEM'),
    })
    .optional()
    .describe('An external server has to prove itself with TLS'),
  port: z
    .int()
    .min(0)
    .max(65_535)
    .default(4222)
    .describe('Loopback port of the own server; if it is taken, another one is used'),
  storeDir: absolutePath('/run/node-doctor/bus')
    .optional()
    .describe('Where the own server keeps what it was told; memory of the host, no disk')
    .meta({ defaultText: '`<settings.runDir>/bus`' }),
  maxStoreBytes: z
    .int()
    .min(88 * MIB)
    .max(4096 * MIB)
    .default(128 * MIB)
    .describe('Limit of that store, in bytes; its streams and buckets reserve 85 MiB'),
})

const detector = z.strictObject({
  monitorDirs: z
    .array(absolutePath('/var/run/npd'))
    .max(16)
    .optional()
    .describe('Folders in which sockets of other monitors are looked for')
    .meta({ defaultText: '`<settings.runDir>/monitors`, `/var/run/npd`' }),
  discovery: z
    .boolean()
    .default(true)
    .describe('Whether they are looked for; without it only `plugins` and monitors of Node Doctor’s own are asked'),
  expect: z
    .array(z.string().max(63))
    .max(64)
    .default([])
    .describe(
      'Monitors of Node Doctor’s own that must be here though `monitors` does not say so for every node: `gpu` on nodes with GPUs. Where such a monitor is absent it is unreachable, after a reboot too',
    ),
  lostAfter: duration({ min: '5s', max: '1h' })
    .prefault('30s')
    .describe(
      'How long nobody may listen on the socket of a monitor that was there, before it is lost; longer than the kubelet waits before a second restart. One that listens and is silent is lost after two heartbeats, whatever stands here',
    ),
  forgetAfter: duration({ min: '1m', max: '30d' })
    .prefault('1h')
    .describe('A monitor that was found by its socket and is gone for this long is forgotten; its problems end then'),
  limits: z
    .strictObject({
      messageBytes: z
        .int()
        .min(65_536)
        .max(67_108_864)
        .default(MESSAGE_BYTES)
        .describe('Largest message of a monitor, in bytes'),
      reportsPerSecond: z
        .int()
        .min(1)
        .max(100_000)
        .default(500)
        .describe('Reports of one monitor that are taken in a second'),
      conditionsPerMonitor: z.int().min(1).max(10_000).default(2048).describe('Conditions that one monitor may have'),
      eventsPerReport: z.int().min(1).max(10_000).default(1000).describe('Events that one report may have'),
      entitiesPerType: z.int().min(1).max(10_000).default(512).describe('Entities that one condition type may have'),
    })
    .prefault({})
    .describe('What a monitor may send; what is above is dropped and told'),
})

const metadata = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/)
    .meta({ what: 'a name of lower-case letters, digits, "." and "-"', sample: 'default-config' })
    .describe('Name of this configuration'),
  namespace: z.string().max(63).optional().describe('As in Kubernetes; without effect'),
  labels: labels.describe('As in Kubernetes; without effect'),
  annotations: labels.describe('As in Kubernetes; without effect'),
})

export const document = z.strictObject({
  $schema: z.string().optional().describe('For editors'),
  apiVersion: z.enum(['node-doctor.io/v1alpha1']).describe('Version of this format'),
  kind: z.enum(['NodeDoctorConfig']).describe('What this document is'),
  metadata: metadata.describe('What this configuration is called'),
  settings: settings.prefault({}).describe('What holds for every process'),
  bus: bus.prefault({}).describe('How the processes talk'),
  detector: detector.prefault({}).describe('Where monitors are found and what they may send'),
  defaultMonitors: z
    .array(z.enum(DEFAULT_MONITOR_NAMES))
    .max(DEFAULT_MONITOR_NAMES.length)
    .default([...ADDED_BY_DEFAULT])
    .describe(
      'Monitors whose checks are added, with their defaults, where `monitors` has none of their type; one that is switched off there is one. Empty: none',
    ),
  monitors: z
    .array(monitor)
    .max(500)
    .prefault([])
    .describe('The checks, beside those that `defaultMonitors` adds')
    .meta({ unique: 'name', defaultText: 'none' }),
  plugins: z.array(plugin).max(100).prefault([]).describe('Monitors of others').meta({ unique: 'name' }),
  npd: npd.prefault({}).describe('Files of node-problem-detector; each is a check'),
  exporters: exporters.prefault({}).describe('How the node’s state is shown'),
  remediation: remediation.prefault({}).describe('Limits of all repairs'),
})

/** The document as the walker returns it: defaults applied, durations in milliseconds. */
export type Document = z.output<typeof document>
