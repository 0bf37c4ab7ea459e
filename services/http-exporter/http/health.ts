/** What `/health` says to a machine. */
import type { Level, NodeView } from '#view'
import { type Answer, json } from './answer.ts'

/** Verdicts under which the node is not to be relied on. */
const BAD: ReadonlySet<Level> = new Set(['critical', 'stale'])

/**
 * 200 while the node is known to be usable: all right, or with problems below critical. 503 when a problem is
 * critical, when the detector is silent, and as long as nothing is known yet. An unknown condition beside known ones
 * does not make it 503: not to know is no problem.
 */
export function healthStatus(view: NodeView): number {
  const nothingKnown = view.detector.state !== 'live' || view.conditions.length === 0
  return BAD.has(view.verdict.level) || nothingKnown ? 503 : 200
}

export function answerHealth(view: NodeView, sentence: string): Answer {
  const status = healthStatus(view)
  const { verdict, problems, conditions, detector, at, node } = view
  return json(
    {
      status: verdict.level,
      healthy: status === 200,
      verdict: sentence,
      node: node.name,
      problems: problems.length,
      conditions: conditions.length,
      unknown: conditions.filter(({ health }) => health === 'unknown').length,
      detector: detector.state,
      at,
    },
    status,
  )
}
