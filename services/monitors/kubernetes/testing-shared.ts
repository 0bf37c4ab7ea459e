/** What others answered on a captured machine: `answers.json` of its folder says it in their place. Nothing is asked of this machine. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { CriAnswer, CriClient, FoundRuntime } from '#cri'
import { type HostNetwork, HostReadError, type UnitLook } from '#host'
import {
  type EndpointSlice,
  type Identity,
  type KubeAccess,
  KubeAccessError,
  KubeUnreachableError,
  type Readiness,
} from '#kube'
import { createMetricsReader, type Kubelet, type Metrics } from '#kube/kubelet'
import type { HandClock } from '#monitor-kit/testing'
import {
  type Certificate,
  type Failure,
  type Probed,
  placeText,
  type Sample,
  type TcpAnswer,
  type TlsAnswer,
} from '#probe'
import { createTold } from './node-kubelet/told.ts'
import { createWays, type Ways } from './ways.ts'

/** An answer over HTTP as a fixture has it; without a status, or a failure, there was none. */
interface CapturedReply {
  readonly status?: number
  readonly body?: string
  /** A file of the fixture that has the body. */
  readonly bodyFile?: string
  readonly failure?: Failure
  readonly sample?: Sample
}

/** What `answers.json` has; what it lacks is of a machine where nobody answers. */
export interface Captured {
  readonly found?: FoundRuntime
  readonly cri?: Partial<
    Readonly<Record<'version' | 'status' | 'sandboxes' | 'containers' | 'imageFs', CriAnswer<never>>>
  >
  /** How many milliseconds a call of the runtime took, by its name; "handshake" is one of TLS. */
  readonly tookMs?: Readonly<Record<string, number>>
  /** By name. */
  readonly units?: Readonly<Record<string, UnitLook>>
  readonly hostNetwork?: HostNetwork['kind']
  /** By URL. */
  readonly http?: Readonly<Record<string, CapturedReply>>
  /** File systems by their paths: bytes and inodes, all and left. */
  readonly fs?: Readonly<
    Record<string, readonly [sizeBytes: number, availableBytes: number, files: number, filesFree: number]>
  >
  /** Places that take connections, with how many milliseconds that takes; the others refuse. */
  readonly tcp?: Readonly<Record<string, number>>
  /** The API server behind `server`; a text in place of an answer is why there is none. */
  readonly api?: {
    readonly server: string
    readonly readyz?: Readiness | string
    readonly identity?: Identity | string
    readonly slice?: EndpointSlice
  }
  /** What is shown in a handshake, by "address:port". */
  readonly tls?: Readonly<Record<string, { readonly chain: readonly Certificate[] }>>
  /** Of its secured port; a failure is one of both. */
  readonly kubelet?: {
    readonly metricsFile?: string
    readonly configz?: Readonly<Record<string, unknown>>
    readonly failure?: Failure
  }
}

/** What `answers.json` of a folder has; {} where there is none. */
export function capturedIn(root: string): Captured {
  try {
    const captured: unknown = JSON.parse(readFileSync(join(root, 'answers.json'), 'utf8'))
    return typeof captured === 'object' && captured !== null ? (captured as Captured) : {}
  } catch {
    // Of a machine that says anything at all: nobody answers.
    return {}
  }
}

const EMPTY: CriAnswer<readonly never[]> = { ok: true, answer: [] }

/** Times are texts in a file. */
function withTimes<Answer>(came: CriAnswer<Answer>): CriAnswer<Answer> {
  return JSON.parse(JSON.stringify(came), (key, value: unknown) =>
    (key === 'created' || key === 'at') && typeof value === 'string' ? new Date(value) : value,
  ) as CriAnswer<Answer>
}

function hung(call: string, path: string, timeoutMs: number): CriAnswer<never> {
  const message = `no answer to ${call} at ${path} within ${timeoutMs} ms: the container runtime hangs or is overloaded`
  return { ok: false, failure: { kind: 'timeout', code: 'DEADLINE_EXCEEDED', message } }
}

function cri(path: string, timeoutMs: number, captured: () => Captured, clock: HandClock): CriClient {
  const says = (call: keyof NonNullable<Captured['cri']>, otherwise: CriAnswer<unknown>) => () => {
    const { cri: said, tookMs } = captured()
    const ms = tookMs?.[call] ?? 1
    clock.pass(Math.min(ms, timeoutMs))
    if (ms > timeoutMs) return Promise.resolve(hung(call, path, timeoutMs))
    return Promise.resolve(withTimes((said?.[call] ?? otherwise) as CriAnswer<never>))
  }
  return {
    path,
    version: says('version', { ok: true, answer: { name: 'containerd', version: '1.7.24', apiVersion: 'v1' } }),
    status: says('status', EMPTY),
    sandboxes: says('sandboxes', EMPTY),
    containers: says('containers', EMPTY),
    imageFs: says('imageFs', EMPTY),
    close: () => undefined,
  }
}

function withDates(certificate: Certificate): Certificate {
  const { notBefore, notAfter } = certificate
  return { ...certificate, notBefore: notBefore && new Date(notBefore), notAfter: notAfter && new Date(notAfter) }
}

const AT_ONCE: Sample = { ms: 1, lateMs: 0 }

function capturedApi(captured: () => Captured): ReturnType<Ways['apiServer']> {
  const said = <Answer>(answer: Answer | string): Promise<Answer> =>
    typeof answer === 'string'
      ? Promise.reject(new KubeUnreachableError('get readyz', captured().api?.server ?? '', new Error(answer)))
      : Promise.resolve(answer)
  return {
    readyz: () => said<Readiness>(captured().api?.readyz ?? { kind: 'ready' }),
    whoAmI: () =>
      said<Identity>(captured().api?.identity ?? { kind: 'known', name: 'system:serviceaccount:a:b', groups: [] }),
    getEndpointSlice: () => Promise.resolve(captured().api?.slice),
    close: () => undefined,
  }
}

const NOBODY: Failure = { kind: 'refused', code: 'ECONNREFUSED', message: 'connection refused at 127.0.0.1:10250' }

function capturedKubelet(root: string, captured: () => Captured): Kubelet {
  const said = <Answer>(answer: Answer | undefined): Promise<Probed<Answer>> => {
    const { failure = NOBODY } = captured().kubelet ?? {}
    const isSaid = answer !== undefined && captured().kubelet?.failure === undefined
    return Promise.resolve(isSaid ? { ok: true, sample: AT_ONCE, answer } : { ok: false, sample: AT_ONCE, failure })
  }
  return {
    metrics(_ask, names) {
      const { metricsFile } = captured().kubelet ?? {}
      if (metricsFile === undefined) return said<Metrics>(undefined)
      const reader = createMetricsReader({ names })
      reader.take(readFileSync(join(root, metricsFile)))
      return said(reader.read())
    },
    configz: () => said(captured().kubelet?.configz),
    refusesStrangers: () => Promise.resolve(true),
  }
}

/**
 * The ways of a machine that was captured below `root`; "" is this machine, by its real ways.
 * @param change what is answered otherwise than it was captured
 */
export function sharedOver(root: string, clock: HandClock, change: Captured = {}): Ways {
  if (root === '') return createWays()
  const captured = () => ({ ...capturedIn(root), ...change })
  return {
    told: createTold(),
    findRuntime(_host, { endpoint = '' }) {
      const { found } = captured()
      const isElsewhere = found !== undefined && 'place' in found && !endpoint.endsWith(found.place)
      if (found !== undefined && (endpoint === '' || !isElsewhere)) return Promise.resolve(found)
      return Promise.resolve({ kind: 'none', message: 'no socket of a container runtime' })
    },
    openRuntime: (path, { timeoutMs = 10_000 }) => cri(path, timeoutMs, captured, clock),
    unit: (_host, name) =>
      Promise.resolve(
        captured().units?.[name] ?? {
          kind: 'unknown',
          reason: 'no-bus',
          message: `cannot ask systemd for ${name}: no bus`,
        },
      ),
    statfs(_host, path) {
      const [sizeBytes, availableBytes, files, filesFree] = captured().fs?.[path] ?? []
      if (sizeBytes === undefined || availableBytes === undefined || files === undefined || filesFree === undefined)
        return Promise.reject(new HostReadError({ action: 'statfs', path, code: 'ENOENT' }))
      return Promise.resolve({ sizeBytes, availableBytes, freeBytes: availableBytes, files, filesFree })
    },
    hostNetwork() {
      const kind = captured().hostNetwork ?? 'same'
      return Promise.resolve(kind === 'unknown' ? { kind, message: 'not captured' } : { kind })
    },
    access() {
      const { api } = captured()
      if (api === undefined) return Promise.reject(new KubeAccessError('a captured machine', 'there is none'))
      return Promise.resolve({ server: api.server, origin: "the pod's service account" } as KubeAccess)
    },
    apiServer: () => capturedApi(captured),
    tcp({ timeoutMs }, place): Promise<Probed<TcpAnswer>> {
      const where = placeText(place)
      const ms = captured().tcp?.[where]
      clock.pass(Math.min(ms ?? 0, timeoutMs))
      if (ms !== undefined && ms <= timeoutMs)
        return Promise.resolve({ ok: true, sample: { ms, lateMs: 0 }, answer: { from: '10.0.0.7' } })
      if (ms !== undefined) {
        const late: Failure = { kind: 'timeout', code: '', message: `no answer from ${where} within ${timeoutMs} ms` }
        return Promise.resolve({ ok: false, sample: { ms: timeoutMs, lateMs: 0 }, failure: late })
      }
      const failure: Failure = { kind: 'refused', code: 'ECONNREFUSED', message: `connection refused at ${where}` }
      return Promise.resolve({ ok: false, sample: AT_ONCE, failure })
    },
    kubelet: ({ place }) => capturedKubelet(root, () => (place?.port === 10_250 ? captured() : {})),
    tls({ timeoutMs }, { place }): Promise<Probed<TlsAnswer>> {
      const where = placeText(place)
      const { tls, tookMs } = captured()
      const shown = tls?.[where]
      const isLate = (tookMs?.['handshake'] ?? 0) > timeoutMs
      if (isLate || shown === undefined) {
        const failure: Failure = { kind: 'refused', code: 'ECONNREFUSED', message: `connection refused at ${where}` }
        return Promise.resolve({ ok: false, sample: AT_ONCE, failure })
      }
      const handshake = {
        protocol: 'TLSv1.3',
        cipher: '',
        verification: { verified: true },
        connectMs: 1,
        handshakeMs: 1,
        receivedBytes: 2_000,
      } as const
      return Promise.resolve({ ok: true, sample: AT_ONCE, answer: { ...handshake, chain: shown.chain.map(withDates) } })
    },
    async http(_ask, { url, take }): Promise<Probed<never>> {
      const reply = captured().http?.[url.href]
      const sample = reply?.sample ?? AT_ONCE
      const where = url.host
      if (reply?.status === undefined) {
        const refused: Failure = { kind: 'refused', code: 'ECONNREFUSED', message: `connection refused at ${where}` }
        return { ok: false, sample, failure: reply?.failure ?? refused }
      }
      const text = reply.bodyFile === undefined ? (reply.body ?? '') : readFileSync(join(root, reply.bodyFile), 'utf8')
      const body = Buffer.from(text)
      take?.(body)
      const answer = { status: reply.status, headers: {}, body: take ? Buffer.alloc(0) : body, isCut: false }
      const around = { url: url.href, redirects: 0, connectMs: 1, tls: undefined }
      return { ok: true, sample, answer: { ...answer, ...around } as never }
    },
  }
}
