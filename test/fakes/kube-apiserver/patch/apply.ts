/** A patch of any of the three kinds, applied to an object. */
import { readPatched, type Scrutiny } from '../body.ts'
import { jsonKind, printed } from '../go.ts'
import { isObject, type Json, type JsonObject } from '../json.ts'
import { apiVersionOf, type Resource } from '../resources.ts'
import { badRequest, invalidPatch, Refusal, unsupportedMedia } from '../status.ts'
import { jsonPatch } from './json-patch.ts'
import { mergePatch } from './merge.ts'
import { strategicMerge } from './strategic.ts'

const STRATEGIC = 'application/strategic-merge-patch+json'
const MERGE = 'application/merge-patch+json'
const JSON_PATCH = 'application/json-patch+json'

export interface Patch {
  readonly type: string
  readonly value: Json
}

/** @throws Refusal 415 for another content type, 400 for what is no JSON */
export function readPatch(contentType: string | undefined, text: string): Patch {
  const type = (contentType ?? '').split(';')[0]?.trim() ?? ''
  // The real one does it.
  if (type.startsWith('application/apply-patch'))
    throw unsupportedMedia(`this fake API server does not do server-side apply (${type}); use a strategic merge patch`)
  if (type !== STRATEGIC && type !== MERGE && type !== JSON_PATCH)
    throw new Refusal(415, 'UnsupportedMediaType', '415: Unsupported Media Type', {})
  try {
    return { type, value: JSON.parse(text) as Json }
  } catch {
    throw badRequest('invalid JSON patch')
  }
}

/** @returns the patched object, decoded @throws Refusal as the real server words it */
export function applyPatch(
  resource: Resource,
  old: JsonObject,
  { type, value }: Patch,
  scrutiny: Scrutiny,
): JsonObject {
  const original = { ...old, kind: resource.kind, apiVersion: apiVersionOf(resource) }
  if (type === JSON_PATCH) return readDocument(resource, jsonPatch(original, value), scrutiny)
  const patch = value ?? {}
  if (!isObject(patch)) {
    const text = `json: cannot unmarshal ${jsonKind(patch)} into Go value of type map[string]interface {}`
    throw badRequest(type === MERGE ? `error decoding patch: ${text}` : text)
  }
  if (type === MERGE) return readDocument(resource, mergePatch(original, patch), scrutiny)
  const merged = strategicMerge(resource.definition, original, patch)
  return readPatched(resource, merged, { ...scrutiny, source: 'patch' }, printed(patch))
}

function readDocument(resource: Resource, document: JsonObject, scrutiny: Scrutiny): JsonObject {
  const { kind = resource.kind, apiVersion = apiVersionOf(resource) } = document
  const shown = JSON.stringify(document)
  if (kind !== resource.kind || apiVersion !== apiVersionOf(resource)) {
    const why = `no kind "${String(kind)}" is registered for version "${String(apiVersion)}"`
    throw invalidPatch(shown, why)
  }
  return readPatched(resource, document, { ...scrutiny, source: 'body' }, shown)
}
