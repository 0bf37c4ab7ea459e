/** What tests give and get. Objects are those of Kubernetes, with the fields that tests read. */
import type { Faults } from './faults.ts'

export interface FakeCondition {
  type: string
  status: string
  reason?: string
  message?: string
  lastHeartbeatTime?: string | null
  lastTransitionTime?: string | null
}

export interface FakeMeta {
  name: string
  namespace?: string
  uid: string
  resourceVersion: string
  creationTimestamp: string
  generation?: number
  deletionTimestamp?: string
  annotations?: Record<string, string>
  labels?: Record<string, string>
  finalizers?: string[]
}

export interface FakeNode {
  metadata: FakeMeta
  spec?: { unschedulable?: boolean; taints?: { key: string; effect: string; value?: string }[] }
  status?: {
    conditions?: FakeCondition[]
    addresses?: { type: string; address: string }[]
    capacity?: Record<string, string>
    allocatable?: Record<string, string>
    nodeInfo?: Record<string, string>
  }
}

export interface FakeEvent {
  metadata: FakeMeta
  involvedObject: { kind?: string; apiVersion?: string; namespace?: string; name?: string; uid?: string }
  reason?: string
  message?: string
  type?: string
  count?: number
  source?: { component?: string; host?: string }
  firstTimestamp?: string | null
  lastTimestamp?: string | null
  eventTime?: string | null
  reportingComponent: string
  reportingInstance: string
}

/** As in a Role: "*" stands for all. */
export interface Rule {
  readonly verbs: readonly string[]
  /** "nodes", "nodes/status", "*". */
  readonly resources: readonly string[]
  /** Default: every group. */
  readonly apiGroups?: readonly string[]
  /** Default: the whole cluster. With it: only in these. */
  readonly namespaces?: readonly string[]
  /** Default: of every name. With it: only what is asked for by one of these, so never a list, nor what is made. */
  readonly resourceNames?: readonly string[]
}

export interface User {
  readonly name: string
  /** Besides system:authenticated. Default system:masters of who may do everything, else limited. */
  readonly groups?: readonly string[]
  /** 'all' may do everything. */
  readonly rules: readonly Rule[] | 'all'
}

/** PEM. */
export interface TlsPair {
  readonly cert: string
  readonly key: string
  /** What a client trusts; default the certificate itself. */
  readonly ca?: string
}

export interface FakeOptions {
  /** Address to listen at. Default 127.0.0.1. */
  readonly bind?: string
  /** Default 0: any. */
  readonly port?: number
  /** true makes a certificate with openssl. Default: plain HTTP. */
  readonly tls?: TlsPair | boolean
  /** Nodes that are there at once. */
  readonly nodes?: readonly string[]
  /** By token. Default one, "admin", that may do everything. */
  readonly tokens?: Readonly<Record<string, User>>
  /** What may be done without a token. Default nothing but what the real server lets everybody see. */
  readonly anonymous?: User['rules']
  /** Whether /_fake/ is there, where it can be broken from outside (control.ts). Default false. */
  readonly hasControl?: boolean
  /** Before each answer. Default 0. */
  readonly latencyMs?: number
  /** Default the machine's. */
  readonly now?: () => Date
  /** After which an event goes. Default 1 h, as the real server's. */
  readonly eventTtlMs?: number
  /** Changes that a watch can go back by; older ones are 410. Default 10,000. */
  readonly historyMax?: number
  /** How many requests are remembered, with their bodies. Default 100,000. */
  readonly requestsMax?: number
  /** Told of each request once it is answered. */
  readonly onRequest?: (entry: RequestEntry) => void
}

export interface RequestEntry {
  readonly at: Date
  readonly method: string
  readonly path: string
  /** As RBAC names it: get, list, watch, create, update, patch, delete, deletecollection; the method in small letters for a path without a resource. */
  readonly verb: string
  /** "nodes/status"; "" for a path without one. */
  readonly resource: string
  readonly name: string
  readonly namespace: string
  /** Of the answer; 0 when the connection was cut or left hanging. */
  readonly code: number
  readonly user: string
  readonly userAgent: string
  /** What was sent, parsed; undefined when nothing or nothing legible was. */
  readonly body?: unknown
}

/** What the fake and the real server have in common, so that a suite runs on either. */
export interface ApiServerUnderTest {
  /** "http://127.0.0.1:43211", without a slash at the end. */
  readonly url: string
  /** PEM of what is to be trusted; undefined for plain HTTP. */
  readonly ca: string | undefined
  readonly adminToken: string
  /** Makes a user that may do only this. */
  addUser(rules: readonly Rule[]): Promise<{ readonly token: string; readonly name: string }>
  /** Has the pod run, and a disruption budget of this name (default: the pod's) stand in the way of its eviction. */
  refuseEviction(namespace: string, pod: string, budget?: string): Promise<void>
  /** Writes a kubeconfig for a token (default: the admin's). */
  writeKubeconfig(path: string, token?: string): Promise<void>
  /** Its store answers nothing until it goes on: /readyz says so, and requests hang at a real one. */
  stopStore(): Promise<void>
  goOnWithStore(): Promise<void>
  /** Stops listening and cuts every connection; what it holds stays. */
  down(): Promise<void>
  /** Listens again at the same address. */
  up(): Promise<void>
  close(): Promise<void>
}

export interface FakeApiServer extends ApiServerUnderTest {
  readonly port: number
  /** File of `ca`, made with `tls: true`. */
  readonly caFile: string | undefined
  readonly faults: Faults
  /** The last 100,000 requests, oldest first. */
  readonly requests: readonly RequestEntry[]
  /** Copies, by name. */
  nodes(): FakeNode[]
  /** A copy; undefined when there is none. */
  node(name: string): FakeNode | undefined
  /** Copies, oldest first. */
  events(filter?: (event: FakeEvent) => boolean): FakeEvent[]
  /** As another writer would, whatever is between: no fault and no right applies. @throws Error when there is none */
  setNode(name: string, change: (node: FakeNode) => void): FakeNode
  addNode(name: string): FakeNode
  deleteNode(name: string): void
  /** The same name with another uid and nothing of what was written on it. */
  recreateNode(name: string): FakeNode
  /** As its kubelet would say it. @throws Error when there is none */
  setRunning(namespace: string, pod: string): void
  /** As its kubelet would, when it has ended. @throws Error when there is none */
  endPod(namespace: string, pod: string): void
  /** Checks of /readyz that fail from now on: "etcd", "shutdown"; none: it is well again. */
  failChecks(names: readonly string[]): void
  /** Has the pod run, and its eviction be answered with 429 so often. Default always; 0 lets it go. */
  refuseEvictions(namespace: string, pod: string, times?: number): void
  latencyMs(): number
  /** Time that each answer takes from now on. */
  setLatency(ms: number): void
  addToken(token: string, user: User): void
  removeToken(token: string): void
}
