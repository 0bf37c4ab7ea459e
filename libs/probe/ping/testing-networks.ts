/** Two networks of their own with a wire between them, and whoever probes in the first of them. */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { copyFile, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { PingAnswer, Probed, TcpAnswer } from '../index.ts'
import type { Question } from './testing-asker.ts'

const ASKER = join(import.meta.dirname, 'testing-asker.ts')

/** Why there can be none here; "" where they can. */
export function whyNoNetworks(): string {
  if (process.getuid?.() !== 0) return 'skipped: networks of their own need root'
  const missing = ['ip', 'iptables', 'tc', 'ping', 'setpriv'].filter((name) => spawnSync('which', [name]).status !== 0)
  return missing.length === 0 ? '' : `skipped: ${missing.join(', ')} not found; make setup-test brings them`
}

/** Who probes in the near network. */
export interface Asker {
  ask(question: Question & { kind: 'ping' }): Promise<Probed<PingAnswer>>
  ask(question: Question & { kind: 'tcp' }): Promise<Probed<TcpAnswer>>
  stop(): void
}

export interface Networks {
  /** Runs a program there, which must succeed. */
  near(...command: string[]): string
  far(...command: string[]): string
  /** What stands before a program that is to run there. */
  readonly inFar: readonly string[]
  readonly inNear: readonly string[]
  /** @param rights `none`: root without CAP_NET_RAW, and a ping whose file claims none, as in an image of ours */
  asker(rights: 'raw' | 'none'): Promise<Asker>
  close(): Promise<void>
}

/** Near is 10.77.0.1 and fd77::1 at `wire`, far 10.77.0.2 and fd77::2. Addresses are confirmed and given up quickly. */
export async function startNetworks(): Promise<Networks> {
  const [near, far] = ['near', 'far'].map((name) => `nd-probe-${process.pid}-${name}`) as [string, string]
  const bin = await mkdtemp(join(tmpdir(), 'nd-probe-'))
  const askers: ChildProcess[] = []
  const inside = (network: string) => ['ip', 'netns', 'exec', network]
  const runIn =
    (network: string) =>
    (...command: string[]) =>
      execFileSync('ip', ['netns', 'exec', network, ...command], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'pipe'],
      })

  async function asker(rights: 'raw' | 'none'): Promise<Asker> {
    const less = rights === 'raw' ? [] : ['setpriv', '--bounding-set', '-net_raw', '--inh-caps', '-net_raw']
    const env = { ...process.env, PATH: rights === 'raw' ? process.env['PATH'] : `${bin}:${process.env['PATH']}` }
    const child = spawn('ip', ['netns', 'exec', near, ...less, process.execPath, ASKER], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      env,
    })
    askers.push(child)
    const waiting = new Map<number, (answer: never) => void>()
    let last = 0
    await new Promise((up, ended) => {
      child.once('message', up)
      child.once('exit', (code) => ended(new Error(`whoever was to probe has ended with ${code}`)))
    })
    child.on('message', ([id, answer]: [number, never]) => waiting.get(id)?.(answer))
    return {
      ask: (question: Question) =>
        new Promise<never>((resolve) => {
          waiting.set(++last, resolve)
          child.send([last, question])
        }),
      stop: () => void child.kill('SIGKILL'),
    }
  }
  async function close(): Promise<void> {
    for (const child of askers) child.kill('SIGKILL')
    for (const network of [near, far]) spawnSync('ip', ['netns', 'delete', network])
    await rm(bin, { recursive: true, force: true })
  }

  try {
    await copyFile(execFileSync('which', ['ping'], { encoding: 'utf8' }).trim(), join(bin, 'ping'))
    for (const network of [near, far]) execFileSync('ip', ['netns', 'add', network])
    execFileSync('ip', ['link', 'add', 'wire', 'netns', near, 'type', 'veth', 'peer', 'name', 'wire', 'netns', far])
    for (const [network, number] of [
      [near, 1],
      [far, 2],
    ] as const) {
      const here = runIn(network)
      here(
        'sh',
        '-c',
        `
        echo 100 > /proc/sys/net/ipv4/neigh/wire/retrans_time_ms; echo 100 > /proc/sys/net/ipv6/neigh/wire/retrans_time_ms
        echo 1 > /proc/sys/net/ipv4/neigh/wire/delay_first_probe_time; echo 1 > /proc/sys/net/ipv6/neigh/wire/delay_first_probe_time
        ip link set lo up; ip address add 10.77.0.${number}/24 dev wire
        ip address add fd77::${number}/64 dev wire nodad; ip address add fe80::${number}/64 dev wire nodad
        ip link set wire up`,
      )
    }
    // A link that was only just made is not ready for IPv6 yet.
    runIn(near)('timeout', '20', 'sh', '-c', 'until ping -n -q -c 1 -W 1 fd77::2; do sleep 0.05; done')
  } catch (err) {
    await close()
    throw err
  }
  return { near: runIn(near), far: runIn(far), inFar: inside(far), inNear: inside(near), asker, close }
}
