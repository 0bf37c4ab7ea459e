/** What NPD's files may hold, as the structs that it reads them into (v1.36.0, and `invoke_interval` of a rule from later on). */
import {
  anything,
  decimal,
  flag,
  list,
  mapOf,
  optional,
  type Shape,
  struct,
  text,
  time,
  whole,
  word,
} from './shapes.ts'
import { span } from './span.ts'

type Of<S> = S extends Shape<infer T> ? T : never

const condition = struct({ type: text, status: text, transition: time, reason: text, message: text })

const logRule = struct({
  type: text,
  condition: text,
  reason: text,
  pattern: text,
  patternGeneratedMessageSuffix: text,
})

/** A file of --config.system-log-monitor. */
export const logFile = struct({
  plugin: text,
  pluginConfig: mapOf(text),
  skipList: list(text),
  logPath: text,
  lookback: text,
  delay: text,
  bufferSize: whole,
  source: text,
  conditions: list(condition),
  rules: list(logRule),
  metricsReporting: optional(flag),
})

const pluginRule = struct({
  type: text,
  condition: text,
  reason: text,
  path: text,
  args: list(text),
  timeout: optional(text),
  invoke_interval: optional(text),
})

/** A file of --config.custom-plugin-monitor. */
export const pluginFile = struct({
  plugin: text,
  pluginConfig: struct({
    invoke_interval: optional(text),
    timeout: optional(text),
    max_output_length: optional(whole),
    concurrency: optional(whole),
    enable_message_change_based_condition_update: optional(flag),
    skip_initial_status: optional(flag),
  }),
  source: text,
  conditions: list(condition),
  rules: list(optional(pluginRule)),
  metricsReporting: optional(flag),
})

const metricsConfigs = mapOf(struct({ displayName: text }))

/** A file of --config.system-stats-monitor. */
export const statsFile = struct({
  cpu: struct({ metricsConfigs }),
  disk: struct({ metricsConfigs, includeRootBlk: flag, includeAllAttachedBlk: flag, lsblkTimeout: text }),
  host: struct({ metricsConfigs }),
  memory: struct({ metricsConfigs }),
  osFeature: struct({ metricsConfigs, knownModulesConfigPath: text }),
  net: struct({ metricsConfigs, excludeInterfaceRegexp: text }),
  invokeInterval: text,
  procPath: text,
})

/**
 * A file of --config.external-monitor, in both of its forms: the keys that the code reads, and those that its README writes
 * (`socketPath`, `grpcTimeout`, `reconnectInterval` and what follows them; `invokeInterval`, `bufferSize`, `rules` beside `plugin`).
 */
export const externalFile = struct({
  plugin: text,
  source: text,
  metricsReporting: anything,
  conditions: list(condition),
  pluginConfig: struct({
    socketAddress: optional(text),
    socketPath: optional(text),
    invoke_interval: span,
    invokeInterval: span,
    timeout: span,
    grpcTimeout: span,
    skip_initial_status: flag,
    retryPolicy: struct({
      maxAttempts: optional(whole),
      backoffMultiplier: optional(decimal),
      initialBackoff: span,
      maxBackoff: span,
    }),
    reconnectInterval: span,
    maxReconnectAttempts: optional(whole),
    healthCheck: struct({ interval: span, timeout: span, errorThreshold: optional(whole) }),
    healthCheckInterval: span,
    pluginParameters: mapOf(word),
    bufferSize: anything,
    rules: anything,
  }),
  invokeInterval: span,
  bufferSize: anything,
  rules: anything,
})

export type Condition = Of<typeof condition>
export type LogRule = Of<typeof logRule>
export type PluginRule = Of<typeof pluginRule>
export type LogFile = Of<typeof logFile>
export type PluginFile = Of<typeof pluginFile>
export type StatsFile = Of<typeof statsFile>
export type ExternalFile = Of<typeof externalFile>
export type MetricsConfigs = StatsFile['cpu']['metricsConfigs']
