/**
 * How much annotations of the node's may be: Kubernetes refuses an object whose annotations have more than 256 KiB, names and
 * values together (apimachinery, TotalAnnotationSizeLimitB), and with them everything that the same patch brings. Others
 * write there too, so ours are a small part of that.
 */
import type { Document } from '../schema/document.ts'
import type { Tree } from '../tree/tree.ts'
import type { Run } from '../walk/run.ts'
import { rootSpot, spotOf } from './spot.ts'

const KEYS_MAX = 32
/** Names and values, in UTF-8. */
const BYTES_MAX = 16 * 1024

export function checkNodeAnnotations({ exporters: { kubernetes } }: Document, tree: Tree, run: Run): void {
  const { nodeAnnotations } = kubernetes
  const spot = spotOf(rootSpot(tree), tree, 'exporters', 'kubernetes', 'nodeAnnotations')
  const entries = Object.entries(nodeAnnotations)
  if (entries.length > KEYS_MAX) run.fault(spot, `has ${entries.length} annotations; expected at most ${KEYS_MAX}`)
  const bytes = entries.reduce((sum, [key, value]) => sum + Buffer.byteLength(`${key}${value}`), 0)
  if (bytes > BYTES_MAX) run.fault(spot, `has ${bytes} bytes, names and values in all; expected at most ${BYTES_MAX}`)
}
