/** A question as bytes, and which bytes are an answer to it. */
import { encode, RECURSION_DESIRED } from 'dns-packet'
import { MalformedMessageError } from './errors.ts'
import { type GuardedRecord, guard } from './guard.ts'
import { readName } from './name.ts'
import { readRecords } from './record.ts'
import type { DnsAnswer, DnsQuestion, DnsRecord } from './types.ts'

const HEAD_BYTES = 12
/** What an answer by UDP may have without being cut into fragments on the way (dnsflagday.net/2020). */
const PAYLOAD_BYTES = 1232

/** RFC 1035, 2136, 6891 */
const RCODES: Readonly<Record<number, string>> = {
  0: 'NOERROR',
  1: 'FORMERR',
  2: 'SERVFAIL',
  3: 'NXDOMAIN',
  4: 'NOTIMP',
  5: 'REFUSED',
  6: 'YXDOMAIN',
  7: 'YXRRSET',
  8: 'NXRRSET',
  9: 'NOTAUTH',
  10: 'NOTZONE',
  16: 'BADVERS',
}
const FORMERR = 1

/** A question as it was sent. */
export interface Query {
  readonly bytes: Buffer
  readonly question: DnsQuestion
  /** Where the question's name ends in `bytes`. */
  readonly nameEnd: number
}

/** An answer, but for how it came. */
export type Reply = Omit<DnsAnswer, 'protocol'>

/**
 * @param question with an absolute name that can be asked (`absoluteName`)
 * @param id 0 to 65535
 * @param edns whether it says that answers of 1,232 bytes are welcome (RFC 6891)
 */
export function encodeQuery(question: DnsQuestion, id: number, edns: boolean): Query {
  const opt = { type: 'OPT', name: '.', udpPayloadSize: PAYLOAD_BYTES, flags: 0, flag_do: false } as const
  const bytes = encode({
    type: 'query',
    id,
    flags: RECURSION_DESIRED,
    questions: [{ name: question.name, type: question.type }],
    additionals: edns ? [{ ...opt, extendedRcode: 0, ednsVersion: 0, options: [] }] : [],
  })
  return { bytes, question, nameEnd: readName(bytes, HEAD_BYTES, { steps: 0 }).end }
}

/** Whether it has the asked question: the name in whatever case, type and class. */
function hasQuestion(bytes: Buffer, { bytes: asked, nameEnd }: Query): boolean {
  if (bytes.readUInt16BE(4) !== 1) return false
  const name = (of: Buffer) => of.toString('latin1', HEAD_BYTES, nameEnd).toLowerCase()
  const kind = (of: Buffer) => of.subarray(nameEnd, nameEnd + 4)
  return name(bytes) === name(asked) && kind(bytes).equals(kind(asked))
}

/** Who does not know EDNS may answer with no more than a head (RFC 6891, 7; glibc takes it so too). */
function isBareRefusal(bytes: Buffer): boolean {
  return (bytes.readUInt8(3) & 0xf) === FORMERR && bytes.readUInt16BE(4) === 0 && bytes.length === HEAD_BYTES
}

/** Whether these bytes are an answer to that question, and not to another one, or no answer at all. */
export function isAnswerTo(bytes: Buffer, query: Query): boolean {
  if (bytes.length < HEAD_BYTES || bytes.readUInt16BE(0) !== query.bytes.readUInt16BE(0)) return false
  const isReply = (bytes.readUInt8(2) & 0xf8) === 0x80
  return isReply && (hasQuestion(bytes, query) || isBareRefusal(bytes))
}

/** Addresses of a name over its aliases, and these; each is followed once. */
function resolved(records: readonly DnsRecord[], { name, type }: DnsQuestion) {
  const lower = (text: string) => text.toLowerCase()
  const aliasOf = new Map(records.filter((one) => one.type === 'CNAME').map((one) => [lower(one.name), one.data]))
  const aliases: string[] = []
  let at = lower(name)
  for (let next = aliasOf.get(at); next !== undefined && type !== 'CNAME'; next = aliasOf.get(at)) {
    aliasOf.delete(at)
    aliases.push(next)
    at = lower(next)
  }
  const isAddress = type === 'A' || type === 'AAAA'
  const own = records.filter((record) => isAddress && record.type === type && lower(record.name) === at)
  return { aliases, addresses: own.map(({ data }) => data) }
}

/** What is there of the answer section: of a truncated message all up to where it was cut. */
function guarded(bytes: Buffer, truncated: boolean) {
  const answers: GuardedRecord[] = []
  try {
    const extendedRcode = guard(bytes, (record) => answers.push(record))
    return { answers, extendedRcode }
  } catch (err) {
    if (truncated && err instanceof MalformedMessageError && err.isCut) return { answers, extendedRcode: undefined }
    throw err
  }
}

/**
 * Reads bytes that are an answer to a question (`isAnswerTo`).
 * @throws MalformedMessageError
 */
export function readReply(bytes: Buffer, { question }: Query): Reply {
  const truncated = (bytes.readUInt8(2) & 0x02) !== 0
  const { answers, extendedRcode } = guarded(bytes, truncated)
  const rcode = ((extendedRcode ?? 0) << 4) | (bytes.readUInt8(3) & 0x0f)
  const records = readRecords(bytes, answers)
  return {
    rcode: RCODES[rcode] ?? `RCODE${rcode}`,
    records,
    ...resolved(records, question),
    truncated,
    authoritative: (bytes.readUInt8(2) & 0x04) !== 0,
    recursionAvailable: (bytes.readUInt8(3) & 0x80) !== 0,
    sizeBytes: bytes.length,
    edns: extendedRcode !== undefined,
  }
}
