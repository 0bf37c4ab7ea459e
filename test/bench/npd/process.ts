/** `node-doctor npd` as the image runs it, from `dist/`, beside an API server: what test/bench/npd.ts looks at. */
import { type ChildProcess, spawn } from 'node:child_process'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../../../libs/bus/testing.ts'
import { NODE_ENV, NODE_FLAGS } from '../../../services/cli/up/node-flags.ts'
import { type FakeApiServer, startFakeApiServer } from '../../fakes/kube-apiserver/server.ts'
import { cpuMs } from '../process/cost.ts'

export const NODE = 'bench-node'
const BUNDLE = new URL('../../../dist/npd.mjs', import.meta.url).pathname
/** So long it may take, in a group with hardly any CPU too. */
const FIRST_MS = 300_000

/** Files of node-problem-detector, by the kind of monitor that reads them. */
export interface NpdFiles {
  readonly logs?: readonly object[]
  readonly plugins?: readonly object[]
  readonly stats?: readonly object[]
}

export interface NpdOptions {
  readonly files: NpdFiles
  /** Lists of tasks (`cgroup.procs`) that it is put on before it begins. */
  readonly groups?: readonly string[]
  /** Other copies of node and of the bundle. */
  readonly node?: string
  readonly bundle?: string
  /** Each PATCH of conditions, as it is answered. */
  readonly onPatch?: () => void
}

export interface RunningNpd extends AsyncDisposable {
  readonly pid: number
  readonly api: FakeApiServer
  /** From the start to the answer to the first PATCH. */
  readonly firstPatchMs: number
  /** The processor time that it had used by then: this one does not depend on what else the machine does. */
  readonly firstPatchCpuMs: number
  /** Undefined while it runs. */
  readonly exitCode: () => number | undefined
  /** The sum of a series of /metrics, whatever its labels; of those with this text in them. */
  series(name: string, having?: string): Promise<number>
  stop(): Promise<void>
}

/** Writes the files, each with its number. @returns their paths with commas between */
async function written(folder: string, kind: string, files: readonly object[] = []): Promise<string> {
  const paths = files.map((_, index) => join(folder, `${kind}-${index}.json`))
  for (const [index, path] of paths.entries()) await writeFile(path, JSON.stringify(files[index]))
  return paths.join(',')
}

async function flagsOf(folder: string, files: NpdFiles): Promise<string[]> {
  const kinds = { 'system-log': files.logs, 'custom-plugin': files.plugins, 'system-stats': files.stats }
  const flags: string[] = []
  for (const [kind, of] of Object.entries(kinds)) {
    const paths = await written(folder, kind, of)
    if (paths !== '') flags.push(`--config.${kind}-monitor=${paths}`)
  }
  return flags
}

function sumOf(text: string, name: string, having: string): number {
  const lines = text.split('\n').filter((line) => line.startsWith(name) && line.includes(having))
  return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0)
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  const killing = setTimeout(() => child.kill('SIGKILL'), 60_000)
  await ended
  clearTimeout(killing)
}

/** Puts itself on the lists, and becomes the command. */
const IN_GROUPS = 'for list in $GROUPS_OF; do echo $$ > "$list"; done; unset GROUPS_OF; exec "$0" "$@"'

/** Resolves with the first PATCH. @throws when it ends before, or needs longer than 5 minutes */
export async function startNpd(options: NpdOptions): Promise<RunningNpd> {
  const { files, groups = [], node = process.execPath, bundle = BUNDLE, onPatch } = options
  const folder = await mkdtemp(join(tmpdir(), 'nd-bench-npd-'))
  await chmod(folder, 0o755)
  const first = Promise.withResolvers<number>()
  const api = await startFakeApiServer({
    nodes: [NODE],
    anonymous: 'all',
    requestsMax: 10,
    onRequest({ verb, resource, code }) {
      if (verb !== 'patch' || resource !== 'nodes/status' || code !== 200) return
      first.resolve(performance.now())
      onPatch?.()
    },
  })
  const port = await freePort()
  const flags = [
    `--hostname-override=${NODE}`,
    `--apiserver-override=${api.url}?inClusterConfig=false`,
    '--port=0',
    `--prometheus-port=${port}`,
    ...(await flagsOf(folder, files)),
  ]
  const beganMs = performance.now()
  const child = spawn('/bin/sh', ['-c', IN_GROUPS, node, ...NODE_FLAGS, bundle, ...flags], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, ...NODE_ENV, NODE_ENV: 'production', GROUPS_OF: groups.join(' ') },
  })
  child.once('exit', (code, signal) => first.reject(new Error(`npd ended with ${signal ?? code}`)))
  const patience = setTimeout(() => first.reject(new Error('no PATCH within 5 minutes')), FIRST_MS)

  async function stop(): Promise<void> {
    await end(child)
    await api.close()
    await rm(folder, { recursive: true, force: true })
  }

  let firstPatchMs: number
  let firstPatchCpuMs: number
  try {
    firstPatchMs = (await first.promise) - beganMs
    firstPatchCpuMs = cpuMs(child.pid ?? -1)
  } catch (err) {
    await stop()
    throw err
  } finally {
    clearTimeout(patience)
  }
  return {
    pid: child.pid ?? -1,
    api,
    firstPatchMs,
    firstPatchCpuMs,
    exitCode: () => child.exitCode ?? (child.signalCode === null ? undefined : -1),
    async series(name, having = '') {
      const answer = await fetch(`http://127.0.0.1:${port}/metrics`, { signal: AbortSignal.timeout(60_000) })
      return sumOf(await answer.text(), name, having)
    },
    stop,
    [Symbol.asyncDispose]: stop,
  }
}
