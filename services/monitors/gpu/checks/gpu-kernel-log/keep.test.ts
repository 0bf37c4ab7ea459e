import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { type Machine, machineOf } from '#monitor-kit/evaluate'
import { handClock } from '#monitor-kit/testing'
import { tempFolder } from '../../../../../libs/host/testing.ts'
import { keepLog } from '../../../../../libs/service/testing.ts'
import { emptyState } from '../../kernel/state.ts'
import { createKeep } from './keep.ts'

const STATE = emptyState('boot')

async function kept(stateFolder?: () => Promise<string>, machine: Machine = {}) {
  const folder = await tempFolder()
  onTestFinished(() => folder[Symbol.asyncDispose]())
  const [clock, log] = [handClock(), keepLog('gpu')]
  const keep = createKeep({
    clock,
    log: log.log,
    machine: async () => machine,
    stateFolder: stateFolder ?? (() => Promise.resolve(folder.path)),
  })
  return { clock, keep, log, path: join(folder.path, 'kernel-log.json'), folder: folder.path }
}

test('a disk that does not answer is not waited for; once it answers, what is there is known, and may be written over', async () => {
  const disk = Promise.withResolvers<string>()
  const { clock, keep, path, folder } = await kept(() => disk.promise)
  await writeFile(path, JSON.stringify(STATE))
  const first = keep.recall()
  clock.pass(1000)
  expect(await first).toBeUndefined()
  expect(await keep.write(emptyState('other'))).toBe(false)
  const known = keep.untilRecalled(new AbortController().signal)
  disk.resolve(folder)
  await known
  expect(await keep.recall()).toEqual({ state: STATE })
  expect(await keep.write(emptyState('other'))).toBe(true)
  expect(await readFile(path, 'utf8')).toContain('other')
})

test('one entry that makes no sense is let go of alone, and that is told', async () => {
  const { keep, log, path } = await kept()
  await writeFile(
    path,
    JSON.stringify({ ...STATE, isWhole: true, faults: [{ type: 'GPUNewKind' }], known: ['0000:83:00'] }),
  )
  expect(await keep.recall()).toEqual({ state: { ...STATE, isWhole: false, known: ['0000:83:00'] } })
  expect(log.lines).toMatchObject([{ level: 'warn', entries: 1 }])
  expect(log.messages()).toEqual([
    'a part of what was kept of the kernel’s words on GPUs cannot be understood, and was let go of',
  ])
})

test('what cannot be read is tried every 30 s, and not written over', async () => {
  const { clock, keep, path } = await kept()
  await mkdir(path)
  expect(await keep.recall()).toBeUndefined()
  expect(await keep.write(STATE)).toBe(false)
  const known = keep.untilRecalled(new AbortController().signal)
  await rm(path, { recursive: true })
  const written = (): Promise<boolean> => {
    clock.pass(30_000)
    return keep.write(STATE)
  }
  await expect.poll(written, { interval: 5 }).toBe(true)
  await known
  expect(await keep.recall()).toEqual({ state: undefined })
})

test('is waited for no longer than it is asked to', async () => {
  const { keep } = await kept(() => new Promise(() => undefined))
  const stop = new AbortController()
  const known = keep.untilRecalled(stop.signal)
  stop.abort(new Error('enough'))
  await expect(known).rejects.toThrow('enough')
})

test('a folder that could not be made once may have what was kept: it is tried again, and not written over until then', async () => {
  let isFailing = true
  const there = Promise.withResolvers<string>()
  const { clock, keep, path, folder } = await kept(() =>
    isFailing ? Promise.reject(Object.assign(new Error('no'), { code: 'EACCES' })) : there.promise,
  )
  there.resolve(folder)
  await writeFile(path, JSON.stringify(STATE))
  expect(await keep.recall()).toBeUndefined()
  expect(await keep.write(emptyState('other'))).toBe(false)
  isFailing = false
  const known = keep.untilRecalled(new AbortController().signal)
  clock.pass(30_000)
  await known
  expect(await keep.recall()).toEqual({ state: STATE })
})

test('a state directory that nobody may write is so for good after five minutes; what is in it later is known all the same', async () => {
  let isFailing = true
  const folders: string[] = []
  const { clock, keep, path, folder } = await kept(() =>
    isFailing ? Promise.reject(Object.assign(new Error('no'), { code: 'EROFS' })) : Promise.resolve(folders[0] ?? ''),
  )
  folders.push(folder)
  await keep.recall()
  expect(keep.isHopeless).toBe(false)
  const known = keep.untilRecalled(new AbortController().signal)
  const passed = (): boolean => {
    clock.pass(30_000)
    return keep.isHopeless
  }
  await expect.poll(passed, { interval: 5 }).toBe(true)
  expect(await keep.write(STATE)).toBe(false)
  await writeFile(path, JSON.stringify(STATE))
  isFailing = false
  const isKnown = async (): Promise<boolean> => {
    clock.pass(30_000)
    return (await keep.recall()) !== undefined
  }
  await expect.poll(isKnown, { interval: 5 }).toBe(true)
  await known
  expect([keep.isHopeless, await keep.recall()]).toEqual([false, { state: STATE }])
})

test.each([
  ['larger than any', `{"boot":"${'x'.repeat(10_485_760)}"}`],
  ['cut in the middle', JSON.stringify(STATE).slice(0, -9)],
  ['empty', ''],
  ['no JSON', '\0\0\0'],
  ['of another shape', '{"version":2,"boot":"boot","faults":{}}'],
])('a file that is %s is none, and is written over', async (_, text) => {
  const { keep, path } = await kept()
  await writeFile(path, text)
  expect(await keep.recall()).toEqual({ state: undefined })
  expect(await keep.write(STATE)).toBe(true)
  expect(JSON.parse(await readFile(path, 'utf8'))).toMatchObject({ boot: 'boot' })
})

test('what another machine kept is nothing on a copy of its disk, and is this one’s again once it is written', async () => {
  const machineAt = (digit: number) => machineOf(`4c4c4544-0039-3510-8052-b4c04f4e4d3${digit}`, undefined)
  const first = await kept(undefined, machineAt(1))
  await first.keep.recall()
  await first.keep.write(STATE)
  const there = () => Promise.resolve(first.folder)
  expect(await (await kept(there, machineAt(1))).keep.recall()).toMatchObject({ state: STATE })
  const copy = await kept(there, machineAt(2))
  expect(await copy.keep.recall()).toEqual({ state: undefined })
  await copy.keep.write(emptyState('other'))
  expect(await (await kept(there, machineAt(2))).keep.recall()).toMatchObject({ state: { boot: 'other' } })
})
