import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import ts from 'typescript'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { MonitorService } from '#proto/nodedoctor/v1/monitor.ts'
import { Action } from '#proto/nodedoctor/v1/types.ts'
import { ExternalMonitorService } from '#proto/npd/external/v1/external_monitor.ts'
import { connectUnix, type RpcClient } from '#rpc'

const ROOT = join(import.meta.dirname, '../../..')
const NODE = join(ROOT, 'node_modules/.bin/node')
const README = readFileSync(join(import.meta.dirname, 'README.md'), 'utf8')

/** Four arrays: one lost a disk, one was never put together; the others run. */
const MDSTAT = `Personalities : [raid1]
md1 : active raid1 sdb2[1] sda2[0]
      1953382400 blocks super 1.2 [2/2] [UU]
md0 : active raid1 sdb1[1](F) sda1[0]
      104320 blocks super 1.2 [2/1] [U_]
md2 : active (auto-read-only) raid1 sdb3[1] sda3[0]
      104320 blocks super 1.2 [2/2] [UU]
md127 : inactive sdc1[0](S)
      104320 blocks super 1.2

unused devices: <none>
`
const MESSAGE = 'md0, md127: lacks a disk, or does not run; see mdadm --detail, and replace what has failed'

let folder = ''
let installed = ''

function run(file: string, args: readonly string[], cwd = folder): string {
  const { status, stdout, stderr } = spawnSync(file, args, { cwd, encoding: 'utf8' })
  if (status !== 0) throw new Error(`${file} ended with ${status}: ${stderr}`)
  return stdout
}

/** The blocks of TypeScript of the package's README, the whole monitor first. */
function examples(): readonly string[] {
  return [...README.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, text = '']) => text)
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'nd-stranger-'))
  const tarball = run(NODE, [join(ROOT, 'scripts/pack-kit.ts'), folder]).trim()
  // As its README says.
  run('npm', ['init', '--yes', '--init-type=module'])
  // Nothing is fetched: it needs no other package.
  run('npm', ['install', '--offline', '--no-audit', '--no-fund', '--ignore-scripts', tarball])
  installed = join(folder, 'node_modules/@node-doctor/monitor-kit')
  // What whoever writes TypeScript for Node has.
  mkdirSync(join(folder, 'node_modules/@types'))
  for (const name of ['@types/node', 'undici-types'])
    symlinkSync(join(ROOT, 'node_modules', name), join(folder, 'node_modules', name))
  for (const [index, text] of examples().entries())
    writeFileSync(join(folder, index === 0 ? 'monitor.ts' : `example-${index}.ts`), text)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('the package for authors of plug-ins', () => {
  it('has code, types, licences and a README, and nothing of where it was made', () => {
    const manifest = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as Record<string, unknown>
    const ours = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Record<string, unknown>
    expect(manifest).toMatchObject({ version: ours['version'], license: 'Apache-2.0', engines: { node: '>=24' } })
    expect(manifest).not.toHaveProperty('dependencies')
    const files = readdirSync(installed)
    expect(files).toEqual(expect.arrayContaining(['LICENSE', 'README.md', 'THIRD-PARTY-LICENSES.txt', 'index.mjs']))
    for (const file of files) {
      const text = readFileSync(join(installed, file), 'latin1')
      for (const here of [ROOT, `${homedir()}/`, 'nd-kit-package-', 'registry.npmjs', '/home/'])
        expect(text.includes(here), `${file} has ${here}`).toBe(false)
    }
  })

  it('carries licences of all whose code is in it, and no client of a bus', () => {
    const text = readFileSync(join(installed, 'THIRD-PARTY-LICENSES.txt'), 'utf8')
    const names = [...text.matchAll(/^(\S+) \d+\.\d+\.\d+, (.+)$/gm)].map(([, name]) => name)
    expect(names).toEqual(expect.arrayContaining(['@bufbuild/protobuf', '@grpc/grpc-js', 'pino', 'prom-client']))
    expect(names).not.toContain('nats')
  })

  it('is whole for a strict compiler, with the monitor of the README and its types', () => {
    const paths = readdirSync(folder).filter((name) => name.endsWith('.ts'))
    const program = ts.createProgram(
      paths.map((name) => join(folder, name)),
      {
        target: ts.ScriptTarget.ES2024,
        module: ts.ModuleKind.NodeNext,
        lib: ['lib.es2024.d.ts'],
        types: [],
        strict: true,
        noEmit: true,
        exactOptionalPropertyTypes: true,
        noUncheckedIndexedAccess: true,
        verbatimModuleSyntax: true,
        allowImportingTsExtensions: true,
      },
    )
    const isOurs = ({ fileName }: ts.SourceFile) => fileName.startsWith(folder) && !fileName.includes('@types')
    const looked = program.getSourceFiles().filter(isOurs)
    expect(looked.map(({ fileName }) => fileName)).toContain(join(installed, 'types.d.mts'))
    const faults = looked.flatMap((file) => [
      ...program.getSyntacticDiagnostics(file),
      ...program.getSemanticDiagnostics(file),
    ])
    expect(faults.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))).toEqual([])
    expect(readFileSync(join(installed, 'types.d.mts'), 'utf8')).not.toMatch(/: any\b/)
  })

  it('runs the other examples of its README', () => {
    for (const index of examples().keys())
      if (index > 0) expect(run(NODE, ['--test', `example-${index}.ts`])).toMatch(/^# pass 1$|ℹ pass 1/m)
  })

  it('gives each of its parts', () => {
    const names = ['evaluate', 'source', 'testing'].map((part) => `await import('@node-doctor/monitor-kit/${part}')`)
    const print = `console.log(JSON.stringify([${names.join(', ')}].map((part) => Object.keys(part).length > 5)))`
    expect(run(NODE, ['--input-type=module', '-e', print])).toBe('[true,true,true]\n')
  })
})

describe('the monitor of its README', () => {
  let child: ChildProcess
  let client: RpcClient
  let said = ''

  beforeAll(async () => {
    mkdirSync(join(folder, 'host/proc'), { recursive: true })
    const socket = join(folder, 'plugins/raid.sock')
    const places = [
      '--run-dir',
      join(folder, 'run'),
      '--state-dir',
      join(folder, 'state'),
      '--host-root',
      join(folder, 'host'),
    ]
    child = spawn(NODE, ['monitor.ts', '-socket', socket, ...places], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    child.stdout?.on('data', (chunk: Buffer) => {
      said += chunk.toString()
    })
    client = connectUnix(socket)
    await client.connected(AbortSignal.timeout(20_000))
    await vi.waitUntil(() => said.includes('service ready'), { timeout: 20_000 })
  })
  afterAll(() => {
    client.close()
    child.kill('SIGKILL')
  })

  it('is twenty lines', () => {
    expect(
      examples()[0]
        ?.split('\n')
        .filter((line) => line !== '').length,
    ).toBeLessThanOrEqual(20)
  })

  it('speaks both protocols', async () => {
    expect(await client.call(ExternalMonitorService.getMetadata, {})).toMatchObject({
      name: 'raid',
      version: '1.0.0',
      supportedConditions: ['RaidDegraded'],
      apiVersion: 'v1',
    })
    expect(await client.call(MonitorService.describe, { detectorVersion: '' })).toMatchObject({
      name: 'raid',
      conditionTypes: [{ type: 'RaidDegraded', label: 'RAID degraded' }],
      checks: [{ check: 'raid-arrays', intervalMs: 30_000, timeoutMs: 5_000 }],
    })
  })

  it('says what it sees, with what is to be done', async () => {
    const health = { parameters: {}, sequence: 1 }
    const mdstat = join(folder, 'host/proc/mdstat')
    rmSync(mdstat, { force: true })
    await client.call(MonitorService.check, { check: '' })
    const before = await client.call(ExternalMonitorService.checkHealth, health)
    expect(before.conditions).toMatchObject([{ type: 'RaidDegraded', status: 2, reason: 'RaidWhole' }])
    writeFileSync(mdstat, MDSTAT)
    const { report } = await client.call(MonitorService.check, { check: '' })
    expect(report?.observations).toMatchObject([
      { reason: 'DiskMissing', message: MESSAGE, action: Action.REPLACE_HARDWARE },
    ])
  })

  it('ends when it is asked to', async () => {
    const ended = new Promise((resolve) => child.once('exit', (code) => resolve(code)))
    await client.call(ExternalMonitorService.stop, {})
    expect(await ended).toBe(0)
    expect(readdirSync(join(folder, 'plugins'))).toEqual([])
  })
})
