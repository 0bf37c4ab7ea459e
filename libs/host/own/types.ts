/** What the kernel tells this process of itself. */
import type { HostReadError } from '../errors.ts'

/** What held this process up, as the kernel counts it, in milliseconds; only the difference of two says something. */
export interface OwnDelays {
  /** The thread that asks was ready to run, and others had the processor (schedstat). */
  readonly waitedMs: number
  /**
   * Its cgroup had used up what it may use of the processors (cpu.stat): the sum over all processors, of whichever of its processes
   * and threads. 0 without a limit of its own; one that a cgroup above it has is seen where that is seen, at the latest in `waitedMs` of
   * kernels before 6.18.
   */
  readonly throttledMs: number
}

/** This process. It is not below the root: it has its own /proc and /sys, whatever host it looks at. */
export interface Own {
  /**
   * What held this thread up since some moment: 20 µs at most, without waiting, twice for every probe. What the kernel does not tell
   * counts 0. It follows a process that is moved to another cgroup. Never throws.
   */
  delays(): OwnDelays
  /** Why a part of `delays` is always 0, each once, for whoever logs it at the start; empty where all of it is told. */
  readonly untold: readonly HostReadError[]
}
