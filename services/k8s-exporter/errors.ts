/** What can go wrong here beside the API server's answers (libs/kube). */

/** An event needs the node's uid, and the node was not read yet. */
export class NodeUnknownError extends Error {
  readonly code = 'NODE_UNKNOWN'
  constructor(nodeName: string) {
    super(`cannot tell events of the node ${nodeName}: the API server has not shown it yet`)
    this.name = 'NodeUnknownError'
  }
}
