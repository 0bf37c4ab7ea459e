import { chmod, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { startCheck } from '#monitor-kit/testing'
import { mountLoop, processState, run, tempFolder, whyNoMounts } from '../../../../../libs/host/testing.ts'
import { customPlugin } from './check.ts'
import { type Config, schema } from './config.ts'

async function startPlugin(folder: string, script: string, more: object = {}, timeoutMs?: number) {
  const pluginPath = join(folder, 'plugin.sh')
  await writeFile(pluginPath, `#!/bin/sh\n${script}\n`)
  await chmod(pluginPath, 0o755)
  return startCheck<Config>(customPlugin, {
    root: '',
    config: schema.parse({ pluginPath, ...more }),
    ...(timeoutMs && { timeoutMs }),
  })
}

describe('a plug-in of yours', () => {
  it('is a problem once it has said so as often in a row as it has to, and well again at once', async () => {
    await using folder = await tempFolder()
    const file = join(folder.path, 'state')
    await writeFile(file, '1')
    const check = await startPlugin(folder.path, `echo "CRITICAL: no broker"; exit $(cat ${file})`)
    const said = async () => (await check.run()).findings[0]
    expect(await said()).toMatchObject({ entity: 'plugin:custom-plugin', pending: true })
    expect((await said())?.message).toBe('no broker (seen in 2 of 3 checks in a row)')
    expect(await said()).toMatchObject({
      health: 'problem',
      severity: 'critical',
      reason: 'PluginCritical',
      message: 'no broker',
      summary: 'plug-in custom-plugin: no broker',
    })
    await writeFile(join(folder.path, 'plugin.sh'), '#!/bin/sh\necho OK: back\n')
    expect(await said()).toMatchObject({ health: 'healthy', reason: 'PluginHealthy', message: 'back' })
  })

  it('is given what is allowed of our environment, and what its keys say, and nothing else', async () => {
    await using folder = await tempFolder()
    process.env['ND_TEST_TOKEN'] = 'secret'
    const more = { env: { QUEUE: 'orders', HOME: '/x' }, inheritEnv: ['PATH', 'HOME'], failureThreshold: 1 }
    const check = await startPlugin(folder.path, 'exec /usr/bin/env', more)
    const { findings } = await check.run().finally(() => delete process.env['ND_TEST_TOKEN'])
    const names = findings[0]?.message.split('\n').map((line) => line.split('=')[0])
    // The shell adds where it is.
    expect(names?.sort()).toEqual(['HOME', 'PATH', 'PWD', 'QUEUE'])
    expect(findings[0]?.message).toContain('HOME=/x')
  })

  it('is not known where it takes too long, and ends with all that it started', async () => {
    await using folder = await tempFolder()
    const check = await startPlugin(folder.path, 'sleep 30 & echo $!; wait', { apiTimeout: '100ms' })
    const { findings } = await check.run()
    expect(findings[0]).toMatchObject({ health: 'unknown', reason: 'PluginTimedOut' })
    expect(findings[0]?.message).toMatch(/plugin\.sh did not end within 100 ms \(apiTimeout\) and was killed$/)
  })

  it('is not known where it does not start, or ends by a signal', async () => {
    await using folder = await tempFolder()
    const missing = startCheck<Config>(customPlugin, { root: '', config: schema.parse({ pluginPath: '/nowhere/x' }) })
    expect((await missing.run()).findings[0]).toMatchObject({ health: 'unknown', reason: 'PluginNotStarted' })
    const killed = await startPlugin(folder.path, 'kill -9 $$')
    expect((await killed.run()).findings[0]?.message).toMatch(/plugin\.sh was ended by SIGKILL: it says nothing$/)
  })

  it.each([
    ['simple', 'CRITICAL: no broker'],
    ['nagios', 'Q CRITICAL: no broker | queue=12'],
    ['json', '{"status":"critical","message":"no broker","metrics":{"queue":12}}'],
    ['json', '{"status":"critical","mess'],
  ])('is not known where a signal ends it, whatever it has said by then (%s: %s)', async (outputFormat, said) => {
    await using folder = await tempFolder()
    const more = { failureThreshold: 1, outputFormat }
    const check = await startPlugin(folder.path, `echo '${said}'; kill -9 $$`, more)
    const { findings, metrics } = await check.run()
    expect(findings[0]).toMatchObject({ health: 'unknown', reason: 'PluginUnknown' })
    expect(findings[0]?.message).toMatch(
      /plugin\.sh was ended by SIGKILL: (?:(?:Q CRITICAL: )?no broker|it says nothing)$/,
    )
    // Of a number half may be missing.
    expect(metrics?.map(({ name }) => name)).toEqual(['custom_plugin_left_behind_total'])
  })

  it('tells its numbers by its name', async () => {
    await using folder = await tempFolder()
    const check = await startPlugin(folder.path, 'echo "Q OK | \'old est\'=12.5s;60"', { outputFormat: 'nagios' })
    expect((await check.run()).metrics).toEqual([
      { name: 'plugin_value', labels: { plugin: 'custom-plugin', name: 'old est', unit: 's' }, value: 12.5 },
      { name: 'custom_plugin_left_behind_total', labels: { plugin: 'custom-plugin' }, value: 0 },
    ])
  })

  it('is told by its exit code where a stranger holds its output, and run again beside him', async () => {
    await using folder = await tempFolder()
    const pids = join(folder.path, 'pids')
    const daemon = `setsid sh -c 'echo $$ >> ${pids}; exec sleep 300' &`
    await writeFile(pids, '')
    // It has left the group when it says its number.
    const began = `before=$(wc -l < ${pids}); ${daemon} while [ $(wc -l < ${pids}) = $before ]; do :; done`
    const script = `echo CRITICAL: no broker; ${began}; exit 2`
    const check = await startPlugin(folder.path, script, { failureThreshold: 1 })
    for (const left of [1, 2]) {
      const { findings, metrics } = await check.run()
      expect(findings[0]).toMatchObject({ health: 'problem', reason: 'PluginCritical', message: 'no broker' })
      expect(metrics?.at(-1)?.value).toBe(left)
    }
    const strangers = (await readFile(pids, 'utf8')).trim().split('\n')
    expect(strangers).toHaveLength(2)
    for (const pid of strangers) process.kill(Number(pid), 'SIGKILL')
  })
})

describe('a plug-in whose check has its own deadline', () => {
  it('is not given more than that leaves', async () => {
    await using folder = await tempFolder()
    const check = await startPlugin(folder.path, 'exec sleep 30', {}, 300)
    const { findings } = await check.run()
    expect(findings[0]?.message).toMatch(/did not end within 150 ms \(the timeout of its check\) and was killed$/)
  })

  it.skipIf(whyNoMounts() !== '')('is left behind where that calls it off and no signal ends it', async () => {
    await using folder = await tempFolder()
    await using mount = await mountLoop(folder.path, 16, ['mkfs.ext4', '-q', '-F'])
    await run('fsfreeze', '-f', mount.path)
    const pids = join(folder.path, 'pids')
    const pidsOf = () => readFile(pids, 'utf8').catch(() => '')
    await using cleanup = new AsyncDisposableStack()
    cleanup.defer(async () => {
      await run('fsfreeze', '-u', mount.path)
      const [pid] = (await pidsOf()).split('\n')
      await expect.poll(() => processState(Number(pid))).toMatch(/gone|Z|X/)
    })
    const script = `echo $$ >> ${pids}; exec dd if=/dev/zero of=${mount.path}/x count=1`
    const check = await startPlugin(folder.path, script)
    const late = new AbortController()
    const first = check.run(0, late.signal)
    await expect.poll(pidsOf).toMatch(/^\d+\n$/)
    late.abort(new Error('its time is over'))
    await expect(first).rejects.toThrow('its time is over')
    const { findings, metrics } = await check.run()
    expect(findings[0]).toMatchObject({ health: 'unknown', reason: 'PluginLeftBehind' })
    expect(metrics?.at(-1)?.value).toBe(1)
    expect(await pidsOf()).toMatch(/^\d+\n$/)
  })
})

describe('a path', () => {
  it.each(['x.sh', './x', '/a/../x', '/a/./x', '/a//x', '/a/', '/', ''])('%j is refused', (pluginPath) => {
    expect(schema.safeParse({ pluginPath }).success).toBe(false)
  })

  it.each(['/x', '/opt/plugins/check_x.sh', '/a/..b/.c'])('%j is taken', (pluginPath) => {
    expect(schema.safeParse({ pluginPath }).success).toBe(true)
  })
})
