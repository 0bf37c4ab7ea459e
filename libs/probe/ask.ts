/** One question within its time: what came, how long it took, or why nothing came. */
import { patiently } from '#clock'
import { failureOf, timedOut } from './failure.ts'
import type { Ask, Failure, Probed } from './types.ts'

/** What a probe throws that knows better than its socket why there is no answer. */
export class ProbeFailedError extends Error {
  override readonly name = 'ProbeFailedError'
  readonly failure: Failure

  constructor(failure: Failure, cause?: unknown) {
    super(failure.message, { cause })
    this.failure = failure
  }
}

class ProbeTimedOutError extends Error {
  override readonly name = 'ProbeTimedOutError'
}

/** Why the signal of work that has ended is aborted; nobody is told. */
const ENDED = new Error('the probe has ended')

/**
 * Asks, and waits no longer than its time-out, in which this process had a processor. That is decided one turn of the event loop
 * later: what lay there unread when the time was up is read first.
 * @param where what is asked, for people: "127.0.0.1:53 over UDP"
 * @param work asks; it ends with its signal, and what it opened is closed by then. A throw is why there is no answer. The signal is
 *   aborted once it has ended, too
 * @throws the reason of the probe's own signal, once that is aborted; what is a fault of this program, which accuses nobody
 */
export async function asked<Answer>(
  { clock, stopwatch, timeoutMs, signal }: Ask,
  where: string,
  work: (signal: AbortSignal) => Promise<Answer>,
): Promise<Probed<Answer>> {
  signal.throwIfAborted()
  const late = new AbortController()
  const stop = stopwatch.start()
  const callOff = patiently(clock, timeoutMs, () => setImmediate(() => late.abort(new ProbeTimedOutError(where))))
  try {
    const answer = await work(AbortSignal.any([signal, late.signal]))
    return { ok: true, sample: stop(), answer }
  } catch (err) {
    const sample = stop()
    signal.throwIfAborted()
    if (isOwnFault(err)) throw err
    return { ok: false, sample, failure: failureIn(err, late.signal.aborted, where, timeoutMs) }
  } finally {
    callOff()
    // A composed signal that somebody still listens to is kept for ever (Node 24).
    late.abort(ENDED)
  }
}

/** An error of the language, not of Node's, which has a code. */
function isOwnFault(err: unknown): boolean {
  const isOfLanguage = err instanceof TypeError || err instanceof RangeError || err instanceof ReferenceError
  return isOfLanguage && !('code' in err)
}

function failureIn(err: unknown, isLate: boolean, where: string, timeoutMs: number): Failure {
  if (err instanceof ProbeFailedError) return err.failure
  return isLate ? timedOut(where, timeoutMs) : failureOf(err, where)
}
