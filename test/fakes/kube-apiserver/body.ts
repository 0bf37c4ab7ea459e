/** Reads the object that a request brings. */
import { DecodeError, decode, type Source } from './decode.ts'
import { findDuplicates } from './duplicates.ts'
import { jsonKind } from './go.ts'
import { isObject, type Json, type JsonObject, textAt } from './json.ts'
import { apiVersionOf, RESOURCES, type Resource } from './resources.ts'
import { badRequest, invalid, invalidPatch, unsupportedMedia } from './status.ts'
import { unsupported } from './validate/cause.ts'

const VALIDATIONS = ['', 'Ignore', 'Strict', 'Warn'] as const
export type FieldValidation = 'Ignore' | 'Strict' | 'Warn'

/** How closely a request is looked at. */
export interface Scrutiny {
  readonly validation: FieldValidation
  /** What was sent. */
  readonly text: string
  /** Takes texts for Warning headers. */
  readonly warn: (texts: readonly string[]) => void
}

/** fieldValidation and dryRun. @throws Refusal 422 */
export function parseWriteOptions(query: URLSearchParams, kind: 'CreateOptions' | 'UpdateOptions' | 'PatchOptions') {
  const validation = query.get('fieldValidation') ?? ''
  const of = { kind, group: 'meta.k8s.io', name: '' }
  const dryRun = query.getAll('dryRun').filter((one) => one !== '')
  if (dryRun.some((one) => one !== 'All')) {
    const cause = unsupported('dryRun', dryRun, ['All'])
    throw invalid(of, [cause])
  }
  if (!VALIDATIONS.some((known) => known === validation))
    throw invalid(of, [unsupported('fieldValidation', validation, VALIDATIONS)])
  return { isDryRun: dryRun.length > 0, validation: (validation === '' ? 'Warn' : validation) as FieldValidation }
}

/** @throws Refusal 415 unless the body is JSON */
export function checkMedia(contentType: string | undefined): void {
  const media = (contentType ?? '').split(';')[0]?.trim().toLowerCase() ?? ''
  if (media === '' || media === 'application/json') return
  throw unsupportedMedia(
    'the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf',
  )
}

/** @throws Refusal 400 for what is no such object */
export function readBody(
  resource: Pick<Resource, 'kind' | 'group' | 'version' | 'definition'>,
  scrutiny: Scrutiny,
): JsonObject {
  const value = parsed(resource.kind, scrutiny.text)
  const wanted = { kind: resource.kind, apiVersion: apiVersionOf(resource) }
  checkKind(value, wanted)
  try {
    const { object, unknown } = decode(resource.definition, value, 'body')
    complain(unknown, scrutiny)
    return { ...object, ...wanted }
  } catch (err) {
    if (!(err instanceof DecodeError)) throw err
    throw badRequest(
      `${resource.kind} in version "${resource.version}" cannot be handled as a ${resource.kind}: ${err.message}`,
    )
  }
}

/** @throws DecodeError when it is strict */
function complain(unknown: readonly string[], { validation, text, warn }: Scrutiny): void {
  if (validation === 'Ignore') return
  const texts = [...findDuplicates(text), ...unknown]
  if (texts.length === 0) return
  if (validation === 'Strict') throw new DecodeError(`strict decoding error: ${texts.join(', ')}`)
  warn(texts)
}

function parsed(kind: string, text: string): JsonObject {
  const unrecognized = (why: string, shown: string) =>
    badRequest(
      `the object provided is unrecognized (must be of type ${kind}): couldn't get version/kind; json parse error: ${why} (${shown})`,
    )
  if (text === '') throw unrecognized('unexpected end of JSON input', '<empty>')
  let value: Json
  try {
    value = JSON.parse(text) as Json
  } catch (err) {
    throw unrecognized(syntaxError(text, err), text.slice(0, 512))
  }
  if (isObject(value)) return value
  const struct =
    'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }'
  throw unrecognized(
    `json: cannot unmarshal ${jsonKind(value)} into Go value of type ${struct}`,
    Buffer.from(text).toString('hex'),
  )
}

/** The common ones in Go's words. */
function syntaxError(text: string, err: unknown): string {
  const match = /Expected property name.*|Unexpected end|Unterminated/.exec(String(err))
  if (match === null) return String(err)
  if (/^\{\s*[^"}\s]/.test(text))
    return `invalid character '${text.replace(/^\{\s*/, '')[0]}' looking for beginning of object key string`
  return 'unexpected end of JSON input'
}

function checkKind(value: JsonObject, wanted: { readonly kind: string; readonly apiVersion: string }): void {
  const kind = textAt(value, 'kind') || wanted.kind
  const apiVersion = textAt(value, 'apiVersion') || wanted.apiVersion
  if (kind === wanted.kind && apiVersion === wanted.apiVersion) return
  const version = apiVersion.split('/').at(-1) ?? ''
  // The server's own type of it: core.Node, discovery.EndpointSlice.
  const group = wanted.apiVersion.includes('/') ? (wanted.apiVersion.split('.')[0] ?? '') : 'core'
  const known = RESOURCES.find((one) => one.kind === kind && apiVersionOf(one) === apiVersion)
  const why =
    known === undefined
      ? `no kind "${kind}" is registered for version "${apiVersion}" in scheme "pkg/runtime/scheme.go:111"`
      : `converting (${version}.${kind}) to (${group}.${wanted.kind}): unknown conversion`
  throw badRequest(`${kind} in version "${version}" cannot be handled as a ${wanted.kind}: ${why}`)
}

/** What a patch made, as an object of its type. @param printed the patch as refusals show it @throws Refusal 422 */
export function readPatched(
  resource: Resource,
  value: JsonObject,
  scrutiny: Scrutiny & { readonly source: Source },
  printed: string,
): JsonObject {
  try {
    const { object, unknown } = decode(resource.definition, value, scrutiny.source)
    complain(unknown, scrutiny)
    return { ...object, kind: resource.kind, apiVersion: apiVersionOf(resource) }
  } catch (err) {
    if (!(err instanceof DecodeError)) throw err
    throw invalidPatch(printed, err.message)
  }
}
