export { aborted, type Clock, systemClock, within } from '#clock'
export { COMMON_FLAGS } from './arguments.ts'
export { type BusSurroundings, type BusWay, closedDoor, memoryBus, noBus } from './bus-way.ts'
export { defineService } from './define.ts'
export { type ErrorRecord, errorRecord } from './error-record.ts'
export * from './errors.ts'
export {
  METRICS_TYPE,
  type MetricFamily,
  type MetricValue,
  readFamilies,
  readTold,
  renderFamilies,
  type ToldMetrics,
} from './families.ts'
export { EXTERNAL_MONITOR, externalMonitorFlag, type FilesFlag } from './files-flag.ts'
export { type FlagSpec, type FlagValues, flagLines, parseOwnFlags, readFlags } from './flags.ts'
export { keepHeapSmall } from './heap.ts'
export { createHostedService, type HostedService } from './host-service.ts'
export type { AnyDefinition } from './hosted-turn.ts'
export { createLife, type Life, type LifeState } from './life.ts'
export { ALIVE_EVERY_MS } from './liveness.ts'
export { createLogger, type LogFormat, type LogLevel } from './log.ts'
export { type Loop, startLoop } from './loop.ts'
export { type Counter, createMetrics, type Histogram, type Metrics, type Reading, type Registry } from './metrics.ts'
export { type OwnUse, readOwnUse } from './own-cgroup.ts'
export { labelText, type PlainFamily, type PlainValue, plainLines } from './plain-families.ts'
export { renderPretty } from './pretty.ts'
export {
  EXIT_FAILED,
  EXIT_USAGE,
  leave,
  type ProcessOptions,
  type RunOptions,
  runProcess,
  runServices,
} from './process.ts'
export { addProcessMetrics, isProcessMetric } from './process-metrics.ts'
export { runService, runWithoutBus } from './run.ts'
export { createServerDoor, type ServerDoorOptions } from './server-bus.ts'
export { endAtSignal, supervisorPid } from './signals.ts'
export type * from './types.ts'
export { VERSION } from './version.ts'
