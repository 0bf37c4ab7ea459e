/** What an object is called and what is said about it, without the object: PartialObjectMetadata. */
import { isObject, type JsonObject, objectAt } from './json.ts'

/** Whether this was asked for instead of the objects. */
export function asksForMetadata(accept: string | undefined): boolean {
  return /application\/json;[^,]*as=PartialObjectMetadata(List)?\b/.test(accept ?? '')
}

/** @param body an object or a list of them */
export function renderMetadata(body: JsonObject): JsonObject {
  const apiVersion = 'meta.k8s.io/v1'
  const only = (object: JsonObject) => ({
    kind: 'PartialObjectMetadata',
    apiVersion,
    metadata: objectAt(object, 'metadata'),
  })
  if (!Array.isArray(body['items'])) return only(body)
  return {
    kind: 'PartialObjectMetadataList',
    apiVersion,
    metadata: objectAt(body, 'metadata'),
    items: body['items'].filter(isObject).map(only),
  }
}
