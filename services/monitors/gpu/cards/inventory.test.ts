import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, onTestFinished, test } from 'vitest'
import { type Machine, machineOf } from '#monitor-kit/evaluate'
import { handClock } from '#monitor-kit/testing'
import { tempFolder } from '../../../../libs/host/testing.ts'
import { createInventoryFile, inventoryOf, NO_INVENTORY } from './inventory.ts'

const machine = async (): Promise<Machine> => ({})

async function place() {
  const folder = await tempFolder()
  onTestFinished(() => folder[Symbol.asyncDispose]())
  const warnings: string[] = []
  const log = { warn: (message: string) => void warnings.push(message) }
  return {
    folder: folder.path,
    warnings,
    open: (of: Machine = {}) =>
      createInventoryFile({ folder: async () => folder.path, log, clock: handClock(), machine: async () => of }),
  }
}

const KNOWN = {
  known: { 'GPU-3f2504e0': { place: '0000:83:00', name: 'H200' } },
  episodes: { 'gpu:GPU-3f2504e0': [1, 2] },
}

test('what was seen here is known to the next process', async () => {
  const { open, folder, warnings } = await place()
  const file = open()
  expect(await file.read()).toEqual({ ...NO_INVENTORY, accepted: undefined })
  await file.write(KNOWN)
  expect(await open().read()).toEqual(KNOWN)
  const before = await readFile(join(folder, 'inventory.json'), 'utf8')
  await writeFile(join(folder, 'inventory.json'), 'changed')
  // What is the same is not written again.
  await file.write(KNOWN)
  expect([before, await readFile(join(folder, 'inventory.json'), 'utf8')]).toEqual([JSON.stringify(KNOWN), 'changed'])
  expect(warnings).toEqual([])
})

test('where it cannot be read or written it is remembered by this process, and said once', async () => {
  const { open, folder, warnings } = await place()
  await mkdir(join(folder, 'inventory.json'))
  const file = open()
  expect(await file.read()).toEqual(NO_INVENTORY)
  await file.write(KNOWN)
  await file.write({ ...KNOWN, episodes: {} })
  expect(await file.read()).toEqual({ ...KNOWN, episodes: {} })
  expect(warnings).toEqual(['the GPUs that were here cannot be recalled'])
})

test('a disk that does not answer keeps nobody from looking, and what it has is not written over when it does', async () => {
  const { folder, open } = await place()
  const before = open()
  await before.read()
  await before.write(KNOWN)
  const clock = handClock()
  const disk = Promise.withResolvers<string>()
  const file = createInventoryFile({ folder: () => disk.promise, log: { warn() {} }, clock, machine })
  const late = file.read()
  clock.pass(1_000)
  expect(await late).toEqual(NO_INVENTORY)
  const seen = { known: { 'GPU-7': { place: '0000:84:00', name: 'H200' } }, episodes: {} }
  await file.write(seen)
  const again = file.read()
  clock.pass(1_000)
  expect(await again).toEqual(seen)
  disk.resolve(folder)
  const both = { known: { ...KNOWN.known, ...seen.known }, episodes: KNOWN.episodes }
  expect(await file.read()).toEqual(both)
  await file.write(both)
  expect(await open().read()).toEqual(both)
})

test('what the disk answers between a look’s beginning and its end is not written over by that look', async () => {
  const { folder, open } = await place()
  const kept = { ...KNOWN, excused: ['0000:85:00'] }
  await open().write(kept)
  const before = open()
  await before.read()
  await before.write(kept)
  const clock = handClock()
  const disk = Promise.withResolvers<string>()
  const file = createInventoryFile({ folder: () => disk.promise, log: { warn() {} }, clock, machine })
  const late = file.read()
  clock.pass(1_000)
  expect(await late).toEqual(NO_INVENTORY)
  const answered = file.read()
  disk.resolve(folder)
  await answered
  const seen = { known: { 'GPU-7': { place: '0000:84:00', name: 'H200' } }, episodes: {} }
  await file.write(seen)
  const both = { ...kept, known: { ...KNOWN.known, ...seen.known } }
  expect(await open().read()).toEqual(both)
  // From then on a look knows all of it, and what it leaves out is gone.
  await file.write(seen)
  expect((await open().read()).known).toEqual(seen.known)
})

test('a disk that stops to answer keeps nobody from looking either, and has what was seen once it does', async () => {
  const { folder, open } = await place()
  const clock = handClock()
  const disk = Promise.withResolvers<string>()
  let answers: () => Promise<string> = async () => folder
  const file = createInventoryFile({ folder: () => answers(), log: { warn() {} }, clock, machine })
  await file.read()
  answers = () => disk.promise
  const late = file.write(KNOWN)
  clock.pass(1_000)
  await late
  expect(await file.read()).toEqual(KNOWN)
  disk.resolve(folder)
  await file.write(KNOWN)
  expect(await open().read()).toEqual(KNOWN)
})

test('what could not be written is written at the next look', async () => {
  const { folder, open } = await place()
  const file = open()
  await file.read()
  await rm(folder, { recursive: true })
  await writeFile(folder, '')
  await file.write(KNOWN)
  await rm(folder)
  await file.write(KNOWN)
  expect(await open().read()).toEqual(KNOWN)
})

test('whatever stands in its file, it is an inventory', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const inventory = inventoryOf(value)
      expect(inventoryOf(JSON.parse(JSON.stringify(inventory)))).toEqual(inventory)
    }),
  )
  expect(
    inventoryOf({ known: { nonsense: { place: 'x', name: 'y' }, 'GPU-1': 3 }, accepted: { expected: 'all' } }),
  ).toEqual({
    known: {},
    accepted: undefined,
    episodes: {},
  })
})

test('as much as is written is read again, whatever nvidia-smi has shown', async () => {
  const { open, warnings } = await place()
  const names = Array.from({ length: 1_000 }, (_, i) => `GPU-${i.toString(16).padStart(8, '0')}`)
  const gpu = { place: '\u0001'.repeat(99_999), name: '\u0001'.repeat(99_999), index: 1, boot: '\u0001'.repeat(999) }
  const known = Object.fromEntries(names.map((name) => [name, gpu]))
  const episodes = Object.fromEntries(names.map((name) => [`gpu:${name}`, Array.from({ length: 99 }, () => 1e15)]))
  const excused = names.map((_, i) => `${(0x10000 + i).toString(16)}:83:00`)
  const file = open()
  await file.read()
  await file.write({ known, episodes, excused })
  const kept = await open().read()
  expect(Object.keys(kept.known)).toEqual(names.slice(0, 256))
  expect([Object.keys(kept.episodes).length, kept.excused?.length]).toEqual([256, 256])
  expect(warnings).toEqual([])
})

test.each([
  ['cut by the end of its power', ''],
  ['no JSON', '\0\0'],
  ['larger than any', `{"known":"${'x'.repeat(10_485_760)}"}`],
])('a file that is %s is none, which is said, and is written over', async (_, text) => {
  const { open, folder, warnings } = await place()
  await writeFile(join(folder, 'inventory.json'), text)
  const file = open()
  expect(await file.read()).toEqual(NO_INVENTORY)
  await file.write(KNOWN)
  expect(await open().read()).toEqual(KNOWN)
  expect(warnings).toEqual(['the GPUs that were here cannot be recalled: their file makes no sense'])
})

test('a machine that was made from the image of another one misses none of its GPUs, and knows its own from then on', async () => {
  const { open, warnings } = await place()
  const [one, other] = ['1', '2'].map((digit) => machineOf(`4c4c4544-0039-3510-8052-b4c04f4e4d3${digit}`, undefined))
  // As an earlier version left it: whose it is nobody has said.
  for (const each of [{}, one, one]) {
    const file = open(each)
    if (each !== one) await file.read()
    else expect(await file.read()).toEqual(KNOWN)
    await file.write(KNOWN)
  }
  const copy = open(other)
  expect(await copy.read()).toEqual(NO_INVENTORY)
  expect(warnings).toEqual(['the GPUs that are known are those of another machine, of whose disk this one is a copy'])
  const own = { known: { 'GPU-7': { place: '0000:84:00', name: 'H200' } }, episodes: {} }
  await copy.write(own)
  expect([await open(other).read(), await open({}).read()]).toEqual([own, own])
  // A process that may not read whose it is does not make it anybody’s.
  const blind = open({})
  await blind.read()
  await blind.write(KNOWN)
  expect(await open(one).read()).toEqual(NO_INVENTORY)
})
