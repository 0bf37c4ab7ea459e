import { EXIT_FAILED, runCli, unexpected } from './cli.ts'
import { complain } from './print.ts'

process.on('uncaughtException', (err) => {
  complain(unexpected(err))
  process.exitCode = EXIT_FAILED
  process.kill(process.pid, 'SIGTERM')
})
process.exitCode = await runCli(process.argv.slice(2))
