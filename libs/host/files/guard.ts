/**
 * File system calls run in a pool of four threads; a call on a hung mount keeps its thread for as long as the mount
 * hangs. The guard gives each call a deadline, asks nothing again that still hangs, and bounds how many hang by how
 * many are begun: of a mount that another machine or process answers for one call at a time, whoever asks, on two such mounts
 * at the same time, two calls elsewhere, and three of all. /proc and /sys are asked at once.
 */
import { type Clock, patiently } from '#clock'
import { HostReadError } from '../errors.ts'
import type { RemoteMountOf } from './mounts.ts'
import { createTurns } from './turns.ts'

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
  /** Paths whose calls passed their deadline and have not ended. */
  readonly hung: number
}

/** Kernel memory, not a device: reading it does not hang. */
export function isKernelPath(path: string): boolean {
  return path.startsWith('/proc/') || path.startsWith('/sys/')
}

/** Calls that hang. */
interface Hung {
  readonly call: GuardedCall
  readonly mount: string | undefined
  count: number
}

/** What hangs, and what is not asked because of it. */
function createHungCalls(maxHung: number) {
  const hung = new Map<string, Hung>()
  const keyOf = (call: GuardedCall, mount: string | undefined): string => `${mount ?? ''} ${call.path}`
  const nameOf = ({ call }: Hung): string => `${call.action} ${call.path}`

  return {
    get size() {
      return hung.size
    },
    add(call: GuardedCall, mount: string | undefined): void {
      const known = hung.get(keyOf(call, mount))
      // Two calls of one path may run side by side, and both may hang.
      if (known === undefined) hung.set(keyOf(call, mount), { call, mount, count: 1 })
      else known.count++
    },
    delete(call: GuardedCall, mount: string | undefined): void {
      const known = hung.get(keyOf(call, mount))
      if (known !== undefined && --known.count === 0) hung.delete(keyOf(call, mount))
    },
    /** Why a call is not made; undefined: nothing speaks against it. */
    whyNot(call: GuardedCall, mount: string | undefined): string | undefined {
      if (hung.size === 0) return undefined
      if (hung.has(keyOf(call, mount))) return 'asked before, still no answer'
      const all = [...hung.values()]
      const same = all.find((each) =>
        mount === undefined ? call.path.startsWith(`${each.call.path}/`) : each.mount === mount,
      )
      if (same !== undefined) return `not asked, since ${nameOf(same)} hangs`
      if (isKernelPath(call.path)) return undefined
      const alike = all.filter((each) => (each.mount === undefined) === (mount === undefined)).length
      if (hung.size <= maxHung && alike < maxHung) return undefined
      return `not asked, since ${all.map(nameOf).join(' and ')} hang`
    },
  }
}

/**
 * @param maxHung how many calls are made at the same time, and so may hang, on mounts that take turns and elsewhere, /proc
 *   and /sys not counted; together one more than that
 * @param mountOf which mounts take turns
 */
export function createGuard(maxHung: number, clock: Clock, mountOf: RemoteMountOf = () => undefined): Guard {
  const hung = createHungCalls(maxHung)
  const turns = createTurns(maxHung)

  function run<T>(call: GuardedCall, operation: () => Promise<T>, takeLate?: (value: T) => void): Promise<T> {
    const mount = isKernelPath(call.path) ? undefined : mountOf(call.path)
    const why = hung.whyNot(call, mount)
    if (why !== undefined) return Promise.reject(timeout(call, why))
    return new Promise<T>((resolve, reject) => {
      let hasBegun = false
      let isLate = false
      let giveTurn = (): void => {}
      const callOff = patiently(clock, call.timeoutMs, () => {
        if (!hasBegun) {
          giveTurn()
          const others = mount === undefined ? 'others did not answer' : 'its mount did not answer others'
          reject(timeout(call, `not asked within ${call.timeoutMs} ms, since ${others}`))
          return
        }
        isLate = true
        hung.add(call, mount)
        reject(timeout(call, `no answer within ${call.timeoutMs} ms`))
      })
      const ended = (): void => {
        callOff()
        giveTurn()
        if (isLate) hung.delete(call, mount)
      }
      function begin(): void {
        hasBegun = true
        started(operation).then(
          (value) => {
            ended()
            if (isLate) takeLate?.(value)
            resolve(value)
          },
          (error: unknown) => {
            ended()
            reject(error)
          },
        )
      }
      if (isKernelPath(call.path)) begin()
      else giveTurn = turns.take(mount, begin)
    })
  }

  return {
    run,
    get hung() {
      return hung.size
    },
  }
}

/** What throws at once rejects, too. */
function started<T>(operation: () => Promise<T>): Promise<T> {
  try {
    return operation()
  } catch (error) {
    return Promise.reject(error)
  }
}

function timeout(call: GuardedCall, detail: string): HostReadError {
  return new HostReadError({ action: call.action, path: call.path, code: 'TIMEOUT', detail })
}
