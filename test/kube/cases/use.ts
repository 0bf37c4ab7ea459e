/** What the cases share. */
import { expect } from 'vitest'
import type { Answer, Api, Body } from '../api.ts'

/** What a case asks its server with; there once the first one runs. */
export type Use = () => Api

export const NODES = '/api/v1/nodes'
export const EVENTS = '/api/v1/namespaces/default/events'

let count = 0

/** A name that no other case uses. */
export function freshName(prefix: string): string {
  count += 1
  return `${prefix}-${count}`
}

export interface Expected {
  readonly code: number
  readonly reason?: string
  readonly message: string | RegExp
  readonly causes?: readonly { readonly field?: string; readonly reason: string; readonly message?: string }[]
}

/** A v1 Status of this content. */
export function expectRefusal({ status, body }: Answer, { code, reason, message, causes }: Expected): void {
  const text = message instanceof RegExp ? expect.stringMatching(message) : message
  expect(body).toMatchObject({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', code, message: text })
  expect(body.reason).toBe(reason)
  expect(status).toBe(code)
  if (causes !== undefined) expect(body.details?.causes).toMatchObject(causes)
}

/** Makes a node as a kubelet does, and returns it. */
export async function makeNode(use: Use, more: Record<string, unknown> = {}): Promise<Body> {
  const ready = {
    type: 'Ready',
    status: 'True',
    reason: 'KubeletReady',
    message: 'kubelet is posting ready status',
    lastHeartbeatTime: '2026-01-02T03:04:05Z',
    lastTransitionTime: '2026-01-02T03:04:05Z',
  }
  const { metadata = {}, ...rest } = more as { metadata?: object }
  const node = { kind: 'Node', apiVersion: 'v1', status: { conditions: [ready] }, ...rest }
  const answer = await use().post(NODES, { ...node, metadata: { name: freshName('node'), ...metadata } })
  expect(answer.status).toBe(201)
  return answer.body
}

export function typesOf(node: Body): string[] {
  return (node.status.conditions ?? []).map(({ type }: { type: string }) => type)
}
