import { chmod, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { startMonitorProcess } from '#monitor-kit/testing'
import { tempFolder } from '../../../libs/host/testing.ts'

const MAIN = new URL('main.ts', import.meta.url).pathname
const TRUE = 1
const ROUNDS = 3

/** The real process, with one file of which a plug-in says what stands in `says`, and its exit code. */
async function startProcess(folder: string) {
  const path = join(folder, 'plugin.sh')
  await writeFile(path, `#!/bin/sh\necho run >> ${folder}/runs\n. ${folder}/says\n`)
  await chmod(path, 0o755)
  const config = {
    path: '/config/ntp.json',
    source: 'ntp-monitor',
    pluginConfig: { invoke_interval: '200ms' },
    conditions: [{ type: 'NTPProblem', reason: 'NTPIsUp', message: 'ntp service is up' }],
    rules: [{ type: 'permanent', condition: 'NTPProblem', reason: 'NTPIsDown', path }],
  }
  const monitors = [{ name: 'ntp', type: 'npd-plugin', config }]
  const monitor = await startMonitorProcess({ main: MAIN, monitor: 'custom-plugin', folder, monitors })
  const condition = async () => (await monitor.checkHealth()).conditions.find(({ type }) => type === 'NTPProblem')
  return { ...monitor, condition }
}

/** What is kept of the file from process to process. */
async function cursorIn(folder: string): Promise<string> {
  const state = join(folder, 'state/monitors/custom-plugin/ntp')
  const names = await readdir(state).catch(() => [])
  const texts = await Promise.all(names.map((name) => readFile(join(state, name), 'utf8').catch(() => '')))
  return texts.join('\n')
}

test('a process that is killed, however often, goes on with what a plug-in said, since when it said so', async () => {
  await using folder = await tempFolder()
  await writeFile(join(folder.path, 'says'), 'echo no server answers\nexit 1\n')
  const first = await startProcess(folder.path)
  await expect.poll(first.condition, { timeout: 10_000 }).toMatchObject({ status: TRUE, reason: 'NTPIsDown' })
  const { transition } = (await first.condition()) ?? {}
  // What is polled alone acknowledges with its next question.
  const asked = () => first.condition().then(() => cursorIn(folder.path))
  await expect.poll(asked, { timeout: 10_000 }).toContain('no server answers')
  await first.kill()

  // From now on it says nothing for as long as it may.
  await writeFile(join(folder.path, 'says'), 'exec sleep 4\n')
  for (let round = 0; round < ROUNDS; round++) {
    const next = await startProcess(folder.path)
    const kept = { status: TRUE, reason: 'NTPIsDown', message: 'no server answers', transition }
    await expect.poll(next.condition, { timeout: 4_000, interval: 20 }).toMatchObject(kept)
    await next.kill()
  }

  await writeFile(join(folder.path, 'says'), 'exit 0\n')
  const last = await startProcess(folder.path)
  await expect.poll(last.condition, { timeout: 10_000 }).toMatchObject({ status: 2, reason: 'NTPIsUp' })
  await last.kill()
})
