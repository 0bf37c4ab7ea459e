/** A node and an API server in network namespaces of their own, and a wire between them that can be cut. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ensureBuilt, until } from './constellation.ts'

export const NODE = 'worker-1'
const PORT = 6443
/** Where the plug-in looks whether it is reached. */
const PEER_PORT = 7000
const FAKE = new URL('../fakes/kube-apiserver/main.ts', import.meta.url).pathname

function ip(...args: readonly string[]): void {
  execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'] })
}

function canMakeNetworks(): boolean {
  if (process.getuid?.() !== 0) return false
  const name = `nd-try-${process.pid}`
  try {
    ip('netns', 'add', name)
    ip('netns', 'delete', name)
    execFileSync('sh', ['-c', 'command -v iptables && command -v curl'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
export const CAN_MAKE_NETWORKS: boolean = canMakeNetworks()

export interface ToldCondition {
  readonly type: string
  readonly status: string
  readonly reason: string
  readonly lastTransitionTime: string
}

export interface ToldEvent {
  readonly reason: string
  readonly message: string
  readonly firstTimestamp: string
  readonly metadata: { readonly resourceVersion: string }
}

export interface TwoNetworks {
  readonly dir: string
  /** Put before a program it runs on the node. */
  readonly onNode: readonly string[]
  readonly apiUrl: string
  readonly kubeconfig: string
  /** A custom-plugin-monitor file whose plug-in asks whether the API server's machine is reached. */
  readonly file: string
  /** What the API server is let hear from the node. */
  open(what: 'all' | 'peer' | 'nothing'): void
  /** As it stands at the API server. */
  condition(): Promise<ToldCondition | undefined>
  /** Oldest first. */
  events(): Promise<readonly ToldEvent[]>
  close(): Promise<void>
}

const DROP = '-A INPUT -i wire0 -j DROP\n'
const FILE = {
  plugin: 'custom',
  pluginConfig: { invoke_interval: '1s', timeout: '3s', max_output_length: 200 },
  source: 'network-custom-plugin-monitor',
  conditions: [{ type: 'NetworkProblem', reason: 'NetworkIsUp', message: 'the API server answers' }],
}

async function writePlugin(dir: string, address: string): Promise<string> {
  const script = join(dir, 'network-problem.sh')
  const text = `#!/bin/sh\nif timeout 1 bash -c 'exec 3<>/dev/tcp/${address}/${PEER_PORT}' 2> /dev/null; then state=up; else state=down; fi
echo $state >> ${dir}/runs\n[ $state = up ] && exit 0\necho no answer; exit 1\n`
  await writeFile(script, text, { mode: 0o755 })
  const file = join(dir, 'network-problem.json')
  const rule = { type: 'permanent', condition: 'NetworkProblem', reason: 'ApiServerUnreachable', path: script }
  await writeFile(file, JSON.stringify({ ...FILE, rules: [rule] }))
  return file
}

/** @returns what takes them away */
function lay(node: string, api: string, subnet: string): () => void {
  ip('netns', 'add', node)
  ip('netns', 'add', api)
  ip('link', 'add', 'wire0', 'netns', node, 'type', 'veth', 'peer', 'name', 'wire0', 'netns', api)
  for (const [name, host] of [
    [api, 1],
    [node, 2],
  ] as const) {
    ip('-n', name, 'addr', 'add', `${subnet}.${host}/24`, 'dev', 'wire0')
    for (const device of ['lo', 'wire0']) ip('-n', name, 'link', 'set', device, 'up')
  }
  return () => {
    for (const name of [node, api]) ip('netns', 'delete', name)
  }
}

function gone(child: ChildProcess): Promise<unknown> {
  return child.exitCode === null && child.signalCode === null
    ? new Promise((resolve) => child.once('exit', resolve))
    : Promise.resolve()
}

export async function layNetworks(): Promise<TwoNetworks> {
  ensureBuilt()
  const dir = await mkdtemp(join(tmpdir(), 'nd-network-'))
  const [node, api] = [`nd-node-${process.pid}`, `nd-api-${process.pid}`]
  const subnet = `10.${200 + (process.pid % 50)}.${process.pid % 250}`
  const takeAway = lay(node, api, subnet)
  const apiUrl = `http://${subnet}.1:${PORT}`
  const kubeconfig = join(dir, 'kubeconfig')
  const words = ['--bind', `${subnet}.1`, '--port', String(PORT), '--node', NODE, '--kubeconfig', kubeconfig, '--quiet']
  const server = spawn('ip', ['netns', 'exec', api, process.execPath, FAKE, ...words], { stdio: 'ignore' })
  const listen = `require('net').createServer((s) => s.end()).listen(${PEER_PORT}, '${subnet}.1')`
  const peer = spawn('ip', ['netns', 'exec', api, process.execPath, '-e', listen], { stdio: 'ignore' })

  async function ask<T>(path: string): Promise<T> {
    const words = ['netns', 'exec', api, 'curl', '-sf', '--max-time', '5', `${apiUrl}${path}`]
    return JSON.parse(execFileSync('ip', words, { encoding: 'utf8' })) as T
  }
  await until('the API server answers', () => ask('/version'))

  return {
    dir,
    onNode: ['ip', 'netns', 'exec', node],
    apiUrl,
    kubeconfig,
    file: await writePlugin(dir, `${subnet}.1`),
    open(what) {
      // One rule at a time is not enough: what was held back comes through in between.
      const peer = `-A INPUT -i wire0 -p tcp --dport ${PEER_PORT} -j ACCEPT\n`
      const rules = { all: '', peer: `${peer}${DROP}`, nothing: DROP }[what]
      const table = `*filter\n:INPUT ACCEPT [0:0]\n${rules}COMMIT\n`
      execFileSync('ip', ['netns', 'exec', api, 'iptables-restore'], {
        input: table,
        stdio: ['pipe', 'ignore', 'ignore'],
      })
    },
    async condition() {
      const { status } = await ask<{ status: { conditions: ToldCondition[] } }>(`/api/v1/nodes/${NODE}`)
      return status.conditions.find(({ type }) => type === 'NetworkProblem')
    },
    async events() {
      const { items } = await ask<{ items: ToldEvent[] }>('/api/v1/events')
      const own = items.filter(({ message }) => message.includes('NetworkProblem'))
      return own.sort((a, b) => Number(a.metadata.resourceVersion) - Number(b.metadata.resourceVersion))
    },
    async close() {
      for (const child of [server, peer]) {
        child.kill('SIGKILL')
        await gone(child)
      }
      takeAway()
      await rm(dir, { recursive: true, force: true })
    },
  }
}
