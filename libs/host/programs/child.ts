/** Long-running programs: started, watched, ended with all they started. */
import { type ChildProcess, spawn } from 'node:child_process'
import type { Readable } from 'node:stream'
import type { Clock } from '#clock'
import { createLineSplitter } from './lines.ts'
import { type Looked, started } from './piped.ts'
import { baseEnvironment, signalGroup } from './process-group.ts'
import { pullFrom } from './pull.ts'
import type { Child, ChildExit, ChildOptions } from './types.ts'

const DEFAULT_LINE_BYTES = 16_384
/** Output that is still on its way when the program has ended. */
const DRAIN_MS = 500

/** Resolves when the stream ended and every line was told. */
function readLines(stream: Readable, name: 'stdout' | 'stderr', options: ChildOptions): Promise<void> {
  const { onLine, onChunk, maxLineBytes = DEFAULT_LINE_BYTES } = options
  const splitter = createLineSplitter(maxLineBytes, (line) => onLine?.(line, name))
  stream.on('data', (chunk: Buffer) => (onChunk === undefined ? splitter.push(chunk) : onChunk(chunk, name)))
  // A pipe that breaks says no more than that the output ends here; 'close' follows.
  stream.on('error', () => {})
  return new Promise((resolve) => {
    stream.once('close', () => {
      splitter.end()
      resolve()
    })
  })
}

/** The last lines, or half a second: one that left the group may hold the pipes open for ever. */
async function drained(clock: Clock, streams: readonly Readable[], read: readonly Promise<void>[]): Promise<void> {
  const callOff = clock.after(DRAIN_MS, () => {
    for (const stream of streams) stream.destroy()
  })
  await Promise.all(read)
  callOff()
}

function outputOf({ inheritOutput, onLine, onChunk }: ChildOptions): 'inherit' | 'ignore' | 'pipe' {
  if (inheritOutput) return 'inherit'
  return (onLine ?? onChunk) === undefined ? 'ignore' : 'pipe'
}

/** What runs, by its handle. @param pid its own, and its group's */
function handleOf(clock: Clock, child: ChildProcess, pid: number, options: ChildOptions): Child {
  const pulled = options.pulled ? child.stdout : null
  // A pipe that breaks says no more than that the output ends here.
  pulled?.on('error', () => {})
  const read = pulled === null ? () => Promise.resolve(undefined) : pullFrom(pulled)
  const streams = [child.stdout, child.stderr].filter((stream) => stream !== null).filter((stream) => stream !== pulled)
  const told = streams.map((stream) => readLines(stream, stream === child.stdout ? 'stdout' : 'stderr', options))
  let running = true
  const exited = new Promise<ChildExit>((over) => {
    child.once('exit', (code, signal) => {
      running = false
      signalGroup(pid, 'SIGKILL')
      void drained(clock, streams, told).then(() => {
        options.onExit?.({ code, signal })
        over({ code, signal })
      })
    })
  })
  const kill = (signal: NodeJS.Signals): boolean => running && signalGroup(pid, signal)
  async function stop(graceMs: number): Promise<ChildExit> {
    kill('SIGTERM')
    const callOff = clock.after(graceMs, () => kill('SIGKILL'))
    try {
      return await exited
    } finally {
      callOff()
    }
  }
  function leave(): void {
    child.unref()
    for (const stream of [child.stdout, child.stderr]) stream?.destroy()
  }
  return { pid, exited, read, kill, stop, leave }
}

/**
 * Starts a program and resolves once it runs.
 * @throws HostExecError when it cannot be started
 */
export function spawnChild(
  clock: Clock,
  file: string,
  args: readonly string[],
  options: ChildOptions & Looked = {},
): Promise<Child> {
  const [program, ...argv] = options.dieWithParent
    ? (['setpriv', '--pdeathsig', 'KILL', '--', file, ...args] as const)
    : ([file, ...args] as const)
  const { env = baseEnvironment(), cwd = '/', places } = options
  const output = outputOf(options)
  return started(program, { env, cwd, ...(places && { places }) }, (place) => {
    // Some of what may be wrong is thrown at once (E2BIG, a NUL in an argument), the rest is told.
    const child = spawn(place, argv, {
      argv0: program,
      stdio: ['ignore', options.pulled ? 'pipe' : output, output],
      env,
      cwd,
      detached: true,
    })
    return new Promise((resolve, reject) => {
      child.once('error', (error) => {
        if (child.pid === undefined) reject(error)
      })
      if (child.pid === undefined) return
      const handle = handleOf(clock, child, child.pid, options)
      child.once('spawn', () => resolve(handle))
    })
  })
}
