/** What the detector tells of itself on the bus: that it is there, and what it and its neighbours without a socket cost. */
import { every } from '#clock'
import type { Host } from '#host'
import { DETECTOR } from '#model'
import type { Heartbeat } from '#proto/nodedoctor/v1/types.ts'
import { readTold, type ServiceContext, supervisorPid } from '#service'
import { toProtoSample } from '#wire'
import type { BusLink } from './bus-link.ts'
import { readProcessCost } from './process-cost.ts'

/** Exporters call the detector dead after 60 s without one. */
const HEARTBEAT_MS = 3000
/** As often as anybody scrapes. */
const METRICS_MS = 15_000

export interface OwnWordOptions {
  readonly context: Pick<ServiceContext<unknown>, 'clock' | 'log' | 'metrics' | 'nodeName' | 'version'>
  /** Drawn at each start of the detector. */
  readonly incarnation: number
  /** Undefined before there is a bus. */
  readonly bus: () => BusLink | undefined
  readonly bootId: () => string
  /** How long the oldest change has waited for the bus to take it. */
  readonly waitingMs: () => number
  /** How old changes of state are that their buckets do not have. */
  readonly unstored: () => Pick<Heartbeat, 'unstoredMs' | 'behind'>
  /** Of this process's own machine. */
  readonly files: Host['files']
}

export interface OwnWord {
  /** Tells that it is there, now. */
  beat(): void
  /** Tells both from now on, until the end that it returns is called. */
  begin(): () => void
}

/** Says nothing before it is asked to. */
export function createOwnWord(options: OwnWordOptions): OwnWord {
  const { context, incarnation, bus, bootId, waitingMs, unstored, files } = options
  const { clock, log, metrics, nodeName, version } = context
  let heartbeats = 0

  function beat(): void {
    heartbeats++
    bus()?.writer.publishHeartbeat({
      node: nodeName,
      bootId: bootId(),
      detectorIncarnation: incarnation,
      time: clock.now(),
      version,
      sequence: heartbeats,
      waitingMs: waitingMs(),
      ...unstored(),
    })
  }

  async function tellMetrics(): Promise<void> {
    const { samples: counted, described } = await readTold(metrics)
    const costs = await Promise.all([
      readProcessCost(files, 'nats-server', bus()?.serverPid),
      readProcessCost(files, 'up', supervisorPid(process.env)),
    ])
    const samples = [...counted, ...costs.flat()]
    const own = { monitor: DETECTOR, time: clock.now(), samples: samples.map(toProtoSample), described: [...described] }
    const leftOut = bus()?.writer.publishMetrics(own) ?? 0
    if (leftOut > 0) log.warn('samples are left out that no message can hold', { leftOut })
  }

  function told(): void {
    void tellMetrics().catch((err: unknown) => log.warn('metrics could not be told on the bus', { err }))
  }

  return {
    beat,
    begin() {
      beat()
      if (bus()?.isReady()) told()
      const ends = [every(clock, { ms: HEARTBEAT_MS }, beat), every(clock, { ms: METRICS_MS }, told)]
      return () => {
        for (const end of ends) end()
      }
    },
  }
}
