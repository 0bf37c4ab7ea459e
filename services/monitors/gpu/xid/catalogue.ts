/** The catalogue of XID and SXid, as data: `xids.json`, `sxids.json`. Pure. */
import { compareSeverity } from '#model'
import sxidsJson from './sxids.json' with { type: 'json' }
import type { Repeat, SxidRow, SxidWord, Verdict, XidRow } from './types.ts'
import xidsJson from './xids.json' with { type: 'json' }

interface XidGroup extends Omit<XidRow, 'code' | 'meaning' | 'repeat'> {
  readonly codes: Readonly<Record<string, string>>
  readonly repeat?: Repeat
}

interface SxidGroup extends Omit<SxidRow, 'code'> {
  readonly codes: readonly number[]
}

/** Every code of XID that the vendor's catalogue has, by its number. */
export const XIDS: ReadonlyMap<number, XidRow> = new Map(
  (xidsJson.groups as readonly XidGroup[])
    .flatMap(({ codes, ...rest }) =>
      Object.entries(codes).map(([code, meaning]) => ({ ...rest, code: Number(code), meaning })),
    )
    .sort((a, b) => a.code - b.code)
    .map((row) => [row.code, row]),
)

/** Every code of SXid that the vendor's guide has, by its number. */
export const SXIDS: ReadonlyMap<number, SxidRow> = new Map(
  (sxidsJson.groups as readonly SxidGroup[])
    .flatMap(({ codes, ...rest }) => codes.map((code) => ({ ...rest, code })))
    .sort((a, b) => a.code - b.code)
    .map((row) => [row.code, row]),
)

/** Which states of the tables these are, and where they are from. */
export const CATALOGUE = {
  xid: { version: xidsJson.version, source: xidsJson.source },
  sxid: { version: sxidsJson.version, source: sxidsJson.source },
} as const

const UNLISTED: Verdict = { severity: 'warning', action: 'contact-support', proof: 'reset' }
const FATAL: Verdict = { severity: 'critical', action: 'reboot-node', proof: 'reboot' }

/** The row of a code; of one that nobody lists a warning that its maker has to explain. */
export function xidRow(code: number): XidRow {
  return XIDS.get(code) ?? { ...UNLISTED, code, meaning: 'not in the catalogue', advice: 'UNLISTED' }
}

function worse(a: Verdict, b: Verdict): Verdict {
  return compareSeverity(a.severity, b.severity) >= 0 ? a : b
}

/** The row of a code of a switch: where the kernel's own word and the table disagree, the graver one. */
export function sxidRow(code: number, word: SxidWord): SxidRow {
  const listed = SXIDS.get(code)
  const verdict: Verdict = listed ?? UNLISTED
  const { severity, action, proof } = word === 'Fatal' ? worse(verdict, FATAL) : verdict
  return { code, listed: listed?.listed ?? 'unlisted', severity, action, proof }
}

/** Of NVLink 5 (XID 144 to 150), where the kernel itself says that it is not fatal: an event. The codes are critical otherwise. */
export function nvlinkVerdict(row: XidRow, isFatal: boolean | undefined): XidRow {
  if (isFatal !== false || row.code < NVLINK5.from || row.code > NVLINK5.to) return row
  return { ...row, severity: 'warning', action: 'none', proof: 'none' }
}

const NVLINK5 = { from: 144, to: 150 } as const
