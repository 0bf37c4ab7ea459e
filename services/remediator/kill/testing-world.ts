/**
 * A node for kills: a real systemd, a real bus, an API server, and both processes that repair, each started again whenever it ends. A problem
 * is over when what it is of really is mended, and not before.
 */
import { existsSync, readFileSync } from 'node:fs'
import { chmod, mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Problem, ToldRemediation } from '#model'
import { RemediatorService } from '#proto/nodedoctor/v1/remediation.ts'
import { connectUnix, type RpcClient } from '#rpc'
import { fromProtoRemediation } from '#wire/remediation'
import { createBusReader } from '../../../libs/bus/reader.ts'
import { startTestBus } from '../../../libs/bus/testing.ts'
import { startTestDetector } from '../../../libs/bus/testing-detector.ts'
import { run, tempFolder, writeTree } from '../../../libs/host/testing.ts'
import { startSystemd } from '../../../libs/host/units/testing-systemd.ts'
import { someMonitor, someProblem, someRun } from '../../../libs/view/testing.ts'
import { createPlace, type Place } from '../drain/testing-pods.ts'
import { type KeptProcess, keepProcess } from './testing-process.ts'

const NODE = 'worker-7'
const MONITOR = 'custom-plugin'
const LOOK_MS = 200
const PATIENCE_MS = 60_000

/** Repairs by their checks; `maxAttempts` and `cooldown` are what their histories are held against. */
export const CHECKS = {
  script: { repair: 'strategy: custom-script, scriptPath: /opt/mend', maxAttempts: 6 },
  fails: { repair: 'strategy: custom-script, scriptPath: /opt/fail', maxAttempts: 2 },
  hangs: { repair: 'strategy: custom-script, scriptPath: /opt/hang, timeout: 1s', maxAttempts: 6 },
  unit: { repair: 'strategy: systemd-restart, service: nd-app', maxAttempts: 6 },
  cordon: { repair: 'strategy: cordon', maxAttempts: 6 },
  taint: { repair: 'strategy: taint', maxAttempts: 6 },
  pod: { repair: 'strategy: pod-delete', maxAttempts: 6 },
  drain: { repair: 'strategy: drain', maxAttempts: 6 },
  loud: { repair: 'strategy: custom-script, scriptPath: /opt/loud', maxAttempts: 6 },
  forks: { repair: 'strategy: custom-script, scriptPath: /opt/forks', maxAttempts: 6 },
  words: { repair: 'strategy: custom-script, scriptPath: /opt/words', maxAttempts: 6 },
} as const
/** Name of a check. */
export type Check = keyof typeof CHECKS
/** Of every check. */
export const COOLDOWN_MS = 1_000

/** A problem that is there until it is mended. */
export interface Ailment {
  readonly fingerprint: string
  readonly entity: string
  readonly isOver: boolean
}

/** What one line of a script's doings says. */
export interface Doing {
  readonly attempt: string
  readonly fingerprint: string
  readonly atMs: number
  readonly what: 'began' | 'ended'
}

/** The node. */
export interface KillWorld extends AsyncDisposable {
  readonly place: Place
  readonly remediator: KeptProcess
  readonly hostActions: KeptProcess
  readonly shared: string
  systemctl(...args: string[]): Promise<string>
  /** Chooses a step at which a process ends: the one that reaches it, or the other. */
  choose(step: string, victim: 'itself' | 'the other'): Promise<void>
  /** The step that is still chosen; undefined: it was reached, or none was. */
  chosen(): string | undefined
  /** Steps as they were reached, each as often as it was. */
  steps(): readonly string[]
  /** Something is wrong from here on, until `isMended` says that it is not. @param said what is said of it, instead of the usual */
  ails(
    check: Check,
    entity: string,
    isMended: (fingerprint: string) => Promise<boolean>,
    said?: Pick<Problem, 'message'>,
  ): Promise<Ailment>
  ask<T>(ask: (client: RpcClient) => Promise<T>): Promise<T>
  /** The last thousand of the journal, the oldest first. @param before those with a lower number; default: the last there are */
  records(before?: number): Promise<readonly ToldRemediation[]>
  /** What was told on the bus, as often as it was. */
  told(): Promise<readonly ToldRemediation[]>
  /** What scripts did. */
  doings(): readonly Doing[]
  /** Waits until it is so. @throws an error with `what` and the last records */
  until(what: string, is: () => Promise<boolean> | boolean): Promise<void>
}

const HEAD = 'apiVersion: node-doctor.io/v1alpha1\nkind: NodeDoctorConfig\nmetadata: { name: test }\n'

function configOf(settings: Readonly<Record<string, string>>): string {
  const lines = Object.entries(settings).map(([key, value]) => `${key}: ${value}`)
  const monitors = Object.entries(CHECKS).map(
    ([name, { repair, maxAttempts }]) =>
      `  - { name: ${name}, type: custom-plugin, config: { pluginPath: /bin/true }, remediation: { enabled: true, ${repair}, cooldown: ${COOLDOWN_MS}ms, maxAttempts: ${maxAttempts} } }\n`,
  )
  return `${HEAD}settings: { ${lines.join(', ')} }
remediation:
  enabled: true
  maxRetriesPerMinute: 0
  maxRetriesPerHour: 1000
  circuitBreakerThreshold: 2
  circuitBreakerTimeout: 1s
  verifyWithin: 30s
  approval: [pod-delete]
  lease: { namespace: kube-system }
monitors:
${monitors.join('')}`
}

/** A script that says what it does. @param then its last words */
function scriptOf(shared: string, then: string): string {
  const say = (what: string) =>
    `echo "${what} $PROBLEM_META_ATTEMPT $PROBLEM_META_FINGERPRINT $(date +%s%N)" >>${shared}/doings`
  return `#!/bin/sh\n${say('began')}\nsleep 0.2\n${then}\n`.replace('ENDED', say('ended'))
}

/** How long what is left of a script sleeps: by that it is known among all processes. */
export const LEFT_SECONDS = '31415'
/** It goes from its session, from its parents, and from its output; nor does it listen to SIGTERM. */
const FORKS = `setsid sh -c 'trap "" TERM; sleep ${LEFT_SECONDS}' </dev/null >/dev/null 2>&1 &
( ( setsid nohup sleep ${LEFT_SECONDS} & ) & )
while [ "$(pgrep -fc 'sleep ${LEFT_SECONDS}')" -lt 2 ]; do sleep 0.05; done`

async function writeScripts(root: string, shared: string): Promise<void> {
  await mkdir(join(shared, 'mended'))
  const mended = `: >"${shared}/mended/$PROBLEM_META_FINGERPRINT"\nENDED`
  await writeTree(root, {
    'opt/mend': scriptOf(shared, mended),
    'opt/fail': scriptOf(shared, 'ENDED\nexit 3'),
    'opt/hang': scriptOf(shared, 'exec sleep infinity'),
    'opt/loud': scriptOf(shared, `head -c 10000000 /dev/zero | tr "\\0" x\necho over\n${mended}`),
    'opt/forks': scriptOf(shared, `${FORKS}\npgrep -fc 'sleep ${LEFT_SECONDS}' >${shared}/left\n${mended}`),
    'opt/words': scriptOf(shared, `env -0 >${shared}/environment\n${mended}`),
  })
  for (const name of ['mend', 'fail', 'hang', 'loud', 'forks', 'words']) await chmod(join(root, 'opt', name), 0o755)
}

function linesOf(path: string): string[] {
  return existsSync(path) ? readFileSync(path, 'utf8').split('\n').slice(0, -1) : []
}

/** What its detector says: that it lives, that every check has looked, and what is wrong still. */
async function startSaying(bus: Awaited<ReturnType<typeof startTestBus>>) {
  const detector = await startTestDetector(bus)
  const open = new Map<
    string,
    { problem: Problem; isMended: (fingerprint: string) => Promise<boolean>; over(): void }
  >()
  let isOver = false

  async function say(): Promise<void> {
    detector.heartbeat()
    for (const [fingerprint, ailment] of open) {
      if (!(await ailment.isMended(fingerprint))) continue
      open.delete(fingerprint)
      const proof = { resolved: new Date(), proof: 'healthy-checks', proofText: 'two looks' } as const
      await detector.problem({ ...ailment.problem, revision: 2, phase: 'resolved', ...proof })
      ailment.over()
    }
    const run_ = { started: new Date(), durationUs: 1, intervalMs: 30_000 }
    const runs = Object.keys(CHECKS).map((check) => someRun({ ...run_, check }))
    await detector.monitor(someMonitor({ name: MONITOR, runs }))
  }
  const saying = (async () => {
    for (; !isOver; await sleep(LOOK_MS)) await say()
  })()
  return {
    async ails(
      check: Check,
      entity: string,
      isMended: (fingerprint: string) => Promise<boolean>,
      said: Partial<Pick<Problem, 'message'>> = {},
    ): Promise<Ailment> {
      const fingerprint = `${MONITOR}.${check}.${entity.replaceAll(/[^a-z0-9]/g, '-')}`
      const of = {
        source: MONITOR,
        owner: MONITOR,
        check,
        entity,
        fingerprint,
        phase: 'opened',
        generation: 1,
      } as const
      const problem = someProblem({ ...of, ...said, opened: new Date() })
      const ailment = { fingerprint, entity, isOver: false }
      await detector.problem(problem)
      open.set(fingerprint, { problem, isMended, over: () => Object.assign(ailment, { isOver: true }) })
      return ailment
    },
    async end() {
      isOver = true
      await saying.catch(() => undefined)
    },
  }
}

/** Runs once this resolves. @param release the words that start a service as it is released; default: from the sources, telling its steps */
export async function startKillWorld(release?: (name: string) => readonly string[]): Promise<KillWorld> {
  await using stack = new AsyncDisposableStack()
  const folder = stack.use(await tempFolder())
  const shared = folder.path
  const machine = stack.use(
    await startSystemd(
      { 'nd-app.service': `[Service]\nExecStart=/bin/sh -c 'echo started >>${shared}/starts; exec sleep infinity'\n` },
      [shared],
    ),
  )
  const root = `/proc/${machine.systemdPid}/root`
  await writeScripts(root, shared)
  await machine.systemctl('start', 'nd-app')
  const runDir = join(shared, 'run')
  const stepsDir = join(shared, 'steps')
  await mkdir(runDir)
  await mkdir(stepsDir)
  const place = await createPlace()
  stack.defer(() => place.close())
  for (const name of [NODE, 'w3', 'w4', 'w5', 'w6']) place.api.addNode(name)
  const bootId = (await machine.inside('cat', '/proc/sys/kernel/random/boot_id')).trim()
  place.api.setNode(NODE, ({ status = {} }) => {
    // A container of systemd-nspawn has one of its own.
    status.nodeInfo = { ...status.nodeInfo, bootID: bootId }
  })
  await place.api.writeKubeconfig(join(shared, 'kubeconfig'))
  const bus = await startTestBus({ dir: runDir })
  stack.defer(() => bus.close())
  const saying = await startSaying(bus)
  stack.defer(() => saying.end())
  const config = join(shared, 'config.yaml')
  const paths = { runDir, stateDir: join(shared, 'state'), kubeconfig: join(shared, 'kubeconfig') }
  await writeFile(config, configOf({ nodeName: NODE, hostRoot: root, ...paths }))
  const keep = (name: string) => {
    const kept = keepProcess(name, {
      ...{ config, stepsDir, logFile: join(shared, `${name}.log`) },
      release: release?.(name),
    })
    stack.defer(() => kept.stop())
    return kept
  }
  const hostActions = keep('host-actions')
  const remediator = keep('remediator')
  const ending = new AbortController()
  stack.defer(() => ending.abort())
  const reader = createBusReader(bus.consumer('http-exporter'), { signal: ending.signal })

  async function ask<T>(work: (client: RpcClient) => Promise<T>): Promise<T> {
    const client = connectUnix(join(runDir, 'remediator/remediator.sock'))
    try {
      return await work(client)
    } finally {
      client.close()
    }
  }
  async function records(before = 0): Promise<readonly ToldRemediation[]> {
    const { records: all } = await ask((client) =>
      client.call(RemediatorService.history, { limit: 1000, fingerprint: '', before }),
    )
    return all.flatMap((record) => fromProtoRemediation(record, new Date(0)) ?? []).toReversed()
  }
  const path = join(stepsDir, 'chosen')
  const owned = stack.move()
  return {
    place,
    remediator,
    hostActions,
    shared,
    systemctl: machine.systemctl,
    async choose(step, victim) {
      const isOfHost = HOST_STEPS.test(step)
      const other = isOfHost ? remediator.pid : hostActions.pid
      await writeFile(`${path}.new`, victim === 'itself' ? step : `${step}\n${other}`)
      await run('mv', `${path}.new`, path)
    },
    chosen: () => (existsSync(path) ? readFileSync(path, 'utf8').split('\n')[0] : undefined),
    steps: () => linesOf(join(stepsDir, 'reached')),
    ails: saying.ails,
    ask,
    records,
    async told() {
      const told: ToldRemediation[] = []
      await reader.readRecords(100_000, (record) => {
        const known = fromProtoRemediation(record, new Date(0))
        if (known !== undefined) told.push(known)
      })
      return told
    },
    doings: () =>
      linesOf(join(shared, 'doings')).map((line) => {
        const [what, attempt = '', fingerprint = '', ns = '0'] = line.split(' ')
        return {
          what: what === 'began' ? 'began' : 'ended',
          attempt,
          fingerprint,
          atMs: Number(BigInt(ns) / 1_000_000n),
        }
      }),
    async until(what, is) {
      for (const endMs = performance.now() + PATIENCE_MS; performance.now() < endMs; await sleep(100)) {
        if (await Promise.resolve(is()).catch(() => false)) return
      }
      const last = (await records().catch(() => []))
        .slice(-12)
        .map(({ what: { kind, ...rest } }) =>
          [kind, JSON.stringify({ ...rest, problem: undefined }).slice(0, 300)].join(' '),
        )
      const log = ['remediator', 'host-actions'].map((name) =>
        linesOf(join(shared, `${name}.log`))
          .slice(-5)
          .join('\n'),
      )
      throw new Error(`not within ${PATIENCE_MS / 1000} s: ${what}\n${last.join('\n')}\n${log.join('\n')}`)
    },
    async [Symbol.asyncDispose]() {
      await owned[Symbol.asyncDispose]()
      await rm(shared, { recursive: true, force: true })
    },
  }
}

/** Steps that host-actions reaches. */
const HOST_STEPS = /^(?:attempt|end|program|job) /
