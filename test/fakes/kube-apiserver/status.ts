/** Refusals, as v1 Status bodies with the real server's own words. */
import type { JsonObject } from './json.ts'

/** One reason of a 422. */
export interface Cause {
  readonly reason:
    | 'FieldValueInvalid'
    | 'FieldValueRequired'
    | 'FieldValueNotSupported'
    | 'FieldValueTooLong'
    | 'FieldValueTooMany'
    | 'FieldValueDuplicate'
    | 'FieldValueForbidden'
  readonly field: string
  /** Without the field: "Required value". */
  readonly message: string
}

/** The API group of a resource, and its name in the plural. */
export interface ResourceName {
  readonly group: string
  readonly plural: string
}

/** Thrown to answer with a Status. */
export class Refusal extends Error {
  readonly code: number
  readonly body: JsonObject
  readonly headers: Readonly<Record<string, string>>
  constructor(
    code: number,
    reason: string,
    message: string,
    details?: JsonObject,
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(message)
    this.name = 'Refusal'
    this.code = code
    this.headers = headers
    this.body = {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message,
      ...(reason === '' ? {} : { reason }),
      ...(details === undefined ? {} : { details }),
      code,
    }
  }
}

/** "leases.coordination.k8s.io", "nodes" */
function qualified({ group, plural }: ResourceName): string {
  return group === '' ? plural : `${plural}.${group}`
}

function detailsOf({ group, plural }: ResourceName, name: string): JsonObject {
  return { ...(name === '' ? {} : { name }), ...(group === '' ? {} : { group }), kind: plural }
}

export function badRequest(message: string): Refusal {
  return new Refusal(400, 'BadRequest', message)
}

export function unauthorized(): Refusal {
  return new Refusal(401, 'Unauthorized', 'Unauthorized')
}

export function notFound(resource: ResourceName, name: string): Refusal {
  return new Refusal(404, 'NotFound', `${qualified(resource)} "${name}" not found`, detailsOf(resource, name))
}

/** A path below a known group that leads nowhere. */
export function noSuchResource(): Refusal {
  return new Refusal(404, 'NotFound', 'the server could not find the requested resource', {})
}

export function notAllowed(): Refusal {
  return new Refusal(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource', {})
}

export function alreadyExists(resource: ResourceName, name: string): Refusal {
  return new Refusal(409, 'AlreadyExists', `${qualified(resource)} "${name}" already exists`, detailsOf(resource, name))
}

export function conflict(resource: ResourceName, name: string, why: string): Refusal {
  return new Refusal(
    409,
    'Conflict',
    `Operation cannot be fulfilled on ${qualified(resource)} "${name}": ${why}`,
    detailsOf(resource, name),
  )
}

export function modified(resource: ResourceName, name: string): Refusal {
  return conflict(
    resource,
    name,
    'the object has been modified; please apply your changes to the latest version and try again',
  )
}

export function expired(message: string): Refusal {
  return new Refusal(410, 'Expired', message)
}

export function unsupportedMedia(message: string): Refusal {
  return new Refusal(415, 'UnsupportedMediaType', message)
}

/** 422 without a word of what was wrong, as a JSON patch gets it. */
export function unprocessable(): Refusal {
  return new Refusal(422, 'Invalid', 'the server rejected our request due to an error in our request', {})
}

export function internal(message: string): Refusal {
  return new Refusal(500, '', message)
}

export function invalid(
  of: { readonly kind: string; readonly group: string; readonly name: string },
  causes: readonly Cause[],
): Refusal {
  const { kind, group, name } = of
  const texts = [...new Set(causes.map(({ field, message }) => `${field}: ${message}`))]
  const text = texts.length === 1 ? texts[0] : `[${texts.join(', ')}]`
  return new Refusal(422, 'Invalid', `${group === '' ? kind : `${kind}.${group}`} "${name}" is invalid: ${text}`, {
    ...(name === '' ? {} : { name }),
    ...(group === '' ? {} : { group }),
    ...(kind === '' ? {} : { kind }),
    causes: causes.map(({ reason, message, field }) => ({ reason, message, field })),
  })
}

/** A patch whose result is no such object; `patch` as the server prints it. */
export function invalidPatch(patch: string, why: string): Refusal {
  const message = `Invalid value: ${JSON.stringify(patch)}: ${why}`
  return invalid({ kind: '', group: '', name: '' }, [{ reason: 'FieldValueInvalid', field: 'patch', message }])
}

/** @param retryAfterS goes into the header and the details; undefined for none */
export function tooManyRequests(message: string, retryAfterS?: number): Refusal {
  return new Refusal(
    429,
    'TooManyRequests',
    message,
    retryAfterS === undefined ? undefined : { retryAfterSeconds: retryAfterS },
    retryAfterS === undefined ? {} : { 'retry-after': String(retryAfterS) },
  )
}

/** @param isCached whether the server waits for it; of events it keeps no cache */
export function tooLargeVersion(asked: string, current: number, isCached: boolean): Refusal {
  return new Refusal(
    504,
    'Timeout',
    `Timeout: Too large resource version: ${asked}, current: ${current}`,
    {
      causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
      ...(isCached ? { retryAfterSeconds: 1 } : {}),
    },
    isCached ? { 'retry-after': '1' } : {},
  )
}
