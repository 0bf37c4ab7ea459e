/** A monitor's definition as a service: its configured checks on their schedule, on both protocols. */
import { randomInt } from 'node:crypto'
import { join } from 'node:path'
import type { NodeDoctorConfig } from '#config'
import type { Report } from '#model'
import { defineService, runService, type Service, type ServiceContext, type ServiceDefinition } from '#service'
import { toProtoConditionType, toProtoEventReason } from '#wire'
import { conditionTypeOf } from './define.ts'
import { createExternalRpc } from './external-rpc.ts'
import { createMonitorRpc, HEARTBEAT_MS } from './monitor-rpc.ts'
import { createReportOutbox } from './outbox.ts'
import { createRunner, type RunReport } from './run-check.ts'
import { createSchedule } from './schedule.ts'
import type { CheckInstance, MonitorDefinition } from './types.ts'

/** The checks of the configuration that this monitor serves. */
export function instancesOf(definition: MonitorDefinition, config: NodeDoctorConfig): CheckInstance[] {
  return config.monitors
    .filter((entry) => entry.enabled && entry.monitor === definition.name)
    .map(({ name, type, intervalMs, timeoutMs, config: keys, dependsOn }) => ({
      name,
      type,
      intervalMs,
      timeoutMs,
      config: keys,
      dependsOn,
    }))
}

export function createMonitor(
  definition: MonitorDefinition,
  context: ServiceContext<readonly CheckInstance[]>,
): Service {
  const { clock, log, version, host } = context
  const incarnation = randomInt(1, 2 ** 47)
  const outbox = createReportOutbox(incarnation)
  const runners = context.config.flatMap((instance) => {
    const check = definition.checks.find(
      ({ type, aliases }) => type === instance.type || aliases?.includes(instance.type),
    )
    if (check === undefined) return []
    const around = {
      config: instance.config,
      name: instance.name,
      host,
      clock,
      log: log.child({ monitor: instance.name }),
    }
    return [createRunner(check, instance, around)]
  })
  const present = () => runners.flatMap((runner) => runner.present())
  const checks = [...new Set(runners.map((runner) => runner.definition))]
  const stopped = new AbortController()
  let firstRuns = 0
  let loop: Promise<void> | undefined

  const external = createExternalRpc({
    name: definition.name,
    present,
    metadata: () => ({
      name: definition.name,
      version,
      description: definition.description,
      supportedConditions: checks.flatMap(({ conditions }) => conditions.map(({ type }) => type)),
      capabilities: { 'nodedoctor.v1': 'true' },
      apiVersion: 'v1',
    }),
    onStop: () => {
      log.info('asked to stop over the socket')
      process.kill(process.pid, 'SIGTERM')
    },
  })
  const rpc = createMonitorRpc({
    outbox,
    present,
    now: clock.now,
    checkNames: () => runners.map(({ instance }) => instance.name),
    describe: () => ({
      name: definition.name,
      version,
      description: definition.description,
      incarnation,
      heartbeatIntervalMs: HEARTBEAT_MS,
      conditionTypes: checks.flatMap(({ conditions }) =>
        conditions.map((spec) => toProtoConditionType(conditionTypeOf(spec))),
      ),
      eventReasons: checks.flatMap(({ events }) => (events ?? []).map(toProtoEventReason)),
      metrics: checks.flatMap(({ metrics }) =>
        (metrics ?? []).map((metric) => ({ ...metric, title: metric.title ?? '' })),
      ),
      checks: runners.map(({ instance, definition: check }) => ({
        check: instance.name,
        checkType: check.type,
        intervalMs: instance.intervalMs,
        timeoutMs: instance.timeoutMs,
        conditionTypes: check.conditions.map(({ type }) => type),
        dependsOn: [...instance.dependsOn],
      })),
    }),
    check: (name) => {
      const asked = runners.filter(({ instance }) => name === '' || instance.name === name)
      if (asked.length === 0) return undefined
      return Promise.all(asked.map((runner) => runner.run(undefined))).then((reports) => tell(together(reports)))
    },
  })

  function together(reports: readonly RunReport[]): RunReport {
    return {
      observations: reports.flatMap(({ observations }) => observations),
      events: reports.flatMap(({ events }) => events),
      metrics: reports.flatMap(({ metrics }) => metrics),
      runs: reports.flatMap(({ runs }) => runs),
      withdrawn: reports.flatMap(({ withdrawn }) => withdrawn),
    }
  }

  function tell(run: RunReport): Report {
    const report = outbox.add({ ...run, time: clock.now() })
    external.happened(report.events)
    rpc.tell(report)
    return report
  }

  const schedule = createSchedule(runners, clock, (run) => {
    tell(run)
    firstRuns++
  })

  return {
    rpc: [rpc.service, external.service],
    socketPath: join(context.runDir, 'monitors', definition.name, `${definition.name}.sock`),
    start(signal) {
      if (runners.length === 0) log.warn('no check is configured for this monitor')
      loop = schedule.run(AbortSignal.any([signal, stopped.signal]))
      return Promise.resolve()
    },
    readiness: () => {
      const ready = runners.length === 0 || firstRuns > 0
      return { ready, reason: ready ? '' : 'no check has ended its first run' }
    },
    async stop() {
      stopped.abort()
      rpc.end()
      // A check that hangs must not hold the process: it is abandoned.
      await Promise.race([loop, clock.sleep(500)])
    },
  }
}

export function createMonitorService(definition: MonitorDefinition): ServiceDefinition<readonly CheckInstance[]> {
  return defineService({
    name: definition.name,
    description: definition.description,
    config: (full) => instancesOf(definition, full),
    create: (context) => createMonitor(definition, context),
  })
}

/** What a monitor's main does: runs it as a process of its own. */
export function runMonitor(definition: MonitorDefinition): Promise<never> {
  return runService(createMonitorService(definition))
}
