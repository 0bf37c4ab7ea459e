import { execFileSync, spawn } from 'node:child_process'
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ExternalMonitorService } from '#proto/npd/external/v1/external_monitor.ts'
import { connectUnix } from '#rpc'
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

/** Code blocks of a page by the file, one that `named` finds, that was named last before each. */
async function blocksOf(path: string, named: RegExp): Promise<Map<string, string>> {
  const page = await readFile(join(ROOT, path), 'utf8')
  const blocks = new Map<string, string>()
  let file = ''
  for (const [index, part] of page.split(/```(?:ts)?/).entries()) {
    if (index % 2 === 1 && file !== '') blocks.set(file, part.replace(/^ {3}/gm, ''))
    file = [...part.matchAll(named)].at(index % 2 === 0 ? 0 : -1)?.[1] ?? ''
  }
  return blocks
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

describe('what is made as the docs say', () => {
  let tree = ''
  let check = new Map<string, string>()
  let monitor = new Map<string, string>()
  const node = (...args: string[]) =>
    execFileSync(process.execPath, args, { cwd: tree, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })

  async function write(files: Iterable<readonly [string, string]>): Promise<void> {
    for (const [file, text] of files) {
      await mkdir(join(tree, file, '..'), { recursive: true })
      await writeFile(join(tree, file), text)
    }
  }

  /** The first answer of a monitor that runs one check of this type. */
  async function answerOf(name: string, type: string) {
    const config = join(tree, `${name}.json`)
    const runDir = join(tree, 'run')
    const settings = { runDir, stateDir: join(tree, 'state') }
    const kind = { apiVersion: 'node-doctor.io/v1alpha1', kind: 'NodeDoctorConfig', metadata: { name: 'x' } }
    await writeFile(config, JSON.stringify({ ...kind, settings, monitors: [{ name: 'one', type }] }))
    const main = `services/monitors/${name}/main.ts`
    const child = spawn(process.execPath, [main, '--config', config], { cwd: tree, stdio: 'ignore' })
    const client = connectUnix(join(runDir, 'monitors', name, `${name}.sock`))
    const request = { parameters: {}, sequence: 1 }
    try {
      return await until(`${type} answers`, async () => {
        const answer = await client.call(ExternalMonitorService.checkHealth, request, { timeoutMs: 1000 })
        return answer.conditions.length > 0 && answer
      })
    } finally {
      client.close()
      child.kill('SIGKILL')
    }
  }

  beforeAll(async () => {
    tree = await mkdtemp(join(tmpdir(), 'nd-extend-'))
    for (const name of COPIED) await cp(join(ROOT, name), join(tree, name), { recursive: true })
    await symlink(join(ROOT, 'node_modules'), join(tree, 'node_modules'))

    check = await blocksOf('docs/extending.md', /`(services\/[^`]+\/checks\/[^`]+\.ts)`/g)
    const registry = 'services/monitors/system/monitor.ts'
    const registered = (await readFile(join(tree, registry), 'utf8'))
      .replace('checks: [', 'checks: [users, ')
      .replace(/^(import \{ defineMonitor \}.*)$/m, "$1\nimport { users } from './checks/users/check.ts'")
    await write([...check, [registry, registered]])

    monitor = await blocksOf('libs/monitor-kit/README.md', /`(services\/monitors\/example\/[^`]+\.ts)`/g)
    await write([
      ...monitor,
      ...Object.entries(BESIDE).map(([file, text]) => [`services/monitors/example/${file}`, text] as const),
    ])

    node('scripts/generate-catalog.ts')
    node('node_modules/typescript/bin/tsc', '-p', '.')
  }, 180_000)
  afterAll(async () => rm(tree, { recursive: true, force: true }))

  it('a check is one folder and one line: it is generated, type-checked, configured and answers', async () => {
    expect([...check.keys()]).toEqual([
      'services/monitors/system/checks/users/config.ts',
      'services/monitors/system/checks/users/check.ts',
    ])
    expect(await readFile(join(tree, 'docs/monitors.md'), 'utf8')).toContain('ManyUsers')
    expect(await answerOf('system', 'system-users')).toMatchObject({ conditions: [{ type: 'ManyUsers' }] })
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
})
