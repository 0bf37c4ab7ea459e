/**
 * `make dev`: runs the set and watches the sources. By tsx, so that it starts with whatever Node 20 or newer is there; what
 * it starts is run by the pinned one. What is edited is built again, and the supervisor is asked to start anew the processes whose
 * bundle is another than before. Options are those of `node-doctor up`.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { hashTree } from './build/hash.ts'
import { watchTree } from './dev/watch-tree.ts'

const ROOT = join(import.meta.dirname, '..')
const DIST = join(ROOT, 'dist')
const PINNED = join(ROOT, 'node_modules/.bin/node')
const NODE = existsSync(PINNED) ? PINNED : process.execPath
/** Editors write a file in several steps. */
const QUIET_MS = 150
/** Tests, what they read, and what editors keep beside a file. */
const NO_SOURCE = /\.test\.ts$|\/fixtures\/|~$|\.sw[a-z]$|\/\.#[^/]*$/

/** Hash of every bundle by its name, with what each loads for one task at its start, and of the page under the name of who serves it. */
function bundleHashes(): Map<string, string> {
  const files = readdirSync(DIST)
  const bundles = files.filter((file) => file.endsWith('.mjs'))
  const once = files.filter((file) => file.endsWith('.once.cjs'))
  const page = hashTree(DIST, ['page'])
  return new Map(
    bundles.map((file) => {
      const name = basename(file, '.mjs')
      return [name, hashTree(DIST, [file, ...once]) + (name === 'http-exporter' ? page : '')]
    }),
  )
}

/** @param served what runs now. @returns what runs then: the same where something does not compile */
function rebuild(supervisor: ChildProcess, served: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const { status } = spawnSync(NODE, [join(ROOT, 'scripts/build.ts')], { cwd: ROOT, stdio: 'inherit' })
  if (status !== 0) return served
  const built = bundleHashes()
  const edited = [...built.keys()].filter((name) => built.get(name) !== served.get(name))
  if (edited.includes('cli')) console.log('dev: the supervisor itself was edited; press Ctrl-C and run make dev again')
  // Of these it starts anew what it runs, and says so.
  if (edited.length > 0 && supervisor.connected) supervisor.send({ restart: edited })
  return built
}

function main(): void {
  const supervisor = spawn(NODE, [join(DIST, 'cli.mjs'), 'up', ...process.argv.slice(2)], {
    cwd: ROOT,
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  })
  let served: ReadonlyMap<string, string> = bundleHashes()
  let timer: NodeJS.Timeout | undefined
  const folders = ['libs', 'services', 'proto'].map((folder) => join(ROOT, folder))
  const watching = watchTree(folders, (path) => {
    if (NO_SOURCE.test(path)) return
    clearTimeout(timer)
    timer = setTimeout(() => {
      served = rebuild(supervisor, served)
    }, QUIET_MS)
  })
  // Ctrl-C reaches the supervisor by itself; this process waits for it.
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.on(signal, () => signal === 'SIGTERM' && supervisor.kill(signal))
  supervisor.on('exit', (code) => {
    clearTimeout(timer)
    watching.close()
    process.exitCode = code ?? 1
  })
}

main()
