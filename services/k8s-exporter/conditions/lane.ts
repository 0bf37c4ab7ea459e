/** What the bus says of the node, as wishes for its conditions, and the writer that keeps them. Wiring only. */
import { join } from 'node:path'
import type { BusReader } from '#bus'
import { ANNOTATIONS } from '#kube'
import type { ServiceContext } from '#service'
import { earlierInstallation, installationOf, type K8sExporterConfig, markKeyOf } from '../config.ts'
import type { Lanes } from '../lanes.ts'
import type { ExporterMetrics } from '../metrics.ts'
import { renderAnnotations } from '../state/annotations.ts'
import { followNode, type NodeFeed } from '../state/node-feed.ts'
import { createConfirmations } from './confirmations.ts'
import { createOursFile } from './ours.ts'
import { createWish, type Wish } from './wish.ts'
import { type ConditionWriter, createConditionWriter } from './writer.ts'

export interface ConditionLane {
  readonly feed: NodeFeed
  readonly wish: Wish
  readonly writer: ConditionWriter
}

export interface ConditionLaneOptions {
  readonly context: ServiceContext<K8sExporterConfig>
  readonly lanes: Lanes
  readonly metrics: ExporterMetrics
  readonly reader: BusReader
  /** Something new came from the bus. */
  readonly onNews: () => void
  /** The node was read for the first time. */
  readonly onFound: () => void
  readonly signal: AbortSignal
}

/** Everything that should be known is known: what nobody wishes then is over. */
function isComplete(feed: NodeFeed): boolean {
  const isVoiced = feed.known && feed.voice().state === 'live' && feed.monitors.size > 0
  return isVoiced && [...feed.monitors.values()].every(({ health }) => health !== 'awaited')
}

function annotationsOf({ config, version }: ServiceContext<K8sExporterConfig>, feed: NodeFeed): Record<string, string> {
  const { installation, annotations, scope } = config.kubernetes
  if (scope === 'npd') return {}
  return {
    [ANNOTATIONS.installation]: installationOf(installation, process.env),
    ...(annotations &&
      renderAnnotations({
        version,
        conditions: feed.conditions.values(),
        problems: feed.problems.values(),
        monitors: feed.monitors.values(),
        silent: feed.voice().state === 'silent',
      })),
  }
}

/** Follows the node; nothing is written before {@link ConditionWriter.run}. */
export async function openConditions(options: ConditionLaneOptions): Promise<ConditionLane> {
  const { context, lanes, metrics, reader, signal } = options
  const { clock, log, nodeName, config } = context
  const { kubernetes, npd } = config
  const oursFile = createOursFile(join(context.stateDir, context.name, 'ours.json'), log)
  // Before the bus is followed: its first words find a writer.
  const remembered = await oursFile.read()
  const feed = followNode(
    reader,
    {
      clock,
      onWithdrawn: (condition) => wish.takenBack(condition),
      onType: (type, conditions) => wish.saw(type, conditions),
      onAnew() {
        writer.unsettle()
        context.readinessChanged?.()
      },
      onChange() {
        options.onNews()
        writer.changed()
      },
    },
    signal,
  )
  const wish = createWish({ kubernetes, npdTypes: npd.types, clock, feed: () => feed, node: () => writer.node })
  const writer = createConditionWriter({
    client: lanes.client,
    nodeName,
    pause: lanes.conditions,
    limiter: lanes.limiter,
    clock,
    log,
    heartbeatMs: kubernetes.heartbeatIntervalMs,
    resyncMs: kubernetes.resyncIntervalMs,
    updateMs: kubernetes.updateIntervalMs,
    remembered,
    onOurs: (ours) => void oursFile.keep(ours),
    onFound() {
      context.readinessChanged?.()
      options.onFound()
    },
    writes: kubernetes.conditions.enabled,
    installation: earlierInstallation(kubernetes, process.env),
    desired: wish.conditions,
    withdrawn: wish.over,
    annotations: () => annotationsOf(context, feed),
    asked: kubernetes.scope === 'npd' ? {} : kubernetes.nodeAnnotations,
    markKey: markKeyOf(kubernetes),
    claimed: wish.claimed,
    confirmations:
      kubernetes.scope === 'npd'
        ? createConfirmations({ heartbeatMs: kubernetes.heartbeatIntervalMs, resyncMs: kubernetes.resyncIntervalMs })
        : undefined,
    isComplete: () => kubernetes.scope === 'all' && isComplete(feed),
    onPatched(cause, types, changedMs) {
      metrics.patched(cause, changedMs)
      log.debug('node was patched', { cause, types })
    },
  })
  return { feed, wish, writer }
}
