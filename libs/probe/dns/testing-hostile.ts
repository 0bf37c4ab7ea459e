/** Messages that nobody should send, made of ones that somebody does. */
import { encodeQuery, isAnswerTo, type Query, readReply } from './message.ts'
import { answerTo, rawAnswer, rawRecord } from './testing-message.ts'

const OWNER = [0xc0, 12]
const query = encodeQuery({ name: 'www.example.com.', type: 'A' }, 4711, true)

/** What is mangled: texts of Latin-1. */
export const DNS_MESSAGES: readonly string[] = [
  answerTo(query.bytes, {}),
  answerTo(query.bytes, { rcode: 3, edns: true }),
  answerTo(query.bytes, {
    edns: true,
    answers: [
      { type: 'CNAME', name: 'www.example.com', data: 'a.example.net' },
      { type: 'A', name: 'a.example.net', data: '192.0.2.1' },
      { type: 'AAAA', name: 'a.example.net', data: '2001:db8::1' },
      { type: 'TXT', name: 'a.example.net', data: ['one', ''] },
      { type: 'SRV', name: 'a.example.net', data: { port: 53, target: 'b.example.net' } },
      { type: 'MX', name: 'a.example.net', data: { exchange: 'b.example.net' } },
      { type: 'SOA', name: 'a.example.net', data: { mname: 'ns', rname: 'root' } },
      { type: 'NSEC', name: 'a.example.net', data: { nextDomain: 'b', rrtypes: ['A', 'CAA'] } },
    ],
  }),
  answerTo(query.bytes, { flags: 0x280, answers: [{ type: 'A', name: 'www.example.com', data: '192.0.2.1' }] }),
  rawAnswer(query.bytes, [rawRecord(OWNER, 5, OWNER), rawRecord([0xc0, 33], 5, [1, 97, 0xc0, 45])]),
  rawAnswer(query.bytes, [rawRecord(OWNER, 41, [0, 8, 0, 4, 0, 1, 0, 0]), rawRecord(OWNER, 47, [0, 0, 32, 255])]),
  query.bytes,
].map((message) => message.toString('latin1'))

/** What is put in between: pointers, ends, lengths. */
export const DNS_PIECES: readonly string[] = [
  '\xc0\x0c',
  '\xc0\x21',
  '\xc0\x00',
  '\xff\xff',
  '\x3f',
  '\0\0\x29',
  '\0\x10',
  '\0\x05',
]

/** The same numbers for the same seed, from 0 up to `below`. */
type Draw = (below: number) => number

/** A, NS, CNAME, SOA, NULL, PTR, MX, TXT, AAAA, SRV, DNAME, OPT, RRSIG, NSEC, ANY, CAA, and one that nobody knows. */
const TYPES = [1, 2, 5, 6, 10, 12, 15, 16, 28, 33, 39, 41, 46, 47, 255, 257, 4711]

/** Bytes that a name could be: labels, then its end or a pointer, mostly to where names are. */
function drawnName(draw: Draw, at: number): number[] {
  const labels = Array.from({ length: draw(3) }, () => {
    const length = draw(40) === 0 ? 63 : draw(5)
    return [length, ...Array.from({ length }, () => draw(256))]
  })
  const target = draw(5) === 0 ? draw(at + 4) : 12
  const end = draw(3) === 0 ? [0] : [0xc0 | (target >> 8), target & 0xff]
  return [...labels.flat(), ...end]
}

function drawnData(draw: Draw, type: number, at: number): number[] {
  const bytes = (length: number) => Array.from({ length }, () => draw(256))
  if (type === 1 || type === 28) return bytes(type === 1 ? 4 : 16)
  if (type === 6) return [...drawnName(draw, at), ...drawnName(draw, at), ...bytes(20)]
  if (type === 16) return Array.from({ length: draw(3) }, () => draw(4)).flatMap((length) => [length, ...bytes(length)])
  if (type === 10 || type >= 41) return bytes(draw(24))
  return [...bytes(type === 15 ? 2 : type === 33 ? 6 : 0), ...drawnName(draw, at)]
}

/** An answer of up to eight records that could be ones, with a length, a count or a byte changed in every second. */
export function drawnAnswer(draw: Draw): Buffer {
  let message = answerTo(query.bytes, { flags: draw(4) === 0 ? 0x280 : 0x80 })
  const count = draw(9)
  for (let index = 0; index < count; index++) {
    const type = TYPES[draw(TYPES.length)] ?? 1
    const name = drawnName(draw, message.length)
    const data = drawnData(draw, type, message.length + name.length + 10)
    const length = draw(30) === 0 ? draw(40) : data.length
    message = Buffer.concat([message, rawRecord(name, type, data, length)])
  }
  message.writeUInt16BE(draw(20) === 0 ? draw(65_536) : count, 6)
  if (draw(2) === 0) message[2 + draw(message.length - 2)] = draw(256)
  return message
}

/**
 * Reads it as a client would.
 * @returns how many records it has; undefined where it is no answer to the question that all of these were made for
 * @throws MalformedMessageError, and Error for what no reader should let through
 */
export function readHostile(bytes: Buffer, asked: Query = query): number | undefined {
  if (!isAnswerTo(bytes, asked)) return undefined
  const { records, addresses, aliases, rcode } = readReply(bytes, asked)
  const texts = [rcode, ...addresses, ...aliases, ...records.flatMap(({ name, data }) => [name, data])]
  const strange = texts.find((text) => !/^[ -~]*$/.test(text))
  if (strange !== undefined) throw new Error(`a text that is none: ${JSON.stringify(strange)}`)
  return records.length
}
