/** Asks the container runtime, one call after the other; where it cannot be asked, systemd for its unit. */
import type { Clock } from '#clock'
import {
  type Container,
  type CriAnswer,
  type CriClient,
  type FoundRuntime,
  type ImageFilesystem,
  type RuntimeCondition,
  type RuntimeVersion,
  runtimeAt,
  type Sandbox,
} from '#cri'
import type { Host, UnitLook } from '#host'
import type { Sample, Stopwatch } from '#probe'
import { hasKubelet } from '../../here.ts'
import { findNodeRuntime, type NodeRuntime } from '../../node-kubelet/node-runtime.ts'
import type { Ways } from '../../ways.ts'
import type { Config } from './config.ts'

/** What came of one call, and how long it took. */
export interface Asked<Answer> {
  /** "ListContainers" */
  readonly call: string
  readonly came: CriAnswer<Answer>
  readonly sample: Sample
}

/** What a runtime said; a call that was not made is absent: it is not configured, or one before it was not answered. */
export interface RuntimeAnswers {
  readonly version: Asked<RuntimeVersion>
  readonly status?: Asked<readonly RuntimeCondition[]>
  readonly sandboxes?: Asked<readonly Sandbox[]>
  readonly containers?: Asked<readonly Container[]>
  readonly imageFs?: Asked<readonly ImageFilesystem[]>
}

/** One look at the runtime. */
export interface RuntimeReading {
  /** This machine is a node of Kubernetes, or a socket is named. */
  readonly isNode: boolean
  readonly found: FoundRuntime
  /** The endpoint as the kubelet has it; "": the configuration names one, or the kubelet's is not seen. */
  readonly kubelets: string
  /** Who else may be the runtime of this node, in words; "": nobody. */
  readonly doubt: string
  /** Of one that listens, and is to be asked. */
  readonly answers: RuntimeAnswers | undefined
  /** The first of its units that systemd knows; else why none is known. Undefined: not asked. */
  readonly unit: UnitLook | undefined
}

/** How one look is made. */
export interface RuntimeLook {
  readonly host: Host
  readonly ways: Ways
  readonly clock: Clock
  readonly stopwatch: Stopwatch
  readonly signal: AbortSignal
  readonly config: Config
  /** The name of the runtime that was there before; "": none was. */
  readonly known: string
}

const SOCKETS: Readonly<Partial<Record<Config['runtimeType'], string>>> = {
  crio: '/run/crio/crio.sock',
  docker: '/run/cri-dockerd.sock',
}

/** Units by the name of the runtime, as their packages have them. */
const UNITS: Readonly<Record<string, readonly string[]>> = {
  containerd: ['containerd.service'],
  'CRI-O': ['crio.service'],
  'cri-dockerd': ['cri-docker.service'],
  'containerd of k3s': ['k3s.service', 'k3s-agent.service', 'rke2-server.service', 'rke2-agent.service'],
}
const UNIT_TIMEOUT_MS = 2000

/** Of several that listen the one of the configured kind. */
function ofType(found: FoundRuntime, type: Config['runtimeType']): FoundRuntime {
  if (type !== 'containerd' || found.kind === 'none' || found.kind === 'unusable') return found
  if (found.name.startsWith('containerd')) return found
  const other = found.kind === 'listening' ? found.others.find(({ name }) => name.startsWith('containerd')) : undefined
  if (other !== undefined) return { kind: 'listening', ...other, others: [] }
  return { kind: 'none', message: 'no socket of a containerd, which is the runtime that is configured (runtimeType)' }
}

async function find(look: RuntimeLook): Promise<NodeRuntime> {
  const { criSocket, runtimeType } = look.config
  if (criSocket !== '' || runtimeType === 'auto') return findNodeRuntime(look, criSocket)
  const found = await look.ways.findRuntime(look.host, { endpoint: SOCKETS[runtimeType] ?? '' })
  return { found: ofType(found, runtimeType), kubelets: '', doubt: '' }
}

async function asked<Answer>(
  call: string,
  { stopwatch, signal }: RuntimeLook,
  ask: (options: { readonly signal: AbortSignal }) => Promise<CriAnswer<Answer>>,
): Promise<Asked<Answer>> {
  const stop = stopwatch.start()
  const came = await ask({ signal })
  return { call, came, sample: stop() }
}

/** What hangs, or is not there, is not asked again in the same look. */
function hasAnswered({ came }: Asked<unknown>): boolean {
  return came.ok || came.failure.kind === 'error' || came.failure.kind === 'too-large'
}

async function askAll(cri: CriClient, look: RuntimeLook): Promise<RuntimeAnswers> {
  const { checkRuntimeInfo, checkPods } = look.config
  const version = await asked('Version', look, (how) => cri.version(how))
  let answers: RuntimeAnswers = { version }
  let goesOn = hasAnswered(version)
  if (checkRuntimeInfo && goesOn) {
    const status = await asked('Status', look, (how) => cri.status(how))
    answers = { ...answers, status }
    goesOn = hasAnswered(status)
  }
  if (checkPods && goesOn) {
    const sandboxes = await asked('ListPodSandbox', look, (how) => cri.sandboxes(how))
    answers = { ...answers, sandboxes }
    goesOn = hasAnswered(sandboxes)
  }
  if (checkPods && goesOn) {
    const containers = await asked('ListContainers', look, (how) => cri.containers(how))
    answers = { ...answers, containers }
    goesOn = hasAnswered(containers)
  }
  if (checkRuntimeInfo && goesOn) {
    const imageFs = await asked('ImageFsInfo', look, (how) => cri.imageFs(how))
    answers = { ...answers, imageFs }
  }
  return answers
}

/** Names of units that may run it, with the runtime that is there, that the kubelet asks, was there, or may be there. */
function unitsOf({ found, kubelets }: NodeRuntime, known: string): readonly string[] {
  const gone = kubelets === '' ? known : runtimeAt(kubelets)
  const name = found.kind === 'none' || found.kind === 'unusable' ? gone : found.name
  return name === '' ? Object.values(UNITS).flat() : (UNITS[name] ?? [])
}

async function askUnit(look: RuntimeLook, names: readonly string[]): Promise<UnitLook | undefined> {
  const { ways, host, signal } = look
  let last: UnitLook | undefined
  for (const name of names) {
    last = await ways.unit(host, name, { timeoutMs: UNIT_TIMEOUT_MS, signal })
    if (last.kind === 'unknown') return last
    if (last.unit.loadState !== 'not-found' || last.unit.activeState === 'active') return last
  }
  return last
}

/** Looks once. On a machine that is no node nobody is asked. */
export async function readRuntime(look: RuntimeLook): Promise<RuntimeReading> {
  const { config, ways, clock, host, known } = look
  const isNode = config.criSocket !== '' || known !== '' || (await hasKubelet(host))
  if (!isNode) {
    const found: FoundRuntime = { kind: 'none', message: '' }
    return { isNode, found, kubelets: '', doubt: '', answers: undefined, unit: undefined }
  }
  const node = await find(look)
  const { found, kubelets, doubt } = node
  let answers: RuntimeAnswers | undefined
  if (found.kind === 'listening' && config.checkSocketConnectivity) {
    const cri = ways.openRuntime(found.path, { clock, timeoutMs: config.callTimeout, place: found.place })
    try {
      answers = await askAll(cri, look)
    } finally {
      cri.close()
    }
  }
  const isWell = answers?.version.came.ok === true
  const asksUnit = config.checkSystemdStatus && !isWell && found.kind !== 'unusable'
  const unit = asksUnit ? await askUnit(look, unitsOf(node, known)) : undefined
  return { isNode, found, kubelets, doubt, answers, unit }
}
