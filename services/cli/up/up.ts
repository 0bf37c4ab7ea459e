/** The supervisor for one machine: starts the set, restarts what dies, shows one line per process, passes signals on. */
import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Clock } from '#clock'
import { type ConfigFlag, type NodeDoctorConfig, nearestName } from '#config'
import { keepHeapSmall } from '#service'
import { CONFIG_OPTIONS, type Command, textOf, type Values } from '../command.ts'
import { CliUsageError, NotBuiltError } from '../errors.ts'
import { detectorSocket } from '../node.ts'
import { say } from '../print.ts'
import { configOf, flagsOf } from '../settings.ts'
import { renderTable } from '../table.ts'
import { stateNote } from './folder.ts'
import { askKubernetes } from './kubernetes.ts'
import { takeUpLock } from './lock.ts'
import { type PlannedService, planServices } from './plan.ts'
import { createStopWords } from './stop-word.ts'
import { chooseStore } from './store.ts'
import { type Supervised, supervise } from './supervise.ts'

/** The detector waits up to 15 s for the bus's other clients and ends it then. */
const GRACE_MS = 30_000
/** What is not ready after this long is shown as it is. */
const PATIENCE_MS = 15_000
/** A line of a process that is longer is no log line. */
const LOG_LINE_MAX = 16_384

/** The bundles lie beside this one. */
function bundleOf(name: string): string {
  const path = join(dirname(fileURLToPath(import.meta.url)), `${name}.mjs`)
  if (!existsSync(path)) throw new NotBuiltError(path)
  return path
}

function portFlag(values: Values): ConfigFlag[] {
  const port = textOf(values, 'port')
  return port === undefined ? [] : [{ key: 'exporters.http.hostPort', value: port, flag: `--port=${port}` }]
}

function chosen(values: Values, config: NodeDoctorConfig): PlannedService[] {
  const all = planServices(config, undefined)
  const words = textOf(values, 'services')
    ?.split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '')
  if (words?.length === 0)
    throw new CliUsageError(`--services names none; expected some of ${all.map(({ name }) => name).join(', ')}`)
  for (const word of words ?? []) {
    if (all.some(({ name }) => name === word)) continue
    const names = all.map(({ name }) => name)
    const near = nearestName(word, names)
    throw new CliUsageError(
      `--services ${word}: there is no such service; expected some of ${names.join(', ')}${near === undefined ? '' : `; did you mean ${near}?`}`,
    )
  }
  return planServices(config, words)
}

function checkLogFormat(values: Values): void {
  const format = textOf(values, 'log-format')
  if (format === undefined || format === 'pretty' || format === 'json') return
  throw new CliUsageError(`--log-format ${format}: expected pretty or json`)
}

function timeOfDay(clock: Clock): string {
  return clock.now().toISOString().slice(11, 19)
}

function pageUrl({ exporters: { http } }: NodeDoctorConfig): string {
  const host = http.bindAddress === '0.0.0.0' || http.bindAddress === '::' ? '127.0.0.1' : http.bindAddress
  return `${http.tlsEnabled ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${http.hostPort}`
}

function askedKubernetes(config: NodeDoctorConfig, running: readonly Supervised[]): Promise<string> {
  const { nodeName } = config.settings
  const exporter = running.find(({ service }) => service.name === 'k8s-exporter')
  const isEnabled = config.exporters.kubernetes.enabled
  return askKubernetes({ nodeName, isEnabled, socket: exporter?.service.socket })
}

interface Screen {
  readonly tookMs: number
  readonly kubernetes: string
  readonly notes: readonly string[]
}

/** What stands on the screen once everything runs. */
function overview(config: NodeDoctorConfig, running: readonly Supervised[], screen: Screen): string {
  const { tookMs, notes } = screen
  const { runDir, nodeName } = config.settings
  const url = pageUrl(config)
  const rows = running.map(({ service, pid, state }) => [
    `  ${service.name}`,
    String(pid ?? '-'),
    state,
    service.socket,
  ])
  const isReady = running.every(({ state }) => state === 'ready')
  const { prometheus, http } = config.exporters
  const serves = running.some(({ service }) => service.name === 'http-exporter')
  const isSet = config.settingsInForce.set.some(({ key }) => key === 'settings.runDir')
  const hint = isSet ? ` --run-dir ${runDir}` : ''
  return [
    '',
    isReady
      ? `Node Doctor watches ${nodeName}. All ready in ${(tookMs / 1000).toFixed(1)} s.`
      : `Node Doctor watches ${nodeName}. Not all is ready yet; changes follow below.`,
    '',
    renderTable(['  PROCESS', 'PID', 'STATE', 'SOCKET'], rows),
    '',
    ...(serves && http.enabled
      ? [`  The page        ${url}/`, `  In a terminal   curl ${url}/    or    npx node-doctor status${hint}`]
      : []),
    ...(serves && prometheus.enabled
      ? [`  Prometheus      http://127.0.0.1:${prometheus.port}${prometheus.path}`]
      : []),
    `  Kubernetes      ${screen.kubernetes}`,
    `  Ask a socket    grpcurl -plaintext unix://${detectorSocket(runDir)} nodedoctor.v1.Detector/GetNode`,
    `  Plug in         a socket of npd.external.v1 or nodedoctor.v1 in ${config.detector.monitorDirs[0] ?? `${runDir}/monitors`}`,
    ...notes.map((note) => `  Note            ${note}`),
    '',
    '  Ctrl-C stops everything.',
    '',
  ].join('\n')
}

async function run(values: Values, clock: Clock): Promise<number> {
  const more = portFlag(values)
  checkLogFormat(values)
  const config = await configOf(values, more)
  const planned = chosen(values, config)
  const bundles = new Map(planned.map(({ name }) => [name, bundleOf(name)]))
  const lock = await takeUpLock(config.settings.runDir)
  const store = await chooseStore(config).catch(async (err: unknown) => {
    await lock.release()
    throw err
  })
  const notes = [store.note, await stateNote(config.settings.stateDir)].filter((note) => note !== '')
  const file = textOf(values, 'config')
  const format = textOf(values, 'log-format') ?? (process.stdout.isTTY ? 'pretty' : config.settings.logFormat)
  const args = [
    ...(file === undefined ? [] : ['--config', file]),
    ...[...flagsOf(values), ...more].flatMap(({ key, value }) => ['--set', `${key}=${value}`]),
    '--set',
    `bus.storeDir=${store.dir}`,
    '--log-format',
    format,
  ]
  const verbose = values['verbose'] === true || format === 'json'
  const begunMs = clock.monotonicMs()
  let shown = false
  const running = planned.map((service) =>
    supervise({
      service,
      bundle: bundles.get(service.name) ?? '',
      args,
      clock,
      onState: (name, state, detail) => {
        // Before the overview only what went wrong is worth a line.
        if (shown || state === 'ended' || (['stopped', 'not ready'].includes(state) && detail !== ''))
          say(`${timeOfDay(clock)} ${name} ${state}${detail === '' ? '' : `: ${detail}`}`)
      },
      onLine: (_name, line) => {
        if (verbose || / (warn|error) |"level":"(warn|error)"/.test(line) || !/^[{\d]/.test(line))
          say(line, LOG_LINE_MAX)
      },
    }),
  )

  const leaveHeap = keepHeapSmall(clock)
  const { promise: asked, resolve: ask } = Promise.withResolvers<void>()
  const wordOf = createStopWords()
  let isAsked = false
  function heard(): void {
    isAsked = true
    const word = wordOf(clock.monotonicMs())
    for (const one of running) {
      if (word === 'stop') one.startNoMore()
      else if (word === 'kill') one.signal('SIGKILL')
    }
    ask()
  }
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, heard)
  // Started by `npx node-doctor`: that it is gone is its word to stop.
  process.once('disconnect', () => {
    if (!isAsked) heard()
  })
  process.channel?.unref()
  const { promise: patience, resolve: endPatience } = Promise.withResolvers<void>()
  const endWait = clock.after(PATIENCE_MS, endPatience)
  const allEnded = Promise.all(running.map(({ ended }) => ended))
  await Promise.race([Promise.all(running.map(({ firstReady }) => firstReady)), patience, asked])
  endWait()
  if (!isAsked) {
    const tookMs = clock.monotonicMs() - begunMs
    say(overview(config, running, { tookMs, notes, kubernetes: await askedKubernetes(config, running) }))
    shown = true
  }
  await Promise.race([asked, allEnded])
  process.stdout.write(isAsked ? 'Stopping everything; Ctrl-C again kills.\n' : 'Every process ended for good.\n')
  for (const order of [...new Set(planned.map(({ stopOrder }) => stopOrder))].sort((a, b) => a - b)) {
    await Promise.all(running.filter(({ service }) => service.stopOrder === order).map((one) => one.stop(GRACE_MS)))
  }
  leaveHeap()
  for (const { socket } of planned) await rm(socket, { force: true })
  await lock.release()
  process.stdout.write('Stopped.\n')
  return isAsked ? 0 : 1
}

export const up: Command = {
  name: 'up',
  summary: 'starts everything on this machine and keeps it running',
  help: `Usage: node-doctor up [options]

Starts the detector with its bus, the monitors and the exporters of the configuration, each as a process of its own;
restarts with backoff what dies; stops all of it in order on Ctrl-C.

Options:
  --config FILE        configuration (env NODE_DOCTOR_CONFIG; default /etc/node-doctor/config.yaml, else the embedded one)
  --run-dir DIR        sockets and the bus (default /run/node-doctor as root, else $XDG_RUNTIME_DIR/node-doctor)
  --state-dir DIR      what survives a reboot (default /var/lib/node-doctor as root, else ~/.local/state/node-doctor)
  --port PORT          of the page
  --services A,B       only these
  --set KEY=VALUE      any key of the configuration; may be repeated
  --log-format FORMAT  pretty or json
  --verbose, -v        every log line; otherwise warnings and errors

Exit code: 0 after Ctrl-C, 1 when everything ended by itself, 2 for a wrong command line or configuration.`,
  options: {
    ...CONFIG_OPTIONS,
    port: { type: 'string' },
    services: { type: 'string' },
    'log-format': { type: 'string' },
    verbose: { type: 'boolean', short: 'v' },
  },
  positionals: 0,
  run: (values, _positionals, clock) => run(values, clock),
}
