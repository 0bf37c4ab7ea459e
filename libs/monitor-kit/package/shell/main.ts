#!/usr/bin/env node
/** `node-doctor-shell-plugin --script PATH --condition TYPE`: a script, in whatever language, as a plug-in of Node Doctor. */
import { EXIT_USAGE, leave, UsageError, VERSION } from '#service'
import { defineMonitor } from '../../define.ts'
import { serveMonitor } from '../serve.ts'
import { scriptCheck } from './check.ts'
import { HELD_FLAGS, parseShell } from './command-line.ts'

/** What a command line only asks about. */
const NOTHING = { name: 'script', path: '--script', condition: 'Condition', intervalMs: 30_000, timeoutMs: 10_000 }

function asked(): typeof NOTHING {
  try {
    return parseShell(process.argv.slice(2)) ?? NOTHING
  } catch (err) {
    if (!(err instanceof UsageError)) throw err
    process.stderr.write(`${err.message}\nnode-doctor-shell-plugin --help says what there is\n`)
    return leave(EXIT_USAGE)
  }
}

const { name, ...script } = asked()
const check = scriptCheck(script)
const description = 'A script that says by its exit code how it stands'
const monitor = defineMonitor({ name, description, checks: [check], flags: HELD_FLAGS })
await serveMonitor(monitor, { version: VERSION })
