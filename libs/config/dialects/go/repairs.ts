/** `monitors[].remediation`: of a list of strategies the one that counts. */
import { child, type Entry, type MapNode, plainOf } from '../../tree/tree.ts'
import { withEntry, without } from './edit.ts'
import { MONITORS_SECTION } from './rows/monitors.ts'
import { type Site, siteBelow, type Told } from './told.ts'

const KEY = 'strategies'
const { why = '', instead = '' } = MONITORS_SECTION.rows.find(({ key }) => key.endsWith(`.${KEY}[]`)) ?? {}

/** A block that is switched off and names nothing to do says nothing. */
function isIdle(block: MapNode): boolean {
  const enabled = child(block, 'enabled')
  return (
    enabled !== undefined && plainOf(enabled) === false && !block.entries.has('strategy') && !block.entries.has(KEY)
  )
}

/** The first of the list, where the block itself names none; what it says of itself goes before what the block says of all. */
function lifted(block: MapNode, list: Entry): MapNode {
  const bare = without(block, [KEY])
  const [first] = list.node.kind === 'list' ? list.node.items : []
  if (block.entries.has('strategy') || first?.kind !== 'map') return bare
  return [...first.entries]
    .filter(([key]) => key !== 'priority' && key !== KEY)
    .reduce((map, [key, entry]) => withEntry(map, [key], entry), bare)
}

/** @param entry of `monitors` */
export function readRepair(entry: MapNode, site: Site, told: Told): MapNode {
  const block = entry.entries.get('remediation')
  if (block?.node.kind !== 'map') return entry
  if (isIdle(block.node)) return without(entry, ['remediation'])
  const list = block.node.entries.get(KEY)
  if (list === undefined) return entry
  const at = siteBelow(site, `remediation.${KEY}`)
  const count = list.node.kind === 'list' ? list.node.items.length : 0
  const isTaken = !block.node.entries.has('strategy') && count > 0
  if (isTaken) told.note('renamed', at, list, 'the first of them is read as the one of this check')
  if (count > (isTaken ? 1 : 0)) told.refused(at, list, isTaken ? `of the others none does: ${why}` : why, instead)
  return withEntry(entry, ['remediation'], { ...block, node: lifted(block.node, list) })
}
