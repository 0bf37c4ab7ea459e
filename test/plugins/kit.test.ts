/** The examples that stand on our package: built as their authors build them, held to both protocols, and joined to a detector. */
import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { MonitorService } from '#proto/nodedoctor/v1/monitor.ts'
import { connectUnix } from '#rpc'
import { parseObjects } from '../deploy/objects.ts'
import { loadSchemas, validate } from '../deploy/schema.ts'
import { memoryCheck, withChecks } from '../e2e/checks.ts'
import { type Constellation, startConstellation, until } from '../e2e/constellation.ts'

const ROOT = join(import.meta.dirname, '../..')
const PLUGINS = join(ROOT, 'deploy/plugins')
const NODE = join(ROOT, 'node_modules/.bin/node')
const RELEASES = [loadSchemas('kubernetes-1.37'), loadSchemas('kubernetes-1.20')]
const run = promisify(execFile)

const CLOCK = 'sys/devices/system/clocksource/clocksource0/current_clocksource'
const MDSTAT = (disks: string) => `md0 : active raid1 sdb1[1] sda1[0]\n      104320 blocks super 1.2 [2/2] [${disks}]\n`

/** How each is run from what was built, what it reads, and what it says of that. */
const EXAMPLES = [
  {
    folder: 'typescript',
    name: 'raid',
    type: 'RaidDegraded',
    command: (built: string) => [`${built}/monitor.mjs`],
    reads: 'proc/mdstat',
    well: MDSTAT('UU'),
    ill: MDSTAT('U_'),
    reason: 'DiskMissing',
  },
  {
    folder: 'shell',
    name: 'clock-source',
    type: 'ClockSourceSlow',
    command(built: string) {
      const program = `${built}/node_modules/@node-doctor/monitor-kit/shell.mjs`
      return [program, '--script', `${built}/clock-source.sh`, '--condition', 'ClockSourceSlow']
    },
    reads: CLOCK,
    well: 'tsc\n',
    ill: 'hpet\n',
    reason: 'ScriptWarning',
  },
] as const
type Example = (typeof EXAMPLES)[number]

function textOf({ folder }: Example, file: string): string {
  return readFileSync(join(PLUGINS, folder, file), 'utf8')
}

describe.each(EXAMPLES)('the example in $folder', (example) => {
  const [daemonSet, ...others] = parseObjects(textOf(example, 'manifest.yaml'))
  const pod = daemonSet?.spec?.template?.spec
  const user = pod?.securityContext?.runAsUser
  const { name } = example

  it('is one DaemonSet without a right, valid for the oldest and the newest Kubernetes', () => {
    expect(others).toEqual([])
    expect(daemonSet?.kind).toBe('DaemonSet')
    for (const object of daemonSet === undefined ? [] : [daemonSet])
      expect(RELEASES.flatMap((schemas) => validate([schemas], object))).toEqual([])
    expect(pod?.automountServiceAccountToken).toBe(false)
    expect(pod?.volumes).toEqual([
      { name: 'socket', hostPath: { path: `/run/node-doctor/monitors/${name}`, type: 'DirectoryOrCreate' } },
    ])
    const [container] = pod?.containers ?? []
    expect(container?.securityContext).toEqual({
      readOnlyRootFilesystem: true,
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
    })
    const socket = { name: 'NODE_DOCTOR_SOCKET', value: `/run/node-doctor/monitors/${name}/${name}.sock` }
    expect(container?.env?.[0]).toEqual(socket)
  })

  it('has an image on any base that copies what was built, and runs nothing, as the user of its manifest', () => {
    const lines = textOf(example, 'Dockerfile')
      .split('\n')
      .filter((line) => /^[A-Z]+ /.test(line))
    expect(lines[0]).toMatch(/^ARG BASE=\S+$/)
    expect(lines[1]).toBe('FROM ${BASE}')
    expect(lines.map((line) => line.split(' ')[0])).not.toContain('RUN')
    expect(lines).toContain(`USER ${user}:${user}`)
    expect(lines.filter((line) => line.startsWith('COPY'))).toEqual([`COPY dist/ /opt/${name}/`])
    const entry = example.command(`/opt/${name}`)
    expect(lines.at(-1)).toBe(`ENTRYPOINT ${JSON.stringify(['node', ...entry]).replaceAll('","', '", "')}`)
  })
})

it('the example in TypeScript is the monitor of the package’s README', () => {
  const [, whole] =
    /^```ts\n([\s\S]*?)^```$/m.exec(readFileSync(join(ROOT, 'libs/monitor-kit/package/README.md'), 'utf8')) ?? []
  expect(readFileSync(join(PLUGINS, 'typescript/monitor.ts'), 'utf8')).toBe(whole)
})

function endIfThere(pidFile: string): void {
  const pid = existsSync(pidFile) ? Number(readFileSync(pidFile, 'utf8')) : 0
  try {
    if (pid > 0) process.kill(pid, 'SIGKILL')
  } catch {
    // It has ended by itself.
  }
}

describe.concurrent('the examples on our package', () => {
  let dir = ''
  let c: Constellation
  const children: ChildProcess[] = []

  const socketOf = ({ name }: Example) => join(dir, 'monitors', name, `${name}.sock`)

  function commandOf({ folder, name, command }: Example, socket: string, runDir: string): string[] {
    const places = ['--socket', socket, '--run-dir', join(dir, runDir), '--host-root', join(dir, 'root', name)]
    return [...command(join(dir, 'built', folder)), ...places]
  }

  function see({ name, reads }: Example, text: string): void {
    const path = join(dir, 'root', name, reads)
    mkdirSync(join(path, '..'), { recursive: true })
    writeFileSync(path, text)
  }

  async function conditionOf({ type }: Example) {
    return (await c.status()).conditions.find((one) => one.type === type)
  }

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'nd-kit-plugins-'))
    const kit = execFileSync(NODE, ['scripts/pack-kit.ts', dir], { cwd: ROOT, encoding: 'utf8' }).trim()
    const env = { ...process.env, KIT: kit, NODE }
    const building = EXAMPLES.map(({ folder }) =>
      run(join(PLUGINS, folder, 'build.sh'), [join(dir, 'built', folder)], { env }),
    )
    const config = { ...withChecks(memoryCheck()), detector: { monitorDirs: [join(dir, 'monitors')] } }
    const starting = startConstellation({ config: config as unknown as Record<string, unknown> })
    await Promise.all(building)
    for (const example of EXAMPLES) {
      see(example, example.well)
      children.push(
        spawn(NODE, commandOf(example, socketOf(example), 'run'), { stdio: ['ignore', 'ignore', 'inherit'] }),
      )
    }
    c = await starting
    await c.ready()
  }, 90_000)

  afterAll(async () => {
    for (const child of children) child.kill('SIGKILL')
    // Those that were started anew, also where what followed failed.
    for (const { name } of EXAMPLES) endIfThere(join(dir, `${name}.pid`))
    await c?.stop()
    rmSync(dir, { recursive: true, force: true })
  })

  it('join by their sockets, and what they see becomes a condition of the node', async () => {
    await Promise.all(
      EXAMPLES.map(async (example) => {
        const { name, type, reason } = example
        await until(`${type} is well`, async () => (await conditionOf(example))?.health === 'healthy')
        const monitors = (await c.status()).monitors.filter((monitor) => monitor.name === name)
        expect(monitors).toMatchObject([{ protocol: 'nodedoctor.v1', origin: 'discovered', health: 'alive' }])
        see(example, example.ill)
        const client = connectUnix(socketOf(example))
        await client.call(MonitorService.check, { check: '' })
        client.close()
        const problem = await until(`${type} is a problem`, async () =>
          (await c.status()).problems.find((one) => one.type === type),
        )
        expect(problem).toMatchObject({ reason })
      }),
    )
  })

  it('keep to both protocols, rule by rule, also when they are stopped and started anew', async () => {
    await Promise.all(
      EXAMPLES.map(async (example) => {
        // Beside those that the detector watches: it would be told what is answered here.
        const socket = join(dir, 'apart', example.name, `${example.name}.sock`)
        const words = [NODE, ...commandOf(example, socket, 'apart/run')].map((word) => `'${word}'`)
        const begin = `${words.join(' ')} >/dev/null`
        children.push(spawn('sh', ['-c', `exec ${begin}`], { stdio: 'ignore' }))
        await until(`${socket} is there`, () => existsSync(socket))
        const pidFile = join(dir, `${example.name}.pid`)
        const args = ['--stop', '--restart', `${begin} & echo $! >'${pidFile}'`, '--idle', '100ms', '-o', 'json']
        const { stdout } = await run(NODE, ['dist/cli.mjs', 'conformance', socket, ...args], { cwd: ROOT })
        const { rules } = JSON.parse(stdout) as { rules: { id: string; result: string; detail: string }[] }
        expect(rules.filter(({ result }) => result === 'fail')).toEqual([])
        expect(rules.filter(({ result }) => result === 'pass').length).toBeGreaterThan(55)
      }),
    )
  })
})
