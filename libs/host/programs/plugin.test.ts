import { chmod, copyFile, mkdir, open, readFile, symlink, writeFile } from 'node:fs/promises'
import { performance } from 'node:perf_hooks'
import { describe, expect, onTestFinished, test } from 'vitest'
import { systemClock } from '#clock'
import { HostReadError } from '../errors.ts'
import { createHost } from '../host.ts'
import { mountHung, mountLoop, processState, run, tempFolder, whyNoMounts } from '../testing.ts'
import { headByHelper } from './plugin-look.ts'
import { isProgramHead, whyNotTried } from './plugin-start.ts'
import type { AbandonedPlugin, PluginAnswer, PluginOptions, PluginResult } from './plugin-types.ts'

const { programs } = createHost({ root: '' })
const sh = (script: string, options: Partial<PluginOptions> = {}): Promise<PluginAnswer> =>
  programs.runPlugin('/bin/sh', ['-c', script], { timeoutMs: 10_000, ...options })

function resultOf(answer: PluginAnswer): PluginResult {
  if (answer.kind !== 'ended') throw new Error(`it has not ended: ${JSON.stringify(answer)}`)
  return answer.result
}

function leftOf(answer: PluginAnswer): { program: AbandonedPlugin; result: PluginResult } {
  if (answer.kind !== 'abandoned') throw new Error(`it was not left behind: ${JSON.stringify(answer)}`)
  return answer
}

/** Waits, in a script, until there is something in a file: who writes it has left the group by then. */
const until = (file: string): string => `while [ ! -s ${file} ]; do :; done`

async function temp(): Promise<string> {
  const folder = await tempFolder()
  onTestFinished(() => folder[Symbol.asyncDispose]())
  return folder.path
}

test('tells bytes of both pipes, code and signal', async () => {
  expect(await sh("printf 'a\\377\\000b'; echo err >&2; exit 3")).toEqual({
    kind: 'ended',
    result: {
      exitCode: 3,
      signal: null,
      coreDumped: false,
      stdout: Buffer.from([0x61, 0xff, 0, 0x62]),
      stderr: Buffer.from('err\n'),
      truncated: false,
      timedOut: false,
    },
  })
  expect(resultOf(await sh('kill -9 $$'))).toMatchObject({ exitCode: null, signal: 'SIGKILL', timedOut: false })
})

test('of each pipe the first 4,096 bytes are kept, and who writes more than that is not held up', async () => {
  const result = resultOf(await sh('head -c 300000 /dev/zero; head -c 5000 /dev/zero >&2; exit 1'))
  expect(result).toMatchObject({ exitCode: 1, truncated: true })
  expect([result.stdout.length, result.stderr.length]).toEqual([4_096, 4_096])
})

test('it has no input, a group of its own, the folder it is given, and all of our environment', async () => {
  const folder = await temp()
  process.env['ND_TEST_INHERITED'] = 'a b'
  onTestFinished(() => {
    delete process.env['ND_TEST_INHERITED']
  })
  const script = 'cat; pwd; echo "$ND_TEST_INHERITED|$OWN"; [ "$(ps -o pgid= -p $$ | tr -d " ")" = $$ ] && echo leads'
  const { stdout } = resultOf(await sh(script, { cwd: folder, env: { OWN: '1' } }))
  expect(stdout.toString()).toBe(`${folder}\na b|1\nleads\n`)
})

test('of our environment it has the names that are allowed, and nothing else', async () => {
  const options = { timeoutMs: 5_000, inherit: ['PATH', 'ND_TEST_NOT_SET'], env: { OWN: '1' } }
  const { stdout } = resultOf(await programs.runPlugin('env', [], options))
  expect(stdout.toString().trim().split('\n').sort()).toEqual(['OWN=1', `PATH=${process.env['PATH']}`])
})

test('at the deadline the group is killed, and nobody is asked before', async () => {
  const started = performance.now()
  const script = 'trap "echo asked" TERM; sh -c \'trap "" TERM; sleep 100\' & echo $!; sleep 100'
  const result = resultOf(await sh(script, { timeoutMs: 200 }))
  expect(result).toMatchObject({ timedOut: true, exitCode: null, signal: 'SIGKILL' })
  expect(result.stdout.toString()).toMatch(/^\d+\n$/)
  expect(performance.now() - started).toBeLessThan(2_000)
  await expect.poll(() => processState(Number(result.stdout))).toMatch(/gone|Z|X/)
})

test('one that is stopped ends at the deadline like any other', async () => {
  expect(resultOf(await sh('echo before; kill -STOP $$; echo after', { timeoutMs: 300 }))).toMatchObject({
    timedOut: true,
    signal: 'SIGKILL',
    stdout: Buffer.from('before\n'),
  })
})

test('a flood of processes that all write ends with the deadline', async () => {
  const script = 'for i in 1 2 3 4 5 6 7 8; do sh -c "while :; do sh -c \\"yes | head -c 100000\\"; done" & done; wait'
  const result = resultOf(await sh(script, { timeoutMs: 500 }))
  expect(result).toMatchObject({ timedOut: true, truncated: true, signal: 'SIGKILL' })
  expect(result.stdout).toHaveLength(4_096)
})

test('what is in the group and holds the output is waited for, and its words count', async () => {
  const result = resultOf(await sh('(sleep 0.3; echo late) & exit 1'))
  expect(result).toMatchObject({ exitCode: 1, timedOut: false, stdout: Buffer.from('late\n') })
})

test('a deadline that comes after its end tells of both', async () => {
  const result = resultOf(await sh('sleep 100 & exit 1', { timeoutMs: 300 }))
  expect(result).toMatchObject({ exitCode: 1, signal: null, timedOut: true })
})

test('what it left in its group without its output goes on, or ends with it where that is asked for', async () => {
  const script = 'sleep 100 >/dev/null 2>&1 & echo $!'
  const left = Number(resultOf(await sh(script)).stdout)
  expect(await processState(left)).toMatch(/[RSD]/)
  process.kill(left, 'SIGKILL')
  const ended = Number(resultOf(await sh(script, { killsRest: true })).stdout)
  await expect.poll(() => processState(ended)).toMatch(/gone|Z|X/)
})

test('a stranger that left the group and holds the output is left behind, and its end is told when it comes', async () => {
  const started = performance.now()
  const { program, result } = leftOf(
    await sh('setsid sh -c "echo \\$\\$; exec sleep 100" & sleep 0.2; exit 1', { timeoutMs: 400 }),
  )
  expect(performance.now() - started).toBeLessThan(3_000)
  expect(result).toMatchObject({ exitCode: 1, timedOut: true })
  expect(program).toMatchObject({ why: 'stranger', isAlive: true })
  process.kill(Number(result.stdout), 'SIGKILL')
  expect(await program.ended).toMatchObject({ exitCode: 1, timedOut: true })
  expect(program.isAlive).toBe(false)
})

test.each([
  ['long before its deadline', 10_000],
  // Its output is still awaited then.
  ['before its deadline, which comes soon', 400],
])('where what it leaves ends with it, its end by itself counts %s, whoever holds its output', async (_, timeoutMs) => {
  const pid = `${await temp()}/pid`
  const started = performance.now()
  const script = `sleep 100 & setsid sh -c "echo \\$\\$ > ${pid}; exec sleep 100" & ${until(pid)}; echo gone; exit 2`
  const { program, result } = leftOf(await sh(script, { timeoutMs, killsRest: true }))
  expect(performance.now() - started).toBeLessThan(6_000)
  expect(result).toMatchObject({ exitCode: 2, signal: null, timedOut: false, stdout: Buffer.from('gone\n') })
  expect(program).toMatchObject({ why: 'stranger', isAlive: true })
  process.kill(Number(await readFile(pid, 'utf8')), 'SIGKILL')
  expect(await program.ended).toMatchObject({ exitCode: 2, timedOut: false })
})

test('a stranger of whom nothing is read any more has no end that is waited for', async () => {
  const pid = `${await temp()}/pid`
  const script = `setsid sh -c "echo \\$\\$ > ${pid}; exec yes" & ${until(pid)}`
  const { program } = leftOf(await sh(script, { killsRest: true }))
  program.letGo?.()
  expect((await program.ended).stdout).toHaveLength(4_096)
  expect(program.isAlive).toBe(false)
  const left = Number(await readFile(pid, 'utf8'))
  await expect.poll(() => processState(left)).toMatch(/gone|Z|X/)
})

test('a stranger that goes on writing is read slowly, and to its end', async () => {
  const { program, result } = leftOf(
    await sh('setsid sh -c "echo \\$\\$; exec yes" & sleep 0.1; exit 0', { timeoutMs: 200 }),
  )
  const [pid] = result.stdout.toString().split('\n')
  const written = async (): Promise<number> =>
    Number(/wchar: (\d+)/.exec(await readFile(`/proc/${pid}/io`, 'utf8'))?.[1])
  const [before, started] = [await written(), performance.now()]
  await expect.poll(written, { timeout: 5_000, interval: 20 }).toBeGreaterThan(before + 200_000)
  expect(performance.now() - started).toBeGreaterThan(400)
  process.kill(Number(pid), 'SIGKILL')
  expect((await program.ended).stdout).toHaveLength(4_096)
})

test('an abort kills it, and rejects with its reason', async () => {
  const stop = new AbortController()
  const running = sh('sleep 100', { signal: stop.signal })
  stop.abort(new Error('draining'))
  await expect(running).rejects.toThrow('draining')
  await expect(sh('true', { signal: stop.signal })).rejects.toThrow('draining')
})

test('an abort that leaves somebody behind tells of him', async () => {
  const folder = await temp()
  const stop = new AbortController()
  const running = sh(`setsid sh -c "echo \\$\\$ > ${folder}/pid; exec sleep 100" & sleep 100`, { signal: stop.signal })
  const pid = () => readFile(`${folder}/pid`, 'utf8').catch(() => '')
  await expect.poll(pid).toMatch(/\n/)
  stop.abort(new Error('draining'))
  const { program, result } = leftOf(await running)
  expect(program).toMatchObject({ why: 'stranger', isAlive: true })
  expect(result).toMatchObject({ signal: 'SIGKILL', timedOut: false })
  process.kill(Number(await pid()), 'SIGKILL')
  await program.ended
})

describe('what cannot be started is told by its kind', () => {
  const started = (file: string, options: Partial<PluginOptions> = {}, args: readonly string[] = []) =>
    programs.runPlugin(file, args, { timeoutMs: 5_000, ...options })
  async function script(text: string | Buffer, mode = 0o755): Promise<string> {
    const path = `${await temp()}/plugin`
    await writeFile(path, text, { mode })
    return path
  }

  test('missing, by path, by PATH, and its interpreter', async () => {
    expect(await started('/no/such')).toMatchObject({ kind: 'not-started', why: 'missing', error: { code: 'ENOENT' } })
    expect(await started('no-such-program')).toMatchObject({ kind: 'not-started', why: 'missing' })
    expect(await started(await script('#!/no/such\n'))).toMatchObject({ why: 'interpreter-missing' })
    const folder = await started('/bin/true', { cwd: '/no/such' })
    expect(folder).toMatchObject({
      why: 'folder-missing',
      error: { message: expect.stringContaining('make the folder') as string },
    })
    expect(await started(await script('#!/bin/sh\r\n'))).toMatchObject({
      why: 'interpreter-missing',
      error: { message: expect.stringContaining('install the interpreter') as string },
    })
    expect(await started('/etc/passwd/x')).toMatchObject({
      why: 'missing',
      error: { message: 'cannot start /etc/passwd/x: ENOTDIR; a part of its path is no folder' },
    })
  })

  test('not executable, a folder, and what is written to', async () => {
    expect(await started(await script('#!/bin/sh\n', 0o644))).toMatchObject({ why: 'not-executable' })
    expect(await started(await temp())).toMatchObject({ why: 'not-executable' })
    const path = `${await temp()}/true`
    await copyFile('/bin/true', path)
    await chmod(path, 0o755)
    await using _writer = await open(path, 'r+')
    expect(await started(path)).toMatchObject({ why: 'busy' })
  })

  test.for([
    ['an empty file', ''],
    ['a script that names no interpreter', 'exit 0\n'],
    ['a script with an empty first line', '#!  \necho hi\n'],
    ['a first line that breaks off', '#!'],
    ['a program for another machine', Buffer.concat([Buffer.from('\x7fELF\x02\x01\x01'), Buffer.alloc(100, 7)])],
  ] as const)('%s is of no format, and no shell is handed it', async ([, content]) => {
    expect(await started(await script(content))).toMatchObject({
      kind: 'not-started',
      why: 'bad-format',
      error: { code: 'ENOEXEC' },
    })
  })

  test('too many arguments, and a NUL in one', async () => {
    const many = Array.from({ length: 30 }, () => 'x'.repeat(120_000))
    expect(await started('/bin/true', {}, many)).toMatchObject({
      why: 'other',
      error: { code: 'E2BIG', message: expect.stringContaining('too long') as string },
    })
    expect(await started('/bin/true', {}, ['a\0b'])).toMatchObject({ why: 'other' })
  })

  test('a relative path is one from the folder that it runs in', async () => {
    const folder = await temp()
    await mkdir(`${folder}/bin`)
    await writeFile(`${folder}/bin/a`, '#!/bin/sh\necho here\n', { mode: 0o755 })
    expect(resultOf(await started('./bin/a', { cwd: folder })).stdout.toString()).toBe('here\n')
  })

  test.skipIf(whyNoMounts() !== '')('on a mount that hangs', async () => {
    const folder = await temp()
    await using _mount = await mountHung(`${folder}/mount`)
    expect(await started(`${folder}/mount/plugin`, { timeoutMs: 200 })).toMatchObject({
      kind: 'not-started',
      why: 'hung',
      error: { code: 'TIMEOUT' },
    })
  })

  test.skipIf(whyNoMounts() !== '')(
    'on a mount that hangs, also where who looks is ended before who waits for him',
    async () => {
      const folder = await temp()
      await using _mount = await mountHung(`${folder}/mount`)
      const command = { file: `${folder}/mount/plugin`, cwd: '/', env: {} }
      await expect(headByHelper(systemClock(), command, 200)).rejects.toMatchObject({ code: 'TIMEOUT' })
    },
  )

  test.skipIf(whyNoMounts() !== '')(
    'on mounts that hang, named or behind a link, and no other is held up',
    { timeout: 30_000 },
    async () => {
      const folder = await temp()
      await using _one = await mountHung(`${folder}/one`)
      await using _two = await mountHung(`${folder}/two`)
      await symlink(`${folder}/two/plugin`, `${folder}/link`)
      const hung = [`${folder}/one/a`, `${folder}/one/b`, `${folder}/link`, `${folder}/two/plugin`].map((file) =>
        started(file, { timeoutMs: 3_000 }),
      )
      hung.push(started('/bin/true', { timeoutMs: 3_000, cwd: `${folder}/one` }))
      let isOver = false
      const all = Promise.all(hung).finally(() => {
        isOver = true
      })
      const beside = await Promise.all([started('/bin/true'), started('true'), started(await script('#!/bin/sh\n'))])
      expect(beside.map((answer) => resultOf(answer).exitCode)).toEqual([0, 0, 0])
      expect(isOver).toBe(false)
      expect(await started(await script(''))).toMatchObject({ why: 'bad-format' })
      for (const answer of await all) expect(answer).toMatchObject({ kind: 'not-started', why: 'hung' })

      // The link's still hangs, in a thread: it alone is not asked again.
      const again = await started(`${folder}/link`)
      expect(again.kind === 'not-started' && String(again.error.cause)).toContain('asked before, still no answer')
      expect(resultOf(await started('/bin/true'))).toMatchObject({ exitCode: 0 })
      expect(await started(await script('exit 0\n'))).toMatchObject({ why: 'bad-format' })
      expect(await started(await script('#!/bin/sh\n', 0o644))).toMatchObject({ why: 'not-executable' })
      expect(await started('/no/such')).toMatchObject({ why: 'missing' })
    },
  )
})

test('has time to be looked at on a machine that is busy, however short its own time is', async () => {
  const asked: number[] = []
  const look: Parameters<typeof whyNotTried>[0] = {
    headOf(_, timeoutMs) {
      asked.push(timeoutMs)
      return Promise.resolve(Buffer.from('#!/bin/sh\n'))
    },
  }
  const command = { file: '/bin/sh', cwd: '/', env: {} }
  for (const timeoutMs of [200, 60_000]) expect(await whyNotTried(look, command, timeoutMs)).toBeUndefined()
  expect(asked).toEqual([5000, 60_000])
})

test('is not started where the look at it failed, and says so', async () => {
  const cause = new Error('the look at it was ended by SIGKILL')
  const look: Parameters<typeof whyNotTried>[0] = {
    headOf: () => Promise.reject(new HostReadError({ action: 'read', path: '/x', code: 'TIMEOUT', cause })),
  }
  expect(await whyNotTried(look, { file: '/x', cwd: '/', env: {} }, 1_000)).toMatchObject({
    why: 'hung',
    error: {
      message: 'cannot start /x: TIMEOUT; whether its mount hangs nobody knows: the look at it was ended by SIGKILL',
    },
  })
})

test('knows a program of this machine, and a script, by their first bytes', () => {
  const elf = (machine: number): Buffer => {
    const head = Buffer.alloc(20)
    head.write('\x7fELF', 'latin1')
    head.writeUInt16LE(machine, 18)
    return head
  }
  expect([62, 3, 183].map((machine) => isProgramHead(elf(machine), 'x64'))).toEqual([true, true, false])
  expect([62, 40, 183].map((machine) => isProgramHead(elf(machine), 'arm64'))).toEqual([false, true, true])
  expect(isProgramHead(Buffer.from('#! /bin/sh'), 'x64')).toBe(true)
  expect(isProgramHead(Buffer.from(`#!${' '.repeat(18)}`), 'x64')).toBe(true)
  expect([Buffer.alloc(0), Buffer.from('#'), elf(62).subarray(0, 10)].map((h) => isProgramHead(h, 'x64'))).toEqual([
    false,
    false,
    false,
  ])
})

/** Starts, in a script, what writes to $F, and goes on when it sleeps in the kernel. */
const BLOCKED =
  'dd if=/dev/zero of=$F count=1 >/dev/null 2>&1 & until grep -q "^State:.D" /proc/$!/status; do sleep 0.01; done'

describe.skipIf(whyNoMounts() !== '')('with a plug-in that nothing can end', () => {
  test('it is left behind, told with a handle, and its neighbours run on', async () => {
    await using mount = await mountLoop(await temp(), 16, ['mkfs.ext4', '-q', '-F'])
    await run('fsfreeze', '-f', mount.path)
    await using cleanup = new AsyncDisposableStack()
    cleanup.defer(() => run('fsfreeze', '-u', mount.path).then(() => {}))
    const answer = await programs.runPlugin(
      '/bin/sh',
      ['-c', `echo before; exec dd if=/dev/zero of=${mount.path}/x count=1`],
      { timeoutMs: 300 },
    )
    const { program, result } = leftOf(answer)
    expect(result).toMatchObject({ exitCode: null, signal: null, timedOut: true, stdout: Buffer.from('before\n') })
    expect(program).toMatchObject({ why: 'uninterruptible', isAlive: true })
    expect(await processState(program.pid)).toBe('D')
    expect(resultOf(await sh('echo next')).stdout.toString()).toBe('next\n')

    await cleanup.disposeAsync()
    expect(await program.ended).toMatchObject({ signal: 'SIGKILL', timedOut: true })
    expect(program.isAlive).toBe(false)
  })

  test.each([
    ['in front', 'dd if=/dev/zero of=$F count=1 >/dev/null 2>&1; true', {}, { exitCode: null, signal: 'SIGKILL' }],
    ['in the background', `${BLOCKED}; exit 2`, { killsRest: true }, { exitCode: 2 }],
  ])('a child %s that holds none of its output is left behind all the same', async (_, script, options, told) => {
    await using mount = await mountLoop(await temp(), 16, ['mkfs.ext4', '-q', '-F'])
    await run('fsfreeze', '-f', mount.path)
    await using cleanup = new AsyncDisposableStack()
    cleanup.defer(() => run('fsfreeze', '-u', mount.path).then(() => {}))
    const started = performance.now()
    const answer = await sh(script, { env: { F: `${mount.path}/x` }, timeoutMs: 1_000, ...options })
    const { program, result } = leftOf(answer)
    expect(performance.now() - started).toBeLessThan(4_000)
    expect(result).toMatchObject(told)
    expect(program).toMatchObject({ why: 'uninterruptible', isAlive: true })

    await cleanup.disposeAsync()
    expect(await program.ended).toMatchObject(told)
    expect(program.isAlive).toBe(false)
  })

  test('whose last child ends between two looks at it has ended', async () => {
    await using mount = await mountLoop(await temp(), 16, ['mkfs.ext4', '-q', '-F'])
    await run('fsfreeze', '-f', mount.path)
    const clock = systemClock()
    let isThawed = false
    await using cleanup = new AsyncDisposableStack()
    const thaw = () => run('fsfreeze', '-u', mount.path).then(() => {})
    cleanup.defer(() => (isThawed ? undefined : thaw()))
    /** The look that would come behind its grace never does. */
    function sleep(ms: number): Promise<void> {
      if (ms < 300) return clock.sleep(ms)
      isThawed = true
      return thaw().then(() => new Promise(() => undefined))
    }
    const own = createHost({ root: '', clock: { ...clock, sleep } })
    const options = { env: { F: `${mount.path}/x` }, timeoutMs: 10_000, killsRest: true }
    const answer = await own.programs.runPlugin('/bin/sh', ['-c', `${BLOCKED}; exit 2`], options)
    expect(isThawed).toBe(true)
    expect(resultOf(answer)).toMatchObject({ exitCode: 2, timedOut: false })
  })
})
