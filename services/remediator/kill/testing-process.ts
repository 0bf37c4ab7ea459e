/** A real process of one of the two services, from the sources, which tells its steps; whenever it ends it is started again. */
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

/** @param logFile what it says of faults */
export function keepProcess(name: string, config: string, stepsDir: string, logFile: string): KeptProcess {
  const { KUBERNETES_SERVICE_HOST: _, ...env } = process.env
  const log = openSync(logFile, 'a')
  let child: ChildProcess | undefined
  let isStopping = false
  let starts = 0

  function start(): void {
    if (isStopping) return
    starts++
    const main = join(ROOT, 'services', name, 'main.ts')
    child = spawn(process.execPath, ['--conditions=kill-steps', main, '--config', config], {
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
