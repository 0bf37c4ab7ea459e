/** Whether the bus is there, since when, and who waits for it. */
import type { Clock } from '#clock'
import { BusUnavailableError } from './errors.ts'
import { createListeners } from './listeners.ts'
import type { BusLog, BusState } from './types.ts'

export interface StateOfBus {
  readonly state: BusState
  readonly since: Date
  /** Moves to another state and tells listeners; the same again is no news. */
  enter(next: BusState): void
  onState(listener: (state: BusState) => void): () => void
  /** Resolves once it is connected. Rejects with the signal's reason, or with a BusUnavailableError once it is closed. */
  connected(signal?: AbortSignal): Promise<void>
}

export function createBusState(log: BusLog, clock: Clock): StateOfBus {
  const listeners = createListeners<BusState>(log)
  let state: BusState = 'connecting'
  let since = clock.now()

  function connected(signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason)
      const stopHearing = listeners.add(heard)
      function stop(): void {
        stopHearing()
        signal?.removeEventListener('abort', aborted)
      }
      function heard(now: BusState): void {
        if (now !== 'connected' && now !== 'closed') return
        stop()
        if (now === 'connected') resolve()
        else reject(new BusUnavailableError('waiting for the bus', new Error('it was closed')))
      }
      function aborted(): void {
        stop()
        reject(signal?.reason)
      }
      signal?.addEventListener('abort', aborted, { once: true })
      heard(state)
    })
  }

  return {
    get state() {
      return state
    },
    get since() {
      return since
    },
    enter(next) {
      if (state === next) return
      state = next
      since = clock.now()
      listeners.tell(next)
    },
    onState: listeners.add,
    connected,
  }
}
