/** A line of `journalctl --output=json`. Pure. */
import { trimSpace } from '#golang'

/** An entry of the journal. */
export interface JournalLine {
  /** Microseconds since 1970. */
  readonly atUs: bigint
  /** Without the white space at its ends. */
  readonly message: Buffer
}

/** A field of several values is a list of them, of which the first counts; one that is no text a list of bytes. */
function bytesOf(field: unknown): Buffer {
  if (typeof field === 'string') return Buffer.from(field)
  if (!Array.isArray(field)) return Buffer.alloc(0)
  return field.every((one) => typeof one === 'number') ? Buffer.from(field) : bytesOf(field[0])
}

/** Undefined for what is none. */
export function parseJournalLine(text: string): JournalLine | undefined {
  let fields: unknown
  try {
    fields = JSON.parse(text)
  } catch {
    return undefined
  }
  const { __REALTIME_TIMESTAMP: at, MESSAGE } = (fields ?? {}) as Readonly<Record<string, unknown>>
  if (typeof at !== 'string' || !/^\d+$/.test(at)) return undefined
  return { atUs: BigInt(at), message: trimSpace(bytesOf(MESSAGE)) }
}
