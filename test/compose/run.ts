/**
 * The set as containers, by docker-compose.yaml: brought up, told of a full disk, asked at every socket, each container's
 * process killed, taken down; then nothing may be left. Ends with 77 and a line that says why where there is no engine.
 */
import { deployedServices, SERVICES } from '#service-table'
import { SKIPPED } from '../../scripts/verify/steps.ts'
import { createDisk, type Disk } from './disk.ts'
import { type Engine, findEngine, NoEngineError } from './engine.ts'
import { tryRun, until } from './exec.ts'
import { createStack, type Stack } from './stack.ts'
import { volumeOf } from './volumes.ts'

const SOCKETS = deployedServices(SERVICES).map((service) => ({
  volume: volumeOf(service),
  file: `${service.name}.sock`,
  service: service.serves,
}))

function say(text: string): void {
  console.log(`compose-test: ${text}`)
}

function check(what: string, holds: boolean): void {
  if (!holds) throw new Error(`not so: ${what}`)
}

function openProblem(stack: Stack, disk: Disk) {
  return stack.view().problems.find(({ entity }) => entity === `disk:${disk.mountPoint}`)
}

interface KubeNode {
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] }
}

function diskFull(stack: Stack): string | undefined {
  const [node] = stack.kube<KubeNode>('/api/v1/nodes')
  return node?.status?.conditions?.find(({ type }) => type === 'DiskFull')?.status
}

function events(stack: Stack): string[] {
  return stack.kube<{ reason: string }>('/api/v1/namespaces/default/events').map(({ reason }) => reason)
}

function askSockets(engine: Engine, stack: Stack): void {
  if (tryRun(['grpcurl', '-version']).status !== 0) {
    say('no grpcurl here: the sockets were not asked')
    return
  }
  for (const { volume, file, service } of SOCKETS) {
    const ask = (...args: string[]) =>
      engine.inside(['grpcurl', '-plaintext', '-max-time', '5', `unix://${stack.socketPath(volume, file)}`, ...args])
    check(`${file} lists ${service}`, ask('list').includes(service))
    check(`${file} describes ${service}`, ask('describe', service).includes('rpc '))
    check(`${file} is serving`, ask('grpc.health.v1.Health/Check').includes('SERVING'))
  }
  const node = engine.inside([
    ...['grpcurl', '-plaintext', `unix://${stack.socketPath('run-detector', 'detector.sock')}`],
    'nodedoctor.v1.Detector/GetNode',
  ])
  check('GetNode names the node', /"node"/.test(node))
  say('every socket answers list, describe and health')
}

/** What docs/security.md says of every container. */
function checkRights(engine: Engine, stack: Stack): void {
  for (const service of stack.services) {
    const status = engine.inside(['cat', `/proc/${stack.container(service).pid}/status`])
    const field = (name: string) => new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(status)?.[1]
    check(`${service} has no capability`, /^0+$/.test(field('CapBnd') ?? '') && /^0+$/.test(field('CapEff') ?? ''))
    check(`${service} can gain no privilege`, field('NoNewPrivs') === '1')
    const isRoot = /\b0\b/.test(field('Uid') ?? '0')
    check(`${service} is ${service === 'log' ? 'root' : "nobody's root"}`, isRoot === (service === 'log'))
    check(`${service} is filtered`, field('Seccomp') === '2')
  }
  for (const path of ['/', '/proc', '/sys', '/run', '/tmp', '/dev/shm']) {
    const { status } = stack.exec('system', ['sh', '-c', `touch /host${path}/nd-test || touch /nd-test`])
    check(`system writes nothing below /host${path}`, status !== 0)
  }
  for (const path of ['/var/log', '/run/log']) {
    const { status } = stack.exec('log', ['sh', '-c', `touch ${path}/nd-test || touch /nd-test`])
    check(`log writes nothing below ${path}`, status !== 0)
  }
  say('no container has a capability or a way to write the host, none but that of logs a root user')
}

/** Since when each condition of the system monitor is as it is. */
function sinceWhen(stack: Stack): string {
  const conditions = stack.view().conditions.filter(({ monitor }) => monitor === 'system')
  return conditions
    .map(({ type, entity, since }) => `${type} ${entity} since ${since}`)
    .sort()
    .join('; ')
}

async function killEach(engine: Engine, stack: Stack, disk: Disk): Promise<void> {
  const before = openProblem(stack, disk)
  const since = sinceWhen(stack)
  for (const service of stack.services) {
    const old = stack.container(service)
    engine.inside(['kill', '-KILL', String(old.pid)])
    await until(`${service} comes back`, 60_000, () => {
      const now = stack.container(service)
      return now.pid !== 0 && now.started !== old.started
    })
    await stack.healthy(90_000)
    const after = await until(`the problem is still shown after ${service} was killed`, 60_000, () =>
      openProblem(stack, disk),
    )
    check(
      `the problem has kept its beginning and generation (${before?.opened} ${before?.generation}, now ${after.opened} ${after.generation})`,
      after.opened === before?.opened && after.generation === before.generation,
    )
    check(`no condition changed its beginning: ${since}, now ${sinceWhen(stack)}`, sinceWhen(stack) === since)
    say(`${service}: killed, came back, nothing was told anew`)
  }
}

async function test(engine: Engine, stack: Stack, disk: Disk): Promise<void> {
  stack.up()
  await stack.healthy(90_000)
  await until('the page is ready', 30_000, () => stack.http('/ready').status === 200)
  say(`${stack.services.length} containers are healthy`)

  disk.fill()
  await until('the full disk is a problem on :8080', 60_000, () => openProblem(stack, disk))
  say('the full disk is a problem on :8080')
  await until('the full disk is a condition of the node', 30_000, () => diskFull(stack) === 'True')
  await until('and an event', 30_000, () => events(stack).includes('DiskFull'))
  say('the full disk is a condition and an event of the node, at the API server')
  askSockets(engine, stack)
  checkRights(engine, stack)
  await killEach(engine, stack, disk)
  // Of two containers this configuration has no check.
  const refused = stack.view().problems.filter(({ type }) => type === 'MonitorRefused')
  check(
    `no container is refused as a monitor: ${refused.map(({ message }) => message).join('; ')}`,
    refused.length === 0,
  )
  disk.free()
  await until('the freed disk is no problem', 90_000, () => openProblem(stack, disk) === undefined)
  await until('the freed disk is well on the node', 30_000, () => diskFull(stack) === 'False')
  say('the freed disk is no problem any more, on the node neither')
}

async function main(): Promise<number> {
  let engine: Engine
  try {
    engine = await findEngine()
  } catch (err) {
    if (!(err instanceof NoEngineError)) throw err
    console.log(`compose-test skipped: ${err.message.split('\n')[0]}`)
    return SKIPPED
  }
  const disk = createDisk(engine)
  const stack = createStack(engine)
  try {
    await test(engine, stack, disk)
    stack.down()
    const left = stack.leftovers()
    check(`nothing is left: ${left.join(', ')}`, left.length === 0)
    say('taken down; nothing is left')
    return 0
  } catch (err) {
    console.error(stack.logs())
    console.error(`compose-test: ${err instanceof Error ? err.message : String(err)}`)
    try {
      stack.down()
    } catch (downErr) {
      console.error(`compose-test: it could not be taken down either: ${String(downErr)}`)
    }
    return 1
  } finally {
    disk.remove()
    await engine.stop()
  }
}

process.exitCode = await main()
