import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ExporterService } from '#proto/nodedoctor/v1/exporter.ts'
import { ConditionStatus, ExternalMonitorService, type Status } from '#proto/npd/external/v1/external_monitor.ts'
import { connectUnix } from '#rpc'
import { freePort } from '../../libs/bus/testing.ts'
import { until } from '../e2e/constellation.ts'

const ROOT = new URL('../..', import.meta.url).pathname
const COPIED = [
  'libs',
  'services',
  'scripts',
  'proto',
  'docs',
  'deploy/helm',
  'test/bench/figure.ts',
  'test/fakes',
  'test/kube/api.ts',
  'package.json',
  'tsconfig.json',
  'biome.json',
]

/** Code blocks of a page by the file, one that `named` finds, that was named last before each; those of one file together. */
async function blocksOf(path: string, named: RegExp): Promise<Map<string, string>> {
  const page = await readFile(join(ROOT, path), 'utf8')
  const blocks = new Map<string, string>()
  let file = ''
  for (const [index, part] of page.split(/```(?:ts)?/).entries()) {
    const block = part.replace(/^\n/, '').replace(/^ {3}/gm, '')
    if (index % 2 === 1 && file !== '') blocks.set(file, `${blocks.get(file) ?? ''}${block}`)
    file = [...part.matchAll(named)].at(index % 2 === 0 ? 0 : -1)?.[1] ?? ''
  }
  return blocks
}

/** What a page says to add to a file that is there: before a line of it, by the name of the file. */
const PUT_BEFORE: Readonly<Record<string, string>> = {
  'libs/service-table/table.ts': '} as const satisfies ServiceTable',
  'libs/config/schema/exporters.ts': '/** `exporters`: how the node’s state is shown. */',
}

/** What the README of the kit says has to stand beside its monitor. */
const BESIDE = {
  'README.md': 'Watches `example-sockets`: `ManySockets`. Keys: `warningSockets`, `criticalSockets`.\n',
  'checks/sockets/fixtures/well/proc/1/net/sockstat': 'sockets: used 291\nTCP: inuse 7 orphan 0 tw 2 alloc 9 mem 1\n',
  'checks/sockets/fixtures/sick/proc/1/net/sockstat': 'sockets: used 70000\n',
  'checks/sockets/fixtures/hostile/proc/1/net/sockstat': 'sockets: used many\n',
} as const

/** Prints every fault that the contract finds in a monitor of the tree. */
const CONTRACT = `import { contractOf, readMonitorRoom } from '#monitor-kit/contract'
for (const { name, faults } of contractOf(await readMonitorRoom('services/monitors/example'))) {
  for (const fault of await faults()) console.log(name + ': ' + fault)
}`

/** Follows a file that was written anew, then emptied, from behind its end; prints what is told, and by how many looks it recovers. */
const FOLLOWED = `import { writeFileSync } from 'node:fs'
import { startCheck } from '#monitor-kit/testing'
import { notes } from './services/monitors/system/checks/notes/check.ts'
const [root] = process.argv.slice(-1)
writeFileSync(root + '/notes.txt', 'one\\ntwo\\n')
const check = startCheck(notes, { root, config: { folder: '/', condition: 'HouseNote' } })
const following = check.follow(3)
const told = []
for (const emptied of [false, true, false]) {
  const { findings: [finding], cursor } = await following.next()
  told.push([finding.health, finding.message, cursor])
  if (emptied) writeFileSync(root + '/notes.txt', '')
}
await following.stop()
console.log(JSON.stringify({ told, recovery: check.declared.conditions[0].recovery }))`

const TABLE = 'libs/remedies/table.ts'

/** Whether host-actions has the action, and does what a configuration names and nothing else. */
const PERMITTED = `import { parseConfig } from '#config'
import { ACTIONS } from './services/host-actions/actions/registry.ts'
import { permitsOf } from './services/host-actions/permits.ts'
const text = \`apiVersion: node-doctor.io/v1alpha1
kind: NodeDoctorConfig
metadata: { name: test }
settings: { nodeName: w1 }
remediation: { enabled: true }
monitors: [{ name: memory, type: system-memory, remediation: { strategy: drop-caches } }]
\`
const permits = permitsOf(parseConfig(text, '/etc/x.yaml', { env: {}, flags: [] }))
const act = (strategy) => ({ strategy, target: 'node', parameters: {}, text: '' })
console.log(JSON.stringify({
  isThere: ACTIONS.some(({ strategy }) => strategy === 'drop-caches'),
  permitted: permits(act('drop-caches')).act?.strategy,
  refused: permits({ ...act('flush-dns'), target: 'dns' }).refusal,
}))`

describe('what is made as the docs say', () => {
  let tree = ''
  let check = new Map<string, string>()
  let monitor = new Map<string, string>()
  let exporter = new Map<string, string>()
  let action = new Map<string, string>()
  let rows = new Map<string, string>()
  /** Runs Node in the tree. @throws Error with all that it said */
  function node(...args: string[]): string {
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: tree, encoding: 'utf8' })
    if (status !== 0) throw new Error(`node ${args.join(' ')} ended with ${status}:\n${stdout}${stderr}`)
    return stdout
  }

  async function write(files: Iterable<readonly [string, string]>): Promise<void> {
    for (const [file, text] of files) {
      await mkdir(join(tree, file, '..'), { recursive: true })
      await writeFile(join(tree, file), text)
    }
  }

  /** Adds a fragment of the page to a file of the tree. */
  async function add(file: string, fragment: string): Promise<void> {
    const mark = PUT_BEFORE[file] ?? ''
    const before = await readFile(join(tree, file), 'utf8')
    expect([file, before.split(mark).length]).toEqual([file, 2])
    await writeFile(
      join(tree, file),
      before.replace(mark, () => `${fragment}\n${mark}`),
    )
  }

  /** The exporter as the page shows it, its keys, and rows: its own and the monitor's. */
  async function writeExporter(): Promise<void> {
    exporter = await blocksOf('docs/extending.md', /`(services\/file-exporter\/[^`]+\.ts)`/g)
    rows = await blocksOf('docs/extending.md', /`(libs\/(?:service-table\/table|config\/schema\/exporters)\.ts)`/g)
    await write(exporter)
    for (const [file, fragment] of rows) await add(file, fragment)
    const [, line = ''] = /`(file: file\.[^`]+)`/.exec(await readFile(join(ROOT, 'docs/extending.md'), 'utf8')) ?? []
    const schema = 'libs/config/schema/exporters.ts'
    const text = await readFile(join(tree, schema), 'utf8')
    await writeFile(
      join(tree, schema),
      text.replace(/(export const exporters = z\.strictObject\(\{)/, (at) => `${at}\n  ${line}`),
    )
  }

  /** The action as the page shows it, its line and its row. */
  async function writeAction(): Promise<void> {
    const shown = await blocksOf(
      'docs/extending.md',
      /`((?:services\/host-actions\/actions\/drop|libs\/remedies\/table)[^`]*\.ts)`/g,
    )
    const row = shown.get(TABLE) ?? ''
    const [, words = ''] =
      /`('drop-caches': \(\)[^`]+)`/.exec(await readFile(join(ROOT, 'docs/extending.md'), 'utf8')) ?? []
    shown.delete(TABLE)
    action = shown
    await write(action)
    const registry = 'services/host-actions/actions/registry.ts'
    const edits = [
      [registry, 'export const ACTIONS: readonly Action[] = [', 'dropCaches,'],
      [registry, "import { flushDns } from './flush-dns.ts'", "import { dropCaches } from './drop-caches.ts'"],
      [TABLE, 'export const REMEDY_NAMES = [', "'drop-caches',"],
      [TABLE, "  'flush-dns': { ...TOOL", row],
      ['libs/remedies/text.ts', 'Parameters) => string>> = {', words],
    ] as const
    for (const [file, mark, line] of edits) {
      const before = await readFile(join(tree, file), 'utf8')
      expect([file, mark, before.split(mark).length]).toEqual([file, mark, 2])
      const isRow = line === row
      await writeFile(
        join(tree, file),
        before.replace(mark, () => (isRow ? `${line}${mark}` : `${mark}\n${line}`)),
      )
    }
  }

  /** What a monitor is asked that runs one check of a type. */
  type Ask = () => Promise<Status>

  /** Runs a monitor with one check of this type, for as long as it is used. */
  async function using<T>(name: string, type: string, keys: object, use: (ask: Ask) => Promise<T>): Promise<T> {
    const config = join(tree, `${name}.json`)
    const runDir = join(tree, 'run')
    const settings = { runDir, stateDir: join(tree, 'state') }
    const kind = { apiVersion: 'node-doctor.io/v1alpha1', kind: 'NodeDoctorConfig', metadata: { name: 'x' } }
    await writeFile(
      config,
      JSON.stringify({ ...kind, settings, defaultMonitors: [], monitors: [{ name: 'one', type, config: keys }] }),
    )
    const main = `services/monitors/${name}/main.ts`
    const child = spawn(process.execPath, [main, '--config', config], { cwd: tree, stdio: 'ignore' })
    const client = connectUnix(join(runDir, 'monitors', name, `${name}.sock`))
    const request = { parameters: {}, sequence: 1 }
    try {
      return await use(() => client.call(ExternalMonitorService.checkHealth, request, { timeoutMs: 1000 }))
    } finally {
      client.close()
      child.kill('SIGKILL')
    }
  }

  /** The first answer of a monitor that runs one check of this type. */
  function answerOf(name: string, type: string, keys = {}): Promise<Status> {
    return using(name, type, keys, (ask) =>
      until(`${type} answers`, async () => {
        const answer = await ask()
        return answer.conditions.length > 0 && answer
      }),
    )
  }

  beforeAll(async () => {
    tree = await mkdtemp(join(tmpdir(), 'nd-extend-'))
    // Types of tests are looked at where they stand; half of what the compiler would read.
    execFileSync('bash', ['-c', `tar -C ${ROOT} --exclude='*.test.ts' -c ${COPIED.join(' ')} | tar -x -C ${tree}`])
    await symlink(join(ROOT, 'node_modules'), join(tree, 'node_modules'))

    check = await blocksOf('docs/extending.md', /`(services\/[^`]+\/checks\/[^`]+\.ts)`/g)
    const registry = 'services/monitors/system/monitor.ts'
    const registered = (await readFile(join(tree, registry), 'utf8'))
      .replace('checks: [', 'checks: [users, notes, ')
      .replace(
        /^(import \{ defineMonitor \}.*)$/m,
        "$1\nimport { users } from './checks/users/check.ts'\nimport { notes } from './checks/notes/check.ts'",
      )
    await write([...check, [registry, registered]])

    monitor = await blocksOf('libs/monitor-kit/README.md', /`(services\/monitors\/example\/[^`]+\.ts)`/g)
    await write([
      ...monitor,
      ...Object.entries(BESIDE).map(([file, text]) => [`services/monitors/example/${file}`, text] as const),
    ])

    await writeExporter()
    await writeAction()

    node('scripts/generate-catalog.ts')
    // As `make lint` looks at types; what it looks for beside them is looked for where it stands.
    node(
      'node_modules/oxlint/bin/oxlint',
      '--type-aware',
      '--type-check',
      '--allow',
      'all',
      'libs',
      'services',
      'scripts',
      'test',
    )
  }, 180_000)
  afterAll(async () => rm(tree, { recursive: true, force: true }))

  it('a check is one folder and one line: it is generated, type-checked, configured and answers', async () => {
    expect([...check.keys()]).toEqual([
      'services/monitors/system/checks/users/config.ts',
      'services/monitors/system/checks/users/check.ts',
      'services/monitors/system/checks/notes/config.ts',
      'services/monitors/system/checks/notes/check.ts',
    ])
    expect(await readFile(join(tree, 'docs/monitors.md'), 'utf8')).toContain('ManyUsers')
    expect(await answerOf('system', 'system-users')).toMatchObject({ conditions: [{ type: 'ManyUsers' }] })
  })

  it('a check that follows its source tells what its configuration alone knows, and at once', async () => {
    const notes = join(tree, 'notes')
    await write([['notes/notes.txt', '']])
    const ask = () => answerOf('system', 'system-notes', { folder: notes, condition: 'HouseNote' })
    expect(await ask()).toMatchObject({ conditions: [{ type: 'HouseNote', status: ConditionStatus.FALSE }] })
    await write([['notes/notes.txt', 'the cellar is wet\n']])
    expect(await ask()).toMatchObject({
      conditions: [
        { type: 'HouseNote', status: ConditionStatus.TRUE, reason: 'LineWritten', message: 'one: the cellar is wet' },
      ],
      events: [{ reason: 'LineWritten', message: 'the cellar is wet' }],
    })
    expect(await readFile(join(tree, 'docs/monitors.md'), 'utf8')).toContain('what its keys name: `condition`')
  })

  it('that check knows again what it had told, once its file is back', async () => {
    const folder = join(tree, 'lost')
    const line = ['lost/notes.txt', 'the cellar is wet\n'] as const
    await write([line])
    // It begins with this file, whatever it followed before.
    await rm(join(tree, 'state'), { recursive: true, force: true })
    await using('system', 'system-notes', { folder, condition: 'HouseNote' }, async (ask) => {
      const is = (wanted: ConditionStatus) =>
        until(`HouseNote is ${wanted}`, async () => (await ask()).conditions[0]?.status === wanted)
      await is(ConditionStatus.TRUE)
      await rm(join(folder, 'notes.txt'))
      await is(ConditionStatus.UNKNOWN)
      await write([line])
      await is(ConditionStatus.TRUE)
    })
  }, 60_000)

  it('that check tells what stands in a file that was written anew, and recovers by the one look that finds it empty', async () => {
    await mkdir(join(tree, 'anew'), { recursive: true })
    expect(JSON.parse(node('--input-type=module', '--eval', FOLLOWED, join(tree, 'anew')))).toEqual({
      told: [
        ['problem', 'one', 1],
        ['problem', 'two', 2],
        ['healthy', 'no line', null],
      ],
      recovery: { kind: 'healthy-checks', count: 1 },
    })
  })

  it('what the page shows passes the linter as it stands', () => {
    const files = [...check.keys(), ...exporter.keys(), ...action.keys()]
    expect(() => node('node_modules/@biomejs/biome/bin/biome', 'check', ...files)).not.toThrow()
  })

  it('a monitor is one folder: it is generated, type-checked, configured, answers, and keeps the contract', async () => {
    expect([...monitor.keys()]).toEqual([
      'services/monitors/example/checks/sockets/config.ts',
      'services/monitors/example/checks/sockets/check.ts',
      'services/monitors/example/monitor.ts',
      'services/monitors/example/main.ts',
    ])
    expect(await readFile(join(tree, 'docs/monitors.md'), 'utf8')).toContain('ManySockets')
    expect(await answerOf('example', 'example-sockets')).toMatchObject({ conditions: [{ type: 'ManySockets' }] })
    expect(node('--input-type=module', '--eval', CONTRACT)).toBe('')
  })

  it('an action is a file, a line and a row: a configuration that names it permits it, and nothing else', () => {
    expect([...action.keys()]).toEqual(['services/host-actions/actions/drop-caches.ts'])
    const asked = JSON.parse(node('--input-type=module', '--eval', PERMITTED)) as unknown
    expect(asked).toEqual({
      isThere: true,
      permitted: 'drop-caches',
      refused: expect.stringMatching(/^the configuration has no /),
    })
  })

  it('an exporter is a folder, a row and its keys: it is planned, has an account on the bus, and shows what it read there', async () => {
    expect([...exporter.keys()]).toEqual(['services/file-exporter/service.ts', 'services/file-exporter/main.ts'])
    expect([...rows.keys()]).toEqual(Object.keys(PUT_BEFORE))
    const config = join(tree, 'exporter.json')
    const settings = { runDir: join(tree, 'run-exporter'), stateDir: join(tree, 'state-exporter') }
    const kind = { apiVersion: 'node-doctor.io/v1alpha1', kind: 'NodeDoctorConfig', metadata: { name: 'x' } }
    const exporters = { http: { enabled: false }, prometheus: { enabled: false }, file: { enabled: true, every: '1s' } }
    const monitors = [{ name: 'memory', type: 'system-memory', interval: '1s' }]
    const rest = { bus: { port: await freePort() }, exporters, defaultMonitors: [], monitors }
    await writeFile(config, JSON.stringify({ ...kind, settings, ...rest }))
    const plan = `import { loadConfig } from '#config'
      import { planServices } from './services/cli/up/plan.ts'
      const config = await loadConfig({ file: ${JSON.stringify(config)}, flags: [], env: {} })
      console.log(planServices(config).map(({ name }) => name).join(' '))`
    expect(node('--input-type=module', '--eval', plan).trim()).toBe('detector system file-exporter')
    const children = ['detector', 'monitors/system', 'file-exporter'].map((folder) =>
      spawn(process.execPath, [`services/${folder}/main.ts`, '--config', config], { cwd: tree, stdio: 'ignore' }),
    )
    const client = connectUnix(join(settings.runDir, 'file-exporter/file-exporter.sock'))
    try {
      const path = join(settings.stateDir, 'file-exporter/conditions.txt')
      await until('the file has the condition', async () => /^MemoryLow : \w+$/m.test(await readFile(path, 'utf8')))
      expect(await client.call(ExporterService.getStatus, {}, { timeoutMs: 2000 })).toMatchObject({
        name: 'file-exporter',
        endpoints: [path],
        busConnected: true,
        lastError: '',
      })
    } finally {
      client.close()
      for (const child of children.reverse()) {
        child.kill('SIGTERM')
        await once(child, 'exit')
      }
    }
  })
})
