/** The whole set on a machine of its own with a real systemd: a unit that is stopped runs again, and what was done stands everywhere. */
import { execFile } from 'node:child_process'
import { chmod, chown, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it, onTestFinished } from 'vitest'
import { startSystemd, whyNoSystemd } from '../../libs/host/units/testing-systemd.ts'
import { startFakeApiServer } from '../fakes/kube-apiserver/server.ts'
import { type Constellation, startConstellation, until } from './constellation.ts'

const why = whyNoSystemd()
if (why !== '') console.log(`repairs on a real systemd: ${why}`)

const execute = promisify(execFile)
const NODE = 'worker-7'
const OPEN_MS = 60_000
const PROBLEM = 'PluginUnhealthy/plugin:kubelet-health'

interface History {
  readonly history: readonly { readonly remediatorType: string; readonly success?: boolean }[]
}

/** The command line at this set. */
async function ask(set: Constellation, ...words: readonly string[]): Promise<{ code: number; out: string }> {
  const args = [join(import.meta.dirname, '../../dist/cli.mjs'), ...words, '--run-dir', set.runDir]
  return execute(process.execPath, args).then(
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

const PREPARE = join(import.meta.dirname, '../../deploy/images/prepare.sh')
const GROUP = 65_100

/** User, group and further groups of each container, as the pods have them: the agent's, and that which repairs. */
const USERS: Readonly<Record<string, readonly [user: number, group: number, more: number]>> = {
  detector: [65_101, 0, GROUP],
  'custom-plugin': [65_107, GROUP, GROUP],
  'http-exporter': [65_103, GROUP, GROUP],
  'k8s-exporter': [65_104, GROUP, GROUP],
  remediator: [65_112, 65_112, 65_112],
  'host-actions': [0, 0, 65_112],
}

/** What a process may do as root. */
function capabilities(...names: readonly string[]): string[] {
  const set = ['-all', ...names.map((name) => `+${name}`)].join()
  return ['--bounding-set', set, '--inh-caps', set, '--no-new-privs']
}

/** Put before a service: who it is in a container. @param hostRoot what it has of the machine */
function asContainer(service: string, hostRoot: string): string[] {
  const [user, group, more] = USERS[service] ?? [0, 0, 0]
  const may = service === 'host-actions' ? ['dac_override', 'fowner'] : []
  const who = [`--reuid=${user}`, `--regid=${group}`, `--groups=${more}`, ...capabilities(...may)]
  const sees = service === 'host-actions' ? [`NODE_DOCTOR_HOST_ROOT=${hostRoot}`] : []
  return ['env', ...sees, 'setpriv', ...who]
}

/** The folders of the host as the init containers of both pods make them, and those in memory as the kubelet does. */
async function prepareFolders(dir: string): Promise<void> {
  const [run, state] = [join(dir, 'run'), join(dir, 'state')]
  await Promise.all([mkdir(run), mkdir(state)])
  const init = ['--regid=65112', '--clear-groups', ...capabilities('chown', 'fowner'), PREPARE]
  await execute('setpriv', [...init, run, state], { env: { ...process.env, REMEDIATION: '1' } })
  await execute('setpriv', [...init, '--remediation', run, state])
  for (const name of ['http-exporter', 'k8s-exporter', 'monitors/custom-plugin']) {
    await mkdir(join(run, name))
    await chown(join(run, name), 0, GROUP)
    await chmod(join(run, name), 0o2777)
  }
}

/** A machine whose kubelet touches a file each fifth of a second, and the set that watches that file. */
async function scene({ asContainers = false } = {}) {
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
  if (asContainers) {
    await chmod(kubeconfig, 0o644)
    await prepareFolders(dir)
  }
  const hostRoot = asContainers ? {} : { hostRoot: `/proc/${machine.systemdPid}/root` }
  const set = await startConstellation({
    dir,
    ...(asContainers ? { wrap: (service: string) => asContainer(service, machine.root) } : {}),
    services: ['detector', 'remediator', 'host-actions', 'custom-plugin', 'http-exporter', 'k8s-exporter'],
    config: {
      settings: { nodeName: NODE, kubeconfig, ...hostRoot },
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
    expect(await metrics()).toMatch(/^node_doctor_remediator_runner_up\{[^}]*runner="host-actions"[^}]*\} 1$/m)
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

it.skipIf(why !== '')(
  'repairs with the users, groups, capabilities and folders that its containers have, and no others',
  async () => {
    const { set, machine, invocation, isActive } = await scene({ asContainers: true })
    const before = await invocation()
    await machine.systemctl('stop', '--no-block', 'kubelet')
    await soon(set, 'it runs again', async () => (await isActive()) && (await invocation()) !== before)
    await soon(set, 'its problem is proven gone', async () => (await ask(set, 'history')).out.includes('proven'))
    for (const name of ['remediator', 'host-actions', 'detector'])
      expect(set.log(name).filter((line) => /"level":"(?:warn|error)".*(?:EACCES|EPERM)/.test(line))).toEqual([])
  },
  240_000,
)
