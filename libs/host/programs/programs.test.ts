import { realpath, writeFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { createHost } from '../host.ts'
import { processState, tempFolder } from '../testing.ts'

const { programs } = createHost({ root: '' })

test('a working folder and a whole environment are what was asked for', async () => {
  await using folder = await tempFolder()
  const options = { timeoutMs: 5_000, cwd: folder.path, wholeEnv: { A: '1', B: undefined, PATH: process.env['PATH'] } }
  const { stdout } = await programs.run('sh', ['-c', 'pwd; echo "$A|$B|$LC_ALL"'], options)
  expect(stdout).toBe(`${await realpath(folder.path)}\n1||\n`)
})

test('bytes are told as they were written', async () => {
  const result = await programs.runBytes('printf', ['a\\377\\000b'], { timeoutMs: 5_000 })
  expect(result).toMatchObject({ exitCode: 0, stdout: Buffer.from([0x61, 0xff, 0, 0x62]), stderr: Buffer.alloc(0) })
})

test('of each pipe the beginning is kept', async () => {
  const script = 'head -c 9000 /dev/zero; head -c 9000 /dev/zero >&2'
  const result = await programs.runBytes('sh', ['-c', script], { timeoutMs: 5_000, maxOutputBytes: 4_096 })
  expect([result.stdout.length, result.stderr.length, result.truncated]).toEqual([4_096, 4_096, true])
})

test('where it is to be killed at the deadline nobody is asked before', async () => {
  const script = 'trap "echo asked" TERM; sleep 100 & echo $!; wait'
  const result = await programs.run('sh', ['-c', script], { timeoutMs: 200, killAtOnce: true })
  expect(result).toMatchObject({
    timedOut: true,
    signal: 'SIGKILL',
    stdout: expect.stringMatching(/^\d+\n$/) as string,
  })
  await expect.poll(() => processState(Number(result.stdout))).toMatch(/gone|Z|X/)
})

/** Says what it was asked for, and runs it here: the first process of this machine may be closed to us. */
const NSENTER = `#!/bin/sh
echo "$@"
while [ "$1" != -- ]; do shift; done
shift
exec "$@"
`
const NAMESPACES = '--target 1 --mount --uts --ipc --net --pid --'

test('on the host everything is run in the namespaces of its first process, and dies with us there, too', async () => {
  await using folder = await tempFolder()
  await writeFile(`${folder.path}/nsenter`, NSENTER, { mode: 0o755 })
  const env = { PATH: `${folder.path}:${process.env['PATH']}` }
  const host = createHost({ root: folder.path })
  const ran = await host.programs.run('echo', ['a b'], { timeoutMs: 5_000, onHost: true, env })
  expect(ran.stdout).toBe(`${NAMESPACES} echo a b\na b\n`)
  const asked = await host.programs.probe('echo', ['x'], { timeoutMs: 5_000, onHost: true, env })
  expect(asked).toMatchObject({ kind: 'ended', result: { stdout: `${NAMESPACES} echo x\nx\n` } })
  expect((await host.programs.run('echo', ['here'], { timeoutMs: 5_000, env })).stdout).toBe('here\n')

  const lines: string[] = []
  const options = { env, onHost: true, dieWithParent: true, onLine: (line: string) => lines.push(line) }
  const child = await host.programs.start('echo', ['up'], options)
  await child.exited
  expect(lines).toEqual([`${NAMESPACES} setpriv --pdeathsig KILL -- echo up`, 'up'])
})

test('where the root is this machine there is no other place to run in', async () => {
  expect((await programs.run('echo', ['here'], { timeoutMs: 5_000, onHost: true })).stdout).toBe('here\n')
})
