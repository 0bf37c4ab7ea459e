/** Real trees, real hung mounts, for tests of this lib and of those who read the machine through it. */
import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { systemClock } from '#clock'
import { spawnChild } from './programs/child.ts'
import { execProgram } from './programs/run.ts'

export interface TempFolder extends AsyncDisposable {
  readonly path: string
}

/** A folder of its own that goes with `await using`. */
export async function tempFolder(): Promise<TempFolder> {
  const path = await realpath(await mkdtemp(join(tmpdir(), 'node-doctor-')))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}

/** Writes files (path → text) below a folder. */
export async function writeTree(root: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true })
    await writeFile(join(root, path), text)
  }
}

/** Runs a command that must succeed. @throws Error with its stderr */
export async function run(file: string, ...args: string[]): Promise<string> {
  const result = await execProgram(systemClock(), file, args, { timeoutMs: 20_000 })
  if (result.exitCode !== 0) throw new Error(`${file} ${args.join(' ')}: ${result.stderr.trim()}`)
  return result.stdout
}

/**
 * The kernel's letter for a process ("R", "S", "D"), or "gone". One whose parent is gone stays "Z" until PID 1 takes
 * note of it.
 */
export async function processState(pid: number): Promise<string> {
  try {
    return (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ').at(-1)?.[0] ?? '?'
  } catch {
    return 'gone'
  }
}

/** Why mounts cannot be made here; "" when they can. */
export function whyNoMounts(): string {
  return process.getuid?.() === 0 ? '' : 'skipped: mounting needs root'
}

/**
 * Mounts a file system at `path` that answers nothing: a FUSE one whose server never reads. It lasts until disposed, or
 * this process is gone; then every call that hung on it fails.
 */
export function mountHung(path: string): Promise<AsyncDisposable> {
  return mountFuse(path, '')
}

/**
 * Mounts a file system at `path` with one file, `a.log`, that holds "one\n" and hangs once that was read: reading on in
 * it, or asking for its size. It lasts as {@link mountHung} does.
 */
export function mountStalling(path: string, hangs: 'read' | 'stat'): Promise<AsyncDisposable> {
  return mountFuse(path, `"$1" "$2" ${hangs} &`)
}

/** @param serve starts what answers on descriptor 3 */
async function mountFuse(path: string, serve: string): Promise<AsyncDisposable> {
  await mkdir(path, { recursive: true })
  let mounted = (): void => {}
  const ready = new Promise<void>((resolve) => {
    mounted = resolve
  })
  // Without its parent it takes the mount away; nobody holds the connection then, and nothing hangs any more.
  const script = `exec 3<>/dev/fuse || exit 1
    mount -i -t fuse -o fd=3,rootmode=40000,user_id=0,group_id=0 nd "$0" || exit 1
    ${serve}
    echo up
    timeout --foreground 600 tail --pid="$PPID" -f /dev/null
    kill $! 2>/dev/null
    exec 3>&-
    umount --lazy "$0"`
  const args = ['-c', script, path, process.execPath, join(import.meta.dirname, 'testing-stalling.ts')]
  const server = await spawnChild(systemClock(), 'sh', args, { onLine: (line) => line === 'up' && mounted() })
  await Promise.race([ready, server.exited.then(() => Promise.reject(new Error(`cannot mount FUSE at ${path}`)))])
  return {
    async [Symbol.asyncDispose]() {
      await server.stop(1_000)
      // Lazily: a call that hung there may still be on its way out.
      await run('umount', '--lazy', path)
    },
  }
}

/** A loop-mounted file system of its own, `sizeMiB` large. */
export interface LoopMount extends AsyncDisposable {
  readonly path: string
}

/** @param mkfs the command that makes it, without the image's name: `['mkfs.ext4', '-q', '-F']` */
export async function mountLoop(
  folder: string,
  sizeMiB: number,
  mkfs: readonly [string, ...string[]],
): Promise<LoopMount> {
  const image = join(folder, 'image')
  const path = join(folder, 'mount')
  await mkdir(path, { recursive: true })
  await run('truncate', '-s', `${sizeMiB}M`, image)
  await run(mkfs[0], ...mkfs.slice(1), image)
  await run('mount', '-o', 'loop', image, path)
  return {
    path,
    async [Symbol.asyncDispose]() {
      // One that is busy goes when nobody has it any more: a test that failed leaves no mount behind.
      await run('umount', path).catch(() => run('umount', '--lazy', path))
    },
  }
}
