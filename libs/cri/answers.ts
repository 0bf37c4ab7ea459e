/** What each call's bytes say. Pure. */
import {
  Container as ContainerMessage,
  ContainerState,
  type FilesystemUsage,
  ImageFsInfoResponse,
  PodSandbox,
  PodSandboxState,
  StatusResponse,
  VersionResponse,
} from '#proto/runtime/v1/api.ts'
import { MESSAGE_MAX, plainCount, plainLabels, plainText, plainTime } from './plain.ts'
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

export function readSandbox(bytes: Uint8Array): Sandbox {
  const { id, metadata, state, createdAt, labels, annotations, runtimeHandler } = PodSandbox.decode(bytes)
  const source = annotations[SOURCE] ?? ''
  return {
    id: plainText(id),
    name: plainText(metadata?.name ?? ''),
    namespace: plainText(metadata?.namespace ?? ''),
    uid: plainText(metadata?.uid ?? ''),
    attempt: metadata?.attempt ?? 0,
    state: SANDBOX_STATES[state] ?? 'unknown',
    created: plainTime(createdAt),
    source: SOURCES.has(source) ? (source as PodSource) : '',
    handler: plainText(runtimeHandler),
    labels: plainLabels(labels),
  }
}

export function readContainer(bytes: Uint8Array): Container {
  const { id, podSandboxId, metadata, state, createdAt, image, labels } = ContainerMessage.decode(bytes)
  return {
    id: plainText(id),
    sandboxId: plainText(podSandboxId),
    name: plainText(metadata?.name ?? ''),
    attempt: metadata?.attempt ?? 0,
    state: CONTAINER_STATES[state] ?? 'unknown',
    created: plainTime(createdAt),
    image: plainText(image?.userSpecifiedImage || (image?.image ?? '')),
    labels: plainLabels(labels),
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
