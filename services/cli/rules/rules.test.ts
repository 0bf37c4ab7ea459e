import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '#clock'
import { PACKS } from '#log-rules'
import { createRehearsal } from '../../monitors/log/rehearsal.late.ts'
import { type Ran, runCommand, spoken } from '../testing.ts'
import { createRulesCommand } from './rules.ts'

const rules = createRulesCommand(() => Promise.resolve({ createRehearsal }))
let dir: string
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'nd-rules-'))
})
afterAll(() => rm(dir, { recursive: true }))

async function file(name: string, text: string): Promise<string> {
  await writeFile(join(dir, name), text)
  return join(dir, name)
}

/** With the engines as they stand beside this, not as they were built. */
function tried(config: string, log: string): Promise<Ran> {
  return spoken(() => rules.run({}, ['test', config, log], systemClock()))
}

describe('rules list', () => {
  it('prints a line for each rule, under its pack', async () => {
    const { code, out } = await runCommand('rules', 'list')
    const lines = out.split('\n')
    expect(code).toBe(0)
    expect(lines[0]).toMatch(/^RULE +SEVERITY +REASON +CONDITION +ALSO CALLED$/)
    expect(lines).toContain('storage')
    const oom = lines.find((line) => line.trim().startsWith('oom-kill '))
    expect(oom?.trim().split(/ {2,}/)).toEqual(['oom-kill', 'error', 'NodeOOMKill', '-', 'oom-killer'])
    expect(lines).toHaveLength(1 + PACKS.flatMap((pack) => [1, ...pack.rules]).length + 1)
  })

  it('has each rule whole as JSON', async () => {
    const { code, out } = await runCommand('rules', 'list', '-o', 'json')
    const told = (JSON.parse(out) as { rules: { name: string }[] }).rules
    expect(code).toBe(0)
    expect(told).toHaveLength(PACKS.flatMap((pack) => pack.rules).length)
    const rule = PACKS.flatMap((pack) => pack.rules).find(({ name }) => name === 'ext4-error')
    expect(told.find(({ name }) => name === 'ext4-error')).toEqual({ pack: 'storage', ...rule })
    expect(rule).toMatchObject({ condition: 'FilesystemDamaged', recover: { absentFor: '25h', reboot: true } })
  })

  it('names the word that was meant', async () => {
    expect(await runCommand('rules', 'lst')).toEqual({
      code: 2,
      out: '',
      err: 'node-doctor: rules: unknown word "lst"; did you mean list?\nnode-doctor --help lists what there is.\n',
    })
    expect((await runCommand('rules')).err).toContain('rules: expected list or test; see node-doctor rules --help')
    expect((await runCommand('rules', 'list', 'kernel')).err).toContain('rules list: "kernel" is one argument too many')
  })
})

describe('rules test', () => {
  const LOG = [
    '[  200.000000] Memory cgroup out of memory: Killed process 7 (b) total-vm:1kB, anon-rss:1kB',
    '[  100.000000] Out of memory: Killed process 42 (java) total-vm:1kB, anon-rss:1kB',
    '[  300.000000] BUG: kernel NULL pointer dereference, address: 0000000000000018',
  ].join('\n')

  it('prints what a pack says of a log, the last line without an end too, as canonical JSON', async () => {
    const { code, out } = await tried('kernel', await file('kern.log', LOG))
    expect(code).toBe(0)
    const said = JSON.parse(out) as { conditions: object[]; events: { line: number }[]; metrics: object[] }
    expect(Object.keys(said)).toEqual(['conditions', 'events', 'metrics'])
    expect(said.conditions).toMatchObject([{ type: 'KernelFault', status: 'True', since: '1970-01-01T00:05:00.000Z' }])
    expect(said.events.map(({ line }) => line)).toEqual([1, 2])
    expect(Object.keys(said.events[0] ?? {})).toEqual([
      ...['check', 'entity', 'line', 'message', 'reason', 'severity', 'time'],
    ])
    expect(said.metrics).toMatchObject([
      { labels: { check: 'kernel', rule: 'cgroup-oom-kill' }, value: 1 },
      { labels: { check: 'kernel', rule: 'null-dereference' }, value: 1 },
      { labels: { check: 'kernel', rule: 'oom-kill' }, value: 1 },
    ])
    expect(await tried('kernel', join(dir, 'kern.log'))).toEqual({ code, out, err: '' })
  })

  it('tries several packs, and what the check of the kernel has by itself', async () => {
    const line = 'EXT4-fs error (device sda1): ext4_lookup:1590: inode #2: comm ls: deleted inode referenced: 3'
    const log = await file('kern.log', `Jan  2 01:00:00 node-1 kernel: ${line}\n`)
    for (const named of ['log-kernel', 'kernel,storage']) {
      const { out, err } = await tried(named, log)
      expect(JSON.parse(out)).toMatchObject({
        conditions: [{ check: named, type: 'FilesystemDamaged', status: 'True' }],
      })
      expect(err).toBe('')
    }
    const bare = await file('bare.log', `${line}\n`)
    expect((await tried('log-kernel', bare)).err).toBe(`no times in ${bare}: all lines count as of one moment\n`)
    await expect(tried('log-kernl', log)).rejects.toThrow('did you mean check log-kernel?')
  })

  it('tries each check of a log that a configuration has', async () => {
    const config = await file(
      'config.yaml',
      `apiVersion: node-doctor.io/v1alpha1
kind: NodeDoctorConfig
metadata: { name: tried }
monitors:
  - { name: memory, type: system-memory }
  - name: oom
    type: npd-log
    config:
      path: /config/kernel-monitor.json
      plugin: kmsg
      pluginConfig: {}
      skipList: []
      bufferSize: 10
      metricsReporting: true
      conditions: []
      recover: {}
      compat: []
      rules: [{ type: temporary, reason: OOMKilling, pattern: "Killed process \\\\d+ (.+) total-vm:.*" }]
`,
    )
    const { code, out } = await tried(config, await file('kern.log', LOG))
    const { events } = JSON.parse(out) as { events: object[] }
    expect(code).toBe(0)
    expect(events).toMatchObject([
      { check: 'oom', line: 1, reason: 'OOMKilling' },
      { check: 'oom', line: 2, reason: 'OOMKilling' },
    ])
  })

  it('reads a file of node-problem-detector as the configuration that names it does', async () => {
    const monitor = {
      plugin: 'kmsg',
      source: 'kernel-monitor',
      conditions: [{ type: 'KernelDeadlock', reason: 'KernelHasNoDeadlock', message: 'kernel has no deadlock' }],
      rules: [{ type: 'temporary', reason: 'OOMKilling', pattern: 'Killed process \\d+ (.+) total-vm:.*' }],
    }
    const log = await file('kern.log', LOG)
    const { code, out } = await tried(await file('kernel-monitor.json', JSON.stringify(monitor)), log)
    expect(code).toBe(0)
    expect(JSON.parse(out)).toMatchObject({
      conditions: [{ check: 'kernel-monitor', type: 'KernelDeadlock', status: 'False', reason: 'KernelHasNoDeadlock' }],
      events: [{ line: 1, reason: 'OOMKilling' }, { line: 2 }],
      metrics: [{ name: 'problem_counter', labels: { reason: 'OOMKilling' }, value: 2 }],
    })
    const plugins = { ...monitor, plugin: 'custom', pluginConfig: { concurrency: 3 } }
    const other = await file('plugins.json', JSON.stringify(plugins))
    await expect(tried(other, log)).rejects.toThrow(
      `cannot use the configuration (${other}), 1 error:\n  ${other}:1:11: plugin: "custom" is what a file of npd.customPluginMonitors has; expected one of "filelog", "journald", "kmsg"`,
    )
    const bad = await file('bad.json', JSON.stringify({ ...monitor, plugin: 'kmsgg' }))
    await expect(tried(bad, log)).rejects.toThrow(
      `${bad}:1:11: plugin: there is no plugin "kmsgg"; expected one of "filelog", "journald", "kmsg"; did you mean "kmsg"?`,
    )
  })

  it('says what cannot be tried, and what was meant', async () => {
    const log = await file('kern.log', LOG)
    await expect(tried('kernl', log)).rejects.toThrow(
      'rules test: "kernl" is no file and no pack; did you mean pack kernel?',
    )
    await expect(tried(join(dir, 'none.json'), log)).rejects.toThrow(`rules test: cannot read ${dir}/none.json: ENOENT`)
    await expect(tried('kernel', join(dir, 'none.log'))).rejects.toThrow(
      `rules test: cannot read ${dir}/none.log: ENOENT`,
    )
    await expect(tried('kernel', dir)).rejects.toThrow(`rules test: cannot read ${dir}: EISDIR`)
    const none = await file(
      'none.yaml',
      'apiVersion: node-doctor.io/v1alpha1\nkind: NodeDoctorConfig\nmetadata: { name: x }\ndefaultMonitors: []\nmonitors: [{ name: m, type: system-memory }]\n',
    )
    await expect(tried(none, log)).rejects.toThrow(`rules test: ${none} has no check of a log`)
    expect((await runCommand('rules', 'test', 'kernel')).err).toContain('rules test: expected CONFIG and LOG')
  })
})
