/** A monitor of nodedoctor.v1, for tests of the whole detector. */
import { ConditionType, type MonitorServer } from '#proto/nodedoctor/v1/monitor.ts'
import { Health, Observation, Polarity, Report } from '#proto/nodedoctor/v1/types.ts'

/** A monitor that says what it is told to. */
export function createStreamer(): {
  server: MonitorServer
  say(more: Partial<Observation>, report?: Partial<Report>): void
  acknowledged(): number
} {
  let call: Parameters<MonitorServer['watch']>[0] | undefined
  let sequence = 0
  let acknowledged = 0
  return {
    acknowledged: () => acknowledged,
    say(more, report = {}) {
      sequence++
      const observation = Observation.fromPartial({
        type: 'LinkDown',
        entity: 'nic:eth0',
        health: Health.HEALTHY,
        reason: 'Up',
        message: 'link is up',
        check: 'links',
        observed: new Date(),
        ...more,
      })
      call?.write({
        time: new Date(),
        dropped: 0,
        report: Report.fromPartial({
          incarnation: 5,
          sequence,
          time: new Date(),
          observations: [observation],
          ...report,
        }),
      })
    },
    server: {
      describe: (_call, callback) =>
        callback(null, {
          name: 'links',
          version: '2',
          description: 'network links',
          incarnation: 5,
          heartbeatIntervalMs: 5000,
          eventReasons: [],
          metrics: [
            { name: 'link_up', help: 'Whether there is a carrier.', kind: 'gauge', unit: '', title: '' },
            { name: 'link_flaps', help: 'Changes of it.', kind: 'counter', unit: '', title: '' },
          ],
          checks: [
            {
              check: 'links',
              checkType: 'links',
              intervalMs: 1000,
              timeoutMs: 500,
              conditionTypes: ['LinkDown'],
              dependsOn: [],
              explainedBy: [],
            },
          ],
          conditionTypes: [
            ConditionType.fromPartial({
              type: 'LinkDown',
              polarity: Polarity.TRUE_IS_PROBLEM,
              recovery: { rule: { $case: 'healthyChecks', value: 1 } },
              label: '{entity} down',
            }),
          ],
        }),
      check: (_call, callback) => callback(null, { report: Report.fromPartial({ sequence: 77 }) }),
      watch(opened) {
        call = opened
        opened.on('data', ({ request }) => {
          if (request?.$case === 'ack') acknowledged = request.value.sequence
        })
        opened.on('error', () => undefined)
        opened.write({ time: new Date(), dropped: 0, report: undefined })
      },
    },
  }
}
