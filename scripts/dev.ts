/**
 * `make dev`: runs the set and watches the sources. By tsx, so that it starts with whatever Node 20 or newer is there; what
 * it starts is run by the pinned one. What is edited is built again, and the processes whose bundle is
 * another than before are ended; the supervisor starts them anew. Options are those of `node-doctor up`.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, watch } from 'node:fs'
import { basename, join } from 'node:path'
import { hashTree } from './build/hash.ts'

const ROOT = join(import.meta.dirname, '..')
const DIST = join(ROOT, 'dist')
const PINNED = join(ROOT, 'node_modules/.bin/node')
const NODE = existsSync(PINNED) ? PINNED : process.execPath
/** Editors write a file in several steps. */
const QUIET_MS = 150

/** Hash of every bundle by its name, and of the page under the name of who serves it. */
function bundleHashes(): Map<string, string> {
  const bundles = readdirSync(DIST).filter((file) => file.endsWith('.mjs'))
  const page = hashTree([join(DIST, 'page')])
  return new Map(
    bundles.map((file) => {
      const name = basename(file, '.mjs')
      return [name, hashTree([join(DIST, file)]) + (name === 'http-exporter' ? page : '')]
    }),
  )
}

/** Processes below `parent` that run a bundle of dist, by name. */
function bundleProcesses(parent: number): Map<string, number> {
  const parents = new Map<number, number>()
  const found = new Map<string, number>()
  for (const entry of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const stat = readFileSync(`/proc/${entry}/stat`, 'utf8')
      parents.set(Number(entry), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]))
      const script = readFileSync(`/proc/${entry}/cmdline`, 'utf8')
        .split('\0')
        .find((word) => word.startsWith(`${DIST}/`) && word.endsWith('.mjs'))
      if (script !== undefined) found.set(basename(script, '.mjs'), Number(entry))
    } catch {
      // It has ended since the list was read.
    }
  }
  const isBelow = (pid: number): boolean => pid === parent || (parents.has(pid) && isBelow(parents.get(pid) ?? 0))
  return new Map([...found].filter(([, pid]) => pid !== parent && isBelow(pid)))
}

function rebuild(supervisor: ChildProcess): void {
  const before = bundleHashes()
  const { status } = spawnSync(NODE, [join(ROOT, 'scripts/build.ts')], { cwd: ROOT, stdio: 'inherit' })
  if (status !== 0) return
  const after = bundleHashes()
  const running = bundleProcesses(supervisor.pid ?? 0)
  for (const [name, hash] of after) {
    if (before.get(name) === hash) continue
    const pid = running.get(name)
    if (pid === undefined) {
      if (name === 'cli') console.log('dev: the supervisor itself was edited; press Ctrl-C and run make dev again')
      continue
    }
    console.log(`dev: ${name} was edited and is started anew`)
    process.kill(pid, 'SIGTERM')
  }
}

function main(): void {
  const supervisor = spawn(NODE, [join(DIST, 'cli.mjs'), 'up', ...process.argv.slice(2)], {
    cwd: ROOT,
    stdio: 'inherit',
  })
  let timer: NodeJS.Timeout | undefined
  const watchers = ['libs', 'services', 'proto']
    .filter((folder) => existsSync(join(ROOT, folder)))
    .map((folder) =>
      watch(join(ROOT, folder), { recursive: true }, (_event, file) => {
        if (file === null || /\.test\.ts$|(^|\/)fixtures\/|~$/.test(file)) return
        clearTimeout(timer)
        timer = setTimeout(() => rebuild(supervisor), QUIET_MS)
      }),
    )
  // Ctrl-C reaches the supervisor by itself; this process waits for it.
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.on(signal, () => signal === 'SIGTERM' && supervisor.kill(signal))
  supervisor.on('exit', (code) => {
    clearTimeout(timer)
    for (const watcher of watchers) watcher.close()
    process.exitCode = code ?? 1
  })
}

main()
