/** Foreign monitors for tests: made ready here, and said to be missing where their language is. */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

const HERE = new URL('.', import.meta.url).pathname
const DESCRIPTORS = new URL('../../libs/proto/descriptors.binpb', import.meta.url).pathname
const CACHE = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'node-doctor')

export interface ForeignMonitor {
  readonly language: string
  readonly conditionType: string
  readonly version: string
  /** The command that runs it on a socket, or why there is none. */
  readonly command: ((socket: string, stateFile: string) => readonly string[]) | undefined
  readonly missing: string
}

function works(file: string, args: readonly string[]): boolean {
  return spawnSync(file, args, { stdio: 'ignore' }).status === 0
}

/** Builds the Go monitor into the cache; Go itself sees whether anything changed. */
export function buildGo(): ForeignMonitor {
  const base = { language: 'Go', conditionType: 'ForeignGoHealthy', version: '2.1.0' }
  if (!works('go', ['version'])) return { ...base, command: undefined, missing: 'skipped: Go is not installed' }
  const binary = join(CACHE, 'foreign-go')
  const built = spawnSync('go', ['build', '-o', binary, '.'], { cwd: join(HERE, 'go'), encoding: 'utf8' })
  if (built.status !== 0)
    return {
      ...base,
      command: undefined,
      missing: `skipped: the Go monitor does not build here: ${built.stderr.trim().split('\n').at(-1)}`,
    }
  return {
    ...base,
    missing: '',
    command: (socket, stateFile) => [binary, '--socket', socket, '--state-file', stateFile],
  }
}

/** The Python monitor, where Python has grpc. */
export function findPython(): ForeignMonitor {
  const base = { language: 'Python', conditionType: 'ForeignPythonHealthy', version: '3.0.1' }
  const python = ['/usr/bin/python3', 'python3'].find(
    (one) => (one.startsWith('/') ? existsSync(one) : true) && works(one, ['-c', 'import grpc, google.protobuf']),
  )
  if (python === undefined)
    return {
      ...base,
      command: undefined,
      missing: 'skipped: Python has no grpc here (apt-get install python3-grpcio python3-protobuf)',
    }
  return {
    ...base,
    missing: '',
    command: (socket, stateFile) => [
      python,
      join(HERE, 'python', 'monitor.py'),
      '--socket',
      socket,
      '--state-file',
      stateFile,
      '--descriptors',
      DESCRIPTORS,
    ],
  }
}
