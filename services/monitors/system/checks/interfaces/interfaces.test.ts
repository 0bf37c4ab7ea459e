import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createHost } from '#host'
import { fixture } from '#monitor-kit/testing'
import { evaluateInterfaces } from './evaluate.ts'
import { createInterfacesSource, parseNetDev } from './source.ts'

const HEAD = 'Inter-|   Receive\n face |bytes\n'

test('reads the bytes of each interface; lines that make no sense are left out', () => {
  const text = `${HEAD}  eth0: 675 2 0 0 0 0 0 0 1303 1 0 0 0 0 0 0\nwlan0:1 2 3 4 5 6 7 8 9 1\n bad: x\n short: 1 2\n`
  expect(parseNetDev(text)).toEqual(
    new Map([
      ['eth0', { receivedBytes: 675, sentBytes: 1303 }],
      ['wlan0', { receivedBytes: 1, sentBytes: 9 }],
    ]),
  )
  expect(parseNetDev('something else')).toBeUndefined()
  fc.assert(fc.property(fc.string(), (line) => void parseNetDev(HEAD + line)))
})

test('only hardware is measured, in the network of PID 1; a named interface is measured in any case', async () => {
  const source = createInterfacesSource(createHost({ root: fixture(import.meta.url, 'well-worker/1') }))
  expect([...(await source.read([])).keys()]).toEqual(['eth0'])
  expect([...(await source.read(['lo', 'cali0a1b2c', 'none'])).keys()]).toEqual(['lo', 'cali0a1b2c'])
})

test('rates are bytes a second since the last check', () => {
  const counters = (receivedBytes: number, sentBytes: number) => new Map([['eth0', { receivedBytes, sentBytes }]])
  const first = evaluateInterfaces(counters(1_000, 1_000), 0, undefined)
  expect(first.metrics).toEqual([])
  const second = evaluateInterfaces(counters(4_000, 1_600), 30_000, first.memory)
  expect(second.metrics.map(({ name, value }) => [name, value])).toEqual([
    ['network_received_bytes_per_second', 100],
    ['network_sent_bytes_per_second', 20],
  ])
  // The interface was made anew.
  expect(evaluateInterfaces(counters(10, 10), 60_000, second.memory).metrics).toEqual([])
})

test('what cannot be read or understood is an error of the run, not silence', async () => {
  const read = (name: string) => createInterfacesSource(createHost({ root: fixture(import.meta.url, name) })).read([])
  await expect(read('hostile-none')).rejects.toMatchObject({ code: 'ENOENT' })
  expect(await read('hostile-garbage')).toEqual(new Map())
})

test('reads this machine', async () => {
  const all = await createInterfacesSource(createHost({ root: '' })).read(['lo'])
  expect([...all.keys()]).toEqual(['lo'])
})
