import { chmod, mkdir, open, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { createHost } from '#host'
import { handClock } from '#monitor-kit/testing'
import { processState, run, tempFolder } from '../../../../libs/host/testing.ts'
import { createSmi, DEADLINE_MS } from './smi.ts'

/** An nvidia-smi that is this script, at a path below a folder. */
async function machine(script: string, path = 'nvidia-smi') {
  const folder = await tempFolder()
  onTestFinished(() => folder[Symbol.asyncDispose]())
  const file = join(folder.path, path)
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, `#!/bin/sh\n${script}\n`)
  await chmod(file, 0o755)
  const clock = handClock()
  const stop = new AbortController()
  const smi = createSmi({ host: createHost({ root: '', clock }), clock, signal: stop.signal })
  smi.use(file)
  return { folder: folder.path, file, clock, smi, stop }
}

test('says what it printed and how it ended, and what it says of a failure in one line', async () => {
  const { smi } = await machine('echo "$@"; [ "$1" = bad ] && { echo "it failed" >&2; exit 9; }; exit 0')
  expect(await smi.ask(['-L', 'a b'])).toMatchObject({
    kind: 'ended',
    exitCode: 0,
    text: '-L a b\n',
    said: '',
    isCut: false,
  })
  expect(await smi.ask(['bad'])).toMatchObject({ kind: 'ended', exitCode: 9, text: 'bad\n', said: 'bad' })
})

test('one runs at a time, whoever asks', async () => {
  const { smi, folder } = await machine('echo begin >> "$1"; sleep 0.05; echo end >> "$1"')
  const log = join(folder, 'log')
  await Promise.all([smi.ask([log]), smi.ask([log]), smi.ask([log])])
  expect(await readFile(log, 'utf8')).toBe('begin\nend\n'.repeat(3))
})

test('output beyond a mebibyte is cut and said to be', async () => {
  const { smi } = await machine('head -c 10000000 /dev/zero | tr "\\0" x')
  const answer = await smi.ask([])
  expect(answer).toMatchObject({ kind: 'ended', isCut: true })
  expect(answer.kind === 'ended' && answer.text.length).toBe(1_048_576)
})

test('one that misses its deadline is asked to end', async () => {
  const { smi, clock, folder } = await machine('touch "$1"; exec sleep 100')
  const began = join(folder, 'began')
  const asked = smi.ask([began])
  await expect.poll(() => readFile(began, 'utf8').catch(() => undefined)).toBe('')
  clock.pass(DEADLINE_MS)
  expect(await asked).toEqual({ kind: 'late', isThere: false, pid: undefined })
  expect(smi.late).toBeUndefined()
})

test('one that does not end is never killed, and while it is there no other is started', async () => {
  const { smi, clock, folder } = await machine(
    '[ "$1" = again ] && exit 0; trap "" TERM; echo "$$" > "$1"; read line < "$2"',
  )
  const [pidFile, gate] = [join(folder, 'pid'), join(folder, 'gate')]
  await run('mkfifo', gate)
  const asked = smi.ask([pidFile, gate])
  await expect.poll(() => readFile(pidFile, 'utf8').catch(() => '')).toMatch(/\d/)
  const pid = Number(await readFile(pidFile, 'utf8'))
  onTestFinished(() => {
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // It has ended, as it should.
    }
  })
  clock.pass(DEADLINE_MS)
  // The grace period begins once it was asked.
  await expect
    .poll(() => {
      clock.pass(500)
      return smi.late?.pid
    })
    .toBe(pid)
  expect(await asked).toEqual({ kind: 'late', isThere: true, pid })
  expect(await smi.ask(['x'])).toMatchObject({ kind: 'held', pid })
  expect(await processState(pid)).toMatch(/[RSD]/)

  await using file = await open(gate, 'w')
  await file.write('go on\n')
  await expect.poll(() => smi.late).toBeUndefined()
  expect(await smi.ask(['again'])).toMatchObject({ kind: 'ended', exitCode: 0 })
})

test('who stops waits for nobody', async () => {
  const { smi, stop } = await machine('exec sleep 100')
  const asked = smi.ask([])
  stop.abort(new Error('stops'))
  expect(await asked).toEqual({ kind: 'stopped' })
  expect(await smi.ask([])).toEqual({ kind: 'stopped' })
})

test('where there is none the paths are said that were tried', async () => {
  const clock = handClock()
  const host = createHost({ root: '/nowhere/host', clock })
  const smi = createSmi({
    host: { ...host, programs: { ...host.programs, find: () => Promise.resolve(undefined) } },
    clock,
    signal: new AbortController().signal,
  })
  expect(await smi.ask([])).toEqual({
    kind: 'missing',
    tried: [
      'nvidia-smi of PATH',
      '/usr/bin/nvidia-smi',
      '/run/nvidia/driver/usr/bin/nvidia-smi',
      '/usr/local/nvidia/bin/nvidia-smi',
      '/home/kubernetes/bin/nvidia/bin/nvidia-smi',
      '/nowhere/host/usr/bin/nvidia-smi',
      '/nowhere/host/run/nvidia/driver/usr/bin/nvidia-smi',
      '/nowhere/host/usr/local/nvidia/bin/nvidia-smi',
      '/nowhere/host/home/kubernetes/bin/nvidia/bin/nvidia-smi',
    ],
  })
  smi.use('/opt/nvidia-smi')
  expect(await smi.ask([])).toEqual({ kind: 'missing', tried: ['/opt/nvidia-smi'] })
})

test('one that is not there any more is looked for anew', async () => {
  const { smi, file } = await machine('echo there')
  expect(await smi.ask([])).toMatchObject({ kind: 'ended', text: 'there\n' })
  await rm(file)
  expect(await smi.ask([])).toEqual({ kind: 'missing', tried: [file] })
  await writeFile(file, '#!/no/such/shell\n', { mode: 0o755 })
  expect(await smi.ask([])).toMatchObject({ kind: 'not-started', why: expect.stringContaining('ENOENT') })
})

test('one that stands apart finds its libraries beside it', async () => {
  const { smi, folder } = await machine('echo "$LD_LIBRARY_PATH"', 'home/kubernetes/bin/nvidia/bin/nvidia-smi')
  const answer = await smi.ask([])
  const lib = join(folder, 'home/kubernetes/bin/nvidia')
  expect(answer.kind === 'ended' && answer.text.trim().split(':')).toEqual([
    `${lib}/lib64`,
    `${lib}/lib`,
    `${lib}/lib/x86_64-linux-gnu`,
    `${lib}/lib/aarch64-linux-gnu`,
  ])
})
