/** The way to the API server in one text is known to be none before anything starts. */
import { apiServerFault } from '#kube/override'
import type { Document } from '../schema/document.ts'
import type { Tree } from '../tree/tree.ts'
import type { Run } from '../walk/run.ts'
import { rootSpot, spotOf } from './spot.ts'

export function checkApiServer({ exporters: { kubernetes } }: Document, tree: Tree, run: Run): void {
  const { enabled, apiserver } = kubernetes
  const fault = enabled && apiserver !== '' ? apiServerFault(apiserver) : undefined
  if (fault !== undefined) run.fault(spotOf(rootSpot(tree), tree, 'exporters', 'kubernetes', 'apiserver'), fault)
}
