/** The way to the API server in one text is known to be none before anything starts. */
import { apiServerFault } from '#kube/override'
import type { Document } from '../schema/document.ts'
import type { Tree } from '../tree/tree.ts'
import type { Run } from '../walk/run.ts'
import { rootSpot, spotOf } from './spot.ts'

export function checkApiServer({ exporters: { kubernetes } }: Document, tree: Tree, run: Run): void {
  // Undefined where it, or what it stands in, is no text: that is told already.
  const { enabled, apiserver }: Partial<Document['exporters']['kubernetes']> = kubernetes
  const isAsked = enabled === true && apiserver !== undefined && apiserver !== ''
  const fault = isAsked ? apiServerFault(apiserver) : undefined
  if (fault !== undefined) run.fault(spotOf(rootSpot(tree), tree, 'exporters', 'kubernetes', 'apiserver'), fault)
}
