/** What tests of services stand on: a logger that keeps its lines, a configuration, a context. */
import type { NodeDoctorConfig } from '#config'
import { createHost } from '#host'
import { fakeClock } from '../clock/testing.ts'
import { createLogger } from './log.ts'
import { createMetrics } from './metrics.ts'
import { createServerDoor } from './server-bus.ts'
import type { Logger, ServiceContext } from './types.ts'

export interface KeptLog {
  readonly log: Logger
  readonly lines: readonly Record<string, unknown>[]
  /** The messages, in order. */
  messages(): string[]
}

/** A logger of every level whose lines are kept, parsed. */
export function keepLog(component = 'test'): KeptLog {
  const lines: Record<string, unknown>[] = []
  const log = createLogger({
    component,
    level: 'debug',
    format: 'json',
    write: (line) => lines.push(JSON.parse(line) as Record<string, unknown>),
  })
  return { log, lines, messages: () => lines.map(({ message }) => String(message)) }
}

/** As much of a configuration as the libraries themselves look at. */
export function minimalConfig(settings: Partial<NodeDoctorConfig['settings']> = {}): NodeDoctorConfig {
  const config = {
    settings: {
      nodeName: 'test-node',
      logLevel: 'debug',
      logFormat: 'json',
      runDir: '/run/node-doctor',
      stateDir: '/var/lib/node-doctor',
      hostRoot: '',
      updateIntervalMs: 30_000,
      enableRemediation: false,
      dryRunMode: true,
      ...settings,
    },
    monitors: [],
    exporters: { prometheus: { namespace: 'node_doctor' }, external: [] },
    settingsInForce: { set: [], defaults: 0 },
  }
  return config as unknown as NodeDoctorConfig
}

/** The detector's own bus server, as the configuration has it where it says nothing. */
export const OWN_SERVER: NodeDoctorConfig['bus'] = {
  url: '',
  port: 4222,
  storeDir: '',
  maxStoreBytes: 128 * 1024 * 1024,
}

/** A service's context over a fake clock and a log that is kept. */
export function testContext<Config>(
  name: string,
  config: Config,
  more: Partial<ServiceContext<Config>> = {},
): ServiceContext<Config> {
  const { settings } = minimalConfig()
  const { log } = keepLog(name)
  const clock = fakeClock()
  return {
    name,
    version: '0.0.0-test',
    nodeName: settings.nodeName,
    config,
    runDir: settings.runDir,
    stateDir: settings.stateDir,
    host: createHost({ root: '' }),
    bus: createServerDoor({ name, log, clock, config: { settings, bus: OWN_SERVER } }),
    clock,
    log,
    metrics: createMetrics(),
    signal: new AbortController().signal,
    requestStop: () => undefined,
    ...more,
  }
}
