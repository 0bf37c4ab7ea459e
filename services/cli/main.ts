import { EXIT_FAILED, runCli, unexpected } from './cli.ts'
import { complain } from './print.ts'

/** Who read what is printed is gone (`| head`): what goes on ends in order, what is done keeps its exit code. */
function nobodyReads(err: Error): void {
  if (!('code' in err) || err.code !== 'EPIPE') throw err
  if (process.listenerCount('SIGTERM') > 0) process.kill(process.pid, 'SIGTERM')
}

for (const stream of [process.stdout, process.stderr]) stream.on('error', nobodyReads)
process.on('uncaughtException', (err) => {
  complain(unexpected(err))
  process.exitCode = EXIT_FAILED
  process.kill(process.pid, 'SIGTERM')
})
process.exitCode = await runCli(process.argv.slice(2))
