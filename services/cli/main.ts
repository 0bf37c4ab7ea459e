import { leave } from '#service'
import { EXIT_FAILED, runCli, unexpected } from './cli.ts'
import { complain } from './print.ts'

/** Whatever a command that ends in order makes of its own end. */
function failAtExit(): void {
  process.once('exit', () => {
    process.exitCode = EXIT_FAILED
  })
}

/** Commands that go on (`up`, `watch`) listen for a signal, and end in order by it; it would kill any other. */
function goesOn(): boolean {
  return process.listenerCount('SIGTERM') > 0
}

let isAskedToEnd = false

/** Once, whatever else goes wrong: to `up` a second signal says that everything be killed at once. */
function askToEnd(): void {
  if (isAskedToEnd || !goesOn()) return
  isAskedToEnd = true
  process.kill(process.pid, 'SIGTERM')
}

/**
 * What is printed arrives nowhere. That its reader is gone (`| head`) is no error: what goes on ends in order, what is done
 * keeps its exit code. All else is one: a full disk.
 */
function unprinted(err: Error): void {
  if (!('code' in err) || err.code !== 'EPIPE') {
    complain(`node-doctor: cannot write what it prints: ${err.message}`)
    failAtExit()
  }
  askToEnd()
}

for (const stream of [process.stdout, process.stderr]) stream.once('error', unprinted).on('error', () => undefined)
process.on('uncaughtException', (err) => {
  complain(unexpected(err))
  if (!goesOn()) leave(EXIT_FAILED)
  failAtExit()
  askToEnd()
})
process.exitCode = await runCli(process.argv.slice(2))
