/** One plug-in of deploy/plugins as a process, with a root of its own below which a test writes what it is to see. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { closeSync, constants, mkdirSync, openSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Built } from './build.ts'

export interface Plugin {
  readonly socket: string
  /** The command line that starts it. */
  readonly command: readonly string[]
  /** What it reads is there, and well or ill. */
  see(state: 'well' | 'ill'): void
  /** What it reads is not there. */
  seeNothing(): void
  /** What it reads hangs: each look waits for a writer of a pipe that has none, until it sees something else. */
  hang(): void
  /** Started, and its socket is there. */
  start(): Promise<void>
  kill(signal: NodeJS.Signals): void
  /** How often CheckHealth was called since it was started. */
  calls(): number
  /** Resolves with the exit code; null after a signal. */
  readonly ended: Promise<number | null>
}

function isSocket(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isSocket() ?? false
}

/** Files are changed at once, as those of the kernel are. */
function put(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(`${path}.new`, text)
  renameSync(`${path}.new`, path)
}

/** Gives those that wait for a writer an end of file. */
function release(pipe: string): void {
  try {
    closeSync(openSync(pipe, constants.O_WRONLY | constants.O_NONBLOCK))
  } catch {
    // Nobody waits, or it is no pipe.
  }
}

export function createPlugin({ language, dir = '' }: Built, place: string, socket: string): Plugin {
  const root = join(place, 'root')
  const read = join(root, language.reads)
  const command = [...language.command(dir), '--socket', socket, '--root', root]
  let child: ChildProcess | undefined
  let log = ''
  let ended: Promise<number | null> = Promise.resolve(null)

  function see(state: 'well' | 'ill'): void {
    for (const [path, text] of Object.entries(language.beside)) put(join(root, path), text)
    release(read)
    put(read, language[state])
  }

  async function start(): Promise<void> {
    const [program = '', ...args] = command
    const process = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] })
    child = process
    log = ''
    process.stderr.on('data', (chunk: Buffer) => (log += chunk.toString()))
    ended = new Promise((resolve) => process.once('exit', (code) => resolve(code)))
    const deadline = performance.now() + 20_000
    while (!(isSocket(socket) && log.includes('listening on'))) {
      if (process.exitCode !== null) throw new Error(`${language.name} ended with ${process.exitCode}: ${log}`)
      if (performance.now() > deadline) throw new Error(`${language.name} does not listen: ${log}`)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }

  return {
    socket,
    command,
    see,
    seeNothing: () => rmSync(read),
    hang() {
      rmSync(read)
      spawnSync('mkfifo', [read])
    },
    start,
    kill: (signal) => void child?.kill(signal),
    calls: () => log.split('CheckHealth called').length - 1,
    get ended() {
      return ended
    },
  }
}
