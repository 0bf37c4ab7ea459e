/** What each call's bytes say. Pure. */
import {
  ContainerState,
  type FilesystemUsage,
  ImageFsInfoResponse,
  PodSandboxState,
  StatusResponse,
  VersionResponse,
} from '#proto/runtime/v1/api.ts'
import { bytesAt, fieldsOf, numberAt, textAt } from './fields.ts'
import { MESSAGE_MAX, plainCount, plainText, plainTime } from './plain.ts'
import type { Container, ImageFilesystem, PodSource, RuntimeCondition, RuntimeVersion, Sandbox } from './types.ts'

/** Where the kubelet has a pod from: an annotation that it gives each (pkg/kubelet/types, ConfigSourceAnnotationKey). */
const SOURCE = 'kubernetes.io/config.source'
const SOURCES: ReadonlySet<string> = new Set<PodSource>(['api', 'file', 'http'])
/** Conditions of a runtime that are kept; it has two, and some more of its own. */
const CONDITIONS_MAX = 32
/** File systems of images and containers; one, or one each. */
const FILESYSTEMS_MAX = 16

const SANDBOX_STATES: Readonly<Record<number, Sandbox['state']>> = {
  [PodSandboxState.SANDBOX_READY]: 'ready',
  [PodSandboxState.SANDBOX_NOTREADY]: 'not-ready',
}
const CONTAINER_STATES: Readonly<Record<number, Container['state']>> = {
  [ContainerState.CONTAINER_CREATED]: 'created',
  [ContainerState.CONTAINER_RUNNING]: 'running',
  [ContainerState.CONTAINER_EXITED]: 'exited',
}

/** @throws Error when the bytes are no such message, as each of these does */
export function readVersion(bytes: Uint8Array): RuntimeVersion {
  const { runtimeName, runtimeVersion, runtimeApiVersion } = VersionResponse.decode(bytes)
  return {
    name: plainText(runtimeName),
    version: plainText(runtimeVersion),
    apiVersion: plainText(runtimeApiVersion),
  }
}

export function readStatus(bytes: Uint8Array): RuntimeCondition[] {
  const conditions = StatusResponse.decode(bytes).status?.conditions ?? []
  return conditions.slice(0, CONDITIONS_MAX).map(({ type, status, reason, message }) => ({
    type: plainText(type),
    isTrue: status,
    reason: plainText(reason),
    message: plainText(message, MESSAGE_MAX),
  }))
}

/** PodSandbox: id, metadata, state, annotations. */
const SANDBOX_FIELDS = new Set([1, 2, 3, 6])
/** PodSandboxMetadata: name, namespace. */
const POD_FIELDS = new Set([1, 3])
/** Container: id, pod_sandbox_id, metadata, state. */
const CONTAINER_FIELDS = new Set([1, 2, 3, 6])
/** ContainerMetadata: name. */
const NAME_FIELDS = new Set([1])
/** An entry of a map: key, value. */
const ENTRY_FIELDS = new Set([1, 2])
const NOTHING = new Uint8Array()

/** Of all annotations that one. */
function sourceIn(annotations: readonly Uint8Array[]): PodSource {
  for (const annotation of annotations) {
    const entry = fieldsOf(annotation, ENTRY_FIELDS)
    if (textAt(entry, 1) !== SOURCE) continue
    const source = textAt(entry, 2)
    return SOURCES.has(source) ? (source as PodSource) : ''
  }
  return ''
}

export function readSandbox(bytes: Uint8Array): Sandbox {
  const fields = fieldsOf(bytes, SANDBOX_FIELDS)
  const pod = fieldsOf(bytesAt(fields, 2).at(-1) ?? NOTHING, POD_FIELDS)
  return {
    id: plainText(textAt(fields, 1)),
    name: plainText(textAt(pod, 1)),
    namespace: plainText(textAt(pod, 3)),
    state: SANDBOX_STATES[numberAt(fields, 3)] ?? 'unknown',
    source: sourceIn(bytesAt(fields, 6)),
  }
}

export function readContainer(bytes: Uint8Array): Container {
  const fields = fieldsOf(bytes, CONTAINER_FIELDS)
  const metadata = fieldsOf(bytesAt(fields, 3).at(-1) ?? NOTHING, NAME_FIELDS)
  return {
    id: plainText(textAt(fields, 1)),
    sandboxId: plainText(textAt(fields, 2)),
    name: plainText(textAt(metadata, 1)),
    state: CONTAINER_STATES[numberAt(fields, 6)] ?? 'unknown',
  }
}

export function readImageFs(bytes: Uint8Array): ImageFilesystem[] {
  const { imageFilesystems, containerFilesystems } = ImageFsInfoResponse.decode(bytes)
  const as = (of: ImageFilesystem['of'], usages: readonly FilesystemUsage[]) =>
    usages.slice(0, FILESYSTEMS_MAX).map(({ fsId, timestamp, usedBytes, inodesUsed }) => ({
      of,
      mountpoint: plainText(fsId?.mountpoint ?? '', MESSAGE_MAX),
      at: plainTime(timestamp),
      usedBytes: plainCount(usedBytes?.value),
      usedInodes: plainCount(inodesUsed?.value),
    }))
  return [...as('images', imageFilesystems), ...as('containers', containerFilesystems)]
}
