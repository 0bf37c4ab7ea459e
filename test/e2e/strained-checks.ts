/** A node whose gateway, nameserver, endpoints, time server, kubelet and runtime are well, and checks of them that hardly get to run. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { createCpuLimit } from './cpu-limit.ts'
import { ENDPOINT, GATEWAY, layChain } from './network-chain.ts'
import type { ProberOrder, Round } from './strained-prober.ts'

const here = (file: string) => join(import.meta.dirname, file)
const CRI_SOCKET = '/run/containerd/containerd.sock'

export type StrainedCheck = ProberOrder['check']

export interface StrainedNode extends AsyncDisposable {
  /**
   * Rounds of a check, half of them with the limits of its type and half with narrow ones, which whoever is well is far from all the
   * same: by two processes at once, each with a share of a processor of its own.
   * @param share of a processor
   */
  run(
    check: StrainedCheck,
    how: { readonly rounds: number; readonly share: number },
  ): Promise<Readonly<Record<'own' | 'narrow', StrainedRounds>>>
}

export interface StrainedRounds {
  /** With a whole processor. */
  readonly first: Round
  readonly strained: readonly Round[]
}

/** Lines that a program prints, one after the other. */
function started(words: readonly string[]) {
  const [file = '', ...args] = words
  const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const exited = once(child, 'exit')
  return {
    child,
    async line(): Promise<string> {
      const { value, done } = await lines.next()
      if (done === true) throw new Error(`${words.join(' ')} ended early`)
      return value
    },
    async end(): Promise<void> {
      child.kill('SIGKILL')
      await exited
    },
  }
}

function configsOf(resolvConfPath: string, healthzPort: number): Readonly<Record<StrainedCheck, object>> {
  const { address, name, port } = ENDPOINT
  const endpoints = [{ url: `tcp://${address}:${port}` }, { url: `http://${name}:${port}/` }]
  return {
    gateway: { addressFamily: 'ipv4' },
    dns: { resolvConfPath, names: [{ name }], cluster: 'none' },
    connectivity: { resolvConfPath, endpoints },
    time: { resolvConfPath, servers: [GATEWAY] },
    kubelet: { healthzURL: `http://127.0.0.1:${healthzPort}/healthz`, auth: { type: 'none' } },
    runtime: { criSocket: `unix://${CRI_SOCKET}` },
  }
}

/** A quarter of a second, where the types have one to five. */
const NARROW: Readonly<Record<StrainedCheck, object>> = {
  gateway: { latencyWarningMs: 50 },
  dns: { latencyWarningMs: 250, queryTimeoutMs: 500 },
  connectivity: { latencyWarningMs: 250, requestTimeoutMs: 500 },
  time: { requestTimeoutMs: 250 },
  kubelet: { httpTimeout: '250ms' },
  runtime: { slowWarningMs: 250, slowCriticalMs: 500, callTimeout: '1s' },
}

/** Lays out the node; its targets are limited in nothing. */
export async function startStrainedNode(): Promise<StrainedNode> {
  await using stack = new AsyncDisposableStack()
  const chain = await layChain('strained')
  stack.defer(() => chain.close())
  const dir = await mkdtemp(join(tmpdir(), 'nd-strained-'))
  stack.defer(() => rm(dir, { recursive: true, force: true }))
  for (const folder of ['var/lib/kubelet', 'run/containerd']) await mkdir(join(dir, folder), { recursive: true })
  const conf = join(dir, 'chrony.conf')
  await writeFile(conf, `local stratum 3\nallow all\ncmdport 0\npidfile ${dir}/pid\nbindaddress ${GATEWAY}\n`)
  // -x: nobody's clock is set.
  chain.startBehind('chronyd', '-x', '-d', '-u', 'root', '-f', conf)
  const targets = started([...chain.onNode, process.execPath, here('strained-targets.ts'), join(dir, CRI_SOCKET)])
  stack.defer(() => targets.end())
  const configs = configsOf(chain.resolvConf, Number(await targets.line()))

  async function runOne(
    check: StrainedCheck,
    { limits, rounds, share }: { readonly limits: object; readonly rounds: number; readonly share: number },
  ): Promise<StrainedRounds> {
    await using own = new AsyncDisposableStack()
    const root = check === 'kubelet' || check === 'runtime' ? dir : ''
    const order: ProberOrder = { check, config: { ...configs[check], ...limits }, root, rounds }
    const prober = started([...chain.onNode, process.execPath, here('strained-prober.ts'), JSON.stringify(order)])
    const first = JSON.parse(await prober.line()) as Round
    const limit = await createCpuLimit(`nd-strained-${prober.child.pid}`)
    own.defer(() => limit.remove())
    own.defer(() => prober.end())
    await limit.set(share)
    await limit.hold(prober.child.pid ?? 0)
    prober.child.stdin.write('begin\n')
    const strained: Round[] = []
    while (strained.length < rounds) strained.push(JSON.parse(await prober.line()) as Round)
    return { first, strained }
  }
  const kept = stack.move()
  return {
    async run(check, { rounds, share }) {
      const each = { rounds: Math.ceil(rounds / 2), share }
      const [own, narrow] = await Promise.all([
        runOne(check, { ...each, limits: {} }),
        runOne(check, { ...each, limits: NARROW[check] }),
      ])
      return { own, narrow }
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}
