/**
 * File system calls run in a pool of four threads; a call on a hung mount keeps its thread for as long as the mount
 * hangs. The guard gives each call a deadline, never asks a path again that still hangs, and bounds how many hang.
 */
import type { Clock } from '#clock'
import { HostReadError } from '../errors.ts'

export interface GuardedCall {
  /** For the error's text: "read". */
  readonly action: string
  /** As it was asked for, without the root. */
  readonly path: string
  readonly timeoutMs: number
}

export interface Guard {
  /**
   * Runs `operation`. @throws HostReadError `TIMEOUT`, or what the operation rejects with.
   * @param late takes what came after the deadline, where it must be given back
   */
  run<T>(call: GuardedCall, operation: () => Promise<T>, late?: (value: T) => void): Promise<T>
  /** Calls that passed their deadline and have not ended. */
  readonly hung: number
}

/** Kernel memory, not a device: reading it does not hang. */
export function isKernelPath(path: string): boolean {
  return path.startsWith('/proc/') || path.startsWith('/sys/')
}

/** @param maxHung how many calls may hang before nothing but /proc and /sys is asked any more */
export function createGuard(maxHung: number, clock: Clock): Guard {
  const hung = new Map<string, number>()
  // Two calls of one path may run side by side, and both may hang.

  function run<T>(call: GuardedCall, operation: () => Promise<T>, takeLate?: (value: T) => void): Promise<T> {
    const key = `${call.action} ${call.path}`
    if (hung.has(key)) return Promise.reject(timeout(call, 'asked before, still no answer'))
    if (hung.size >= maxHung && !isKernelPath(call.path)) {
      return Promise.reject(timeout(call, `not asked, since ${[...hung.keys()].join(' and ')} hang`))
    }
    return new Promise<T>((resolve, reject) => {
      let late = false
      const callOff = clock.after(call.timeoutMs, () => {
        late = true
        hung.set(key, (hung.get(key) ?? 0) + 1)
        reject(timeout(call, `no answer within ${call.timeoutMs} ms`))
      })
      const ended = (): void => {
        callOff()
        if (!late) return
        const left = (hung.get(key) ?? 1) - 1
        if (left > 0) hung.set(key, left)
        else hung.delete(key)
      }
      operation().then(
        (value) => {
          ended()
          if (late) takeLate?.(value)
          resolve(value)
        },
        (error: unknown) => {
          ended()
          reject(error)
        },
      )
    })
  }

  return {
    run,
    get hung() {
      return hung.size
    },
  }
}

function timeout(call: GuardedCall, detail: string): HostReadError {
  return new HostReadError({ action: call.action, path: call.path, code: 'TIMEOUT', detail })
}
