/** A network of a test's own: a node, and a router at the other end of its one cable. */
import { type ChildProcessWithoutNullStreams, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import type { CheckResult, Finding, Happening } from '#monitor-kit'

const run = promisify(execFile)

/** Why there can be none here; "": there can. */
export function whyNoNetwork(...programs: readonly string[]): string {
  const missing = ['ip', ...programs].filter(
    (name) => !['/usr/sbin', '/sbin', '/usr/bin', '/bin'].some((folder) => existsSync(join(folder, name))),
  )
  if (process.getuid?.() !== 0) return 'skipped: a network of its own needs root'
  return missing.length === 0 ? '' : `skipped: needs ${missing.join(', ')}`
}

/** All that the checks said in one look. */
export interface Look {
  /** "LinkDown nic:uplink" of each problem. */
  readonly problems: readonly string[]
  readonly findings: readonly Finding[]
  readonly events: readonly Happening[]
}

export interface TestNetwork extends AsyncDisposable {
  /** Their names, as `ip netns` has them. */
  readonly spaces: { readonly node: string; readonly router: string }
  /** Runs a command in the node's network: "ip link set uplink down". */
  node(command: string): Promise<string>
  /** The same in the router's. */
  router(command: string): Promise<string>
  /** A process that stays in the node's network, or the router's, until the test is over. */
  stay(program: string, args: readonly string[], where?: 'node' | 'router'): ChildProcessWithoutNullStreams
  /**
   * Begins to look with these keys of each check, by its type.
   * @param options `asMonitor`: it asks whether this is the node's network; `by`: a program and its words that run it
   */
  watch(
    configs: Readonly<Record<string, unknown>>,
    options?: { readonly asMonitor?: boolean; readonly by?: readonly string[] },
  ): Watching
}

export interface Watching {
  /** One look of each check, 30 s by their clock after the one before. */
  look(): Promise<Look>
}

function keyOf({ type, entity = '' }: Finding): string {
  return entity === '' ? type : `${type} ${entity}`
}

function lookOf(line: string): Look {
  const results = JSON.parse(line) as readonly CheckResult[]
  const findings = results.flatMap((result) => result.findings)
  return {
    problems: findings.filter(({ health }) => health === 'problem').map(keyOf),
    findings,
    events: results.flatMap(({ events = [] }) => events),
  }
}

/** Words between blanks; in single quotes a word may have some. */
function wordsOf(command: string): string[] {
  return Array.from(command.matchAll(/'([^']*)'|\S+/g), ([word, quoted]) => quoted ?? word)
}

/**
 * `uplink` of the node, 2001:db8:1::2/64 and 10.1.0.2/24 with a default route of IPv6, leads to `port` of the router. Everything is
 * removed when it is disposed of.
 * @param name that no other test has
 */
export async function createTestNetwork(name: string): Promise<TestNetwork> {
  const spaces = { node: `nd-${name}-${process.pid}`, router: `nd-${name}-${process.pid}-r` }
  const children: ChildProcessWithoutNullStreams[] = []

  function stay(program: string, args: readonly string[], where: 'node' | 'router' = 'node') {
    const child = spawn('ip', ['netns', 'exec', spaces[where], program, ...args])
    child.stderr.pipe(process.stderr)
    children.push(child)
    return child
  }
  async function within(space: string, command: string): Promise<string> {
    return (await run('ip', ['netns', 'exec', space, ...wordsOf(command)])).stdout
  }
  async function remove(): Promise<void> {
    for (const child of children) {
      if (child.exitCode !== null || child.signalCode !== null) continue
      child.kill('SIGKILL')
      await once(child, 'exit')
    }
    for (const space of Object.values(spaces)) await run('ip', ['netns', 'del', space]).catch(() => undefined)
  }
  async function make(): Promise<void> {
    for (const space of Object.values(spaces)) await run('ip', ['netns', 'add', space])
    const { node, router } = spaces
    await run('ip', ['-n', node, 'link', 'add', 'uplink', 'type', 'veth', 'peer', 'name', 'port', 'netns', router])
    for (const command of ['link set lo up', 'link set uplink up', 'addr add 10.1.0.2/24 dev uplink']) {
      await within(node, `ip ${command}`)
    }
    for (const command of ['link set lo up', 'link set port up', 'addr add 2001:db8:1::1/64 dev port nodad']) {
      await within(router, `ip ${command}`)
    }
    await within(node, 'ip addr add 2001:db8:1::2/64 dev uplink nodad')
    await within(node, 'ip -6 route add default via 2001:db8:1::1 dev uplink')
  }

  try {
    await make()
  } catch (error) {
    await remove()
    throw error
  }
  return {
    spaces,
    node: (command) => within(spaces.node, command),
    router: (command) => within(spaces.router, command),
    stay,
    watch(configs, { asMonitor = false, by = [] } = {}) {
      const program = join(import.meta.dirname, 'testing-looks.ts')
      const words = [...by, process.execPath, program, JSON.stringify(configs), ...(asMonitor ? ['as-monitor'] : [])]
      const child = stay('env', words)
      const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
      return {
        async look() {
          child.stdin.write('\n')
          const { value, done } = await lines.next()
          if (done === true) throw new Error('the process that looks has ended')
          return lookOf(value)
        },
      }
    },
    [Symbol.asyncDispose]: remove,
  }
}
