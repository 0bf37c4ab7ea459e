/** All nodes in a row each, as `kubectl get nodes` has them: the server makes the rows, and no node comes along. */
import type { Caller } from './call.ts'
import { KubeStatusError } from './errors.ts'
import type { CallOptions } from './request.ts'

/** A node in a row. */
export interface NodeRow {
  readonly name: string
  /** Its kubelet says so, and the servers heard it lately. */
  readonly isReady: boolean
  /** No pod is scheduled there. */
  readonly isCordoned: boolean
}

/** Requests about all nodes at once. */
export interface NodeRowCalls {
  /** Of every node, about 200 bytes each on the way; whole nodes are 10 to 50 KiB. */
  listNodeRows(options?: CallOptions): Promise<NodeRow[]>
}

/** Without a list of nodes in it the rows have their cells alone. */
const PATH = '/api/v1/nodes?includeObject=None'
const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io'

/** The requests about all nodes at once, over this caller. */
export function createNodeRowCalls({ pages }: Caller): NodeRowCalls {
  return {
    async listNodeRows(more = {}) {
      const rows: NodeRow[] = []
      let columns: Columns | undefined
      for await (const page of pages({ ...more, resource: 'nodes', path: PATH, accept: TABLE })) {
        // Only the first page says what its columns are.
        columns ??= columnsOf(page)
        rows.push(...rowsOf(page, columns))
      }
      return rows
    },
  }
}

interface Columns {
  readonly name: number
  readonly status: number
}

function columnsOf(page: unknown): Columns {
  const { columnDefinitions } = page as { columnDefinitions?: readonly { readonly name?: unknown }[] }
  const find = (name: string) => columnDefinitions?.findIndex((column) => column.name === name) ?? -1
  const columns = { name: find('Name'), status: find('Status') }
  if (columns.name < 0 || columns.status < 0) throw noTable('it has no columns Name and Status')
  return columns
}

function rowsOf(page: unknown, { name, status }: Columns): NodeRow[] {
  const { rows } = page as { rows?: readonly { readonly cells?: readonly unknown[] }[] | null }
  return (rows ?? []).map(({ cells }) => {
    const [node, words] = [cells?.[name], cells?.[status]]
    if (typeof node !== 'string' || typeof words !== 'string') throw noTable('a row has no name or no status')
    // "Ready", "NotReady,SchedulingDisabled", "Unknown" (k8s.io/kubernetes, pkg/printers/internalversion, printNode).
    const said = words.split(',')
    return { name: node, isReady: said.includes('Ready'), isCordoned: said.includes('SchedulingDisabled') }
  })
}

function noTable(why: string): KubeStatusError {
  return new KubeStatusError({
    what: 'list nodes',
    verb: 'list',
    resource: 'nodes',
    status: 200,
    reason: 'NotATable',
    message: `the answer is no table of nodes: ${why}`,
  })
}
