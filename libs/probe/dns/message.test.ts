import { type Answer, decode } from 'dns-packet'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MalformedMessageError } from './errors.ts'
import { encodeQuery, isAnswerTo, readReply } from './message.ts'
import { answerTo, questionEnd, rawAnswer, rawRecord } from './testing-message.ts'

const query = encodeQuery({ name: 'www.example.com.', type: 'A' }, 4711, true)
const OWNER = [0xc0, 12]

function read(message: Buffer) {
  if (!isAnswerTo(message, query)) return 'stranger'
  return readReply(message, query)
}

function thrown(message: Buffer): string {
  try {
    read(message)
  } catch (err) {
    if (err instanceof MalformedMessageError) return err.message
    throw err
  }
  return 'nothing'
}

describe('a question', () => {
  it('asks for recursion, and says that answers of 1,232 bytes are welcome', () => {
    const { additionals, ...asked } = decode(query.bytes)
    expect(asked).toMatchObject({ id: 4711, type: 'query', flag_rd: true, questions: [{ name: 'www.example.com' }] })
    expect(additionals).toMatchObject([{ type: 'OPT', udpPayloadSize: 1232 }])
    expect(encodeQuery(query.question, 1, false).bytes).toHaveLength(query.bytes.length - 11)
  })
})

describe('an answer', () => {
  it('is read, with its aliases', () => {
    const answers = [
      { type: 'CNAME', name: 'WWW.example.com', ttl: 60, data: 'one.example.net' },
      { type: 'CNAME', name: 'one.example.net', ttl: 60, data: 'two.example.net' },
      { type: 'A', name: 'two.example.net', ttl: 30, data: '192.0.2.1' },
      { type: 'A', name: 'other.example.net', ttl: 30, data: '192.0.2.66' },
    ] as const
    const message = answerTo(query.bytes, { answers, flags: 0x480, edns: true })
    expect(read(message)).toMatchObject({
      rcode: 'NOERROR',
      addresses: ['192.0.2.1'],
      aliases: ['one.example.net.', 'two.example.net.'],
      truncated: false,
      authoritative: true,
      recursionAvailable: true,
      sizeBytes: message.length,
      edns: true,
    })
    expect(read(message)).toHaveProperty('records.2', {
      name: 'two.example.net.',
      type: 'A',
      ttlS: 30,
      data: '192.0.2.1',
    })
  })

  it('may be no more than a code', () => {
    for (const [rcode, name] of [
      [2, 'SERVFAIL'],
      [3, 'NXDOMAIN'],
      [5, 'REFUSED'],
      [12, 'RCODE12'],
    ] as const) {
      expect(read(answerTo(query.bytes, { rcode }))).toMatchObject({ rcode: name, addresses: [], edns: false })
    }
    expect(read(answerTo(query.bytes, { edns: true, extendedRcode: 1 }))).toMatchObject({ rcode: 'BADVERS' })
  })

  it('of each type is written as in a zone file', () => {
    const named = encodeQuery({ name: 'x.', type: 'SOA' }, 1, false)
    const soa = { mname: 'ns.x', rname: 'root.x', serial: 1, refresh: 2, retry: 3, expire: 4, minimum: 5 }
    const answers: Answer[] = [
      { type: 'SOA', name: 'x', data: soa },
      { type: 'MX', name: 'x', data: { preference: 10, exchange: 'mail.x' } },
      { type: 'SRV', name: 'x', data: { priority: 1, weight: 2, port: 3, target: 'a.x' } },
      { type: 'TXT', name: 'x', data: ['a "b"', '\x01'] },
      { type: 'AAAA', name: 'x', data: '2001:db8::1' },
      { type: 'NS', name: 'x', data: 'ns.x' },
      { type: 'CAA', name: 'x', data: { flags: 0, tag: 'issue', value: 'ca' } },
    ]
    const { records } = readReply(answerTo(named.bytes, { answers }), named)
    expect(records.map(({ type, data }) => `${type} ${data}`)).toEqual([
      'SOA ns.x. root.x. 1 2 3 4 5',
      'MX 10 mail.x.',
      'SRV 1 2 3 a.x.',
      String.raw`TXT "a \"b\"" "\001"`,
      'AAAA 2001:db8::1',
      'NS ns.x.',
      String.raw`TYPE257 \# 9 000569737375656361`,
    ])
  })

  it('that was cut is what is there', () => {
    const whole = answerTo(query.bytes, {
      answers: [1, 2, 3].map((last) => ({ type: 'A', name: 'www.example.com', data: `192.0.2.${last}` })),
      flags: 0x280,
    })
    expect(read(whole.subarray(0, -5))).toMatchObject({ truncated: true, addresses: ['192.0.2.1', '192.0.2.2'] })
  })

  it('to another question, of another id, or that is a question is none', () => {
    const message = answerTo(query.bytes, {})
    const changed = (at: number, to: number) => {
      const copy = Buffer.from(message)
      copy[at] = to
      return copy
    }
    expect(read(changed(0, 0))).toBe('stranger')
    expect(read(changed(2, 0x01))).toBe('stranger')
    expect(read(changed(2, 0xa9))).toBe('stranger')
    expect(read(changed(5, 0))).toBe('stranger')
    expect(read(changed(13, 0x78))).toBe('stranger')
    expect(read(changed(13, 0x57))).not.toBe('stranger')
    // "A" and "a" are 65 and 97, and a type is no letter.
    const [end, long] = [questionEnd(query.bytes), encodeQuery({ name: 'x.', type: 'A' }, 4711, false).bytes]
    expect(read(changed(end - 3, 28))).toBe('stranger')
    expect(read(changed(end - 1, 3))).toBe('stranger')
    expect(read(answerTo(long, {}))).toBe('stranger')
    expect(read(Buffer.alloc(0))).toBe('stranger')
    expect(read(message.subarray(0, 12))).toBe('stranger')
  })

  it('of who does not know EDNS may be a head alone', () => {
    const head = answerTo(query.bytes, { rcode: 1 }).subarray(0, 12)
    head.writeUInt16BE(0, 4)
    expect(read(head)).toMatchObject({ rcode: 'FORMERR', edns: false })
  })

  it('has names that are text, whatever their bytes are', () => {
    const label = [...Buffer.from('a.b\\c\x00\x1b[31m\xc3\xa4 d', 'latin1')]
    const target = [label.length, ...label, 0]
    const { records, aliases } = readReply(rawAnswer(query.bytes, [rawRecord(OWNER, 5, target)]), query)
    const text = String.raw`a\.b\\c\000\027[31m\195\164\032d.`
    expect(records).toMatchObject([{ name: 'www.example.com.', data: text }])
    expect(aliases).toEqual([text])
  })
})

describe('an answer that breaks its own rules', () => {
  const start = answerTo(query.bytes, {}).length
  it.each<[string, Buffer]>([
    ['a name points to where none was', rawAnswer(query.bytes, [rawRecord([0xc0, start], 1, [1, 2, 3, 4])])],
    ['a name points to where none was', rawAnswer(query.bytes, [rawRecord([0xc1, 0xff], 1, [1, 2, 3, 4])])],
    ['a name points to where none was', rawAnswer(query.bytes, [rawRecord([0xc0, 2], 1, [1, 2, 3, 4])])],
    ['a name points to where none was', rawAnswer(query.bytes, [rawRecord([1, 97, 0xc0, start], 1, [1, 2, 3, 4])])],
    ['a name has a label of no known kind', rawAnswer(query.bytes, [rawRecord([0x41, 0], 1, [1, 2, 3, 4])])],
    ['it ends within a name', rawAnswer(query.bytes, [Buffer.from([63, 97])])],
    ['it ends within a record', rawAnswer(query.bytes, [rawRecord(OWNER, 1, [1, 2, 3, 4], 5)])],
    ['it ends within a name', rawAnswer(query.bytes, [], 65_535)],
    ['the data of a record has another length than it says', rawAnswer(query.bytes, [rawRecord(OWNER, 1, [1, 2, 3])])],
    ['the data of a record has another length than it says', rawAnswer(query.bytes, [rawRecord(OWNER, 1, [])])],
    ['the data of a record has another length than it says', rawAnswer(query.bytes, [rawRecord(OWNER, 16, [9, 65])])],
    [
      'the data of a record has another length than it says',
      rawAnswer(query.bytes, [rawRecord(OWNER, 5, [...OWNER, 0])]),
    ],
    ['the data of a record has another length than it says', rawAnswer(query.bytes, [rawRecord(OWNER, 6, [0, 0, 1])])],
  ])('is malformed: %s', (message, bytes) => {
    expect(thrown(bytes)).toBe(message)
  })

  it('has no name of more than 255 bytes, with pointers or without', () => {
    const label = [63, ...Array<number>(63).fill(97)]
    const first = rawRecord([...label, ...label, ...label, 0], 1, [1, 2, 3, 4])
    const longer = rawRecord([...label, 0xc0, start], 1, [1, 2, 3, 4])
    expect(thrown(rawAnswer(query.bytes, [first, longer]))).toBe('a name is longer than 255 bytes')
    const most = rawRecord([61, ...Array<number>(61).fill(97), 0xc0, start], 1, [1, 2, 3, 4])
    expect(thrown(rawAnswer(query.bytes, [first, most]))).toBe('nothing')
  })

  it('costs no more than an honest one, however often its names point back', () => {
    const chain = Buffer.alloc(8000)
    for (let at = 2; at < chain.length; at += 2) chain.writeUInt16BE(0xc000 | (start + 11 + at - 2), at)
    const last = 0xc000 | (start + 11 + chain.length - 2)
    // Data of no known type is not looked into, and is where the names point to.
    const holder = Buffer.concat([Buffer.from([0]), rawRecord([], 65_280, [...chain])])
    const many = Array.from({ length: 4000 }, () => rawRecord([last >> 8, last & 0xff], 1, [1, 2, 3, 4]))
    const began = performance.now()
    expect(thrown(rawAnswer(query.bytes, [holder, ...many]))).toBe('its names are longer than any message needs')
    expect(performance.now() - began).toBeLessThan(1000)
  })

  it('takes no more room than an honest one', () => {
    const label = [62, ...Array<number>(62).fill(7)]
    const first = rawRecord([...label, ...label, ...label, 0], 1, [1, 2, 3, 4])
    const back = [0xc0 | (start >> 8), start & 0xff]
    const most = 'its names are longer than any message needs'
    // Written out these are 7 MB.
    expect(
      thrown(rawAnswer(query.bytes, [first, ...Array.from({ length: 4600 }, () => rawRecord(back, 5, back))])),
    ).toBe(most)
    expect(thrown(rawAnswer(query.bytes, [rawRecord(OWNER, 16, Array<number>(65_000).fill(0))]))).toBe(most)
    const honest = [10, 20, 30, 29, 30, 29, 30, 29, 30].flatMap((length) => [length, ...Array<number>(length).fill(97)])
    const addresses = Array.from({ length: 4070 }, () => rawRecord(back, 1, [1, 2, 3, 4]))
    expect(thrown(rawAnswer(query.bytes, [rawRecord([...honest, 0], 1, [1, 2, 3, 4]), ...addresses]))).toBe('nothing')
  })

  it('would be taken by dns-packet as it is', () => {
    const short = rawAnswer(query.bytes, [rawRecord(OWNER, 1, [1, 2, 3]), Buffer.from([9])], 1)
    expect(decode(short).answers).toMatchObject([{ data: '1.2.3.9' }])
    expect(thrown(short)).toBe('the data of a record has another length than it says')
    const cut = rawAnswer(query.bytes, [rawRecord(OWNER, 16, [], 40)])
    expect(decode(cut).answers).toHaveLength(1)
    expect(thrown(cut)).toBe('it ends within a record')
    const dotted = rawAnswer(query.bytes, [rawRecord(OWNER, 5, [3, 97, 46, 98, 0])])
    expect(decode(dotted).answers).toMatchObject([{ data: 'a.b' }])
    expect(read(dotted)).toMatchObject({ aliases: [String.raw`a\.b.`] })
  })

  it('follows each alias once', () => {
    const cname = (name: string, data: string) => ({ type: 'CNAME', name, data }) as const
    const answers = [cname('www.example.com', 'b'), cname('b', 'www.example.com')]
    expect(read(answerTo(query.bytes, { answers }))).toMatchObject({
      addresses: [],
      aliases: ['b.', 'www.example.com.'],
    })
  })

  it('is malformed and nothing else, whatever is in it', () => {
    const rest = fc.uint8Array({ maxLength: 120 })
    const counts = fc.tuple(fc.nat(3), fc.nat(3), fc.nat(3))
    fc.assert(
      fc.property(rest, counts, fc.boolean(), (bytes, sections, truncated) => {
        const message = Buffer.concat([answerTo(query.bytes, { flags: truncated ? 0x280 : 0x80 }), bytes])
        for (const [index, count] of sections.entries()) message.writeUInt16BE(count, 6 + 2 * index)
        const said = thrown(message)
        expect(typeof said).toBe('string')
      }),
      { numRuns: 3000 },
    )
  })
})
