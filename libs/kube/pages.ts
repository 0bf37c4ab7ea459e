/** A list, page by page: what is not kept of one is gone before the next comes. */

import { KubeStatusError } from './errors.ts'
import type { Call, CallOptions } from './request.ts'

/** Which list. `path` may have a query; `accept`: what instead of whole objects. */
export interface ListOf extends CallOptions {
  readonly resource: string
  readonly path: string
  readonly accept?: string | undefined
}

/** A part of a list, as it came. */
export interface ListPage {
  readonly items?: readonly Record<string, unknown>[]
  readonly metadata?: { readonly continue?: string; readonly resourceVersion?: string }
}

const PAGE_SIZE = 500
/** A server that always has one more page is none. */
const PAGES_MAX = 1000

/** Its pages, each asked for by `call`. @throws KubeStatusError where there is no end to them; as `call` */
export async function* pagesOf(
  call: (of: Call) => Promise<unknown>,
  { accept, ...of }: ListOf,
): AsyncGenerator<ListPage> {
  let next = ''
  for (let read = 0; read < PAGES_MAX; read++) {
    const query = `${of.path.includes('?') ? '&' : '?'}limit=${PAGE_SIZE}${next === '' ? '' : `&continue=${encodeURIComponent(next)}`}`
    const path = of.path + query
    const page = (await call({ ...of, verb: 'list', of: '', ask: { method: 'GET', path, accept } })) as ListPage
    yield page
    next = page.metadata?.continue ?? ''
    if (next === '') return
  }
  throw new KubeStatusError({
    what: `list ${of.resource}`,
    verb: 'list',
    resource: of.resource,
    status: 200,
    reason: 'TooManyPages',
    message: `it has more than ${PAGES_MAX} pages`,
  })
}
