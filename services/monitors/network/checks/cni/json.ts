/** JSON of somebody else's, as Go reads it. Pure. */

/** An object of JSON. */
export type Json = Readonly<Record<string, unknown>>

/** Whether a value is an object, and no list. */
export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A field by its name; as Go's encoding/json, also where it is written in other cases. undefined: there is none. */
export function fieldOf(value: unknown, name: string): unknown {
  if (!isObject(value)) return undefined
  if (Object.hasOwn(value, name)) return value[name]
  const lower = name.toLowerCase()
  const key = Object.keys(value).find((one) => one.toLowerCase() === lower)
  return key === undefined ? undefined : value[key]
}

/** A field that is a text with something in it; undefined for any other. */
export function textOf(value: unknown, name: string): string | undefined {
  const text = fieldOf(value, name)
  return typeof text === 'string' && text !== '' ? text : undefined
}

/** Why a text is no JSON, without its words, which may be secret. @param path as people find it */
export function whyNoJson(text: string, path: string, error: unknown): string {
  if (text.trim() === '') return 'it is empty'
  const isCut = error instanceof Error && error.message.startsWith('Unexpected end')
  return isCut ? 'its JSON ends too early' : `it is no JSON (jq . ${path} says where)`
}
