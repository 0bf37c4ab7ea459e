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
import { ITEMS_MAX, readItems } from './items.ts'
import { plainCount, plainLabels, plainText, plainTime } from './plain.ts'
import { containerList, containerMessage, sandboxMessage } from './testing.ts'

const sandbox = (more: Partial<PodSandbox>) => readSandbox(PodSandbox.encode(sandboxMessage(1, more)).finish())

describe('a sandbox', () => {
  it('is a pod, in plain values', () => {
    expect(sandbox({})).toEqual({
      id: `${'a'.repeat(63)}1`,
      name: 'web-1-7d9c5b6f4-x2x1',
      namespace: 'shop',
      uid: '00000001-2f5e-4f0c-9a55-d2c1c6a6b0a1',
      attempt: 0,
      state: 'ready',
      created: new Date('2025-11-17T00:00:00.123Z'),
      source: 'api',
      handler: '',
      labels: {
        app: 'web',
        'pod-template-hash': '7d9c5b6f4',
        'io.kubernetes.pod.name': 'web-1-7d9c5b6f4-x2x1',
        'io.kubernetes.pod.namespace': 'shop',
        'io.kubernetes.pod.uid': '00000001-2f5e-4f0c-9a55-d2c1c6a6b0a1',
      },
    })
  })

  it('may be of a file, not ready, or of nobody whom the kubelet knows', () => {
    const annotations = { 'kubernetes.io/config.source': 'file' }
    expect(sandbox({ annotations, state: PodSandboxState.SANDBOX_NOTREADY })).toMatchObject({
      source: 'file',
      state: 'not-ready',
    })
    const strange = { metadata: undefined, annotations: { 'kubernetes.io/config.source': 'x' }, state: 7 as never }
    expect(sandbox(strange)).toMatchObject({ name: '', namespace: '', uid: '', source: '', state: 'unknown' })
  })

  it('has labels that can be shown, and a name that is one, whatever they are', () => {
    const labels = { ['__proto__']: 'p', constructor: 'c', 'a\nb': 'x\u202ey\u0000' }
    const { labels: shown } = sandbox({
      labels,
      metadata: { name: 'n'.repeat(5000), uid: '', namespace: '', attempt: 4294967295 },
    })
    expect(Object.entries(shown).map(String).sort()).toEqual(['a b,x y', 'constructor,c'])
    expect(Object.getPrototypeOf(shown)).toBe(Object.prototype)
  })
})

describe('a container', () => {
  it('has the image that its pod names, else the digest', () => {
    const read = (more: Partial<Container>) => readContainer(Container.encode(containerMessage(1, more)).finish())
    expect(read({})).toMatchObject({
      name: 'web',
      attempt: 2,
      state: 'running',
      image: 'registry.example/shop/web:1.42.0',
    })
    const image = { image: 'sha256:0d1e', annotations: {}, userSpecifiedImage: '', runtimeHandler: '', imageRef: '' }
    expect(read({ image, state: 2 }).image).toBe('sha256:0d1e')
    expect(read({ image: undefined, state: 3, createdAt: '0' })).toMatchObject({
      image: '',
      state: 'unknown',
      created: undefined,
    })
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

  it('is at most 64 labels, whichever order they come in', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.string(), fc.string()), { maxLength: 100 }), (pairs) => {
        const kept = plainLabels(Object.fromEntries(pairs))
        expect(Object.keys(kept).length).toBeLessThanOrEqual(64)
      }),
    )
    const many = Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`k${String(999 - i)}`, 'v']))
    expect(Object.keys(plainLabels(many))).toEqual(Object.keys(many).toSorted().slice(0, 64))
  })
})
