import { access, chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { systemClock } from '#clock'
import { createHost } from '#host'
import { mountHung, mountLoop, run, tempFolder, whyNoMounts } from '../../../../libs/host/testing.ts'
import { runProgramOf } from './run-program.ts'

const SCRIPT = '#!/bin/sh\nexec /nowhere/node-doctor health-checker "$@"\n'

async function helperIn(folder: string) {
  const path = join(folder, 'health-checker')
  await writeFile(path, SCRIPT)
  await chmod(path, 0o755)
  const clock = systemClock()
  const run = runProgramOf({ host: createHost({ root: '', clock }), clock })
  return (args: readonly string[], timeoutMs: number, signal = new AbortController().signal) =>
    run(path, args, { timeoutMs, signal })
}

it('one that has no time at all is not started, and that is said', async () => {
  await using folder = await tempFolder()
  const run = await helperIn(folder.path)
  const path = join(folder.path, 'health-checker')
  expect(await run([], 0)).toMatchObject({
    kind: 'not-started',
    why: 'other',
    error: { message: `cannot start ${path}: TIMEOUT; its timeout leaves it no time at all` },
  })
})

it('a helper of ours runs in this process, with what it says and its exit code', async () => {
  await using folder = await tempFolder()
  const run = await helperIn(folder.path)
  const answer = await run(['--component=etcd'], 5_000)
  // Its script would end with 127.
  expect(answer).toMatchObject({ kind: 'ended', result: { exitCode: 2, signal: null, timedOut: false } })
  expect(answer.kind === 'ended' && answer.result.stdout.toString()).toMatch(
    /^the component specified is not supported\./,
  )
})

it('a helper of ours ends at its deadline as a program does that is killed, and with who stops it', async () => {
  await using folder = await tempFolder()
  const run = await helperIn(folder.path)
  const crictl = join(folder.path, 'crictl')
  await writeFile(crictl, '#!/bin/sh\nexec sleep 30\n')
  await chmod(crictl, 0o755)
  const words = ['--component=cri', `--crictl-path=${crictl}`]
  expect(await run(words, 100)).toMatchObject({ kind: 'ended', result: { signal: 'SIGKILL', timedOut: true } })
  const stop = new AbortController()
  const stopped = run(words, 20_000, stop.signal)
  stop.abort(new Error('the monitor stops'))
  await expect(stopped).rejects.toThrow('the monitor stops')
})

it.skipIf(whyNoMounts() !== '')(
  'checks whose plug-ins lie on a mount that hangs leave threads to all others',
  async () => {
    await using folder = await tempFolder()
    await using _ = await mountHung(join(folder.path, 'mount'))
    const clock = systemClock()
    const host = createHost({ root: folder.path, clock })
    const stop = new AbortController()
    const runs = Array.from({ length: 4 }, (_, n) => {
      const path = join(folder.path, 'mount', String(n), 'health-checker')
      return runProgramOf({ host, clock })(path, [], { timeoutMs: 500, signal: stop.signal }).catch(String)
    })
    // Each has begun to look by then.
    await clock.sleep(200)
    const looks = access(folder.path).then(() => 'answered')
    const late = clock.sleep(2_000).then(() => 'late')
    expect(await Promise.race([looks, late])).toBe('answered')
    stop.abort(new Error('enough'))
    await Promise.all(runs)
  },
)

it.skipIf(whyNoMounts() !== '')(
  'what a helper of ours asks, and nothing ends, is left behind and told with its answer',
  async () => {
    await using folder = await tempFolder()
    await using mount = await mountLoop(folder.path, 16, ['mkfs.ext4', '-q', '-F'])
    await run('fsfreeze', '-f', mount.path)
    await using cleanup = new AsyncDisposableStack()
    cleanup.defer(() => run('fsfreeze', '-u', mount.path).then(() => undefined))
    const ask = await helperIn(folder.path)
    const crictl = join(folder.path, 'crictl')
    await writeFile(crictl, `#!/bin/sh\nexec dd if=/dev/zero of=${mount.path}/x count=1\n`)
    await chmod(crictl, 0o755)
    const words = [
      '--component=cri',
      `--crictl-path=${crictl}`,
      '--health-check-timeout=300ms',
      '--enable-repair=false',
    ]
    const answer = await ask(words, 10_000)
    expect(answer).toMatchObject({
      kind: 'abandoned',
      result: { exitCode: 1, timedOut: false },
      program: { why: 'uninterruptible', isAlive: true },
    })
    const late = await ask(words, 100)
    expect(late).toMatchObject({ kind: 'abandoned', result: { exitCode: null, timedOut: true } })
    await cleanup.disposeAsync()
    for (const each of [answer, late]) {
      if (each.kind !== 'abandoned') continue
      // The helper has told it itself, and in time.
      expect(each.program.pid).not.toBe(process.pid)
      expect((await each.program.ended).timedOut).toBe(each === late)
      expect(each.program.isAlive).toBe(false)
    }
  },
)
