import { chmod, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { startMonitorProcess } from '#monitor-kit/testing'
import { mountLoop, processState, run, tempFolder, whyNoMounts } from '../../../libs/host/testing.ts'

const MAIN = new URL('main.ts', import.meta.url).pathname
const [TRUE, FALSE, UNKNOWN] = [1, 2, 3]
const LATE = 'Timeout when running plugin'

interface Misbehaving {
  readonly script: string
  /** What its condition is in the end. */
  readonly status: number
  readonly message: string | RegExp
}

/** Each is a plug-in that must not matter to any other. `$D` is the folder of the test, `$F` a frozen file system, `$T` its process. */
const MISBEHAVING: Readonly<Record<string, Misbehaving>> = {
  Stranger: { script: 'setsid sleep 300 & echo $! >> $D/strangers; exit 1', status: TRUE, message: RegExp(LATE) },
  Writer: { script: 'setsid yes & echo $! >> $D/strangers; exit 1', status: TRUE, message: RegExp(LATE) },
  Filler: { script: 'yes', status: UNKNOWN, message: RegExp(LATE) },
  Frozen: {
    script: 'echo $$ > $D/frozen; exec dd if=/dev/zero of=$F/x count=1',
    status: UNKNOWN,
    message: RegExp(LATE),
  },
  Forker: {
    script: 'f() { [ "$1" -gt 6 ] || { f $(($1 + 1)) & f $(($1 + 1)) & }; exec sleep 301.$T; }; f 0',
    status: UNKNOWN,
    message: RegExp(LATE),
  },
  Missing: { script: '/no/such/program', status: UNKNOWN, message: /^$/ },
  Removed: { script: 'rm -- "$0"; exit 1', status: UNKNOWN, message: /^Error in starting plugin/ },
  Folder: { script: 'rm -- "$0"; mkdir -- "$0"; exit 1', status: UNKNOWN, message: /^Error in starting plugin/ },
  Bytes: {
    script: "printf 'a\\377\\303\\000b\\n\\033[1m'; exit 1",
    status: TRUE,
    message: 'a\ufffd\ufffd\0b\n\x1b[1m',
  },
  Long: { script: 'head -c 10000000 /dev/zero | tr "\\0" x; exit 1', status: TRUE, message: 'x'.repeat(80) },
}

async function writeScripts(folder: string, frozen: string): Promise<object> {
  const names = Object.keys(MISBEHAVING)
  const pathOf = (name: string) => join(folder, `${name}.sh`)
  for (const [name, { script }] of Object.entries(MISBEHAVING)) {
    await writeFile(pathOf(name), `#!/bin/bash\nD=${folder} F=${frozen} T=${process.pid}\n${script}\n`)
    await chmod(pathOf(name), 0o755)
  }
  const neighbour = pathOf('Neighbour')
  await writeFile(neighbour, `#!/bin/sh\necho run >> ${folder}/runs\nexit 0\n`)
  await chmod(neighbour, 0o755)
  const all = [...names, 'Neighbour']
  return {
    path: '/config/faults.json',
    source: 'faults-monitor',
    pluginConfig: { invoke_interval: '500ms', timeout: '1s' },
    conditions: all.map((type) => ({ type, reason: 'IsWell', message: '' })),
    rules: all.map((type) => ({ type: 'permanent', condition: type, reason: 'IsBad', path: pathOf(type) })),
  }
}

/** Process groups of the plug-in that forks. */
async function forkers(): Promise<number> {
  const lines = (await run('ps', '-eo', 'pgid=,args=')).split('\n')
  const own = lines.filter((line) => line.endsWith(` sleep 301.${process.pid}`))
  return new Set(own.map((line) => line.trim().split(' ')[0])).size
}

function killed(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It ended with who read what it writes.
  }
}

describe.skipIf(whyNoMounts() !== '')('plug-ins that hang, flood, fork, vanish and print what is no text', () => {
  it('are told each by what it does, and a neighbour of theirs in the same file runs on', async () => {
    await using folder = await tempFolder()
    await using mount = await mountLoop(folder.path, 16, ['mkfs.ext4', '-q', '-F'])
    await using cleanup = new AsyncDisposableStack()
    await run('fsfreeze', '-f', mount.path)
    cleanup.defer(() => run('fsfreeze', '-u', mount.path).then(() => undefined))
    const config = await writeScripts(folder.path, mount.path)
    const monitors = [{ name: 'faults', type: 'npd-plugin', config }]
    const monitor = await startMonitorProcess({ main: MAIN, monitor: 'custom-plugin', folder: folder.path, monitors })
    cleanup.defer(() => monitor.kill())
    const lines = async (name: string) =>
      (await readFile(join(folder.path, name), 'utf8').catch(() => '')).split('\n').length - 1
    cleanup.defer(async () => {
      const pids = (await readFile(join(folder.path, 'strangers'), 'utf8')).trim().split('\n')
      for (const pid of pids) killed(Number(pid))
    })

    const said = async () => {
      const { conditions } = await monitor.checkHealth()
      return Object.fromEntries(conditions.map(({ type, status, message }) => [type, { status, message }]))
    }
    for (const [name, { status, message }] of Object.entries(MISBEHAVING)) {
      const expected = { status, message: typeof message === 'string' ? message : expect.stringMatching(message) }
      await expect.poll(async () => (await said())[name], { timeout: 30_000, message: name }).toEqual(expected)
    }
    const before = await lines('runs')
    await expect.poll(() => lines('runs'), { timeout: 20_000 }).toBeGreaterThan(before + 3)
    // One of each: nothing is started beside what is still there.
    expect(await lines('strangers')).toBe(2)
    expect(await processState(Number(await readFile(join(folder.path, 'frozen'), 'utf8')))).toBe('D')
    await expect.poll(forkers).toBeLessThanOrEqual(1)
    await writeFile(join(folder.path, 'Forker.sh'), '#!/bin/sh\nexit 0\n')
    await expect.poll(forkers, { timeout: 10_000 }).toBe(0)
    expect((await said())['Neighbour']).toEqual({ status: FALSE, message: '' })
  }, 60_000)
})
