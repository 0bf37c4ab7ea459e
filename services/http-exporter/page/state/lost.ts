import { evaluateVerdict, type NodeView } from '#view'

/**
 * The last view, once nothing arrives any more: the same evaluator says what is known now, which is nothing, since the
 * last message.
 * @param heardMs when the last message came, on the node's clock
 */
export function loseStream(view: NodeView, heardMs: number, nowMs: number): NodeView {
  const heard = new Date(heardMs).toISOString()
  const known = view.detector.state === 'live' ? heard : view.detector.lastHeartbeat
  const detector = {
    ...view.detector,
    state: 'stale' as const,
    ...(known === undefined ? {} : { lastHeartbeat: known }),
  }
  const { conditions, problems, resolved, monitors, node } = view
  const verdict = evaluateVerdict(
    { name: node.name, detector, listeningSince: heard, conditions, problems, resolved, monitors },
    new Date(nowMs),
  )
  return { ...view, detector, verdict }
}
