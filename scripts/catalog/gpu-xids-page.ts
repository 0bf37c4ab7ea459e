/** docs/gpu-xids.md: what each XID and SXid is told as. */
import { CATALOGUE, SXIDS, XIDS } from '../../services/monitors/gpu/xid/catalogue.ts'
import type { Proof, Repeat, SxidRow, Verdict, XidRow } from '../../services/monitors/gpu/xid/types.ts'
import { table } from './markdown.ts'

const HEAD = `# XID and SXid

What each number of NVIDIA's drivers is told as, from the catalogue of the GPU monitor. Made by \`make generate\`; edit
\`services/monitors/gpu/xid/xids.json\` and \`sxids.json\`, not this page. A site says otherwise by \`xid\` and \`sxid\` of its
\`gpu-kernel-log\`; the rules beside it are in [its README](../services/monitors/gpu/README.md).

- **Gone by**: what proves it gone. An *event* stands for nothing.
- A number that is not here is a warning for its maker's support, gone by a reset.
`

const GONE: Readonly<Record<Proof, string>> = {
  none: 'event',
  reset: 'reset',
  reboot: 'reboot',
  replacement: 'another GPU',
}

function verdict({ severity, action, proof }: Verdict): readonly string[] {
  return [severity, action === 'none' ? '' : action, GONE[proof]]
}

/** "2 of one GPU within 24 h, by two programs: error, contact-support" */
function again({ times, hours, same, apart, severity, action }: Repeat): string {
  const of = same === 'gpu' ? 'one GPU' : 'one TPC'
  const by = apart === 'process' ? `, by ${times} programs` : ''
  return `${times} of ${of} within ${hours} h${by}: ${severity}${action === 'none' ? '' : `, ${action}`}`
}

function moreOf({ repeat, detailOf }: XidRow): string {
  if (repeat !== undefined) return again(repeat)
  return detailOf === undefined ? '' : `told of XID ${detailOf} too`
}

function xidRow(row: XidRow): readonly string[] {
  return [String(row.code), row.meaning, ...verdict(row), moreOf(row), row.advice]
}

function sxidRow(row: SxidRow): readonly string[] {
  return [String(row.code), row.listed, ...verdict(row)]
}

/** The page. */
export function gpuXidsPage(): string {
  const { xid, sxid } = CATALOGUE
  const xids = table(
    ['XID', 'Meaning', 'Severity', 'Action', 'Gone by', 'More than once', 'Advised'],
    [...XIDS.values()].map(xidRow),
  )
  const sxids = table(['SXid', 'Listed as', 'Severity', 'Action', 'Gone by'], [...SXIDS.values()].map(sxidRow))
  const parts = [
    `## XID\n\nState ${xid.version}, from: ${xid.source}.\n\n${xids}\n`,
    `## SXid\n\nState ${sxid.version}, from: ${sxid.source}. Where the kernel's own word is graver, that counts: Fatal is critical, reboot-node.\n\n${sxids}\n`,
  ]
  return [HEAD, ...parts].join('\n')
}
