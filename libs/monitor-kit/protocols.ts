/** Both protocols of a monitor, over what its checks say. */
import { cleanText } from '#model'
import { createAnswers } from './answers.ts'
import type { MonitorContext } from './check-parts.ts'
import type { CommonTypes } from './common-types.ts'
import { describeMonitor, metadataOf } from './describe.ts'
import { createExternalRpc, type ExternalRpc, type ExternalRpcOptions } from './external-rpc.ts'
import type { FirstRuns } from './first-runs.ts'
import { createMonitorRpc, type MonitorRpc } from './monitor-rpc.ts'
import type { ReportOutbox } from './outbox.ts'
import { createPolled } from './polled.ts'
import type { Runner } from './run-check.ts'
import type { ScheduledCheck } from './schedule.ts'
import { presentReports, together } from './telling.ts'
import type { ClearedWord, MonitorDefinition } from './types.ts'

/** What is served. */
export interface Served {
  readonly definition: MonitorDefinition
  readonly context: MonitorContext
  readonly outbox: ReportOutbox
  readonly runners: readonly Runner[]
  readonly common: CommonTypes
  readonly checks: readonly ScheduledCheck[]
  readonly firstRuns: FirstRuns
}

/** npd.external.v1.ExternalMonitor: what is known, in the order of the declared types. */
function createExternal(
  { definition, context, runners, common, checks, firstRuns }: Served,
  asking: Pick<ExternalRpcOptions, 'mayTake' | 'onAsked' | 'onAnswered'>,
): ExternalRpc {
  const byType = [...new Set(runners.flatMap(({ declared }) => declared.conditions.map(({ type }) => type)))]
  return createExternalRpc({
    name: definition.name,
    metadata: () => metadataOf(definition, runners, context.version),
    present: () => byType.map((type) => ({ type, conditions: common.conditionsOf(type) })),
    answer: createAnswers(checks),
    firstRuns: firstRuns.wait,
    ...asking,
    onStop: () => context.requestStop?.('npd.external.v1.ExternalMonitor/Stop'),
  })
}

/** nodedoctor.v1.Monitor: reports as they come, and runs that are asked for. */
function createNative({ definition, context, outbox, runners, common, checks }: Served): MonitorRpc {
  const { clock, log, version } = context

  function clear(word: ClearedWord): void {
    const condition = cleanText(word.type, 80)
    log.info('a person cleared a condition', { condition, entity: word.entity, by: word.by })
    for (const runner of runners) runner.clear(word)
  }

  return createMonitorRpc({
    outbox,
    clock,
    log,
    present: () => presentReports(runners, common, outbox, clock.now()),
    clear,
    describe: () => describeMonitor(definition, runners, { version, incarnation: outbox.incarnation }),
    checkNames: () => runners.map(({ instance }) => instance.name),
    check: (name) => {
      const asked = checks.filter(({ runner }) => name === '' || runner.instance.name === name)
      if (asked.length === 0) return undefined
      return Promise.all(asked.map(({ runNow }) => runNow())).then(
        (reports) => together(reports) as NonNullable<ReturnType<typeof together>>,
      )
    },
  })
}

/** What is served, and whether there is room for more. */
export interface Protocols {
  readonly native: MonitorRpc
  readonly external: ExternalRpc
  /**
   * As of the outbox, and while the next answer of CheckHealth may be all that anybody hears, as there is room in it; where the
   * monitor is only polled nobody else is waited for.
   */
  room(check: string): Promise<void> | undefined
}

/** Both protocols over one outbox. */
export function createProtocols(served: Served): Protocols {
  const { outbox, context } = served
  const native = createNative(served)
  const polled = createPolled({
    clock: context.clock,
    isWatched: () => native.isWatched,
    acknowledgements: () => outbox.acknowledgements,
  })
  const external = createExternal(served, {
    mayTake: () => polled.mayTake,
    onAsked: polled.asked,
    onAnswered: () => outbox.answered(polled.isPolled),
  })
  return {
    native,
    external,
    room(check) {
      const isFull = polled.mayTake && external.isFull
      return polled.isPolled && !isFull ? undefined : outbox.room(check, isFull)
    },
  }
}
