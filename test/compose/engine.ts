/**
 * The container engine: the one that answers, else one of our own, in a network and a mount namespace of its own so that
 * it leaves nothing on the machine.
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { run, tryRun, until } from './exec.ts'

export interface Engine {
  /** Environment of docker and compose. */
  readonly env: NodeJS.ProcessEnv
  /** Whether this test may fetch images with it. */
  readonly isOwn: boolean
  /** Runs a program where the engine's ports, mounts and volumes are. */
  inside(argv: readonly string[]): string
  tryInside(argv: readonly string[]): ReturnType<typeof tryRun>
  stop(): Promise<void>
}

/** Why this machine cannot run the test. */
export class NoEngineError extends Error {}

function cachedEnv(): NodeJS.ProcessEnv {
  const cache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache')
  return { ...process.env, DOCKER_CONFIG: process.env['DOCKER_CONFIG'] ?? join(cache, 'node-doctor/docker') }
}

function answers(env: NodeJS.ProcessEnv): boolean {
  return tryRun(['docker', 'info'], env).status === 0
}

/** @throws NoEngineError */
export async function findEngine(): Promise<Engine> {
  if (process.getuid?.() !== 0)
    throw new NoEngineError('it takes root, to mount a disk and to kill containers’ processes')
  const candidates = [process.env, cachedEnv()]
  const env = candidates.find((each) => tryRun(['docker', 'compose', 'version'], each).status === 0)
  if (env === undefined)
    throw new NoEngineError('there is no docker with Compose v2 here; `make compose-test` fetches them')
  if (answers(env)) {
    const tryInside = (argv: readonly string[]) => tryRun(argv, env)
    return { env, isOwn: false, inside: (argv) => run(argv, env), tryInside, stop: async () => {} }
  }
  if (tryRun(['dockerd', '--version']).status !== 0)
    throw new NoEngineError('no Docker Engine answers, and there is no dockerd to start')
  return startEngine(env)
}

async function startEngine(base: NodeJS.ProcessEnv): Promise<Engine> {
  // Short: the sockets below it have 107 bytes for their whole path.
  const dir = mkdtempSync(join(tmpdir(), 'ndc-'))
  const netns = `ndc-${process.pid}`
  run(['ip', 'netns', 'add', netns])
  run(['ip', '-n', netns, 'link', 'set', 'lo', 'up'])
  const socket = `unix://${dir}/docker.sock`
  const log = openSync(join(dir, 'log'), 'a')
  const child = spawn(
    'nsenter',
    [
      `--net=/run/netns/${netns}`,
      ...['unshare', '--mount', '--propagation', 'shared'],
      ...['dockerd', '--data-root', `${dir}/d`, '--exec-root', `${dir}/e`, '--pidfile', `${dir}/pid`],
      ...['--host', socket, '--bip', '172.31.77.1/24', '--default-address-pool', 'base=172.31.78.0/20,size=24'],
    ],
    { stdio: ['ignore', log, log] },
  )
  const env = { ...base, DOCKER_HOST: socket }
  const stop = async () => {
    const ended = new Promise((resolve) => child.once('exit', resolve))
    if (child.exitCode === null && child.kill('SIGTERM')) await ended
    tryRun(['ip', 'netns', 'delete', netns])
    rmSync(dir, { recursive: true, force: true })
  }
  try {
    await until('the engine answers', 60_000, () => {
      if (child.exitCode !== null) throw new Error(`dockerd ended with ${child.exitCode}`)
      return answers(env)
    })
  } catch (err) {
    const said = readFileSync(join(dir, 'log'), 'utf8').split('\n').slice(-8).join('\n')
    await stop()
    throw new NoEngineError(`dockerd does not start here: ${String(err)}\n${said}`)
  }
  const enter = ['nsenter', `--net=/run/netns/${netns}`, `--mount=/proc/${child.pid}/ns/mnt`]
  return {
    env,
    isOwn: true,
    inside: (argv) => run([...enter, ...argv], env),
    tryInside: (argv) => tryRun([...enter, ...argv], env),
    stop,
  }
}
