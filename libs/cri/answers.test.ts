import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  Container,
  ImageFsInfoResponse,
  ListContainersResponse,
  PodSandbox,
  PodSandboxState,
  StatusResponse,
} from '#proto/runtime/v1/api.ts'
import { readContainer, readImageFs, readSandbox, readStatus, readVersion } from './answers.ts'
import { bytesAt, fieldsOf, numberAt, textAt } from './fields.ts'
import { ITEMS_MAX, readItems } from './items.ts'
import { plainCount, plainText, plainTime } from './plain.ts'
import { containerList, containerMessage, sandboxMessage } from './testing.ts'

const sandbox = (more: Partial<PodSandbox>) => readSandbox(PodSandbox.encode(sandboxMessage(1, more)).finish())

describe('a sandbox', () => {
  it('is a pod, in plain values', () => {
    expect(sandbox({})).toEqual({
      id: `${'a'.repeat(63)}1`,
      name: 'web-1-7d9c5b6f4-x2x1',
      namespace: 'shop',
      state: 'ready',
      source: 'api',
    })
  })

  it('may be of a file, not ready, or of nobody whom the kubelet knows', () => {
    const annotations = { 'kubernetes.io/config.source': 'file' }
    expect(sandbox({ annotations, state: PodSandboxState.SANDBOX_NOTREADY })).toMatchObject({
      source: 'file',
      state: 'not-ready',
    })
    const strange = { metadata: undefined, annotations: { 'kubernetes.io/config.source': 'x' }, state: 7 as never }
    expect(sandbox(strange)).toMatchObject({ name: '', namespace: '', source: '', state: 'unknown' })
  })

  it('has a name that can be shown, whatever it is', () => {
    const named = (name: string) => sandbox({ metadata: { name, uid: '', namespace: '', attempt: 4294967295 } }).name
    expect(named('n'.repeat(5000))).toBe(`${'n'.repeat(316)}…`)
    expect(named('x\u202ey\u0000')).toBe('x y')
  })
})

describe('a container', () => {
  it('is how its state says that it is', () => {
    const read = (more: Partial<Container>) => readContainer(Container.encode(containerMessage(1, more)).finish())
    expect(read({})).toEqual({
      id: `${'c'.repeat(63)}1`,
      sandboxId: `${'a'.repeat(63)}1`,
      name: 'web',
      state: 'running',
    })
    expect([0, 2, 3, -1].map((state) => read({ state: state as never }).state)).toEqual([
      'created',
      'exited',
      'unknown',
      'unknown',
    ])
    expect(read({ metadata: undefined }).name).toBe('')
  })
})

describe('fields', () => {
  const messages = fc.record({
    id: fc.string({ unit: 'binary' }).map((text) => text.toWellFormed()),
    state: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
    labels: fc.dictionary(fc.string(), fc.string()),
    annotations: fc.dictionary(fc.string(), fc.string()),
  })

  it('are read as the generated reader has them, also of two messages in one: the last counts', () => {
    fc.assert(
      fc.property(messages, messages, (first, second) => {
        const bytes = [first, second].map((more) =>
          PodSandbox.encode(sandboxMessage(1, more as Partial<PodSandbox>)).finish(),
        )
        const both = Buffer.concat(bytes)
        const whole = PodSandbox.decode(both)
        const fields = fieldsOf(both, new Set([1, 3, 6]))
        const keys = bytesAt(fields, 6).map((entry) => textAt(fieldsOf(entry, new Set([1])), 1))
        // A name that objects have of their own is no key of them to the generated reader.
        const named = keys.filter((key) => key !== '__proto__')
        expect([textAt(fields, 1), numberAt(fields, 3)]).toEqual([whole.id, whole.state])
        expect([...new Set(named)].sort()).toEqual(Object.keys(whole.annotations).sort())
      }),
    )
  })

  it('that come in another wire type than they have are as if they were not there', () => {
    const message = new Uint8Array([0x08, 0x05, 0x1a, 0x01, 0x61])
    const fields = fieldsOf(message, new Set([1, 3]))
    expect([textAt(fields, 1), numberAt(fields, 3)]).toEqual(['', 0])
  })
})

describe('numbers of 64 bits', () => {
  it('are times to the millisecond, and none where nobody says one', () => {
    expect(plainTime('1763337600123456789')?.toISOString()).toBe('2025-11-17T00:00:00.123Z')
    expect(plainTime('9223372036854775807')?.toISOString()).toBe('2262-04-11T23:47:16.854Z')
    expect([plainTime('0'), plainTime('-1'), plainTime('-9223372036854775808'), plainTime('')]).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ])
  })

  it('are counts, and none beyond what a number holds', () => {
    expect([plainCount('9007199254740991'), plainCount('0')]).toEqual([9007199254740991, 0])
    expect([plainCount('9007199254740992'), plainCount('18446744073709551615'), plainCount(undefined)]).toEqual([
      undefined,
      undefined,
      undefined,
    ])
  })

  it('do not keep an answer from being read', () => {
    const usage = (value: string) => ({
      timestamp: '9223372036854775807',
      fsId: { mountpoint: '/var/lib/containerd' },
      usedBytes: { value },
      inodesUsed: undefined,
    })
    const bytes = ImageFsInfoResponse.encode({
      imageFilesystems: [usage('18446744073709551615')],
      containerFilesystems: [usage('4096')],
    }).finish()
    const at = new Date('2262-04-11T23:47:16.854Z')
    expect(readImageFs(bytes)).toEqual([
      { of: 'images', mountpoint: '/var/lib/containerd', at, usedBytes: undefined, usedInodes: undefined },
      { of: 'containers', mountpoint: '/var/lib/containerd', at, usedBytes: 4096, usedInodes: undefined },
    ])
  })
})

describe('conditions', () => {
  it('have their reason and a message that fits', () => {
    const message = `Network plugin returns error:\n\tcni plugin not initialized ${'x'.repeat(5000)}`
    const condition = { type: 'NetworkReady', status: false, reason: 'NetworkPluginNotReady', message }
    const bytes = StatusResponse.encode({
      status: { conditions: Array.from({ length: 100 }, () => condition) },
      info: {},
      runtimeHandlers: [],
      features: undefined,
    }).finish()
    const [first, ...others] = readStatus(bytes)
    expect(first).toMatchObject({ type: 'NetworkReady', isTrue: false, reason: 'NetworkPluginNotReady' })
    expect(first?.message).toMatch(/^Network plugin returns error: cni plugin not initialized x+…$/)
    expect(first?.message.length).toBe(1024)
    expect(others.length).toBe(31)
    expect(readStatus(new Uint8Array())).toEqual([])
  })
})

describe('a list', () => {
  it('is read up to what no node has', () => {
    expect(readItems(containerList(250), readContainer)?.length).toBe(250)
    const empty = (count: number) => new Uint8Array(Buffer.from('0a00'.repeat(count), 'hex'))
    expect(readItems(empty(ITEMS_MAX), () => 0)?.length).toBe(ITEMS_MAX)
    expect(readItems(empty(ITEMS_MAX + 1), () => 0)).toBeUndefined()
  })

  it('passes over what a newer runtime says beside it', () => {
    const bytes = ListContainersResponse.encode({ containers: [containerMessage(1)] }).finish()
    const more = new Uint8Array([...bytes, 0x12, 0x01, 0x61, 0x18, 0x05])
    expect(readItems(more, readContainer)?.length).toBe(1)
  })
})

describe('whatever comes', () => {
  const READERS = [
    readVersion,
    readStatus,
    readSandbox,
    readContainer,
    readImageFs,
    (bytes: Uint8Array) => readItems(bytes, readSandbox),
  ]

  it('is an answer or an error, and never holds us up', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        for (const read of READERS) {
          try {
            expect(JSON.stringify(read(bytes))).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/)
          } catch (err) {
            expect(err).toBeInstanceOf(Error)
          }
        }
      }),
    )
  })

  it('is a text without what cannot be seen, no longer than it may be', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 80 }), fc.integer({ min: 2, max: 40 }), (text, max) => {
        const plain = plainText(text, max)
        expect(plain.length).toBeLessThanOrEqual(max)
        expect(plain).toBe(plain.toWellFormed())
        expect(plain).not.toMatch(/[\p{C}]|^\p{Z}|[\n\r\t]/u)
        expect(plainText(plain, max)).toBe(plain)
      }),
    )
    expect(plainText(`${'a'.repeat(20)}😀`, 21)).toBe(`${'a'.repeat(20)}…`)
  })
})
