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

## Told otherwise

\`xid: { "94": { action: reset-device, mode: observe } }\` in the \`config\` of \`gpu-kernel-log\` tells one number otherwise; \`sxid\` does so of SXids.

- **\`mode\`**: \`off\` tells neither its event nor its condition; \`observe\` tells both, and nothing is ever done about it (\`GPUHealthy\` does not
  count it); \`act\` tells both, and acts. It goes before \`modes\` of its numbered check.
- **\`action\`** is what is to be done, whatever else says it: this page, XID 154, the same seen more than once, or in three boots. \`none\`: nothing is.
  Severity, and what proves it gone, stay as they are here.
- **An event** of which there is an \`action\` other than \`none\`, or which is \`mode: act\`, stands: in \`GPUXidError\`, as a warning at least, until a
  reset. What the kernel itself calls not fatal of NVLink 5 (144 to 150) stays an event.
- **Other overrides of an event** count where it is more, seen more than once (13, 31, 94), or called fatal by the kernel (SXid). Of an event that never
  is they would change nothing, and the configuration is refused with the line and that reason.
- **79** says so of \`GPUMissing\` too, and of a GPU that the kernel's log says has fallen off the bus without a number. **154** says so of the
  \`GPUResetRequired\` that the log tells; it outweighs other actions only while it is acted on, with the driver's own action, and it proves resets
  in each mode. **A fatal SXid** says so of \`GPUFabricFailed\` too.
- What \`nvidia-smi\` shows of the same trouble by itself (a GPU that is lost, or asks for a reset) is told by \`gpu-health-check\`: its
  \`modes\` \`lost\`, \`count\` and \`reset-required\`.
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
