import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createWords, type Live } from './bucket-words.ts'

const encode = (text: string) => new TextEncoder().encode(text)

/** A bucket of texts, and what a reader of it has. */
function reader() {
  const told: string[] = []
  const has = new Map<string, string>()
  const decoded = (key: string, bytes: Uint8Array) => {
    const text = new TextDecoder().decode(bytes)
    return text === 'poison' ? undefined : { value: `${key}=${text}` }
  }
  const words = createWords<string>({
    decode: decoded,
    snapshot(values) {
      told.push(`all ${values.join(' ')}`.trim())
      has.clear()
      for (const value of values) has.set(value.slice(0, value.indexOf('=')), value)
    },
    put(value) {
      told.push(value)
      has.set(value.slice(0, value.indexOf('=')), value)
    },
    deleted(key) {
      told.push(`no ${key}`)
      has.delete(key)
    },
  })
  return { words, told, has }
}

const put = (key: string, order: string, text: string) => ({ key, order, bytes: encode(text) })

describe('the words on the keys of a bucket', () => {
  it('are held until it was read, and then follow it', () => {
    const { words, told } = reader()
    words.heard(put('a', '2', 'new'))
    words.heard({ key: 'b', order: '3', bytes: undefined })
    expect(told).toEqual([])
    words.read([put('a', '1', 'old'), put('b', '1', 'old')])
    expect(told).toEqual(['all a=old b=old', 'a=new', 'no b'])
  })

  it('are left where a later one is known', () => {
    const { words, told } = reader()
    words.heard(put('a', '1', 'old'))
    words.read([put('a', '2', 'new')])
    words.heard(put('a', '2', 'new'))
    words.heard(put('a', '3', 'newer'))
    expect(told).toEqual(['all a=new', 'a=newer'])
  })

  it('that cannot be decoded leave what was known of the key', () => {
    const { words, told } = reader()
    words.read([put('a', '1', 'poison'), put('b', '1', 'well')])
    words.heard(put('b', '2', 'poison'))
    expect(told).toEqual(['all b=well'])
  })

  it('lead to what was put last, wherever in between the bucket is read', () => {
    const change = fc.record({ key: fc.constantFrom('a', 'b', 'c'), text: fc.option(fc.constantFrom('x', 'y')) })
    fc.assert(
      fc.property(fc.array(change, { maxLength: 20 }), fc.nat(20), fc.nat(20), (changes, read, subscribed) => {
        const live = changes.map(
          ({ key, text }, i): Live => ({
            key,
            order: String(i).padStart(4, '0'),
            bytes: text === null ? undefined : encode(text),
          }),
        )
        // Subscribed before it is read; what was put in between is heard, and in what is read, too.
        const [from, at] = [Math.min(read, subscribed), Math.max(read, subscribed)]
        const stored = new Map<string, Live>()
        for (const one of live.slice(0, at)) {
          if (one.bytes === undefined) stored.delete(one.key)
          else stored.set(one.key, one)
        }
        const { words, has } = reader()
        for (const one of live.slice(from, at)) words.heard(one)
        words.read([...stored.values()].map(({ key, order, bytes }) => ({ key, order, bytes: bytes ?? encode('') })))
        for (const one of live.slice(at)) words.heard(one)
        const last = new Map(changes.map(({ key, text }) => [key, text]))
        const wanted = [...last].flatMap(([key, text]) => (text === null ? [] : [`${key}=${text}`]))
        expect([...has.values()].toSorted()).toEqual(wanted.toSorted())
      }),
    )
  })
})
