/** A plug-in of nodedoctor.v1, for tests, that streams what it finds and tells no run of its check. */
import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { ConditionType, type MonitorServer, MonitorService } from '#proto/nodedoctor/v1/monitor.ts'
import { Health, Polarity, Report, Severity } from '#proto/nodedoctor/v1/types.ts'
import { serveUnix } from '#rpc'

const TYPE = 'PumpStopped'
const TELL_MS = 200
const ONE_LOOK = { rule: { $case: 'healthyChecks', value: 1 } } as const

/** What a test decides of it. */
export interface TellerWays {
  isBroken: boolean
  /** Nothing comes, and its stream stays open: as after SIGSTOP. */
  isFrozen: boolean
  /** It says that it looked so long ago. */
  agoMs: number
}

/** Serves it, and tells of its pump until it is closed. */
export async function startTeller(path: string): Promise<{ readonly ways: TellerWays; close(): Promise<void> }> {
  const ways: TellerWays = { isBroken: false, isFrozen: false, agoMs: 0 }
  let sequence = 0

  function report(): Report {
    sequence++
    const time = new Date()
    const sick = { health: Health.PROBLEM, severity: Severity.CRITICAL, reason: 'PumpStopped', message: 'it stands' }
    const well = { health: Health.HEALTHY, severity: Severity.INFO, reason: 'PumpRuns', message: 'it runs' }
    const observation = { type: TYPE, entity: 'pump:1', check: 'pump', ...(ways.isBroken ? sick : well) }
    const observed = new Date(time.getTime() - ways.agoMs)
    return Report.fromPartial({ incarnation: 5, sequence, time, observations: [{ ...observation, observed }] })
  }

  const implementation: MonitorServer = {
    describe: (_call, callback) => {
      if (ways.isFrozen) return
      const check = { check: 'pump', checkType: '', intervalMs: 1_000, timeoutMs: 500, conditionTypes: [TYPE] }
      callback(null, {
        ...{ name: 'pump', version: '1', description: '', incarnation: 5, heartbeatIntervalMs: 2_000 },
        ...{ eventReasons: [], metrics: [], checks: [{ ...check, dependsOn: [], explainedBy: [] }] },
        conditionTypes: [
          ConditionType.fromPartial({ type: TYPE, polarity: Polarity.TRUE_IS_PROBLEM, recovery: ONE_LOOK }),
        ],
      })
    },
    check: (_call, callback) => {
      if (!ways.isFrozen) callback(null, { report: undefined })
    },
    watch(call) {
      call.on('data', () => undefined)
      call.on('error', () => undefined)
      const timer = setInterval(() => {
        if (!ways.isFrozen) call.write({ time: new Date(), dropped: 0, report: report() })
      }, TELL_MS)
      const end = () => clearInterval(timer)
      call.on('cancelled', end)
      call.on('close', end)
    },
  }
  await mkdir(dirname(path), { recursive: true })
  const server = await serveUnix({
    path,
    services: [{ definition: MonitorService, implementation }],
    serving: () => true,
  })
  return { ways, close: () => server.close(0) }
}
