/** nodedoctor.v1.Remediator: decode, call, encode. */
import { cleanText } from '#model'
import { type RemediatorServer, RemediatorService } from '#proto/nodedoctor/v1/remediation.ts'
import { GRPC_STATUS, type RpcService } from '#rpc'
import type { Asked } from './asked/asked.ts'
import { JournalUnusableError, NoSuchThingError, NotWorkingError, OutOfBoundsError } from './errors.ts'

/** Of who says something, and why. */
const WORDS_MAX = 256

type Callback<T> = (err: { code: number; details: string } | null, value?: T) => void

function refusalOf(err: unknown): { code: number; details: string } {
  const details = cleanText(err instanceof Error ? err.message : String(err), 1024)
  if (err instanceof NoSuchThingError) return { code: GRPC_STATUS.NOT_FOUND, details }
  if (err instanceof OutOfBoundsError) return { code: GRPC_STATUS.INVALID_ARGUMENT, details }
  if (err instanceof NotWorkingError) return { code: GRPC_STATUS.UNAVAILABLE, details }
  if (err instanceof JournalUnusableError) return { code: GRPC_STATUS.FAILED_PRECONDITION, details }
  return { code: GRPC_STATUS.INTERNAL, details }
}

/** Answers once it is known. */
function answer<T>(callback: Callback<T>, work: () => Promise<T> | T): void {
  Promise.resolve()
    .then(work)
    .then(
      (value) => callback(null, value),
      (err: unknown) => callback(refusalOf(err)),
    )
}

const by = (name: string): string => {
  const clean = cleanText(name, WORDS_MAX)
  return clean === '' ? 'somebody' : clean
}

/** What people ask of it over its socket. Whoever may connect may ask everything. */
export function createRemediatorRpc(asked: () => Asked): RpcService {
  const implementation: RemediatorServer = {
    history: ({ request: { limit, fingerprint, before } }, callback) =>
      answer(callback, () => asked().history({ limit, fingerprint, before })),
    breakers: (_, callback) => answer(callback, () => asked().breakers()),
    plan: ({ request }, callback) => answer(callback, () => asked().plan(request.problem)),
    approve: ({ request }, callback) => answer(callback, () => asked().approve(request.id, by(request.by))),
    pause: ({ request }, callback) =>
      answer(callback, () =>
        asked().pause({ by: by(request.by), why: cleanText(request.why, WORDS_MAX), forMs: request.forMs }),
      ),
    resume: ({ request }, callback) => answer(callback, () => asked().resume(by(request.by))),
    reset: ({ request }, callback) => answer(callback, () => asked().reset(request.what, by(request.by))),
  }
  return { definition: RemediatorService, implementation }
}
