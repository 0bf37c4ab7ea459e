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
