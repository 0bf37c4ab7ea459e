/** What is asked over HTTP, and what comes back. */
import type { Handshake } from '../tls/handshake.ts'
import type { Trust } from '../tls/trust.ts'
import type { Place } from '../types.ts'

/** Methods that change nothing. */
export type HttpMethod = 'HEAD' | 'GET' | 'OPTIONS'

/** Where the host of a URL is; no name is looked up here. */
export type Route =
  | { readonly kind: 'address'; readonly place: Place }
  /** A Unix socket of this machine, such as our own agent's. */
  | { readonly kind: 'socket'; readonly path: string }
  /** A proxy, which looks the name up itself. Its own troubles (502, 504) are statuses like others where the URL is http. */
  | { readonly kind: 'proxy'; readonly place: Place; readonly authorization?: string | undefined }

/** What is asked. */
export interface HttpQuestion {
  readonly method: HttpMethod
  /** Of http or https. Its user and password become a header. */
  readonly url: URL
  readonly route: Route
  /** A `host` among them is told instead of the URL's. At another origin, where a redirection leads, none of them is told. */
  readonly headers?: Readonly<Record<string, string>>
  /** For https. Default: the authorities that come with Node. */
  readonly trust?: Trust | undefined
  /** What the certificate has to be for. Default: the URL's host. */
  readonly serverName?: string | undefined
  /**
   * `any`: whoever answers is asked. He gets no header that says who we are (`authorization`, `cookie`). Default `verified`: whoever
   * is not who he should be is not asked anything.
   */
  readonly identity?: 'verified' | 'any' | undefined
  /** Where the next host is that a redirection leads to; what it throws is why there is no answer. Absent: none is followed. */
  readonly follow?: ((url: URL, signal: AbortSignal) => Promise<Route>) | undefined
  /** Of the body so much is read. Default 64 KiB. */
  readonly maxBodyBytes?: number
  /**
   * Is given the body as it comes, up to `maxBodyBytes`, instead of all of it in the end: for one that is larger than the process should
   * be; also that of a redirection that is followed. What it throws is why there is no answer.
   */
  readonly take?: ((chunk: Buffer) => void) | undefined
}

/** What came of one request. */
export interface HttpReply {
  /** 200 to 999: whether it is the one that was to come is for who asks. */
  readonly status: number
  /** By their names in lower case; no name is inherited. */
  readonly headers: Readonly<Record<string, readonly string[] | undefined>>
  /** The beginning of it, at most `maxBodyBytes`; empty where it was taken as it came. */
  readonly body: Buffer
  /** There was more of it, which was not read. */
  readonly isCut: boolean
}

/** What came in the end. */
export interface HttpAnswer extends HttpReply {
  /** Who answered, without secrets: the last of the redirections. */
  readonly url: string
  readonly redirects: number
  /** Of the last request: until it was connected, with a proxy's tunnel and the handshake. */
  readonly connectMs: number
  /** What the handshake has shown; undefined for http. */
  readonly tls: Handshake | undefined
}
