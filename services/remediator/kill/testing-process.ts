/** A real process of one of the two services, from the sources, which tells its steps, or as a release; whenever it ends it is started again. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { openSync } from 'node:fs'
import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '../../..')

/** One that is kept running. */
export interface KeptProcess {
  /** undefined: it is between two lives. */
  readonly pid: number | undefined
  /** How often it was started. */
  readonly starts: number
  /** Asks it to end; it is started again. */
  restart(): void
  stop(): Promise<void>
}

/** How it is run. */
export interface ProcessPlace {
  /** Its configuration. */
  readonly config: string
  readonly stepsDir: string
  /** What it says of faults. */
  readonly logFile: string
  /** As a release: the words before its options. */
  readonly release?: readonly string[] | undefined
}

export function keepProcess(name: string, { config, stepsDir, logFile, release }: ProcessPlace): KeptProcess {
  const { KUBERNETES_SERVICE_HOST: _, ...env } = process.env
  const log = openSync(logFile, 'a')
  let child: ChildProcess | undefined
  let isStopping = false
  let starts = 0

  function start(): void {
    if (isStopping) return
    starts++
    const words = release ?? ['--conditions=kill-steps', join(ROOT, 'services', name, 'main.ts')]
    child = spawn(process.execPath, [...words, '--config', config], {
      cwd: ROOT,
      stdio: ['ignore', 'ignore', log],
      env: { ...env, NODE_DOCTOR_STEPS: stepsDir },
    })
    child.once('exit', () => {
      child = undefined
      setTimeout(start, 50)
    })
  }
  start()
  return {
    get pid() {
      return child?.pid
    },
    get starts() {
      return starts
    },
    restart: () => void child?.kill('SIGTERM'),
    async stop() {
      isStopping = true
      const ending = child
      if (ending === undefined) return
      const exited = once(ending, 'exit')
      ending.kill('SIGKILL')
      await exited
    },
  }
}
