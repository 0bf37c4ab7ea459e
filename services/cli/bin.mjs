#!/usr/bin/env node
// `node-doctor`: runs the built CLI with the pinned Node, whatever Node the system has; passes on how it is asked to end.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { constants } from 'node:os'
import { fileURLToPath } from 'node:url'

const root = new URL('../../', import.meta.url)
const cli = fileURLToPath(new URL('dist/cli.mjs', root))
const pinned = fileURLToPath(new URL('node_modules/.bin/node', root))
if (!existsSync(cli)) {
  process.stderr.write(`node-doctor is not built yet: run "make build" in ${fileURLToPath(root)}\n`)
  process.exit(2)
}
// The channel says nothing; that it ends tells the CLI that this process is gone, however it went.
const [command, ...words] = process.argv.slice(2)
const npd = fileURLToPath(new URL('dist/npd.mjs', root))
// It stays, and is one process: the command line beside it would take a third of its memory again.
const started =
  command === 'npd' ? ['--max-semi-space-size=1', '--v8-pool-size=0', npd, ...words] : [cli, ...process.argv.slice(2)]
const child = spawn(existsSync(pinned) ? pinned : process.execPath, started, {
  stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
})
let isTold = false
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT']) {
  process.on(signal, () => {
    isTold = true
    child.kill(signal)
  })
}
child.on('error', (err) => {
  process.stderr.write(`node-doctor cannot be started: ${err.message}\n`)
  process.exit(2)
})
child.on('exit', (code, signal) => process.exit(code ?? 128 + (constants.signals[signal ?? 'SIGTERM'] ?? 0)))

// npx puts a shell between itself and this process, which ends at a signal without a word to anybody.
if (process.env.npm_command !== undefined) {
  const parent = process.ppid
  setInterval(() => {
    if (process.ppid === parent || isTold) return
    isTold = true
    child.kill('SIGTERM')
  }, 250).unref()
}
