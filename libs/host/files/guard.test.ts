import { expect, test } from 'vitest'
import { fakeClock } from '../../clock/testing.ts'
import { createGuard } from './guard.ts'

const clock = fakeClock()
const call = (path: string) => ({ action: 'read', path, timeoutMs: 5000 })
/** "/mnt/a/x" lies on the mount "/mnt/a"; what is not below /mnt on none. */
const mountOf = (path: string): string | undefined => /^\/mnt\/[^/]+/.exec(path)?.[0]
const never = (): Promise<never> => new Promise(() => {})

/** The call's outcome once its deadline has come. */
function overdue<T>(call: Promise<T>): Promise<T> {
  void clock.advance(5000)
  return call
}

test('a call that passes its deadline is told as TIMEOUT, with what to do', async () => {
  const guard = createGuard(2, clock)
  await expect(overdue(guard.run(call('/mnt/a'), never))).rejects.toThrow(
    'cannot read /mnt/a: TIMEOUT (no answer within 5000 ms); the file system or device behind it hangs; look at its mount',
  )
})

test('a path that hangs is not asked a second time, and is asked again once it has answered', async () => {
  const guard = createGuard(2, clock)
  let answer = (): void => {}
  const late = new Promise<string>((resolve) => {
    answer = () => resolve('late')
  })
  await expect(overdue(guard.run(call('/mnt/a'), () => late))).rejects.toMatchObject({ code: 'TIMEOUT' })
  let asked = false
  const again = guard.run(call('/mnt/a'), async () => {
    asked = true
  })
  await expect(again).rejects.toThrow('asked before, still no answer')
  expect(asked).toBe(false)

  answer()
  await late
  expect(await guard.run(call('/mnt/a'), async () => 'now')).toBe('now')
  expect(guard.hung).toBe(0)
})

test('when as many hang as may, other paths are refused, but the kernel is still asked', async () => {
  const guard = createGuard(2, clock)
  await expect(overdue(guard.run(call('/mnt/a'), never))).rejects.toMatchObject({ code: 'TIMEOUT' })
  await expect(overdue(guard.run(call('/mnt/b'), never))).rejects.toMatchObject({ code: 'TIMEOUT' })
  await expect(guard.run(call('/mnt/c'), async () => 1)).rejects.toThrow(
    'not asked, since read /mnt/a and read /mnt/b hang',
  )
  expect(await guard.run(call('/proc/stat'), async () => 1)).toBe(1)
})

test('of calls that are made at once and all hang no more are begun than may be, and the others are told so', async () => {
  const guard = createGuard(2, clock)
  const asked: string[] = []
  const calls = ['/a', '/b', '/c', '/d', '/e'].map((path) =>
    guard.run(call(path), () => {
      asked.push(path)
      return never()
    }),
  )
  const results = await overdue(Promise.allSettled(calls))
  expect(asked).toEqual(['/a', '/b'])
  expect(guard.hung).toBe(2)
  expect(results[4]).toMatchObject({
    reason: { message: expect.stringContaining('(not asked within 5000 ms, since others did not answer)') as string },
  })
  expect(await guard.run(call('/proc/stat'), async () => 1)).toBe(1)
})

test('of calls that are made at once all have their turn, those on mounts and those elsewhere, three at a time', async () => {
  const guard = createGuard(2, clock, mountOf)
  let underway = 0
  let most = 0
  const paths = Array.from({ length: 2000 }, (_, n) => (n % 3 === 0 ? `/mnt/${n % 7}/${n}` : `/var/${n}`))
  const done = await Promise.all(
    paths.map((path) =>
      guard.run(call(path), async () => {
        most = Math.max(most, ++underway)
        await new Promise(setImmediate)
        underway--
        return path
      }),
    ),
  )
  expect(done).toEqual(paths)
  expect(most).toBe(3)
})

test('a call that fails before it has begun gives its turn to the next', async () => {
  const guard = createGuard(1, clock)
  for (let n = 0; n < 3; n++) {
    const failing = guard.run(call('/a'), () => {
      throw new Error('no such argument')
    })
    await expect(failing).rejects.toThrow('no such argument')
  }
  expect(await guard.run(call('/a'), async () => 1)).toBe(1)
})

test('two calls of one path that both hang are both counted', async () => {
  const guard = createGuard(2, clock)
  const ends: (() => void)[] = []
  const hang = () => new Promise<void>((resolve) => ends.push(resolve))
  const both = [guard.run(call('/mnt/a'), hang), guard.run(call('/mnt/a'), hang)]
  for (const result of await overdue(Promise.allSettled(both))) expect(result.status).toBe('rejected')
  ends[0]!()
  await new Promise(setImmediate)
  expect(guard.hung).toBe(1)
  ends[1]!()
  await new Promise(setImmediate)
  expect(guard.hung).toBe(0)
})

test('what comes after its deadline is handed to who gives it back; what comes in time is not', async () => {
  const guard = createGuard(2, clock)
  const late: string[] = []
  const take = (value: string): void => void late.push(value)
  const { promise, resolve } = Promise.withResolvers<string>()
  await expect(overdue(guard.run(call('/mnt/a'), () => promise, take))).rejects.toThrow('no answer within')
  resolve('handle')
  await promise
  expect(late).toEqual(['handle'])
  expect(await guard.run(call('/mnt/a'), async () => 'now', take)).toBe('now')
  expect(late).toEqual(['handle'])
})

test('an error of the call itself passes through', async () => {
  const guard = createGuard(2, clock)
  const failing = guard.run({ ...call('/a'), timeoutMs: 1000 }, () => Promise.reject(new Error('EIO')))
  await expect(failing).rejects.toThrow('EIO')
})

test('of a mount that another machine answers for one call is made at a time, whoever asks, and of two such mounts', async () => {
  const guard = createGuard(2, clock, mountOf)
  const asked: string[] = []
  const ends = new Map<string, () => void>()
  const ask = (path: string) =>
    guard.run(call(path), () => {
      asked.push(path)
      return new Promise<void>((resolve) => ends.set(path, resolve))
    })
  const calls = ['/mnt/a/1', '/mnt/a/2', '/mnt/b/1', '/mnt/c/1', '/var/1'].map(ask)
  expect(asked).toEqual(['/mnt/a/1', '/mnt/b/1', '/var/1'])
  ends.get('/mnt/a/1')!()
  await calls[0]
  expect(asked.slice(3)).toEqual(['/mnt/a/2'])
  ends.get('/mnt/a/2')!()
  await calls[1]
  expect(asked.slice(4)).toEqual(['/mnt/c/1'])
  for (const path of ['/mnt/b/1', '/mnt/c/1', '/var/1']) ends.get(path)!()
  await Promise.all(calls)
})

test('a mount that hangs is not asked by any other path or action; what lies elsewhere is', async () => {
  const guard = createGuard(2, clock, mountOf)
  const waiting = [guard.run(call('/mnt/a/1'), never), guard.run(call('/mnt/a/2'), never)]
  const [first, second] = await overdue(Promise.allSettled(waiting))
  expect(first).toMatchObject({ reason: { message: expect.stringContaining('(no answer within 5000 ms)') as string } })
  expect(second).toMatchObject({
    reason: {
      message: expect.stringContaining('(not asked within 5000 ms, since its mount did not answer others)') as string,
    },
  })
  await expect(guard.run({ ...call('/mnt/a/3'), action: 'open' }, never)).rejects.toThrow(
    'cannot open /mnt/a/3: TIMEOUT (not asked, since read /mnt/a/1 hangs)',
  )
  await expect(overdue(guard.run(call('/mnt/b/1'), never))).rejects.toThrow('no answer within')
  await expect(guard.run(call('/mnt/c/1'), never)).rejects.toThrow('since read /mnt/a/1 and read /mnt/b/1 hang')
  expect(await guard.run(call('/var/1'), async () => 1)).toBe(1)
  await expect(overdue(guard.run(call('/var/2'), never))).rejects.toThrow('no answer within')
  await expect(guard.run(call('/var/2/below'), async () => 1)).rejects.toThrow('not asked, since read /var/2 hangs')
  await expect(guard.run(call('/var/1'), async () => 1)).rejects.toThrow('not asked, since')
  expect(guard.hung).toBe(3)
})

test('what is mounted anew where another mount hangs is asked', async () => {
  let id = 1
  const guard = createGuard(2, clock, (path) => `${id} ${mountOf(path)}`)
  await expect(overdue(guard.run(call('/mnt/a/1'), never))).rejects.toThrow('no answer within')
  await expect(guard.run(call('/mnt/a/1'), async () => 1)).rejects.toThrow('asked before, still no answer')
  id++
  expect(await guard.run(call('/mnt/a/1'), async () => 1)).toBe(1)
})
