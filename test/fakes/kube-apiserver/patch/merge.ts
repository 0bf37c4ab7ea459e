/** RFC 7386. */
import { isObject, type Json, type JsonObject } from '../json.ts'

/** @returns the merged object; null deletes, lists are replaced */
export function mergePatch(original: JsonObject, patch: JsonObject): JsonObject {
  const out: JsonObject = { ...original }
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete out[key]
    else out[key] = mergeValue(out[key], value)
  }
  return out
}

function mergeValue(old: Json | undefined, value: Json): Json {
  return isObject(value) ? mergePatch(isObject(old) ? old : {}, value) : value
}
