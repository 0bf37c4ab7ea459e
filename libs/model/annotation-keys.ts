/**
 * Annotations that no configuration writes: kubernetes.io and k8s.io are kept for Kubernetes and what belongs to it
 * (kubernetes.io, Labels and Selectors, "Syntax and character set"), and its parts act by what stands there; node-doctor.io
 * is ours.
 */
export const RESERVED_ANNOTATIONS: readonly string[] = ['kubernetes.io', 'k8s.io', 'node-doctor.io']

/** What a key of one of these domains, or of one below them, begins with: a regular expression without anchors. */
export const RESERVED_ANNOTATION_START = `(?:[^/]*\\.)?(?:${RESERVED_ANNOTATIONS.map((domain) => domain.replace('.', '\\.')).join('|')})\\/`

const RESERVED = new RegExp(`^${RESERVED_ANNOTATION_START}`)

/** Whether an annotation's key is of a domain that no configuration writes to. */
export function isReservedAnnotation(key: string): boolean {
  return RESERVED.test(key)
}
