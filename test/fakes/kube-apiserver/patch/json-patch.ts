/** RFC 6902, with what the real server's library makes of its corners. */

import { jsonKind } from '../go.ts'
import { isObject, isSame, type Json, type JsonObject } from '../json.ts'
import { badRequest, Refusal, unprocessable } from '../status.ts'

const OPERATIONS_MAX = 10_000

/** @returns a changed copy @throws Refusal 400 when it is no patch, 422 when it cannot be applied */
export function jsonPatch(original: JsonObject, patch: Json): JsonObject {
  if (!Array.isArray(patch))
    throw badRequest(
      `error decoding patch: json: cannot unmarshal ${jsonKind(patch)} into Go value of type []handlers.jsonPatchOp`,
    )
  if (patch.length > OPERATIONS_MAX)
    throw new Refusal(
      413,
      'RequestEntityTooLarge',
      `The allowed maximum operations in a JSON patch is ${OPERATIONS_MAX}, got ${patch.length}`,
    )
  let document: Json = structuredClone(original)
  for (const operation of patch) document = apply(document, isObject(operation) ? operation : {})
  if (!isObject(document)) throw unprocessable()
  return document
}

function apply(document: Json, operation: JsonObject): Json {
  const path = pointer(operation['path'])
  const value = operation['value'] ?? null
  switch (operation['op']) {
    case 'add':
      return write(document, path, value, 'add')
    case 'replace':
      return write(document, path, value, 'replace')
    case 'remove':
      return remove(document, path)
    case 'test': {
      if (!isSame(read(document, path) ?? null, value)) throw unprocessable()
      return document
    }
    case 'copy':
      return write(document, path, structuredClone(taken(document, pointer(operation['from']))), 'add')
    case 'move': {
      const from = pointer(operation['from'])
      const moved = taken(document, from)
      return write(remove(document, from), path, moved, 'add')
    }
    default:
      throw unprocessable()
  }
}

function pointer(value: Json | undefined): string[] {
  if (typeof value !== 'string' || (value !== '' && !value.startsWith('/'))) throw unprocessable()
  return value
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
}

function taken(document: Json, path: readonly string[]): Json {
  const found = read(document, path)
  if (found === undefined) throw unprocessable()
  return found
}

function read(document: Json, path: readonly string[]): Json | undefined {
  let at: Json | undefined = document
  for (const part of path) {
    if (Array.isArray(at)) at = at[indexOf(part, at.length - 1)]
    else if (isObject(at)) at = at[part]
    else throw unprocessable()
  }
  return at
}

function indexOf(part: string, last: number): number {
  if (!/^-?\d+$/.test(part)) throw unprocessable()
  const index = Number(part)
  if (index > last || index < -last - 1) throw unprocessable()
  return index < 0 ? index + last + 1 : index
}

function write(document: Json, path: readonly string[], value: Json, op: 'add' | 'replace'): Json {
  const last = path.at(-1)
  if (last === undefined) return value
  const parent = read(document, path.slice(0, -1))
  if (Array.isArray(parent)) {
    if (op === 'replace') parent[indexOf(last, parent.length - 1)] = value
    else parent.splice(last === '-' ? parent.length : indexOf(last, parent.length), 0, value)
  } else if (isObject(parent)) parent[last] = value
  else throw unprocessable()
  return document
}

function remove(document: Json, path: readonly string[]): Json {
  const last = path.at(-1)
  const parent = read(document, path.slice(0, -1))
  if (last === undefined) throw unprocessable()
  if (Array.isArray(parent)) parent.splice(indexOf(last, parent.length - 1), 1)
  else if (isObject(parent) && last in parent) delete parent[last]
  else throw unprocessable()
  return document
}
