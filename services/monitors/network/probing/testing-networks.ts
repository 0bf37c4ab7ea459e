/** Two networks of a test's own with a wire between them: a check runs in the near one, whom it asks stands in the far one. */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { CheckResult } from '#monitor-kit'
import type { Asked } from './testing-check.ts'

/** Why there are none here; "" when there are. @param programs that the test needs beside */
export function whyNoNetworks(...programs: readonly string[]): string {
  if (process.getuid?.() !== 0) return 'skipped: needs root, to make networks of its own'
  const env = { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin:/sbin` }
  const isThere = (name: string) => spawnSync('which', [name], { env }).status === 0
  const missing = ['ip', 'iptables', ...programs].filter((name) => !isThere(name))
  return missing.length === 0 ? '' : `skipped: ${missing.join(', ')} not found; make setup-test brings them`
}

/** A check that runs in the near network. */
export interface NearCheck {
  /** One run, 30 s of its own time after the one before. */
  run(): Promise<CheckResult>
  /** Its problems after one run: "DNSServerUnhealthy dns:10.0.0.53 NoAnswer". */
  problems(): Promise<readonly string[]>
  /** Runs until two runs in a row say the same problems, four times at most. */
  settled(): Promise<readonly string[]>
}

export interface Networks {
  /** Runs a shell command there, which must succeed. */
  near(command: string): string
  far(command: string): string
  /** Starts a program in the far network that stays; it is ended with the networks, or by what this returns. */
  startFar(file: string, ...args: readonly string[]): () => Promise<void>
  startCheck(asked: Asked): Promise<NearCheck>
  close(): Promise<void>
}

function problemsIn({ findings }: CheckResult): readonly string[] {
  return findings
    .filter(({ health }) => health === 'problem')
    .map(({ type, entity = '', reason }) => [type, entity, reason].filter((word) => word !== '').join(' '))
    .toSorted()
}

function nearCheck(child: ChildProcess): NearCheck {
  const check: NearCheck = {
    async run() {
      child.send('run')
      const [message] = (await once(child, 'message')) as [{ result?: CheckResult; thrown?: string }]
      if (message.result === undefined) throw new Error(message.thrown)
      return message.result
    },
    problems: async () => problemsIn(await check.run()),
    async settled() {
      let last = await check.problems()
      for (let times = 0; times < 3; times++) {
        const next = await check.problems()
        if (JSON.stringify(next) === JSON.stringify(last) && times > 0) return next
        last = next
      }
      return last
    },
  }
  return check
}

/** Ends a program with all that it has started: dnsmasq answers each question over TCP in a process of its own. */
async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return
  const exited = once(child, 'exit')
  process.kill(-child.pid, 'SIGKILL')
  await exited
}

/** Near is 10.78.0.1 and fd78::1 at `wire`, far 10.78.0.2 and fd78::2. Addresses are confirmed and given up quickly. @param name part of the names of the namespaces */
export async function startNetworks(name: string): Promise<Networks> {
  const names = ['near', 'far'].map((side) => `nd-n-probe-${name}-${process.pid}-${side}`) as [string, string]
  const children: ChildProcess[] = []
  const env = { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin:/sbin` }
  const runIn = (network: string) => (command: string) =>
    execFileSync('ip', ['netns', 'exec', network, 'sh', '-c', command], { encoding: 'utf8', env, stdio: 'pipe' })
  const start = (network: string, stdio: 'ipc' | 'ignore', ...command: readonly string[]) => {
    const child = spawn('ip', ['netns', 'exec', network, ...command], {
      env,
      detached: true,
      stdio: ['ignore', 'ignore', stdio === 'ipc' ? 'inherit' : 'ignore', stdio],
    })
    children.push(child)
    return child
  }
  const [near, far] = names.map(runIn) as [(command: string) => string, (command: string) => string]

  async function close(): Promise<void> {
    await Promise.all(children.map(ended))
    for (const network of names) spawnSync('ip', ['netns', 'delete', network], { env })
  }
  try {
    for (const network of names) execFileSync('ip', ['netns', 'add', network], { env })
    const [nearName, farName] = names
    const wire = `link add wire netns ${nearName} type veth peer name wire netns ${farName}`.split(' ')
    execFileSync('ip', wire, { env })
    for (const [here, number] of [
      [near, 1],
      [far, 2],
    ] as const) {
      here(`ip link set lo up; ip address add 10.78.0.${number}/16 dev wire
        echo 100 > /proc/sys/net/ipv4/neigh/wire/retrans_time_ms; echo 100 > /proc/sys/net/ipv6/neigh/wire/retrans_time_ms
        echo 300 > /proc/sys/net/ipv4/neigh/wire/base_reachable_time_ms; echo 300 > /proc/sys/net/ipv6/neigh/wire/base_reachable_time_ms
        echo 1 > /proc/sys/net/ipv4/neigh/wire/delay_first_probe_time; echo 1 > /proc/sys/net/ipv6/neigh/wire/delay_first_probe_time
        ip address add fd78::${number}/64 dev wire nodad; ip address add fe80::${number}/64 dev wire nodad; ip link set wire up`)
    }
  } catch (err) {
    await close()
    throw err
  }
  return {
    near,
    far,
    close,
    startFar(file, ...args) {
      const child = start(names[1], 'ignore', file, ...args)
      return () => ended(child)
    },
    async startCheck(asked) {
      const program = join(import.meta.dirname, 'testing-check.ts')
      const child = start(names[0], 'ipc', process.execPath, program, JSON.stringify(asked))
      await once(child, 'message')
      return nearCheck(child)
    },
  }
}
