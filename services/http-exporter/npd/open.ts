/** What the ports of node-problem-detector show of what this exporter knows. Wiring only. */
import type { Clock } from '#service'
import type { HttpExporterConfig } from '../config.ts'
import type { NodeState } from '../state/node-state.ts'
import { answerConditions, answerHealthz, answerMetrics } from './answers.ts'
import type { NpdAnswers } from './listeners.ts'
import { createNpdSeries, type NpdSeries } from './series.ts'

type Config = Pick<HttpExporterConfig, 'npd' | 'npdTold'>

/** Metrics of the files: by their names, of the monitors that run them. None are kept where nobody asks for them. */
export function openNpdSeries({ npd, npdTold }: Config): NpdSeries {
  const names = new Set(npd.enabled && npd.prometheusPort !== 0 ? npdTold.metrics : [])
  const monitors = new Set(npdTold.monitors)
  return createNpdSeries((monitor, { name }) => names.has(name) && monitors.has(monitor))
}

export interface NpdKnown {
  readonly state: Pick<NodeState, 'conditions' | 'monitors' | 'liveness'>
  readonly series: NpdSeries
  readonly clock: Pick<Clock, 'now'>
}

/** Each as it is when it is asked for. */
export function npdAnswers({ npdTold }: Config, { state, series, clock }: NpdKnown): NpdAnswers {
  const { conditions, monitors, liveness } = state
  return {
    healthz: () =>
      answerHealthz({
        detector: liveness().state,
        monitors: monitors.values.values(),
        files: npdTold.files,
        now: clock.now(),
      }),
    conditions: () => answerConditions(conditions.values.values(), npdTold),
    metrics: () => answerMetrics(series.families()),
  }
}
