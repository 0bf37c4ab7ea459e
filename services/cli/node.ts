/** The detector's answer as people are shown it: the same view as the page's. */
import { type Health, readersOf } from '#model'
import { DetectorService, type Node } from '#proto/nodedoctor/v1/detector.ts'
import { connectUnix } from '#rpc'
import { socketOf } from '#service-table'
import { type ConditionView, NO_REMEDIATION, type NodeFacts, type NodeView, renderNodeView } from '#view'
import { fromProtoMonitorState, fromProtoNodeCondition, fromProtoProblem } from '#wire'

const TIMEOUT_MS = 5000

export function detectorSocket(runDir: string): string {
  return socketOf({ name: 'detector', kind: 'core' }, runDir)
}

/** @throws RpcError when the detector does not answer */
export async function askNode(runDir: string): Promise<Node | undefined> {
  const client = connectUnix(detectorSocket(runDir))
  try {
    return (await client.call(DetectorService.getNode, {}, { timeoutMs: TIMEOUT_MS })).node
  } finally {
    client.close()
  }
}

/** How a condition is, in a line with what was last seen of it: what that look says is not settled yet where it is watched. */
export function stateWord(state: Health | ConditionView['level'], held: ConditionView['held']): string {
  return state === 'healthy' && held === 'pending' ? 'healthy, being watched' : state
}

/** @param repairs what is known of them; default: nobody was asked */
export function viewOf(
  node: Node,
  now: Date,
  repairs: Pick<NodeFacts, 'remediation' | 'repairs'> = { remediation: NO_REMEDIATION },
): NodeView {
  return renderNodeView(
    {
      node: { name: node.name, address: '', bootId: node.bootId, version: node.version },
      detector: {
        state: 'live',
        lastHeartbeat: node.time ?? now,
        listeningSince: node.detectorStarted ?? now,
        ...readersOf(node.bus, node.time ?? now),
      },
      conditions: node.conditions.map((condition) => fromProtoNodeCondition(condition, now)),
      problems: [...node.problems, ...node.resolved].map((problem) => fromProtoProblem(problem, now)),
      monitors: node.monitors.map((monitor) => fromProtoMonitorState(monitor, now)),
      settings: { set: [], defaults: 0, since: '', refused: [], refusedCount: 0 },
      ...repairs,
    },
    now,
  )
}
