/** What stands in a record, as a zone file would have it. */
import type { Answer, DecodedPacket } from 'dns-packet'
import { decode } from 'dns-packet'
import { MalformedMessageError } from './errors.ts'
import { type GuardedRecord, isRead } from './guard.ts'
import type { DnsRecord } from './types.ts'

const HEAD_BYTES = 12
const INTERNET = 1
/** Of private use (RFC 6895, 3.1): `dns-packet` hands its data over as it is. */
const PRIVATE_TYPE = 65_280
const TYPES: Readonly<Record<number, string>> = {
  1: 'A',
  2: 'NS',
  5: 'CNAME',
  6: 'SOA',
  12: 'PTR',
  15: 'MX',
  16: 'TXT',
  28: 'AAAA',
  33: 'SRV',
  39: 'DNAME',
}

/** A text of TXT in quotes; what is no printable ASCII as `\DDD` (RFC 1035, 5.1). */
function quoted(text: Buffer): string {
  const escaped = text
    .toString('latin1')
    .replaceAll(/["\\]/g, String.raw`\$&`)
    .replaceAll(/[^ -~]/g, (byte) => `\\${String(byte.charCodeAt(0)).padStart(3, '0')}`)
  return `"${escaped}"`
}

/** RFC 3597, 5. */
function generic(bytes: Buffer): string {
  return bytes.length === 0 ? String.raw`\# 0` : `\\# ${bytes.length} ${bytes.toString('hex')}`
}

function dataText(read: Answer, names: readonly string[]): string {
  switch (read.type) {
    case 'A':
    case 'AAAA':
      return read.data
    case 'CNAME':
    case 'DNAME':
    case 'NS':
    case 'PTR':
      return names.join(' ')
    case 'MX':
      return `${read.data.preference} ${names.join(' ')}`
    case 'SRV':
      return `${read.data.priority} ${read.data.weight} ${read.data.port} ${names.join(' ')}`
    case 'SOA': {
      const { serial, refresh, retry, expire, minimum } = read.data
      return `${names.join(' ')} ${serial} ${refresh} ${retry} ${expire} ${minimum}`
    }
    case 'TXT':
      return [read.data]
        .flat()
        .map((text) => quoted(Buffer.from(text)))
        .join(' ')
    default:
      return 'data' in read && Buffer.isBuffer(read.data) ? generic(read.data) : ''
  }
}

/** The part of a message that `dns-packet` is given: question and answers, and of these as raw bytes what we do not read. */
function readable(bytes: Buffer, answers: readonly GuardedRecord[]): Buffer {
  const copy = Buffer.from(bytes)
  copy.writeUInt16BE(answers.length, 6)
  copy.fill(0, 8, HEAD_BYTES)
  for (const { type, typeOffset } of answers) {
    if (!isRead(type)) copy.writeUInt16BE(PRIVATE_TYPE, typeOffset)
  }
  return copy
}

function decoded(bytes: Buffer): DecodedPacket {
  try {
    return decode(bytes)
  } catch (cause) {
    throw new MalformedMessageError(cause instanceof Error ? cause.message : String(cause))
  }
}

/**
 * The records of the answer section that are of class IN.
 * @param answers as they were held against their lengths
 * @throws MalformedMessageError
 */
export function readRecords(bytes: Buffer, answers: readonly GuardedRecord[]): readonly DnsRecord[] {
  if (answers.length === 0) return []
  const { answers: read = [] } = decoded(readable(bytes, answers))
  return answers.flatMap((record, index) => {
    const said = read[index]
    if (said === undefined || record.class !== INTERNET) return []
    const type = TYPES[record.type] ?? `TYPE${record.type}`
    return [{ name: record.name, type, ttlS: record.ttlS, data: dataText(said, record.names) }]
  })
}
