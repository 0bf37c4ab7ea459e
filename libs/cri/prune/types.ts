/** What a runtime holds that may be removed. Texts are as they came: they are compared, and cleaned where people see them. */
import type { CriAnswer } from '../types.ts'

/** A container, and what it stands on. */
export interface PruneContainer {
  readonly id: string
  readonly sandboxId: string
  /** Its pod's; "" where it is none of the kubelet's. */
  readonly podUid: string
  readonly name: string
  readonly state: 'created' | 'running' | 'exited' | 'unknown'
  /** Nanoseconds since 1970, to some hundred. */
  readonly createdNs: number
  /** How often the kubelet had made it before. */
  readonly attempt: number
  /** Names and ids of its image, in whatever form the runtime gives them. */
  readonly images: readonly string[]
}

/** A pod's sandbox. */
export interface PruneSandbox {
  readonly id: string
  readonly podUid: string
  readonly isReady: boolean
}

/** An image. */
export interface PruneImage {
  readonly id: string
  /** Tags and digests. */
  readonly names: readonly string[]
  readonly bytes: number
  /** Whoever configures the runtime says that it stays. */
  readonly isPinned: boolean
}

/** How a question is asked. */
export interface PruneOptions {
  /** Ends it: the call rejects with its reason. */
  readonly signal?: AbortSignal | undefined
}

/** A runtime from which things are removed. That there is no answer is a value. */
export interface CriPruner {
  containers(options?: PruneOptions): Promise<CriAnswer<readonly PruneContainer[]>>
  sandboxes(options?: PruneOptions): Promise<CriAnswer<readonly PruneSandbox[]>>
  images(options?: PruneOptions): Promise<CriAnswer<readonly PruneImage[]>>
  /** The image of every sandbox, as the runtime is configured; "" where it does not say. */
  sandboxImage(options?: PruneOptions): Promise<CriAnswer<string>>
  /** One that runs would be ended by it: only what has ended is handed in. One that is gone is removed. */
  removeContainer(id: string, options?: PruneOptions): Promise<CriAnswer<void>>
  /** With all its names. One that is gone is removed. */
  removeImage(id: string, options?: PruneOptions): Promise<CriAnswer<void>>
  close(): void
}
