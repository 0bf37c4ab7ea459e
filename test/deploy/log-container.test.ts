/** The log monitor with the user, the groups and the mounts that the manifest gives its container: it reads what it is for. */
import { spawn } from 'node:child_process'
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { stringify } from 'yaml'
import { ExternalMonitorService } from '#proto/npd/external/v1/external_monitor.ts'
import { connectUnix } from '#rpc'
import { whyNoJournals, writeJournal } from '../../libs/host/logs/journal/testing-journal.ts'
import { find, overlay, ROOT } from './objects.ts'

const reason = whyNoJournals()
const MACHINE = 'abcdefabcdefabcdefabcdefabcdefab'
const RUN = '/run/node-doctor/monitors/log'

const CONFIG = {
  apiVersion: 'node-doctor.io/v1alpha1',
  kind: 'NodeDoctorConfig',
  metadata: { name: 'test' },
  settings: { nodeName: 'n' },
  defaultMonitors: [],
  monitors: [
    { name: 'syslog', type: 'log-file', config: { path: '/var/log/syslog', begin: 'start', rules: [saw('Syslog')] } },
    {
      name: 'messages',
      type: 'log-file',
      config: { path: '/var/log/messages', begin: 'start', rules: [saw('Messages')] },
    },
    { name: 'journal', type: 'log-journal', config: { identifiers: ['nd'], rules: [saw('Journal')] } },
    { name: 'other', type: 'log-file', config: { path: '/var/log/other', begin: 'start', rules: [saw('Other')] } },
  ],
}

function saw(what: string) {
  return { match: 'said', reason: `Saw${what}` }
}

/** A node's logs: root's own, one that syslog owns and adm may read (Ubuntu), and one that is another user's alone. */
async function logs(folder: string): Promise<void> {
  const files = [
    ['messages', 0, 0, 0o600],
    ['syslog', 104, 4, 0o640],
    ['other', 104, 104, 0o600],
  ] as const
  for (const [name, uid, gid, mode] of files) {
    const path = join(folder, name)
    writeFileSync(path, 'said\n')
    chownSync(path, uid, gid)
    chmodSync(path, mode)
  }
  const journal = join(folder, 'journal', MACHINE, 'system.journal')
  await writeJournal(journal, [
    { realtimeUs: Date.now() * 1_000, fields: { MESSAGE: 'said', SYSLOG_IDENTIFIER: 'nd' } },
  ])
  chmodSync(journal, 0o640)
}

/** Starts it as the kubelet does: mounts by path, the user, the groups, no capability, no privilege to be gained. */
async function start() {
  const pod = find(overlay('default'), 'DaemonSet', 'node-doctor').spec?.template?.spec
  const container = pod?.containers.find(({ name }) => name === 'log')
  const folder = mkdtempSync(join(tmpdir(), 'log-container-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  chmodSync(folder, 0o755)
  for (const name of ['var-log', 'run-log', 'state', 'socket']) mkdirSync(join(folder, name))
  await logs(join(folder, 'var-log'))
  // As prepare and the kubelet make them.
  chmodSync(join(folder, 'state'), 0o700)
  chownSync(join(folder, 'socket'), 0, 65_100)
  chmodSync(join(folder, 'socket'), 0o2777)
  writeFileSync(join(folder, 'config.yaml'), stringify(CONFIG))
  const mount = (from: string, to: string) => `mkdir -p ${to} && mount --bind ${folder}/${from} ${to}`
  const readOnly = (from: string, to: string) => `${mount(from, to)} && mount -o remount,bind,ro ${to}`
  const { runAsUser, runAsGroup } = container?.securityContext ?? {}
  const rights = `--reuid=${runAsUser} --regid=${runAsGroup} --groups=${pod?.securityContext?.supplementalGroups?.join(',')}`
  const script = `set -e; mount -t tmpfs none /var/lib; mount -t tmpfs none /run
    ${readOnly('var-log', '/var/log')}; ${readOnly('run-log', '/run/log')}
    ${mount('state', '/var/lib/node-doctor/monitors/log')}; ${mount('socket', RUN)}
    exec setpriv ${rights} --bounding-set=-all --inh-caps=-all --no-new-privs ${process.execPath} ${ROOT}/services/monitors/log/main.ts`
  const child = spawn('unshare', ['--mount', '--propagation', 'private', 'sh', '-c', script], {
    cwd: ROOT,
    stdio: 'ignore',
    env: {
      PATH: process.env['PATH'],
      NODE_DOCTOR_CONFIG: join(folder, 'config.yaml'),
      NODE_DOCTOR_RUN_DIR: '/run/node-doctor',
      NODE_DOCTOR_STATE_DIR: '/var/lib/node-doctor',
    },
  })
  const ended = new Promise((resolve) => child.once('close', resolve))
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await ended
  })
  return join(folder, 'socket/log.sock')
}

it.skipIf(reason !== '')(
  `reads root's logs, the group adm's and journals, says which it may not read, and is reached by its group ${reason}`,
  async () => {
    const socket = await start()
    const client = connectUnix(socket)
    onTestFinished(() => client.close())
    const events = new Set<string>()
    const ask = async () => {
      const answer = await client
        .call(ExternalMonitorService.checkHealth, { parameters: {}, sequence: 1 }, { timeoutMs: 2_000 })
        .catch(() => undefined)
      for (const { reason: why } of answer?.events ?? []) events.add(why)
      const unreadable = (answer?.conditions ?? [])
        .filter(({ type }) => type.startsWith('LogSourceUnreadable'))
        .map(({ message }) => message)
      const missed = unreadable.some((message) => message.includes('/var/log/other')) ? ['no /var/log/other'] : []
      return [...events]
        .filter((why) => why.startsWith('Saw'))
        .toSorted()
        .concat(missed)
    }
    await expect.poll(ask, { timeout: 20_000 }).toEqual(['SawJournal', 'SawMessages', 'SawSyslog', 'no /var/log/other'])
    const { uid, gid, mode } = statSync(socket)
    expect([uid, gid, mode & 0o777]).toEqual([0, 65_100, 0o660])
  },
  40_000,
)
