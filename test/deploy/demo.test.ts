/** deploy/demo: what it installs is whole, its plug-in finds what it says, and its cut ends by itself. */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { freePort } from '../../libs/bus/testing.ts'
import { readNpdFile } from '../../libs/config/npd/read.ts'
import { linesOf, NOTHING } from '../../libs/config/npd/testing-npd.ts'
import { find, helm, ROOT } from './objects.ts'

const DEMO = join(ROOT, 'deploy/demo/network-problem')
const FILES = () => find(helm('--values', join(DEMO, 'values.yaml')), 'ConfigMap', 'node-doctor-npd').data ?? {}

function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), 'demo-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

describe('the demo of a network problem', () => {
  it('installs a file that is taken as it stands, with its plug-in beside it', async () => {
    const folder = scratch()
    for (const [name, text] of Object.entries(FILES())) writeFileSync(join(folder, name), text, { mode: 0o755 })
    const path = join(folder, 'network-problem.json')
    const read = await readNpdFile({ path, kind: undefined, named: 'npd.dir' }, NOTHING, { lookForPrograms: false })
    expect(linesOf([...read.faults, ...read.warnings])).toEqual([])
    expect(readFileSync(path, 'utf8')).toContain('"path": "./custom-config/network-problem.sh"')
    expect(existsSync(join(folder, 'network-problem.sh'))).toBe(true)
  })

  it('has a plug-in that tells whether the API server takes a connection', async () => {
    const script = join(scratch(), 'network-problem.sh')
    writeFileSync(script, FILES()['network-problem.sh'] ?? '', { mode: 0o755 })
    const port = await freePort()
    const run = (env: Record<string, string>) =>
      new Promise((resolve) => {
        const child = spawn(script, { env: { PATH: process.env['PATH'] ?? '', ...env } })
        let said = ''
        child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()))
        child.on('close', (code) => resolve([code, said.trim()]))
      })
    const there = { KUBERNETES_SERVICE_HOST: '127.0.0.1', KUBERNETES_SERVICE_PORT: String(port) }
    expect(await run(there)).toEqual([1, `no connection to the API server at 127.0.0.1:${port}`])
    const server = createServer().listen(port, '127.0.0.1')
    onTestFinished(() => void server.close())
    await once(server, 'listening')
    expect(await run(there)).toEqual([0, `the API server answers at 127.0.0.1:${port}`])
    expect(await run({})).toEqual([2, 'KUBERNETES_SERVICE_HOST is not set'])
  })

  it.each([
    ['run', [], {}, "run: KUBECONFIG is not set; expected the path of an administrator's kubeconfig\n"],
    ['show', [], {}, "show: KUBECONFIG is not set; expected the path of an administrator's kubeconfig\n"],
    [
      'chaos/apply',
      ['n', 'soon'],
      { KUBECONFIG: 'x' },
      'apply: "soon" is no time; expected seconds, from 10 to 3600\n',
    ],
    ['chaos/apply', ['n', '9'], { KUBECONFIG: 'x' }, 'apply: "9" is no time; expected seconds, from 10 to 3600\n'],
    ['chaos/heal', [], {}, "heal: KUBECONFIG is not set; expected the path of an administrator's kubeconfig\n"],
  ])('has %s say what it lacks: %j', (name, args, env, text) => {
    const { KUBECONFIG: _, ...rest } = process.env
    const { status, stderr } = spawnSync(join(DEMO, name), args, { encoding: 'utf8', env: { ...rest, ...env } })
    expect([status, stderr]).toEqual([1, text])
  })
})

/** Runs a script in a network namespace of its own, with a server at 127.0.0.5:6443. */
function inNetwork(script: string) {
  const server = `require("node:net").createServer().listen(6443, "127.0.0.5", () => console.error("up"))`
  const begin = `ip link set lo up; "$NODE" -e '${server}' 2>/tmp/up & server=$!
    until [ -s /tmp/up ]; do read -rt 0.05 <> <(:) || true; done
    reach() { timeout 1 bash -c ': </dev/tcp/127.0.0.5/6443' 2>/dev/null && echo reached || echo cut; }
    rules() { iptables -S OUTPUT | grep -c node-doctor-demo; }
    trap 'kill $server' EXIT`
  const whole = `mount -t tmpfs none /tmp\n${begin}\n${script}`
  const { stdout, stderr, status } = spawnSync('unshare', ['--net', '--mount', 'bash', '-c', whole], {
    encoding: 'utf8',
    env: { ...process.env, NODE: process.execPath, CUT: join(DEMO, 'chaos/cut.sh') },
  })
  return { status, stderr, said: stdout.trim().split('\n') }
}

const isRoot = process.getuid?.() === 0
const hasTables = spawnSync('iptables', ['--version']).error === undefined
const reason = isRoot && hasTables ? '' : '(skipped: it takes root and iptables)'

describe.skipIf(reason !== '')(`its cut ${reason}`, () => {
  it('drops what goes to the API server, other ports not, until it is healed; and leaves nothing', () => {
    const { said, status } = inNetwork(`
      reach; iptables -w -A OUTPUT -p tcp --dport 9 -m comment --comment other -j DROP
      "$CUT" apply 60 127.0.0.5 6443 fd00::5 6443 >/dev/null; reach; rules
      "$CUT" apply 60 127.0.0.5 6443 >/dev/null; rules
      "$CUT" heal; reach; rules; iptables -S OUTPUT | grep -c other; ip6tables -S OUTPUT | grep -c node-doctor-demo; true`)
    expect([status, said]).toEqual([0, ['reached', 'cut', '1', '1', 'reached', '0', '1', '0']])
  })

  it('ends by itself, by the kernel, when its time is over', () => {
    const { said, status } = inNetwork(`
      "$CUT" apply 3 127.0.0.5 6443 >/dev/null; reach
      until [ "$(reach)" = reached ]; do :; done; echo over; rules`)
    expect([status, said]).toEqual([0, ['cut', 'over', '1']])
  })

  it('is begun and ended by a shell of the node, where there is one', () => {
    const kubectl = `case "$*" in *endpointslices*) printf '6443\\t127.0.0.5 \\n' ;; *) echo node/n ;; esac`
    const { said, status } = inNetwork(`
      mkdir /tmp/bin; printf '#!/bin/sh\\n%s\\n' ${JSON.stringify(kubectl).replaceAll('$', '\\$')} >/tmp/bin/kubectl; chmod +x /tmp/bin/kubectl
      export PATH=/tmp/bin:$PATH KUBECONFIG=x NODE_SHELL='sh -c'
      ${DEMO}/chaos/apply n 60 >/dev/null; reach; ${DEMO}/chaos/heal n; reach; rules; true`)
    expect([status, said]).toEqual([0, ['cut', 'n is as it was', 'reached', '0']])
  })
})
