import { performance } from 'node:perf_hooks'
import { describe, expect, test } from 'vitest'
import { systemClock } from '#clock'
import { mountLoop, processState, run, tempFolder, whyNoMounts } from '../testing.ts'
import { execProgram } from './run.ts'

const clock = systemClock()

const sh = (script: string, timeoutMs = 10_000, more = {}) =>
  execProgram(clock, 'sh', ['-c', script], { timeoutMs, ...more })

async function expectEnded(pid: string): Promise<void> {
  await expect.poll(() => processState(Number(pid))).toMatch(/gone|Z|X/)
}

test('tells output, exit code and signal apart', async () => {
  expect(await sh('echo out; echo err >&2; exit 3')).toEqual({
    exitCode: 3,
    signal: null,
    stdout: 'out\n',
    stderr: 'err\n',
    timedOut: false,
    truncated: false,
  })
  expect(await sh('kill -9 $$')).toMatchObject({ exitCode: null, signal: 'SIGKILL', timedOut: false })
})

test('arguments are never seen by a shell', async () => {
  const result = await execProgram(clock, 'printf', ['%s|', '$(id)', 'a b', '`x`'], { timeoutMs: 5_000 })
  expect(result.stdout).toBe('$(id)|a b|`x`|')
})

test('gives the child PATH, the C locale and what was asked for, nothing else of our environment', async () => {
  const result = await execProgram(clock, 'env', [], { timeoutMs: 5_000, env: { A: '1' } })
  const names = result.stdout
    .trim()
    .split('\n')
    .map((line) => line.split('=')[0])
  expect(new Set(names)).toEqual(new Set(['A', 'LC_ALL', 'PATH']))
})

test('a program that is missing or may not be run is an error with what to do', async () => {
  await expect(execProgram(clock, '/no/such', [], { timeoutMs: 100 })).rejects.toThrow(
    'cannot start /no/such: ENOENT; install it, or check the path and the working directory',
  )
  await expect(execProgram(clock, '/etc/passwd', [], { timeoutMs: 100 })).rejects.toMatchObject({
    name: 'HostExecError',
    code: 'EACCES',
  })
})

test('output beyond its limit is cut and said to be, and the writer is not blocked', async () => {
  const result = await sh('head -c 300000 /dev/zero | tr "\\0" x; echo end >&2', 10_000, { maxOutputBytes: 1_000 })
  expect(result.stdout).toBe('x'.repeat(1_000))
  expect(result).toMatchObject({ truncated: true, exitCode: 0, stderr: 'end\n' })
})

test('at the deadline the whole group is asked to end', async () => {
  const result = await sh('sleep 100 & echo $!; wait', 300)
  expect(result).toMatchObject({ timedOut: true, signal: 'SIGTERM' })
  await expectEnded(result.stdout.trim())
})

test('a child and a grandchild that ignore SIGTERM are killed', async () => {
  const started = performance.now()
  const result = await sh('trap "" TERM; sh -c \'trap "" TERM; echo $$; while :; do sleep 1; done\' & wait', 300)
  expect(result).toMatchObject({ timedOut: true, signal: 'SIGKILL' })
  expect(performance.now() - started).toBeLessThan(4_000)
  await expectEnded(result.stdout.trim())
})

test('what a program leaves running in its group ends with it', async () => {
  const result = await sh('sleep 100 >/dev/null 2>&1 & echo $!')
  expect(result).toMatchObject({ exitCode: 0, timedOut: false })
  await expectEnded(result.stdout.trim())
})

test('one that left the group and holds the pipe does not hold the answer', async () => {
  const started = performance.now()
  const result = await sh('setsid sh -c "echo \\$\\$; exec sleep 5" & sleep 0.3')
  expect(result).toMatchObject({ exitCode: 0, timedOut: false })
  expect(performance.now() - started).toBeLessThan(3_000)
  process.kill(Number(result.stdout.trim()), 'SIGKILL')
})

test('an abort ends the program and rejects with its reason', async () => {
  const controller = new AbortController()
  const running = sh('sleep 100', 10_000, { signal: controller.signal })
  controller.abort(new Error('draining'))
  await expect(running).rejects.toThrow('draining')
  await expect(sh('true', 100, { signal: controller.signal })).rejects.toThrow('draining')
})

const reason = whyNoMounts()

describe.skipIf(reason !== '')(`with a program that nothing can end ${reason}`, () => {
  test('it is left behind, and the answer does not wait for it', async () => {
    await using folder = await tempFolder()
    await using mount = await mountLoop(folder.path, 16, ['mkfs.ext4', '-q', '-F'])
    await run('fsfreeze', '-f', mount.path)
    await using cleanup = new AsyncDisposableStack()
    cleanup.defer(() => run('fsfreeze', '-u', mount.path).then(() => {}))

    let ended: Promise<void> | undefined
    const result = await execProgram(clock, 'dd', ['if=/dev/zero', `of=${mount.path}/x`, 'count=1'], {
      timeoutMs: 200,
      onAbandoned: (promise) => {
        ended = promise
      },
    })
    expect(result).toMatchObject({ exitCode: null, signal: null, timedOut: true })

    await cleanup.disposeAsync()
    await expect(ended).resolves.toBeUndefined()
  })

  test('what it has started is left behind and told, too, and whoever asks hears of that before its end', async () => {
    await using folder = await tempFolder()
    await using mount = await mountLoop(folder.path, 16, ['mkfs.ext4', '-q', '-F'])
    await run('fsfreeze', '-f', mount.path)
    await using cleanup = new AsyncDisposableStack()
    cleanup.defer(() => run('fsfreeze', '-u', mount.path).then(() => {}))

    const left: { readonly ended: Promise<void>; readonly pid: number }[] = []
    const result = await sh(`dd if=/dev/zero of=${mount.path}/x count=1 2>&1 | cat`, 300, {
      killAtOnce: true,
      onAbandoned: (ended: Promise<void>, pid: number) => left.push({ ended, pid }),
    })
    expect(result).toMatchObject({ signal: 'SIGKILL', timedOut: true })
    expect(left).toHaveLength(1)
    const [first] = left
    expect(await Promise.race([first?.ended, Promise.resolve('there')])).toBe('there')
    expect(await run('ps', '-eo', 'pgid=,comm=')).toMatch(new RegExp(`^ *${first?.pid} dd$`, 'm'))

    await cleanup.disposeAsync()
    await expect(first?.ended).resolves.toBeUndefined()
  })
})
