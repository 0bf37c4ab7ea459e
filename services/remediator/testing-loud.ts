/** A plug-in that says much more than it may: every second another word on each of many conditions, one after the other without a pause. */
import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { ConditionType, type MonitorServer, MonitorService } from '#proto/nodedoctor/v1/monitor.ts'
import { Health, Polarity, Report, Severity } from '#proto/nodedoctor/v1/types.ts'
import { serveUnix } from '#rpc'

const TYPE = 'LoudBroken'
const ENTITIES = 500
const SICK = 20

/** Serves it, and lets it flood until it is closed. */
export async function startLoud(path: string): Promise<{ close(): Promise<void> }> {
  let sequence = 0
  let isOver = false

  function report(): Report {
    sequence++
    const time = new Date()
    const observations = Array.from({ length: ENTITIES }, (_, at) => ({
      type: TYPE,
      entity: `part:${at}`,
      health: at < SICK ? Health.PROBLEM : Health.HEALTHY,
      severity: Severity.WARNING,
      reason: 'Loud',
      message: `word ${sequence}`,
      check: 'loud',
    }))
    return Report.fromPartial({ incarnation: 5, sequence, time, observations })
  }

  const implementation: MonitorServer = {
    describe: (_call, callback) =>
      callback(null, {
        ...{ name: 'loud', version: '1', description: '', incarnation: 5, heartbeatIntervalMs: 2_000 },
        ...{ eventReasons: [], metrics: [] },
        conditionTypes: [typeOf()],
        checks: [
          {
            check: 'loud',
            checkType: '',
            intervalMs: 1_000,
            timeoutMs: 500,
            conditionTypes: [TYPE],
            dependsOn: [],
            explainedBy: [],
          },
        ],
      }),
    check: (_call, callback) => callback(null, { report: undefined }),
    watch(call) {
      call.on('data', () => undefined)
      call.on('error', () => undefined)
      const timer = setInterval(() => {
        if (isOver) clearInterval(timer)
        else call.write({ time: new Date(), dropped: 0, report: report() })
      }, 500)
      call.on('cancelled', () => clearInterval(timer))
    },
  }
  await mkdir(dirname(path), { recursive: true })
  const server = await serveUnix({
    path,
    services: [{ definition: MonitorService, implementation }],
    serving: () => true,
  })
  return {
    async close() {
      isOver = true
      await server.close(0)
    },
  }
}

function typeOf() {
  return ConditionType.fromPartial({ type: TYPE, polarity: Polarity.TRUE_IS_PROBLEM, description: 'A part is broken' })
}
