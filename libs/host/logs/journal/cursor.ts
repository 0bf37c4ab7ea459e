/** The journal's word for an entry (sd_journal_get_cursor(3)). Pure. */

/** `s=…;i=…;b=…;m=…;t=…;x=…`: sequence id and number, boot, time of the boot's clock and of the wall clock, hash. */
const PART = /^(?:([imtx])=([0-9a-f]{1,16})|([sb])=([0-9a-f]{32}))$/
const PARTS = ['s', 'i', 'b', 'm', 't', 'x'] as const

type Parts = Readonly<Record<(typeof PARTS)[number], string>>

/** undefined for any other text. */
function partsOf(entry: string): Parts | undefined {
  const parts: Partial<Record<string, string>> = {}
  for (const part of entry.split(';')) {
    const [, letter, number, name, id] = PART.exec(part) ?? []
    if (letter !== undefined) parts[letter] = number
    if (name !== undefined) parts[name] = id
  }
  return PARTS.every((letter) => parts[letter] !== undefined) ? (parts as Parts) : undefined
}

/** Whether it is one that journalctl takes. */
export function isEntry(entry: string): boolean {
  return partsOf(entry) !== undefined
}

/**
 * Whether two name the same entry. It has another sequence where it was moved: what is written before /var is there is
 * copied into it then.
 */
export function isSameEntry(one: string, other: string): boolean {
  const [a, b] = [partsOf(one), partsOf(other)]
  if (a === undefined || b === undefined) return one === other
  return a.b === b.b && a.m === b.m && a.t === b.t && a.x === b.x
}

/** Whether one was written before another: by number where both are of one sequence, else by the wall clock. */
export function isBefore(one: string, other: string): boolean {
  const [a, b] = [partsOf(one), partsOf(other)]
  if (a === undefined || b === undefined) return false
  return a.s === b.s ? hex(a.i) < hex(b.i) : hex(a.t) < hex(b.t)
}

/** When it was written, by the boot's clock, and in which boot, as journald writes that. undefined for what is no cursor. */
export function momentOf(entry: string): { readonly bootId: string; readonly sinceBootUs: number } | undefined {
  const parts = partsOf(entry)
  return parts && { bootId: parts.b, sinceBootUs: Number(hex(parts.m)) }
}

function hex(digits: string): bigint {
  return BigInt(`0x${digits}`)
}
