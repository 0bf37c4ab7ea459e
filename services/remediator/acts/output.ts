/** What an act tells of itself while it runs: lines, as many as are kept of any act's output. */
import { KubeStatusError } from '#kube'
import type { ActEnd, Attempt } from './types.ts'

/** Of any act. */
const OUTPUT_MAX_BYTES = 64 * 1024

/** Lines as they come, and the end with them. */
export interface Output {
  readonly tell: (line: string) => void
  end(outcome: ActEnd['outcome'], message: string): ActEnd
}

/** The first lines are kept: they say what it began with; the message says how it ended. */
export function createOutput(): Output {
  const lines: string[] = []
  let room = OUTPUT_MAX_BYTES
  let isOutputCut = false
  return {
    tell(line) {
      room -= Buffer.byteLength(line) + 1
      if (room < 0) isOutputCut = true
      if (!isOutputCut) lines.push(line)
    },
    end: (outcome, message) => ({ outcome, message, output: lines.join('\n'), isOutputCut, figures: [] }),
  }
}

/** The work's end; what the server refused, or did not answer, is a failure with its words. @throws the signal's reason */
export async function ended(
  { signal }: Pick<Attempt, 'signal'>,
  output: Output,
  work: Promise<ActEnd>,
): Promise<ActEnd> {
  try {
    return await work
  } catch (err) {
    signal.throwIfAborted()
    return output.end('failed', err instanceof Error ? err.message : String(err))
  }
}

/** What a look came to; undefined where no answer came, and a refusal where the server says that it may not be. @throws never */
export async function fitOf(work: Promise<string>): Promise<{ readonly refusal: string } | undefined> {
  try {
    return { refusal: await work }
  } catch (err) {
    const isRight = err instanceof KubeStatusError && (err.refusal.status === 403 || err.refusal.status === 404)
    return isRight ? { refusal: err.message } : undefined
  }
}
