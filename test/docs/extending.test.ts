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

/** Code blocks of a page by the file that was named last before each. */
function blocksOf(page: string): Map<string, string> {
  const blocks = new Map<string, string>()
  let file = ''
  for (const [index, part] of page.split(/```(?:ts)?/).entries()) {
    if (index % 2 === 1 && file !== '') blocks.set(file, part.replace(/^ {3}/gm, ''))
    file = [...part.matchAll(/`(services\/[^`]+\/checks\/[^`]+\.ts)`/g)].at(index % 2 === 0 ? 0 : -1)?.[1] ?? ''
  }
  return blocks
}

describe('a new check, made as docs/extending.md says', () => {
  let tree = ''
  beforeAll(async () => {
    tree = await mkdtemp(join(tmpdir(), 'nd-extend-'))
    for (const name of COPIED) await cp(join(ROOT, name), join(tree, name), { recursive: true })
    await symlink(join(ROOT, 'node_modules'), join(tree, 'node_modules'))
  }, 60_000)
  afterAll(async () => rm(tree, { recursive: true, force: true }))

  it('is one folder and one line: it is generated, type-checked, built, configured and answers', async () => {
    const blocks = blocksOf(await readFile(join(ROOT, 'docs', 'extending.md'), 'utf8'))
    expect([...blocks.keys()]).toEqual([
      'services/monitors/system/checks/users/config.ts',
      'services/monitors/system/checks/users/check.ts',
    ])
    for (const [file, code] of blocks) {
      await mkdir(join(tree, file, '..'), { recursive: true })
      await writeFile(join(tree, file), code)
    }
    const registry = join(tree, 'services/monitors/system/monitor.ts')
    const lines = await readFile(registry, 'utf8')
    await writeFile(
      registry,
      lines
        .replace('checks: [', 'checks: [users, ')
        .replace(
          "import { defineMonitor } from '#monitor-kit'",
          "import { defineMonitor } from '#monitor-kit'\nimport { users } from './checks/users/check.ts'",
        ),
    )

    const node = (...args: string[]) =>
      execFileSync(process.execPath, args, { cwd: tree, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
    node('scripts/generate-catalog.ts')
    expect(await readFile(join(tree, 'docs/monitors.md'), 'utf8')).toContain('ManyUsers')
    node('node_modules/typescript/bin/tsc', '-p', '.')

    const config = join(tree, 'config.json')
    const runDir = join(tree, 'run')
    await writeFile(
      config,
      JSON.stringify({
        apiVersion: 'node-doctor.io/v1alpha1',
        kind: 'NodeDoctorConfig',
        metadata: { name: 'x' },
        settings: { runDir, stateDir: join(tree, 'state') },
        monitors: [{ name: 'users', type: 'system-users' }],
      }),
    )
    const monitor = spawn(process.execPath, ['services/monitors/system/main.ts', '--config', config], {
      cwd: tree,
      stdio: 'ignore',
    })
    const client = connectUnix(join(runDir, 'monitors', 'system', 'system.sock'))
    const status = await until('the new check answers', async () => {
      const answer = await client.call(
        ExternalMonitorService.checkHealth,
        { parameters: {}, sequence: 1 },
        { timeoutMs: 1000 },
      )
      return answer.conditions.length > 0 && answer
    })
    expect(status.conditions).toMatchObject([{ type: 'ManyUsers' }])
    client.close()
    monitor.kill('SIGKILL')
  }, 180_000)
})
