/** A process: a list of services, one configuration, signals. The only place that ends a process. */
import { ConfigErrors, loadConfig } from '#config'
import { createHost } from '#host'
import { parseServiceArguments, USAGE } from './arguments.ts'
import { systemClock } from './clock.ts'
import { UsageError } from './errors.ts'
import { createHostedService } from './host-service.ts'
import { createLogger } from './log.ts'
import type { ServiceDefinition } from './types.ts'
import { VERSION } from './version.ts'

/** Exit codes: a wrong command line or configuration, and everything else. */
const EXIT_USAGE = 2
const EXIT_FAILED = 1

// biome-ignore lint/suspicious/noExplicitAny: a process is a list of services of any configuration
type AnyDefinition = ServiceDefinition<any>

function leave(code: number): never {
  process.exit(code)
}

function complain(text: string): never {
  process.stderr.write(`${text}\n`)
  leave(EXIT_USAGE)
}

/** SIGTERM or SIGINT drains; a second one leaves at once. */
function signalled(onDrain: (signal: string) => void): AbortSignal {
  const drain = new AbortController()
  for (const name of ['SIGTERM', 'SIGINT'] as const) {
    process.on(name, () => {
      if (drain.signal.aborted) leave(EXIT_FAILED)
      onDrain(name)
      drain.abort()
    })
  }
  return drain.signal
}

/** Ends with its parent where the parent asked for that by NODE_DOCTOR_PARENT_PIPE: when standard input closes. */
function followParent(): void {
  if (process.env['NODE_DOCTOR_PARENT_PIPE'] !== '1') return
  process.stdin.on('end', () => process.kill(process.pid, 'SIGTERM'))
  process.stdin.on('error', () => process.kill(process.pid, 'SIGTERM'))
  process.stdin.resume()
}

/** Runs services until a signal, or until one that is alone fails. Does not return. */
export async function runService(...definitions: readonly AnyDefinition[]): Promise<never> {
  const names = definitions.map(({ name }) => name).join(', ')
  try {
    const args = parseServiceArguments(process.argv.slice(2))
    if (args.help) {
      const what = definitions.map(({ name, description }) => `${name}: ${description}`).join('\n')
      process.stdout.write(`${what}\n\n${USAGE}\n`)
      leave(0)
    }
    if (args.version) {
      process.stdout.write(`${VERSION}\n`)
      leave(0)
    }
    const config = await loadConfig({
      ...(args.config === undefined ? {} : { file: args.config }),
      flags: args.set,
      env: process.env,
    })
    const clock = systemClock()
    const host = createHost({ root: config.settings.hostRoot })
    const log = createLogger({ component: names, level: config.settings.logLevel, format: config.settings.logFormat })
    for (const fatal of ['uncaughtException', 'unhandledRejection'] as const) {
      process.on(fatal, (err: unknown) => {
        log.error('unexpected error, the process ends', { err })
        leave(EXIT_FAILED)
      })
    }
    const signal = signalled((name) => log.info('asked to stop', { signal: name }))
    followParent()
    const around = { version: VERSION, config, host, clock, alone: definitions.length === 1 }
    const results = await Promise.allSettled(
      definitions.map((definition) => createHostedService(definition, around).run(signal)),
    )
    leave(results.some(({ status }) => status === 'rejected') ? EXIT_FAILED : 0)
  } catch (err) {
    if (err instanceof UsageError) complain(`${err.message}\n\n${USAGE}`)
    if (err instanceof ConfigErrors) complain(err.message)
    throw err
  }
}
