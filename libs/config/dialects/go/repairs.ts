/** `monitors[].remediation.strategies[]`, and what is nested in it: each has the keys of the block itself. */
import type { MapNode, Tree } from '../../tree/tree.ts'
import { applyRows } from './apply.ts'
import { withEntry } from './edit.ts'
import { MONITORS_SECTION } from './rows/monitors.ts'
import { type Site, siteBelow, type Told } from './told.ts'
import type { Row } from './types.ts'

const BLOCK = 'monitors[].remediation.'
const LIST = 'strategies'
/** Deeper is a fault of the walk. */
const LEVELS_MAX = 10

/** Rows of a block, below it, but for those that say another thing of the block itself. */
const ROWS: readonly Row[] = MONITORS_SECTION.rows
  .filter(({ key, isStep }) => key.startsWith(BLOCK) && key !== `${BLOCK}priority` && isStep !== true)
  .map((row) => ({ ...row, key: row.key.replace(BLOCK, '') }))

function readList(block: MapNode, site: Site, told: Told, level: number): MapNode {
  const list = block.entries.get(LIST)
  if (list?.node.kind !== 'list' || level > LEVELS_MAX) return block
  const items = list.node.items.map((item, index): Tree => {
    const key = `${LIST}[${index}]`
    const at = { path: `${site.path}.${key}`, key: `${site.key}.${key}` }
    const read = applyRows(ROWS, item, { site: at, told })
    return read.kind === 'map' ? readList(read, at, told, level + 1) : read
  })
  if (items.every((item, index) => list.node.kind === 'list' && item === list.node.items[index])) return block
  return withEntry(block, [LIST], { ...list, node: { ...list.node, items } })
}

/** @param entry of `monitors` */
export function readRepair(entry: MapNode, site: Site, told: Told): MapNode {
  const block = entry.entries.get('remediation')
  if (block?.node.kind !== 'map') return entry
  const node = readList(block.node, siteBelow(site, 'remediation'), told, 1)
  return node === block.node ? entry : withEntry(entry, ['remediation'], { ...block, node })
}
