import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import { systemClock } from '#clock'
import { HostExecError } from '../errors.ts'
import { processState } from '../testing.ts'
import { spawnChild } from './child.ts'

const clock = systemClock()

import type { ChildExit, ChildOptions } from './types.ts'

interface Started {
  readonly child: Awaited<ReturnType<typeof spawnChild>>
  readonly lines: string[]
  /** Resolves when this line was written. */
  said(line: string): Promise<void>
}

async function start(script: string, options: ChildOptions = {}): Promise<Started> {
  const lines: string[] = []
  const onLine = (line: string, stream: string): void => {
    lines.push(`${stream}: ${line}`)
  }
  const child = await spawnChild(clock, 'sh', ['-c', script], { onLine, ...options })
  async function said(line: string): Promise<void> {
    await expect.poll(() => lines, { interval: 5 }).toContain(line)
  }
  return { child, lines, said }
}

test('tells each line of both streams, also the last one without an end', async () => {
  const { child, lines } = await start('printf "a\\r\\nb\\n\\nlast"; echo oops >&2')
  expect(await child.exited).toEqual({ code: 0, signal: null })
  expect(lines.sort()).toEqual(['stderr: oops', 'stdout: ', 'stdout: a', 'stdout: b', 'stdout: last'])
})

test('a line without end is cut, and the next one is whole', async () => {
  const { child, lines } = await start('head -c 100000 /dev/zero | tr "\\0" x; echo; echo next', { maxLineBytes: 10 })
  await child.exited
  expect(lines).toEqual([`stdout: ${'x'.repeat(10)}`, 'stdout: next'])
})

test('is in a process group of its own, which a signal reaches as a whole', async () => {
  const { child, said } = await start('sleep 100 & echo up; wait')
  await said('stdout: up')
  expect(child.kill('SIGTERM')).toBe(true)
  expect(await child.exited).toEqual({ code: null, signal: 'SIGTERM' })
  expect(child.kill('SIGTERM')).toBe(false)
})

test('stop asks first, and kills what does not listen', async () => {
  const polite = await start('trap "exit 7" TERM; echo up; while :; do sleep 0.05; done')
  await polite.said('stdout: up')
  expect(await polite.child.stop(5_000)).toEqual({ code: 7, signal: null })

  const deaf = await start('trap "" TERM; echo up; while :; do sleep 0.05; done')
  await deaf.said('stdout: up')
  expect(await deaf.child.stop(100)).toEqual({ code: null, signal: 'SIGKILL' })
})

test('tells its end once, to both who wait and who listen', async () => {
  const ends: ChildExit[] = []
  const { child } = await start('exit 4', { onExit: (exit) => ends.push(exit) })
  expect(await child.exited).toEqual({ code: 4, signal: null })
  expect(ends).toEqual([{ code: 4, signal: null }])
})

test('a program that is missing is an error with what to do', async () => {
  await expect(spawnChild(clock, '/no/such', [])).rejects.toThrow(
    'cannot start /no/such: ENOENT; install it, or check the path and the working directory',
  )
})

test('arguments that are too long are an error of the same kind, which is not thrown at once', async () => {
  const long = Array.from({ length: 30 }, () => 'x'.repeat(120_000))
  await expect(spawnChild(clock, 'true', long)).rejects.toMatchObject({ name: 'HostExecError', code: 'E2BIG' })
})

test('gives exactly the environment it is told', async () => {
  const { child, lines } = await start('/usr/bin/env', { env: { A: '1', B: undefined, PATH: '/bin:/none' } })
  await child.exited
  expect(lines.filter((line) => !/: (PWD|_|SHLVL|OLDPWD)=/.test(line)).sort()).toEqual([
    'stdout: A=1',
    'stdout: PATH=/bin:/none',
  ])
})

test('ends with its parent when asked to, even when that is killed', async () => {
  const script = `
    import { systemClock } from ${JSON.stringify(new URL('../../clock/index.ts', import.meta.url).href)}
    import { spawnChild } from ${JSON.stringify(new URL('./child.ts', import.meta.url).href)}
    const child = await spawnChild(systemClock(), 'sleep', ['100'], { dieWithParent: true })
    console.log(child.pid)
    setInterval(() => {}, 1000)
  `
  const lines: string[] = []
  const parent = await spawnChild(clock, process.execPath, ['--input-type=module', '-e', script], {
    onLine: (line) => lines.push(line),
  })
  await expect.poll(() => lines.length, { timeout: 10_000 }).toBe(1)
  const pid = Number(lines[0])
  expect(await processState(pid)).toMatch(/[RSD]/)
  process.kill(parent.pid, 'SIGKILL')
  await parent.exited
  await expect.poll(() => processState(pid)).toMatch(/gone|Z|X/)
})

test.each([
  ['/nowhere/x', ['--password', 's3cret']],
  ['true', ['--password', 's3cret\0']],
])('says why %s %j does not start without what it was to be given', async (file, args) => {
  const options = { env: { TOKEN: 's3cret' } }
  const failed = await spawnChild(clock, file, args, options).catch((error: unknown) => error)
  expect(failed).toBeInstanceOf(HostExecError)
  expect(inspect(failed, { depth: 9, showHidden: true })).not.toContain('s3cret')
})

test('what is pulled is read to its end, also of one that ended while nobody asked', async () => {
  const { child } = await start('echo first; sleep 0.1; echo last; printf "without an end"', { pulled: true })
  expect(String(await child.read())).toBe('first\n')
  expect(await child.exited).toEqual({ code: 0, signal: null })
  // Node looks after the pipes of one that has ended only then.
  await new Promise((resolve) => setTimeout(resolve, 50))
  let rest = ''
  for (let chunk = await child.read(); chunk !== undefined; chunk = await child.read()) rest += String(chunk)
  expect(rest).toBe('last\nwithout an end')
  expect(await child.read()).toBeUndefined()
})
