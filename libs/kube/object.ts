import type { V1ObjectMeta } from '@kubernetes/client-node/dist/gen/models/V1ObjectMeta.js'

/**
 * A class of the Kubernetes client as its JSON: we take the names and shapes of its types and none of its code, so that
 * nothing is decoded. Times are RFC 3339 strings.
 */
export type Json<T> = T extends Date
  ? string
  : T extends readonly (infer E)[]
    ? readonly Json<E>[]
    : T extends object
      ? { readonly [K in keyof T]: Json<T[K]> }
      : T

/** Who an object is. What the server has always has a name. */
export type ObjectMeta = Json<V1ObjectMeta> & { readonly name: string }

/** A name in a path cannot leave its place there. */
export function named(name: string): string {
  return encodeURIComponent(name)
}
