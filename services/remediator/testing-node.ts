/** A node without fakes of ours: a detector with its bus, monitors that are made with the kit, and the remediator. What repairs is a plug-in of the test. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach } from 'vitest'
import { createHost } from '#host'
import type { Problem, RecoveryRule, Remediation, ToldRemediation } from '#model'
import { defineCheck, defineMonitor, type Finding } from '#monitor-kit'
import { RemediatorService } from '#proto/nodedoctor/v1/remediation.ts'
import { connectUnix, type RpcClient, serveUnix } from '#rpc'
import { createMetrics, createServerDoor, systemClock } from '#service'
import { fromProtoProblem } from '#wire'
import { fromProtoRemediation } from '#wire/remediation'
import { freePort } from '../../libs/bus/testing.ts'
import { closeStage, host, type Stage } from '../../libs/monitor-kit/testing/stage.ts'
import { keepLog } from '../../libs/service/testing.ts'
import { loadTestConfig, type Running, startDetector } from '../detector/testing.ts'
import { remediatorConfig } from './config.ts'
import { remediator } from './service.ts'
import { startRunner, type TestRunner } from './testing-runner.ts'

/** A check of one thing that is well or not, as the test says. */
export interface Lamp {
  isBroken: boolean
  /** Looks fail. */
  isBlind?: boolean
  /** When it was looked at, in milliseconds of this process. */
  readonly lookedMs: readonly number[]
}

/** What a test may have otherwise. */
export interface NodeSetting {
  /** Of the check. Default 5 min. */
  readonly intervalMs?: number
  /** What proves the lamp well. Default: one healthy look. */
  readonly recovery?: RecoveryRule
  /** Keys of its `remediation` beside the strategy. */
  readonly repair?: Readonly<Record<string, unknown>>
  /** Keys of the plug-in that repairs, in `remediation.actions`. */
  readonly action?: Readonly<Record<string, unknown>>
  /** More plug-ins, at sockets in `<dir>/plugins`. */
  readonly plugins?: (dir: string) => readonly Readonly<Record<string, unknown>>[]
}

/** What a test has. */
export interface TestNode {
  readonly dir: string
  readonly lamp: Lamp
  readonly runner: TestRunner
  readonly detector: Running
  readonly client: RpcClient
  /** What the remediator's journal says, the oldest first. */
  records(): Promise<readonly ToldRemediation[]>
  /** The last record of a kind. */
  last<Kind extends Remediation['kind']>(kind: Kind): Promise<Extract<Remediation, { kind: Kind }> | undefined>
  /** The lamp's open problem, as the detector has it. */
  problem(): Promise<Problem | undefined>
}

const TEXTS = { description: '', source: '', warning: '', critical: '', sustained: '', label: '' }

function lampMonitor(
  lamp: Lamp,
  recovery: RecoveryRule,
  { intervalMs, timeoutMs }: { readonly intervalMs: number; readonly timeoutMs: number },
) {
  const check = defineCheck<unknown>({
    type: 'lamp-check',
    description: 'Whether the lamp is broken',
    intervalMs,
    timeoutMs,
    conditions: [{ type: 'LampBroken', ...TEXTS, healthyReason: 'LampShines', healthyMessage: 'it shines', recovery }],
    create: () => () => {
      const looked = lamp.lookedMs as number[]
      looked.push(performance.now())
      if (lamp.isBlind === true) return Promise.reject(new Error('it is too far away'))
      const sick = { health: 'problem', severity: 'critical', reason: 'LampDark', message: 'it is dark' } as const
      const well = { health: 'healthy', reason: 'LampShines', message: 'it shines' } as const
      const finding: Finding = { type: 'LampBroken', ...(lamp.isBroken ? sick : well) }
      return Promise.resolve({ findings: [finding] })
    },
  })
  return defineMonitor({ name: 'tiny', description: 'A lamp', checks: [check] })
}

/** Makes nodes that end with their test. */
export function nodesOfTests(): (setting?: NodeSetting) => Promise<TestNode> {
  const ends: (() => Promise<unknown>)[] = []
  afterEach(async () => {
    for (const end of ends.splice(0).toReversed()) await end()
  })

  return async ({ intervalMs = 300_000, recovery, repair = {}, action = {}, plugins = () => [] } = {}) => {
    const dir = await mkdtemp(join(tmpdir(), 'nd-node-'))
    ends.push(() => rm(dir, { recursive: true, force: true, maxRetries: 5 }))
    const busPort = await freePort()
    const runner = await startRunner(join(dir, 'fixer.sock'))
    ends.push(runner.close)
    const runDir = join(dir, 'run')
    const socket = join(runDir, 'monitors', 'tiny', 'tiny.sock')
    const remediation = { strategy: 'external-action', plugin: 'fixer', pluginAction: 'fix', ...repair }
    const document = {
      detector: { monitorDirs: [join(dir, 'plugins')], lostAfter: '5s' },
      plugins: [{ name: 'tiny', socketAddress: socket, remediation }, ...plugins(dir)],
      remediation: {
        enabled: true,
        maxRetriesPerMinute: 0,
        actions: [{ name: 'fixer', socketAddress: join(dir, 'fixer.sock'), ...action }],
      },
    }
    const lamp: Lamp = { isBroken: false, lookedMs: [] }
    const stage: Stage = { runDir, socket, ends: [] }
    const rule = recovery ?? { kind: 'healthy-checks', count: 1 }
    const times = { intervalMs, timeoutMs: Math.min(5_000, intervalMs / 2) }
    await host(stage, lampMonitor(lamp, rule, times), [{ name: 'lamp', type: 'lamp-check', ...times }])
    ends.push(() => closeStage(stage))
    const detector = await startDetector({ dir, busPort, document }, (one) => void ends.push(one.stop))
    const client = await startRemediator(await loadTestConfig(dir, busPort, document), dir, ends)

    async function records(): Promise<readonly ToldRemediation[]> {
      const answer = await client.call(RemediatorService.history, { limit: 1000, fingerprint: '', before: 0 })
      return answer.records.flatMap((record) => fromProtoRemediation(record, new Date(0)) ?? []).toReversed()
    }
    return {
      ...{ dir, lamp, runner, detector, client, records },
      async last(kind) {
        const all = await records().catch(() => [])
        return all.map(({ what }) => what).findLast((what) => what.kind === kind) as never
      },
      async problem() {
        const { problems } = await detector.node()
        const found = problems.findLast(({ type }) => type === 'LampBroken')
        return found && fromProtoProblem(found, new Date())
      },
    }
  }
}

async function startRemediator(
  full: Awaited<ReturnType<typeof loadTestConfig>>,
  dir: string,
  ends: (() => Promise<unknown>)[],
): Promise<RpcClient> {
  const name = 'remediator'
  const { log } = keepLog(name)
  const clock = systemClock()
  const service = await remediator.create({
    ...{ name, version: '0.1.0', nodeName: 'n1', clock, log },
    config: remediatorConfig(full),
    runDir: full.settings.runDir,
    stateDir: full.settings.stateDir,
    host: createHost({ root: '' }),
    bus: createServerDoor({ name, log, clock, config: full }),
    metrics: createMetrics(),
    signal: new AbortController().signal,
  })
  await service.start(new AbortController().signal)
  ends.push(() => service.stop())
  const path = join(dir, 'remediator.sock')
  const server = await serveUnix({ path, services: service.rpc, serving: () => true })
  ends.push(() => server.close(0))
  const client = connectUnix(path)
  ends.push(async () => client.close())
  return client
}
