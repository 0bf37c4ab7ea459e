import { ErrorCode, NatsError } from 'nats'
import { describe, expect, it } from 'vitest'
import { presenceFrom, presentReaders } from './presence.ts'
import { collect, connectedDetector, readerOf, start } from './testing-readers.ts'

describe('a reader of the bus', () => {
  it('is there when it says nothing, away when nobody listens, and unknown where the connection failed', () => {
    const of = (code: ErrorCode) => presenceFrom(NatsError.errorForCode(code))
    expect([ErrorCode.Timeout, ErrorCode.NoResponders, ErrorCode.ConnectionClosed].map(of)).toEqual([
      true,
      false,
      undefined,
    ])
    expect(presenceFrom(new Error('TIMEOUT'))).toBeUndefined()
  })

  it('is named while it is on the bus, and no other', async () => {
    const bus = await start()
    const nc = (await connectedDetector(bus)).connection('test')
    expect(await presentReaders(nc)).toEqual(new Set())
    collect(readerOf(bus, 'http-exporter'))
    await expect.poll(() => presentReaders(nc)).toEqual(new Set(['http-exporter']))
  })
})
