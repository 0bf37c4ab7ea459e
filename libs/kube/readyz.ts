/** Whether a server says that it is ready: GET /readyz. */
import type { Caller } from './call.ts'
import { KubeStatusError } from './errors.ts'
import type { Call, CallOptions } from './request.ts'

/** What a server says of itself. */
export type Readiness =
  | { readonly kind: 'ready' }
  /** Names of the checks that failed ("etcd", "shutdown"), at least one, at most 64. */
  | { readonly kind: 'not-ready'; readonly failed: readonly string[] }
  /** It does not tell us: 401, it does not know us; 403, or not whether we may ask. It is there, and answers. */
  | { readonly kind: 'unauthorised'; readonly status: 401 | 403 }

/** Requests about the server itself. */
export interface ReadyzCalls {
  /**
   * How the server is that the way leads to; of a Service any of them ({@link accessAt} leads to one).
   * @throws KubeStatusError also when something answers that is no API server, KubeUnreachableError
   */
  readyz(options?: CallOptions): Promise<Readiness>
}

/** A server has some forty checks. */
const FAILED_MAX = 64
const NAME_MAX = 128
/** "[-]etcd failed: reason withheld"; k8s.io/apiserver, pkg/server/healthz. */
const FAILED = /^\[-\]([!-~]+) failed/gm
/** "readyz check passed", "ok" of a server that is not verbose. */
const PASSED = /^(?:ok|(?:\[\+\][\s\S]*\n)?readyz check passed)\s*$/

/** The requests about the server itself, over this caller. */
export function createReadyzCalls({ ask, refused }: Caller): ReadyzCalls {
  return {
    async readyz(more = {}) {
      const call: Call = {
        ...more,
        verb: 'get',
        resource: 'readyz',
        of: '',
        ask: { method: 'GET', path: '/readyz?verbose', accept: 'text/plain, application/json' },
      }
      const answer = await ask(call)
      const readiness = readinessOf(answer.status, answer.text)
      if (readiness !== undefined) return readiness
      if (answer.status !== 200) throw refused(call, answer)
      throw new KubeStatusError({
        what: 'reading readyz',
        verb: 'get',
        resource: 'readyz',
        status: 200,
        reason: 'NotReadyz',
        message: 'the answer is none of an API server; does something else answer at this address?',
      })
    },
  }
}

/** undefined where that is no answer of an API server about itself. */
export function readinessOf(status: number, text: string): Readiness | undefined {
  if (status === 401 || status === 403) return { kind: 'unauthorised', status }
  if (status === 200) return PASSED.test(text) ? { kind: 'ready' } : undefined
  if (status !== 500) return undefined
  const failed: string[] = []
  for (const [, name = ''] of text.matchAll(FAILED)) {
    if (failed.length === FAILED_MAX) break
    failed.push(name.slice(0, NAME_MAX))
  }
  return failed.length === 0 ? undefined : { kind: 'not-ready', failed }
}
