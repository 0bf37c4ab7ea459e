/** Messages as nameservers send them, and as nobody should. */
import { type Answer, encode } from 'dns-packet'

/** What stands in an answer, beside its question. */
export interface AnswerParts {
  readonly answers?: readonly Answer[]
  readonly rcode?: number
  /** AA 0x400, TC 0x200, RD 0x100, RA 0x80 */
  readonly flags?: number
  readonly edns?: boolean
  /** High bits of the response code. */
  readonly extendedRcode?: number
}

/** Where the question of a query without compression ends. */
export function questionEnd(query: Buffer): number {
  let at = 12
  while (query[at] !== 0) at += 1 + (query[at] ?? 0)
  return at + 5
}

/** An answer to the bytes of a query, with its id and its question as they are. */
export function answerTo(
  query: Buffer,
  { answers = [], rcode = 0, flags = 0x80, edns, extendedRcode = 0 }: AnswerParts,
) {
  const opt = { type: 'OPT', name: '.', udpPayloadSize: 1232, flags: 0, flag_do: false, ednsVersion: 0 } as const
  const rest = encode({
    type: 'response',
    id: query.readUInt16BE(0),
    flags: flags | 0x100 | rcode,
    answers: [...answers],
    additionals: edns === true ? [{ ...opt, extendedRcode, options: [] }] : [],
  })
  rest.writeUInt16BE(1, 4)
  return Buffer.concat([rest.subarray(0, 12), query.subarray(12, questionEnd(query)), rest.subarray(12)])
}

/** A record as bytes. @param name as bytes of the message: `[0xc0, 12]` is the question's */
export function rawRecord(
  name: readonly number[],
  type: number,
  data: readonly number[],
  length = data.length,
): Buffer {
  const head = Buffer.alloc(10)
  head.writeUInt16BE(type, 0)
  head.writeUInt16BE(1, 2)
  head.writeUInt32BE(60, 4)
  head.writeUInt16BE(length, 8)
  return Buffer.concat([Buffer.from(name), head, Buffer.from(data)])
}

/** An answer with these records, as they are. */
export function rawAnswer(query: Buffer, records: readonly Buffer[], count = records.length): Buffer {
  const message = Buffer.concat([answerTo(query, {}), ...records])
  message.writeUInt16BE(count, 6)
  return message
}
