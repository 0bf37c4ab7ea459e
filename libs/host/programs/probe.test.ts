import { open } from 'node:fs/promises'
import { expect, onTestFinished, test } from 'vitest'
import { createHost } from '../host.ts'
import { processState, run, tempFolder } from '../testing.ts'
import type { LateProgram, ProbeAnswer, ProbeOptions } from './types.ts'

function probe(script: string, options: Partial<ProbeOptions> = {}): Promise<ProbeAnswer> {
  return createHost({ root: '' }).programs.probe('sh', ['-c', script], { timeoutMs: 10_000, ...options })
}

/** A FIFO that holds its reader until it is written to. */
async function fifo() {
  const folder = await tempFolder()
  onTestFinished(() => folder[Symbol.asyncDispose]())
  const path = `${folder.path}/fifo`
  await run('mkfifo', path)
  return {
    path,
    async write(text: string) {
      await using file = await open(path, 'w')
      await file.write(text)
    },
  }
}

/** What must be late; whatever it is, it is killed after the test, by the test. */
function lateOf(answer: ProbeAnswer): LateProgram {
  if (answer.kind !== 'late') throw new Error(`it has ended: ${JSON.stringify(answer.result)}`)
  const { pid } = answer.program
  onTestFinished(() => {
    try {
      process.kill(-pid, 'SIGKILL')
    } catch {
      // It has ended meanwhile, as most tests want it to.
    }
  })
  return answer.program
}

test('tells what a program said, and how it ended', async () => {
  expect(await probe('echo out; echo err >&2; exit 3')).toEqual({
    kind: 'ended',
    result: { exitCode: 3, signal: null, stdout: 'out\n', stderr: 'err\n', timedOut: false, truncated: false },
  })
})

test('output beyond its limit is cut and said to be', async () => {
  const answer = await probe('head -c 300000 /dev/zero | tr "\\0" x', { maxOutputBytes: 1_000 })
  expect(answer).toMatchObject({ kind: 'ended', result: { stdout: 'x'.repeat(1_000), truncated: true } })
})

test('at the deadline the group is asked to end, and what listens has ended', async () => {
  const answer = await probe('echo begun; sleep 100', { timeoutMs: 100, graceMs: 10_000 })
  expect(answer).toMatchObject({ kind: 'ended', result: { timedOut: true, signal: 'SIGTERM', stdout: 'begun\n' } })
})

test('one that does not listen is late and never killed; its end is told when it comes', async () => {
  const deaf = 'trap "" TERM; read line < "$0"; echo "$line"'
  const gate = await fifo()
  const { programs } = createHost({ root: '' })
  const program = lateOf(await programs.probe('sh', ['-c', deaf, gate.path], { timeoutMs: 50, graceMs: 50 }))
  expect(program.isAlive).toBe(true)
  expect(await processState(program.pid)).toMatch(/[RSD]/)

  await gate.write('after all\n')
  expect(await program.ended).toMatchObject({ exitCode: 0, signal: null, stdout: 'after all\n', timedOut: true })
  expect(program.isAlive).toBe(false)
})

test('what a program started and left in its group is asked to end too, and keeps it alive until then', async () => {
  const gate = await fifo()
  const script = 'trap "" TERM; read line < "$0" >/dev/null 2>&1 & exit 0'
  const { programs } = createHost({ root: '' })
  const program = lateOf(await programs.probe('sh', ['-c', script, gate.path], { timeoutMs: 50, graceMs: 50 }))
  expect(program.isAlive).toBe(true)
  await gate.write('end\n')
  await program.ended
  expect(program.isAlive).toBe(false)
})

test('an abort asks at once, and is no answer of its own', async () => {
  const stop = new AbortController()
  const asked = probe('sleep 100', { signal: stop.signal, graceMs: 10_000 })
  stop.abort(new Error('draining'))
  expect(await asked).toMatchObject({ kind: 'ended', result: { signal: 'SIGTERM', timedOut: true } })
})

test('one that left the group and holds the pipe does not hold the answer', async () => {
  const answer = await probe('setsid sh -c "echo \\$\\$; exec sleep 100" & sleep 0.3')
  expect(answer).toMatchObject({ kind: 'ended', result: { exitCode: 0, timedOut: false } })
  if (answer.kind === 'ended') process.kill(Number(answer.result.stdout.trim()), 'SIGKILL')
})

test('a program that is missing is an error with what to do', async () => {
  const { programs } = createHost({ root: '' })
  await expect(programs.probe('/no/such', [], { timeoutMs: 100 })).rejects.toThrow(
    'cannot start /no/such: ENOENT; install it, or check the path and the working directory',
  )
})
