/** The real service as a process of its own, which acts on a machine of the test's own: systemd, its bus, its network. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Act } from '#model'
import { ActionRunnerService } from '#proto/nodedoctor/v1/action.ts'
import { connectUnix, isAnswered, RpcError } from '#rpc'
import { fromProtoRunResponse, type RunTold, toProtoCanRunRequest, toProtoRunRequest } from '#wire/action'
import { run, tempFolder } from '../../libs/host/testing.ts'
import { startSystemd } from '../../libs/host/units/testing-systemd.ts'
import { SIGHT } from '../remediator/testing/questions.ts'

/** The end of an attempt, and whether it was joined. */
export type Told = Extract<RunTold, { readonly kind: 'ended' }> & { readonly joined: boolean | undefined }

export interface TestMachine extends AsyncDisposable {
  /** The machine's root, from here. */
  readonly root: string
  /** A folder that this machine and that one have at the same place. */
  readonly shared: string
  inside(...command: string[]): Promise<string>
  systemctl(...args: string[]): Promise<string>
  /** Starts the service, unless it runs. */
  start(): Promise<void>
  /** By SIGKILL. */
  kill(): Promise<void>
  /** Why it may not be done. */
  can(act: Act, isUnrecorded?: boolean): Promise<string>
  /** Parameters of the act as it would be done. */
  canAct(act: Act): Promise<Readonly<Record<string, string>> | undefined>
  /** @param onBegun told when it has begun, or was joined */
  run(attempt: string, act: Act, deadlineMs?: number, onBegun?: () => void): Promise<Told>
  /** Asks for it while the service is frozen (SIGSTOP), gives it up as the remediator does, and lets the service go on then: all of it waits in its socket. */
  giveUpFrozen(attempt: string, act: Act): Promise<void>
  cancel(attempt: string): Promise<boolean>
}

/** An act as the remediator asks for it. */
export function act(strategy: string, target: string, parameters: Readonly<Record<string, string>> = {}): Act {
  return { strategy, target, parameters, text: '' }
}

const HEAD = 'apiVersion: node-doctor.io/v1alpha1\nkind: NodeDoctorConfig\nmetadata: { name: test }\n'

/** What a machine has beside its units. */
export interface MachineOptions {
  /** Folders of this machine that it has, "/here" or "/here:/there". */
  readonly binds?: readonly string[]
  /** Keys of the section of repairs, as YAML flow: "diskCleanup: { images: false }". */
  readonly section?: string
}

/** @param blocks `remediation` of checks, as YAML flow: "strategy: systemd-restart, service: nd-app" */
export async function startMachine(
  units: Readonly<Record<string, string>>,
  blocks: readonly string[],
  { binds = [], section = '' }: MachineOptions = {},
): Promise<TestMachine> {
  const folder = await tempFolder()
  const shared = folder.path
  const machine = await startSystemd(units, [shared, ...binds])
  const root = `/proc/${machine.systemdPid}/root`
  const socket = join(shared, 'run/host-actions/host-actions.sock')
  const file = join(shared, 'config.yaml')
  const monitors = blocks.map(
    (block, at) =>
      `  - { name: check-${at}, type: custom-plugin, config: { pluginPath: /bin/true }, remediation: { enabled: true, ${block} } }\n`,
  )
  const settings = `settings: { nodeName: worker-7, hostRoot: ${root}, runDir: ${shared}/run, stateDir: ${shared}/state }\n`
  await writeFile(
    file,
    `${HEAD}${settings}remediation: { enabled: true${section && `, ${section}`} }\nmonitors:\n${monitors.join('')}`,
  )
  await mkdir(join(shared, 'run'))
  let child: ChildProcess | undefined

  /** It listens before it has read what it kept, and says so until then. */
  const isStarted = (): Promise<boolean> =>
    asked((client) => client.call(ActionRunnerService.canRun, toProtoCanRunRequest(act('systemd-restart', 'unit:nd'))))
      .then(() => true)
      .catch((err: unknown) => {
        if (err instanceof RpcError && err.code === 'UNAVAILABLE') return false
        throw err
      })

  async function start(): Promise<void> {
    if (child !== undefined) return
    const { KUBERNETES_SERVICE_HOST: _, ...env } = process.env
    child = spawn(process.execPath, [join(import.meta.dirname, 'main.ts'), '--config', file], {
      stdio: ['ignore', 'ignore', 'inherit'],
      env,
    })
    for (const endMs = performance.now() + 40_000; !((await isAnswered(socket)) && (await isStarted())); ) {
      if (performance.now() > endMs || child.exitCode !== null) throw new Error('host-actions does not start')
      await new Promise((soon) => setTimeout(soon, 50))
    }
  }
  async function kill(): Promise<void> {
    const exited = child && once(child, 'exit')
    child?.kill('SIGKILL')
    await exited
    child = undefined
  }
  const giveUpFrozen = (attempt: string, what: Act): Promise<void> =>
    asked(async (client) => {
      const stop = new AbortController()
      await client.connected(stop.signal)
      child?.kill('SIGSTOP')
      try {
        const request = toProtoRunRequest({ attempt, act: what, problem: SIGHT, deadlineMs: 60_000, join: false })
        const heard = (async () => {
          for await (const _ of client.serverStream(ActionRunnerService.run, request, stop.signal));
        })()
        await new Promise((soon) => setTimeout(soon, 500))
        const off = client.call(ActionRunnerService.cancel, { attempt }, { timeoutMs: 500 }).catch(() => undefined)
        stop.abort()
        await Promise.all([heard, off])
      } finally {
        child?.kill('SIGCONT')
      }
    })
  async function asked<Answer>(ask: (client: ReturnType<typeof connectUnix>) => Promise<Answer>): Promise<Answer> {
    const client = connectUnix(socket)
    try {
      return await ask(client)
    } finally {
      client.close()
    }
  }
  return {
    root,
    shared,
    inside: (...command) => run('nsenter', '-t', String(machine.systemdPid), '-a', ...command),
    systemctl: machine.systemctl,
    start,
    kill,
    giveUpFrozen,
    can: (what, isUnrecorded = false) =>
      asked(
        async (client) =>
          (await client.call(ActionRunnerService.canRun, toProtoCanRunRequest(what, isUnrecorded))).refusal,
      ),
    canAct: (what) =>
      asked(
        async (client) => (await client.call(ActionRunnerService.canRun, toProtoCanRunRequest(what))).act?.parameters,
      ),
    run: (attempt, what, deadlineMs = 60_000, onBegun = () => undefined) =>
      asked(async (client) => {
        const request = toProtoRunRequest({ attempt, act: what, problem: SIGHT, deadlineMs, join: false })
        let joined: boolean | undefined
        const { signal } = new AbortController()
        for await (const response of client.serverStream(ActionRunnerService.run, request, signal)) {
          const told = fromProtoRunResponse(response)
          if (told?.kind === 'begun') {
            joined = told.joined
            onBegun()
          }
          if (told?.kind === 'ended') return { ...told, joined }
        }
        throw new Error('the stream ended before the attempt')
      }),
    cancel: (attempt) => asked(async (client) => (await client.call(ActionRunnerService.cancel, { attempt })).ran),
    async [Symbol.asyncDispose]() {
      await kill()
      await machine[Symbol.asyncDispose]()
      await folder[Symbol.asyncDispose]()
    },
  }
}
