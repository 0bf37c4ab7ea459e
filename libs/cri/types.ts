/** What a container runtime says of itself, in plain values; texts are clean and short, whoever wrote them. */

/**
 * Why there was no answer:
 * - `missing`: no socket is there
 * - `refused`: nobody listens on it
 * - `denied`: this process may not connect to it
 * - `timeout`: nothing came in time, or nobody takes connections any more (`EAGAIN`)
 * - `reset`: the runtime broke off while it was asked
 * - `unavailable`: it says itself that it is not ready to answer
 * - `no-cri`: what listens there does not serve the CRI v1
 * - `too-large`: more than is read
 * - `malformed`: what came is no answer of the CRI
 * - `error`: it answered that it failed
 */
export type CriFailureKind =
  | 'missing'
  | 'refused'
  | 'denied'
  | 'timeout'
  | 'reset'
  | 'unavailable'
  | 'no-cri'
  | 'too-large'
  | 'malformed'
  | 'error'

/** No answer, and why: a value, since that is what a runtime is asked for. */
export interface CriFailure {
  readonly kind: CriFailureKind
  /** For people: what, where, and what that means. */
  readonly message: string
  /** The system's or gRPC's own word: "ECONNREFUSED", "DEADLINE_EXCEEDED". */
  readonly code: string
}

/** What came of a question. */
export type CriAnswer<Answer> =
  | { readonly ok: true; readonly answer: Answer }
  | { readonly ok: false; readonly failure: CriFailure }

/** Who answers. */
export interface RuntimeVersion {
  /** "containerd", "cri-o", "docker" (cri-dockerd). */
  readonly name: string
  /** "1.7.24" */
  readonly version: string
  /** Of the CRI: "v1". */
  readonly apiVersion: string
}

/** What the runtime says of a part of itself: RuntimeReady and NetworkReady always, others as it likes. */
export interface RuntimeCondition {
  readonly type: string
  readonly isTrue: boolean
  /** "" where it gives none. */
  readonly reason: string
  readonly message: string
}

/** Where the kubelet has a pod from; "" where the sandbox is none of the kubelet's. */
export type PodSource = 'api' | 'file' | 'http' | ''

/** A pod as the runtime has it. */
export interface Sandbox {
  readonly id: string
  /** The pod's. */
  readonly name: string
  readonly namespace: string
  /** `unknown`: a state that this CRI has no word for. */
  readonly state: 'ready' | 'not-ready' | 'unknown'
  readonly source: PodSource
}

/** A container as the runtime has it. */
export interface Container {
  readonly id: string
  readonly sandboxId: string
  /** As the pod's specification has it. */
  readonly name: string
  readonly state: 'created' | 'running' | 'exited' | 'unknown'
}

/** What a file system has of images or containers. */
export interface ImageFilesystem {
  readonly of: 'images' | 'containers'
  readonly mountpoint: string
  /** When it was counted; runtimes count now and then. */
  readonly at: Date | undefined
  /** undefined where the runtime does not say, or says what no disk has (2^53 and more). */
  readonly usedBytes: number | undefined
  readonly usedInodes: number | undefined
}
