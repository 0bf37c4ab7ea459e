/**
 * Runs a built `npd.mjs`'s code until it has told an API server, with each kind of file, and writes what was compiled of it by then:
 * `node FLAGS code-maker.ts URL-OF-BUNDLE`. A process of its own, since the code ends its process, and V8 knows compiled code by the flags.
 */
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import v8 from 'node:v8'
import { compiledAt, compiledFile, readCode, runCode } from '../../services/npd/code.ts'

const NODE = 'builder'
const LINES = { plugin: 'filelog', pluginConfig: { timestamp: '^(\\S+)', message: ' (.*)$', timestampFormat: '2006' } }
const RULES = {
  source: 'builder',
  lookback: '5m',
  bufferSize: 10,
  conditions: [{ type: 'BuilderProblem', reason: 'BuilderIsWell', message: 'all is well' }],
  rules: [
    { type: 'temporary', reason: 'BuilderSaw', pattern: 'task [\\S ]+:\\w+ blocked for more than \\w+ seconds\\.' },
    { type: 'permanent', condition: 'BuilderProblem', reason: 'BuilderIsIll', pattern: 'builder is ill: .*' },
  ],
}
/** What was called by then, and a bit of what follows. */
const AFTER_PATCH_MS = 1000

function listening(answer: RequestListener): Promise<Server> {
  const server = createServer(answer)
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)))
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port
}

async function freePort(): Promise<number> {
  const server = await listening(() => undefined)
  const port = portOf(server)
  await new Promise((resolve) => server.close(resolve))
  return port
}

/** Says of a PATCH that it was taken, and to everything else that it is not allowed. */
async function apiServer(onPatch: () => void): Promise<number> {
  const server = await listening((request, response) => {
    request.resume()
    const isPatch = request.method === 'PATCH'
    response.writeHead(isPatch ? 200 : 403, { 'content-type': 'application/json' })
    response.end(JSON.stringify(isPatch ? { metadata: { name: NODE, uid: NODE }, status: { conditions: [] } } : {}))
    if (isPatch) onPatch()
  })
  return portOf(server)
}

function filesIn(folder: string): string[] {
  const file = (name: string, contents: object) => {
    writeFileSync(join(folder, name), JSON.stringify(contents))
    return join(folder, name)
  }
  writeFileSync(join(folder, 'builder.log'), `${new Date().getFullYear()} all is well\n`)
  const log = file('log.json', { ...RULES, ...LINES, logPath: join(folder, 'builder.log') })
  const kernel = file('kernel.json', {
    ...RULES,
    plugin: 'kmsg',
    logPath: '/dev/kmsg',
    conditions: [],
    rules: [RULES.rules[0]],
  })
  const plugin = file('plugin.json', {
    plugin: 'custom',
    pluginConfig: { invoke_interval: '30s', timeout: '5s', max_output_length: 80, concurrency: 3 },
    source: 'builder-plugin',
    conditions: [{ type: 'PluginProblem', reason: 'PluginIsWell', message: 'all is well' }],
    rules: [{ type: 'permanent', condition: 'PluginProblem', reason: 'PluginIsIll', path: '/bin/true' }],
  })
  const stats = file('stats.json', {
    cpu: { metricsConfigs: { 'cpu/load_5m': { displayName: 'cpu/load_5m' } } },
    host: { metricsConfigs: { 'host/uptime': { displayName: 'host/uptime' } } },
    invokeInterval: '60s',
  })
  return [
    `--config.system-log-monitor=${log},${kernel}`,
    `--config.custom-plugin-monitor=${plugin}`,
    `--config.system-stats-monitor=${stats}`,
  ]
}

async function make(bundle: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'nd-code-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  const code = readCode(bundle)
  let isWritten = false
  const port = await apiServer(() => {
    if (isWritten) return
    isWritten = true
    setTimeout(() => {
      setFlags('--flush-bytecode')
      const part = `${fileURLToPath(compiledAt(bundle))}.${process.pid}.part`
      writeFileSync(part, compiledFile(bundle, code.script))
      renameSync(part, fileURLToPath(compiledAt(bundle)))
      process.kill(process.pid, 'SIGTERM')
    }, AFTER_PATCH_MS)
  })
  // Code that is called once, at the start, is what a start needs; and other flags than a start's would have V8 refuse all of it.
  const setFlags = v8.setFlagsFromString
  setFlags('--no-flush-bytecode')
  v8.setFlagsFromString = () => undefined
  process.argv = [
    process.execPath,
    fileURLToPath(bundle),
    `--hostname-override=${NODE}`,
    `--apiserver-override=http://127.0.0.1:${port}?inClusterConfig=false`,
    `--port=${await freePort()}`,
    `--prometheus-port=${await freePort()}`,
    ...filesIn(folder),
  ]
  runCode(code, bundle)
}

await make(process.argv[2] ?? '')
