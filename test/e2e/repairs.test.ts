/** The whole set on a machine of its own with a real systemd: a unit that is stopped runs again, and what was done stands everywhere. */
import { execFile } from 'node:child_process'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it, onTestFinished } from 'vitest'
import { startSystemd, whyNoSystemd } from '../../libs/host/units/testing-systemd.ts'
import { startFakeApiServer } from '../fakes/kube-apiserver/server.ts'
import { type Constellation, startConstellation, until } from './constellation.ts'

const why = whyNoSystemd()
if (why !== '') console.log(`repairs on a real systemd: ${why}`)

const NODE = 'worker-7'
const OPEN_MS = 60_000
const PROBLEM = 'PluginUnhealthy/plugin:kubelet-health'

interface History {
  readonly history: readonly { readonly remediatorType: string; readonly success?: boolean }[]
}

/** The command line at this set. */
async function ask(set: Constellation, ...words: readonly string[]): Promise<{ code: number; out: string }> {
  const args = [join(import.meta.dirname, '../../dist/cli.mjs'), ...words, '--run-dir', set.runDir]
  return promisify(execFile)(process.execPath, args).then(
    ({ stdout }) => ({ code: 0, out: stdout }),
    ({ code, stdout }: { code: number; stdout: string }) => ({ code, out: stdout }),
  )
}

/** As `until`; what fails says what the remediator had to say. */
async function soon<T>(set: Constellation, what: string, probe: Parameters<typeof until<T>>[1]): Promise<T> {
  return until(what, probe, OPEN_MS).catch(async (err: unknown) => {
    const said = [await ask(set, 'plan'), await ask(set, 'history')].map(({ out }) => out)
    throw new Error(`${String(err)}\n${said.join('\n')}`)
  })
}

/** A machine whose kubelet touches a file each fifth of a second, and the set that watches that file. */
async function scene() {
  const dir = await mkdtemp(join(tmpdir(), 'nd-e2e-rep-'))
  onTestFinished(() => rm(dir, { recursive: true, force: true }))
  await chmod(dir, 0o755)
  const beats = `[Service]\nExecStart=/bin/sh -c "while :; do touch ${dir}/alive; sleep 0.2; done"\n`
  const machine = await startSystemd({ 'kubelet.service': beats }, [dir])
  onTestFinished(() => machine[Symbol.asyncDispose]())
  await machine.systemctl('start', 'kubelet')
  const check = join(dir, 'check.sh')
  await writeFile(
    check,
    `#!/bin/sh\nage=$(($(date +%s) - $(stat -c %Y ${dir}/alive)))\n[ $age -lt 4 ] || { echo "no word of the kubelet for $age s"; exit 1; }\n`,
    { mode: 0o755 },
  )
  const api = await startFakeApiServer({ nodes: [NODE] })
  onTestFinished(() => api.close())
  const kubeconfig = join(dir, 'kubeconfig')
  await api.writeKubeconfig(kubeconfig)
  const set = await startConstellation({
    dir,
    services: ['detector', 'remediator', 'host-actions', 'custom-plugin', 'http-exporter', 'k8s-exporter'],
    config: {
      settings: { nodeName: NODE, hostRoot: `/proc/${machine.systemdPid}/root`, kubeconfig },
      exporters: { kubernetes: { enabled: true } },
      monitors: [
        {
          name: 'kubelet-health',
          type: 'custom-plugin',
          interval: '2s',
          timeout: '1900ms',
          config: { pluginPath: check, failureThreshold: 1 },
          remediation: { strategy: 'systemd-restart', service: 'kubelet', cooldown: '1s', maxAttempts: 3 },
        },
      ],
      remediation: { enabled: true, maxRetriesPerMinute: 10 },
    },
  })
  onTestFinished(() => set.stop())
  await set.ready()
  await until('the remediator is ready', async () => (await ask(set, 'history')).code === 0, OPEN_MS)
  const invocation = async () => (await machine.systemctl('show', '-P', 'InvocationID', 'kubelet')).trim()
  const isActive = async () => (await machine.systemctl('show', '-P', 'ActiveState', 'kubelet')).trim() === 'active'
  return { set, api, machine, invocation, isActive }
}

it.skipIf(why !== '')(
  'runs a stopped unit again, says so to everybody, and holds back while a person says so',
  async () => {
    const { set, api, machine, invocation, isActive } = await scene()
    const before = await invocation()
    await machine.systemctl('stop', '--no-block', 'kubelet')
    await soon(set, 'it runs again', async () => (await isActive()) && (await invocation()) !== before)
    await soon(set, 'its problem is proven gone', async () => (await ask(set, 'history')).out.includes('proven'))
    const { history } = await set.json<History>('/remediation/history?limit=10')
    expect(history[0]).toMatchObject({ remediatorType: 'systemd-restart', success: true })
    const metrics = async () => (await fetch(set.metricsUrl)).text()
    expect(await metrics()).toMatch(/^node_doctor_remediations_succeeded_total\{[^}]*\} 1$/m)
    // It tells its own each quarter of a minute.
    const well = /^node_doctor_remediator_journal_well\{[^}]*\} 1$/m
    await soon(set, 'metrics of the remediator itself', async () => well.test(await metrics()))
    const reasons = () => api.events().map(({ reason }) => reason)
    await soon(set, 'Events of it', () =>
      ['RemediationStarted', 'RemediationSucceeded'].every((one) => reasons().includes(one)),
    )

    expect(await ask(set, 'pause', '--for', '2h', '--reason', 'new firmware')).toMatchObject({ code: 0 })
    await machine.systemctl('stop', '--no-block', 'kubelet')
    await soon(set, 'the problem', () => set.problem('PluginUnhealthy', 'plugin:kubelet-health'))
    const held = await soon(set, 'the plan', async () => {
      const { code, out } = await ask(set, 'plan', PROBLEM)
      return code === 1 && out
    })
    expect(held).toMatch(/enabled +refuses +.*paused.*new firmware/)
    expect(await isActive()).toBe(false)

    api.setNode(NODE, (node) => {
      node.metadata.annotations = { ...node.metadata.annotations, 'node-doctor.io/remediation': 'off' }
    })
    const isMuted = async () => /mute +refuses/.test((await ask(set, 'plan', PROBLEM)).out)
    await soon(set, 'the annotation', isMuted)
    expect(await ask(set, 'resume')).toMatchObject({ code: 0 })
    const { out } = await ask(set, 'plan', PROBLEM)
    expect(out).toMatch(/enabled +allows/)
    expect(out).toMatch(/mute +refuses/)
    expect(await isActive()).toBe(false)
    api.setNode(NODE, (node) => {
      const { 'node-doctor.io/remediation': _, ...rest } = node.metadata.annotations ?? {}
      node.metadata.annotations = rest
    })
    await soon(set, 'it runs once more', isActive)
  },
  240_000,
)
