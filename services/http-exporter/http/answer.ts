/** What a handler answers. */

export interface Answer {
  readonly status: number
  readonly type: string
  readonly body: string | Uint8Array
  /** The body is packed by gzip: who does not take that is sent it unpacked, a little at a time. */
  readonly packed?: boolean
  readonly headers?: Readonly<Record<string, string>>
}

/** What a handler may ask of a request. */
export interface Question {
  readonly query: Readonly<Record<string, unknown>>
  readonly accept: string
}

export type Handler = (question: Question) => Answer | Promise<Answer>

export const JSON_TYPE = 'application/json; charset=utf-8'
export const TEXT_TYPE = 'text/plain; charset=utf-8'

export function json(value: unknown, status = 200, headers?: Answer['headers']): Answer {
  return { status, type: JSON_TYPE, body: `${JSON.stringify(value)}\n`, ...(headers === undefined ? {} : { headers }) }
}

export function text(body: string, status = 200): Answer {
  return { status, type: TEXT_TYPE, body }
}

/** Whether a reader asks for HTML by name, as browsers do; `curl` takes anything and gets text. */
export function wantsHtml(accept: string): boolean {
  return accept.split(',').some((part) => {
    const [type = '', ...parameters] = part.split(';').map((word) => word.trim().toLowerCase())
    const refused = parameters.some((parameter) => /^q=0(?:\.0+)?$/.test(parameter))
    return (type === 'text/html' || type === 'application/xhtml+xml') && !refused
  })
}
