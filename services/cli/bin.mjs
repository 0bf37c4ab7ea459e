#!/usr/bin/env node
// `node-doctor`: runs the built CLI with the pinned Node, whatever Node the system has.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = new URL('../../', import.meta.url)
const cli = fileURLToPath(new URL('dist/cli.mjs', root))
const pinned = fileURLToPath(new URL('node_modules/.bin/node', root))
if (!existsSync(cli)) {
  process.stderr.write(`node-doctor is not built yet: run "make build" in ${fileURLToPath(root)}\n`)
  process.exit(2)
}
const ran = spawnSync(existsSync(pinned) ? pinned : process.execPath, [cli, ...process.argv.slice(2)], {
  stdio: 'inherit',
})
process.exit(ran.status ?? 1)
