/** What a detector would write onto a bus, in the model's words, for tests of those who read it. */
import type { MetricDescriptor, MetricSample, MonitorState, NodeCondition, NodeEvent, Problem } from '#model'
import type { Behind } from '#proto/nodedoctor/v1/types.ts'
import { toProtoEvent, toProtoMonitorState, toProtoNodeCondition, toProtoProblem, toProtoSample } from '#wire'
import type { ConnectedBus } from './connect.ts'
import type { TestBus } from './testing.ts'
import type { BusWriter } from './types.ts'
import { createBusWriter } from './writer.ts'

/** What a detector would write, in the model's words. */
export interface TestDetector {
  readonly writer: BusWriter
  readonly connection: ConnectedBus
  condition(value: NodeCondition): Promise<void>
  problem(value: Problem): Promise<void>
  monitor(value: MonitorState): Promise<void>
  event(value: NodeEvent): Promise<void>
  metrics(monitor: string, samples: readonly MetricSample[], described?: readonly MetricDescriptor[]): void
  /**
   * @param waitingMs for how long its oldest change has waited
   * @param unstoredMs how old the oldest change is that its bucket does not have; default `waitingMs`
   * @param behind monitors whose changes are not counted there. Default none
   */
  heartbeat(waitingMs?: number, unstoredMs?: number, behind?: readonly Behind[]): void
}

let heartbeats = 0

export async function startTestDetector(bus: TestBus): Promise<TestDetector> {
  const connection = bus.detector()
  await connection.connected(AbortSignal.timeout(10_000))
  const writer = createBusWriter(connection, bus.consumers)
  await writer.ensureStore({ node: 'worker-7', bootId: 'b1' })
  return {
    writer,
    connection,
    condition: (value) => writer.put('node_conditions', toProtoNodeCondition(value)),
    async problem(value) {
      await writer.put('problems', toProtoProblem(value))
      await writer.publishProblem(toProtoProblem(value))
    },
    monitor: (value) => writer.put('monitors', toProtoMonitorState(value)),
    async event(value) {
      await writer.publishEvent(toProtoEvent(value))
    },
    metrics: (monitor, samples, described = []) =>
      writer.publishMetrics({
        monitor,
        time: new Date(),
        samples: samples.map(toProtoSample),
        described: [...described],
      }),
    heartbeat: (waitingMs = 0, unstoredMs = waitingMs, behind = []) =>
      writer.publishHeartbeat({
        node: 'worker-7',
        bootId: 'b1',
        detectorIncarnation: 7,
        time: new Date(),
        version: '0.1.0',
        sequence: ++heartbeats,
        waitingMs,
        unstoredMs,
        behind: [...behind],
      }),
  }
}
