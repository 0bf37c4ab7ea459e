/** XID lines of NVIDIA's driver. Pure. */
import { placeOf } from '../cards/pci.ts'
import type { Culprit, Recovery, XidFact } from './facts.ts'

/** "NVRM: Xid (PCI:0000:83:00 GPU-I:05 GPU-CI:00): 31, pid=4242, name=python3, Ch 00000010"; of very old drivers without "PCI:" */
const XID =
  /^NVRM: Xid \((?:PCI:)?([0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2}(?:\.[0-9a-f])?)(?: GPU-I:(\d{1,4}))?(?: GPU-CI:(\d{1,4}))?\): (\d{1,5})(?:,(.*))?$/is
/** "pid=4242, name=python3," or "pid='<unknown>', name=<unknown>,": what follows is anybody's, up to the kernel's next comma */
const WHO = /^ ?pid='?(?:(\d{1,10})|<unknown>)'?(?:, name=([^,]{0,64}))?(?:,|$)/s

/*
 * What is looked for behind the name is longer than the 15 bytes that a process may be called by, so that no name is taken for it,
 * and is looked for anywhere, so that a comma in a name hides nothing of it.
 */

/** "(GPC 0, TPC 1, SM 0)" */
const UNIT = /\(GPC\s+(\d{1,3}),\s*TPC\s+(\d{1,3}),\s*SM\s+\d{1,3}\)/
/** "GPU recovery action changed from 0x0 (None) to 0x2 (Node Reboot Required)" */
const RECOVERY = /GPU recovery action changed from 0x[0-9a-f]{1,8} \([^)]{0,64}\) to 0x([0-9a-f]{1,8}) \([^)]{0,64}\)/i
/** "NETIR_LINK_EVT  Fatal   XC0 i0 Link -1 (0x004505c6 0x00000000": subcode, how grave, XC, injected, link, intrInfo, errStatus */
const NVLINK = /\w+\s+(Non-?fatal|Fatal)\s+\w+\s+\w+\s+Link\s+-?\d+\s+\(0x[0-9a-f]+\s+0x[0-9a-f]+/i

const RECOVERIES: readonly Recovery[] = [
  'none',
  'gpu-reset',
  'node-reboot',
  'drain-p2p',
  'drain-and-reset',
  'recover-imex',
]

/** XID 154 says what is to be done. */
const RECOVERY_CHANGED = 154

/** Without what is no text, and in one line. */
export function plainText(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim()
}

function whoOf(rest: string): { readonly culprit: Culprit; readonly text: string } {
  const who = WHO.exec(rest)
  if (who === null) return { culprit: {}, text: plainText(rest) }
  const [whole, pid, name = '<unknown>'] = who
  const culprit = {
    ...(pid !== undefined && { pid: Number(pid) }),
    ...(name !== '<unknown>' && { process: name }),
  }
  return { culprit, text: plainText(rest.slice(whole.length)) }
}

function recoveryOf(code: number, rest: string): Recovery | undefined {
  if (code !== RECOVERY_CHANGED) return undefined
  const to = RECOVERY.exec(rest)?.[1]
  return (to === undefined ? undefined : RECOVERIES[Number.parseInt(to, 16)]) ?? 'unknown'
}

function unitOf(rest: string): string | undefined {
  const [, gpc, tpc] = UNIT.exec(rest) ?? []
  return gpc === undefined ? undefined : `GPC ${gpc}, TPC ${tpc}`
}

function isFatal(rest: string): boolean | undefined {
  const word = NVLINK.exec(rest)?.[1]
  return word === undefined ? undefined : word.toLowerCase() === 'fatal'
}

/** An XID; undefined for any other line. */
export function parseXid(line: string): XidFact | undefined {
  const [, written, gi, ci, code, rest = ''] = XID.exec(line) ?? []
  const place = placeOf(written ?? '')
  if (place === undefined) return undefined
  const { culprit, text } = whoOf(rest)
  const number = Number(code)
  const unit = unitOf(rest)
  const recovery = recoveryOf(number, rest)
  const fatal = isFatal(rest)
  return {
    kind: 'xid',
    place,
    code: number,
    ...(gi !== undefined && { gi: Number(gi) }),
    ...(ci !== undefined && { ci: Number(ci) }),
    ...culprit,
    text,
    ...(unit !== undefined && { unit }),
    ...(recovery !== undefined && { recovery }),
    ...(fatal !== undefined && { isFatal: fatal }),
  }
}
